"""Operations as their readers see them."""

import asyncio
import time

from shared.domain.errors import ApiError
from shared.domain.names import split_operation_id
from shared.domain.operations import Operation
from shared.services.state import State

LOOK_EVERY_SECONDS = 0.5


class Operations:
    """Shows operations, and waits for their end without holding a thread."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, operation_id: str) -> Operation:
        """Raises `ApiError` 404."""
        parts = split_operation_id(operation_id)
        operation = self._state.operation(*parts) if parts else None
        if operation is None:
            raise ApiError(
                404,
                "OperationNotFound",
                f"There is no operation '{operation_id[:128]}'.",
                "Take the id from the answer that started it: operation.id, or the header Operation-Location.",
                target="operation",
            )
        return operation

    def user_of(self, operation_id: str) -> str:
        """Whose change it is; nobody's, if there is no such operation or it is about a whole registry."""
        parts = split_operation_id(operation_id)
        operation = self._state.operation(*parts) if parts else None
        return (operation.user if operation else None) or ""

    async def wait(self, operation_id: str, seconds: float) -> Operation:
        """The operation as soon as it has ended, or as it is after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            operation = await asyncio.to_thread(self.get, operation_id)
            left = deadline - time.monotonic()
            if operation.final or left <= 0:
                return operation
            await asyncio.sleep(min(LOOK_EVERY_SECONDS, left))
