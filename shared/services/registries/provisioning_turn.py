"""What one turn of provisioning has found out on its way through a registry's graph."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from shared.domain.errors import TemporaryError
from shared.domain.operations import Kind, Operation, Status, Step
from shared.domain.registries.registry import Registry
from shared.domain.resources.graph import HOLDS_IMAGES, Node
from shared.domain.resources.plan import Found
from shared.domain.resources.resource import Json


@dataclass
class Turn:
    """What one turn has found out so far."""

    registry: Registry
    steps: dict[str, Step]
    done: set[str]
    may_send: Callable[[], None]
    """Raises `TemporaryError` when nothing may be sent any more."""
    resend: frozenset[str] = frozenset()
    """Steps that are sent once in any case."""
    wanted_back: frozenset[str] = frozenset()
    """Steps whose resources are not made anew: it is their content that is wanted."""
    visited: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    seen: dict[str, Json] = field(default_factory=dict)
    obstacle: TemporaryError | None = None

    @classmethod
    def begin(
        cls, operation: Operation, registry: Registry, nodes: Iterable[Node], may_send: Callable[[], None]
    ) -> Self:
        """Before the first look. What earlier turns have done is done."""
        known = {step.name: step for step in operation.steps}
        steps = {**known, **{node.step: known.get(node.step, Step(name=node.step)) for node in nodes}}
        done = {name for name, step in steps.items() if step.status is Status.SUCCEEDED}
        wanted_back = HOLDS_IMAGES if operation.kind is Kind.RESTORE_REGISTRY else frozenset[str]()
        return cls(registry, steps, done, may_send, frozenset(operation.resend), wanted_back)

    def record(self, node: Node, result: tuple[Found, bool] | Exception, now: datetime) -> None:
        """What a visit to the node has come to: what was found and whether something was sent, or an error."""
        self.visited.add(node.step)
        step = self.steps[node.step]
        if isinstance(result, Exception):
            if isinstance(result, TemporaryError):
                self.obstacle = max(self.obstacle or result, result, key=lambda error: error.retry_after)
            self.steps[node.step] = step.moved(Status.RUNNING, now)
            return
        found, sent = result
        if sent:
            self.sent.add(node.step)
        if found is Found.READY:
            self.done.add(node.step)
        status = Status.SUCCEEDED if found is Found.READY else Status.RUNNING
        self.steps[node.step] = step.moved(status, now, sent=sent)

    def told(self) -> dict[str, str]:
        """Fields of the registry that Azure has named, and that its row does not say yet."""
        account = self.seen.get("storageAccount", {}).get("properties", {})
        site = self.seen.get("site", {}).get("properties", {})
        seen = {
            "file_endpoint": account.get("primaryEndpoints", {}).get("file"),
            "login_server": site.get("defaultHostName"),
        }
        return {
            name: value for name, value in seen.items() if value and value != getattr(self.registry, name)
        }
