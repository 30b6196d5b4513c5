"""What stops the host before it runs."""


class StartError(Exception):
    """The host cannot start; the message says what is wrong and where. Ends the process with exit code 1."""
