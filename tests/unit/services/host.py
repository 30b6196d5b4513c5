"""The queues as the Functions host sees them: messages become visible when the clock says so."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.errors import DependencyError
from shared.domain.messages import Message
from tests.fakes import FakeClock


@dataclass
class Delivery:
    """One message in a queue. A message that is delivered again keeps its id."""

    due: datetime
    id: str
    message: Message
    lifecycle: bool
    count: int = 0
    poison: bool = False


@dataclass
class Host:
    """Holds the messages, and remembers every one that was ever sent."""

    clock: FakeClock
    waiting: list[Delivery] = field(default_factory=list)
    history: list[Delivery] = field(default_factory=list)

    def enqueue(self, message: Message, lifecycle: bool, delay: float = 0) -> None:
        due = self.clock.now + timedelta(seconds=delay)
        delivery = Delivery(due, f"message-{len(self.history)}", message, lifecycle)
        self.waiting.append(delivery)
        self.history.append(delivery)

    def poison(self, failed: Delivery) -> None:
        """The message moves to the poison queue: there it is another message."""
        self.waiting.append(
            Delivery(self.clock.now, f"{failed.id}-poison", failed.message, failed.lifecycle, poison=True)
        )

    def take(self, until: datetime) -> Delivery | None:
        """The message that becomes visible first, if that is not later than `until`."""
        first = min(self.waiting, key=lambda delivery: delivery.due, default=None)
        if first is None or first.due > until:
            return None
        self.waiting.remove(first)
        return first


class HostQueue:
    """A queue whose messages become visible when the clock says so."""

    def __init__(self, host: Host, *, lifecycle: bool) -> None:
        self._host, self._lifecycle, self.down = host, lifecycle, False

    def send(self, message: Message, delay: float = 0) -> None:
        if self.down:
            raise DependencyError("Queue Storage", "down")
        self._host.enqueue(message, self._lifecycle, delay)
