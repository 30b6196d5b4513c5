"""Spans and metrics of the work. Nobody listens to them until the composition root says who does.

OpenTelemetry itself is known to `shared.azure.monitor` alone, which is imported only where a setting asks for it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Protocol

from shared.telemetry.metrics import Metric

type Value = str | int


class Span(Protocol):
    """A piece of work that runs."""

    def set(self, name: str, value: Value) -> None:
        """An attribute. Never a secret: whoever may read traces reads it."""


class Listener(Protocol):
    """Whoever gets spans and metrics. None of its calls may fail because nobody receives them."""

    def span(self, name: str, parent: str | None) -> AbstractContextManager[Span]:
        """See `Telemetry.span`."""

    def traceparent(self) -> str:
        """See `Telemetry.traceparent`."""

    def record(self, metric: Metric, amount: float, attributes: Mapping[str, str]) -> None:
        """See `Telemetry.record`."""


class Nobody:
    """Does nothing with it."""

    @contextmanager
    def span(self, name: str, parent: str | None) -> Iterator[Span]:
        """See `Listener`."""
        _ = name, parent
        yield self

    def set(self, name: str, value: Value) -> None:
        """See `Span`."""

    def traceparent(self) -> str:
        """See `Listener`."""
        return ""

    def record(self, metric: Metric, amount: float, attributes: Mapping[str, str]) -> None:
        """See `Listener`."""


class Telemetry:
    """The process's own. Its listener is chosen when there is something to hear: not while the app is imported."""

    def __init__(self) -> None:
        self._choose: Callable[[], Listener] = Nobody
        self._chosen: Listener | None = None
        self._lock = Lock()

    def listen_with(self, choose: Callable[[], Listener]) -> None:
        """`choose` is called once, by the first work that there is. It must not fail."""
        self._choose, self._chosen = choose, None

    def span(self, name: str, parent: str | None = None) -> AbstractContextManager[Span]:
        """The work of a `with` block. `name` is one of few.

        It is part of the work around it; of the trace that `parent` continues, a W3C `traceparent`; or, if that is
        empty or no such thing, the beginning of a trace.
        """
        return self._listener().span(name, parent)

    def traceparent(self) -> str:
        """What continues the present trace elsewhere (W3C Trace Context), or nothing."""
        return self._listener().traceparent()

    def record(self, metric: Metric, amount: float = 1, /, **attributes: str) -> None:
        """Adds to a metric. Each attribute has few values."""
        self._listener().record(metric, amount, attributes)

    def _listener(self) -> Listener:
        if self._chosen is None:
            with self._lock:
                self._chosen = self._chosen or self._choose()
        return self._chosen


telemetry = Telemetry()
