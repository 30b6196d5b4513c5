"""Examples of what the HTTP functions answer: the OpenAPI document and docs/api.md show them.

They are plain data, so that nothing here keeps the app from starting; a test holds each against its schema.
"""
