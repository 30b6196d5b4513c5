"""Observe, plan, act, come back: the plan. What is there, what is wanted, what may be sent now."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from shared.domain.registries.registry import Registry
from shared.domain.resources.graph import REGISTRY_TAG, UID_TAG, Node
from shared.domain.resources.resource import Json


class Found(StrEnum):
    """What one look at a resource says."""

    READY = "ready"
    IN_PROGRESS = "in progress"
    MISSING = "missing"
    DIFFERENT = "different"
    FAILED = "failed"
    FOREIGN = "foreign"


_FINAL = {None, "Succeeded", "Failed", "Canceled"}


def assess(node: Node, registry: Registry, seen: Json | None) -> Found:
    """Compares a resource with what we want of it."""
    if seen is None:
        return Found.MISSING
    if node.tagged and not is_ours(registry, seen):
        return Found.FOREIGN
    state = at(seen, "properties.provisioningState")
    if state not in _FINAL or at(seen, "properties.inProgressOperationId"):
        return Found.IN_PROGRESS
    if state in {"Failed", "Canceled"}:
        return Found.FAILED
    same = all(at(seen, path) == at(node.body or {}, path) for path in node.watch)
    return Found.READY if same else Found.DIFFERENT


def is_ours(registry: Registry, seen: Json) -> bool:
    """Does it carry the tags of this incarnation of this registry?"""
    tags = seen.get("tags") or {}
    return tags.get(REGISTRY_TAG) == registry.name and tags.get(UID_TAG) == registry.uid


def at(body: Json, path: str) -> object:
    """The value at a dotted path, or `None`."""
    value: object = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def ready_to_go(nodes: Iterable[Node], done: Collection[str], visited: Collection[str]) -> list[Node]:
    """The nodes that are not done, not looked at in this turn, and whose needs are all done."""
    return [
        node
        for node in nodes
        if node.step not in done and node.step not in visited and all(need in done for need in node.needs)
    ]
