"""What is said of a request that is not signed as it must be."""


class BadSignatureError(Exception):
    """`reason` is one of few words, for the log alone: `unsigned`, `size`, `time`, `signature`, `activity`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
