"""Wire only: a request's parts into a model's call, a model's state into the JSON that Azure answers."""
