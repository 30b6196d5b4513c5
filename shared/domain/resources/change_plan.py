"""What a change does: which resources are sent, and what restarts. Told from the two graphs, without a call."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from shared.domain.operations import Kind, Operation
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.resources.graph import Context, Node, graph
from shared.domain.resources.plan import at
from shared.domain.resources.resource import Json, Ref

_RESTARTS: dict[str, tuple[str, ...]] = {
    "site": (
        "properties.siteConfig.linuxFxVersion",
        "properties.siteConfig.appSettings",
        "properties.siteConfig.azureStorageAccounts",
        "properties.siteConfig.alwaysOn",
    ),
    "plan": ("sku",),  # the site moves to another machine
}
"""By step: what of its body App Service restarts the site for. Access rules and tags are none of it."""


@dataclass(frozen=True)
class FieldChange:
    """One field of the registry, before and after; `before` is `None` in a create."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class PlannedStep:
    """One resource that is sent."""

    step: str
    ref: Ref


@dataclass(frozen=True)
class ChangePlan:
    """What an operation would send. An empty one: there is nothing to do."""

    fields: tuple[FieldChange, ...] = ()
    steps: tuple[PlannedStep, ...] = ()
    restarts: tuple[str, ...] = ()
    """Kinds of resources that restart: `site`, or nothing."""
    certain: bool = True
    """False after an operation that has failed: what of it Azure has is seen only on the way. No more than these."""


def change_plan(
    present: Registry | None, wanted: Registry, context: Context, resend: Collection[str] = ()
) -> ChangePlan:
    """From `present` to `wanted`; `resend` names the steps that are sent whatever is found."""
    fields, nodes = _fields(present, wanted), [node for node in graph(wanted, context) if node.ref]
    if present is None or not present.provisioned:
        return ChangePlan(fields, _steps(nodes))  # nothing runs that could restart
    before = {node.step: node.body for node in graph(present, context)}
    certain = present.provisioning_state is not ProvisioningState.FAILED
    again = set(resend) if certain else {node.step for node in nodes}
    sent = [node for node in nodes if node.step in again or node.body != before[node.step]]
    restarts = any(
        node.step in again or _differs(_RESTARTS[node.step], before[node.step], node.body)
        for node in sent
        if node.step in _RESTARTS
    )
    return ChangePlan(fields, _steps(sent), ("site",) if restarts else (), certain)


def plan_of(operation: Operation | None, registry: Registry, context: Context) -> ChangePlan:
    """The plan of an operation that has started. Of a create and a delete nobody asks what restarts: there is none."""
    if operation and operation.kind is Kind.RESTART_REGISTRY:
        return ChangePlan(restarts=("site",))
    if operation is None or operation.intent is None or operation.kind is not Kind.UPDATE_REGISTRY:
        return ChangePlan()
    intent = operation.intent
    present = registry.change(desired=intent.was, provisioning_state=intent.was_state)
    return change_plan(present, registry.change(desired=intent.wanted), context, operation.resend)


def _fields(present: Registry | None, wanted: Registry) -> tuple[FieldChange, ...]:
    before, after = _shown(present), _shown(wanted)
    return tuple(
        FieldChange(name, before.get(name), value)
        for name, value in after.items()
        if present is None or value != before[name]
    )


def _shown(registry: Registry | None) -> dict[str, Any]:
    return registry.desired.model_dump(mode="json", by_alias=True) if registry else {}


def _steps(nodes: Collection[Node]) -> tuple[PlannedStep, ...]:
    return tuple(PlannedStep(node.step, node.ref) for node in nodes if node.ref)


def _differs(paths: Collection[str], before: Json | None, after: Json | None) -> bool:
    return any(at(before or {}, path) != at(after or {}, path) for path in paths)
