"""What the HTTP functions answer: the models that answers are built from, and that the OpenAPI document shows.

A field without a default is always there, perhaps as `null`. A field with the default `None` is left out where it
says nothing. Hashes and row versions have no field here.
"""
