"""Refusals of the managed-identity endpoint: `{"statusCode", "message", "correlationId"}`."""


class IdentityError(Exception):
    """No token; `status` is also in the body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
