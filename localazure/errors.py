"""What the local Azure says to the person at the terminal when it cannot go on."""


class LocalAzureError(Exception):
    """The local Azure cannot start or go on; the message says why and what to do. Ends with exit code 1."""
