"""What each HTTP function takes: path, query, headers and body as one model, so that all is checked at once."""
