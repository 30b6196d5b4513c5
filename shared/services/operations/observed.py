"""What traces and metrics get to hear of operations."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.domain.operations import Operation
from shared.telemetry.metrics import OPERATION_SECONDS, OPERATION_TURNS, OPERATIONS, TURN_SECONDS
from shared.telemetry.traces import telemetry

RAISED = "Raised"
"""The outcome of a turn that nobody foresaw: the host delivers it again."""


@contextmanager
def observed(operation: Operation) -> Iterator[Callable[[str], None]]:
    """One turn: a part of the trace of the request that began the operation. What it gives takes the outcome."""
    began, outcomes = time.perf_counter(), [RAISED]
    with telemetry.span(f"turn {operation.kind}", operation.traceparent) as span:
        span.set("berthage.kind", operation.kind.value)
        try:
            yield outcomes.append
        finally:
            span.set("berthage.outcome", outcomes[-1])
            seconds = time.perf_counter() - began
            telemetry.record(TURN_SECONDS, seconds, kind=operation.kind.value, outcome=outcomes[-1])


def count(ended: Operation) -> None:
    """The end of an operation."""
    kinds = {"kind": ended.kind.value, "status": ended.status.value}
    telemetry.record(OPERATIONS, **kinds)
    telemetry.record(OPERATION_TURNS, ended.turn, **kinds)
    if ended.ended_at:
        telemetry.record(OPERATION_SECONDS, (ended.ended_at - ended.created_at).total_seconds(), **kinds)
