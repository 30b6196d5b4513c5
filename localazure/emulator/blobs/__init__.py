"""The blob service of emulated accounts, as far as one looks on: List Blobs, with a bearer token, over TLS.

Registries write to Azurite or to a folder (`localazure.sites.blob_storage`). Azurite takes no tokens over plain http,
and knows nothing of the folders; what is listed here are the blobs that are really there.
"""
