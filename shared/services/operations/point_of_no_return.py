"""Up to where an operation can be canceled: on its row, before the first thing is sent.

A request to cancel and the turn write the same row by ETag, so exactly one of them is first. If it is the request,
nothing is sent. If it is the turn, the request is refused.
"""

from threading import Lock

from shared.domain.errors import TemporaryError
from shared.domain.operations import Kind, Operation
from shared.services.state import State, retry_on_conflict


class PointOfNoReturn:
    """Called before anything is sent, from several threads. A create has none: it can always be taken back."""

    def __init__(self, state: State, operation: Operation) -> None:
        self._state, self._operation, self._lock = state, operation, Lock()
        self._passed = operation.irrevocable or operation.kind is Kind.CREATE_REGISTRY

    def __call__(self) -> None:
        """Raises `TemporaryError` when the operation is to be canceled, or is another turn's by now."""
        with self._lock:
            if not self._passed:
                self._record()
                self._passed = True

    @retry_on_conflict
    def _record(self) -> None:
        present = self._state.operation(self._operation.registry, self._operation.id_key)
        if present is None or present.final or present.turn != self._operation.turn:
            raise TemporaryError("Overtaken", "another turn works on this", 1)
        if present.cancel_requested_at:
            raise TemporaryError("CancelRequested", "it is canceled before anything is sent", 0)
        if not present.irrevocable:
            self._state.commit(present.registry, present.change(irrevocable=True).save())
