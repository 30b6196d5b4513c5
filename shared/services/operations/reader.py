"""Operations as their readers see them."""

import asyncio
import time
from collections.abc import Callable, Iterator
from itertools import chain

from shared.domain.errors import ApiError
from shared.domain.operations import Operation, Status
from shared.services.capacity import Capacity
from shared.services.state import State

LOOK_EVERY_SECONDS = 0.5
MOST_ROWS = 5000
"""Looked at for one page: a filter that fits little must not hold a request for ever."""
MOST_REGISTRIES = 200
"""Looked into for one page, each with a query of its own."""


class Operations:
    """Shows operations, and waits for their end without holding a thread."""

    def __init__(self, state: State, capacity: Capacity) -> None:
        self._state, self._capacity = state, capacity

    def get(self, operation_id: str) -> Operation:
        """Raises `ApiError` 404."""
        operation = self._state.operation_by_id(operation_id)
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
        operation = self._state.operation_by_id(operation_id)
        return (operation.user if operation else None) or ""

    def page(
        self,
        after: str,
        size: int,
        visible: Callable[[str], bool],
        registry: str | None = None,
        status: Status | None = None,
    ) -> tuple[list[Operation], str | None]:
        """At most `size` operations, by registry and then by id, and where the next page goes on, if there is one.

        `after`: the id of an operation, or the name of a registry whose operations are all done with. A page may be
        short although there is another one.
        """
        found, looked, position = list[Operation](), 0, after
        for number, (name, key) in enumerate(self._places(after, registry)):
            if number == MOST_REGISTRIES:
                return found, position
            for operation in self._fitting(name, key, size, visible, status):
                if len(found) == size or looked == MOST_ROWS:
                    return found, position
                looked, position = looked + 1, operation.id
                if status in {None, operation.status}:
                    found.append(operation)
            position = name
        return found, None

    def _fitting(
        self, name: str, key: str, size: int, visible: Callable[[str], bool], status: Status | None
    ) -> Iterator[Operation]:
        """Of one registry: those that may have this status."""
        if not visible(name):
            return iter(())
        final = None if status is None else status.is_final
        return self._state.operations(name, key, final=final, page=size + 1)

    def _places(self, after: str, registry: str | None) -> Iterator[tuple[str, str]]:
        """Registries, and the key behind which each goes on."""
        begun, dot, key = after.partition(".")
        if registry is not None:
            names = iter([registry] if registry > begun or (dot and registry == begun) else [])
        else:
            rest = (name for name, _ in self._capacity.names(begun))
            names = chain([begun], rest) if begun and dot else rest
        return ((name, key if name == begun else "") for name in names)

    async def wait(self, operation_id: str, seconds: float) -> Operation:
        """The operation as soon as it has ended, or as it is after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            operation = await asyncio.to_thread(self.get, operation_id)
            left = deadline - time.monotonic()
            if operation.final or left <= 0:
                return operation
            await asyncio.sleep(min(LOOK_EVERY_SECONDS, left))
