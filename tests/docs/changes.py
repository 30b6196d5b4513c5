"""What becomes of a registry that is up when a field changes: asked of the rules and of the plan themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

from pydantic.alias_generators import to_snake

from shared.domain.errors import ApiError
from shared.domain.names import azure_names
from shared.domain.registries.change_rules import check_change
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.registries.registry_spec import Policy, defaults
from shared.domain.resources.change_plan import change_plan
from shared.domain.resources.graph import Context

type Json = dict[str, Any]

_NOW = datetime(2026, 11, 25, tzinfo=UTC)
_AZURE = Context(subscription="-", group="-")
_MORE: Mapping[str, Sequence[object]] = {"image": ("registry:2.8.2",), "placement": ()}
"""Values besides those that this app allows, so that there is something to change to."""
_RULES: Mapping[str, str] = {"image": "within one major version"}
"""What some changes are accepted by, where their values do not say it."""


@dataclass(frozen=True)
class Change:
    """Of one field. `restarts` is `None` if no change of it is accepted."""

    field: str
    accepted: frozenset[tuple[str, str]]
    refused: frozenset[tuple[str, str]]
    restarts: bool | None

    @property
    def changeable(self) -> str:
        """In a few words. Where only some changes are accepted: the groups that they stay in."""
        if not self.accepted:
            return "no"
        if not self.refused:
            return "yes"
        return _RULES.get(self.field) or "only among " + "; or ".join(self._groups())

    def _groups(self) -> Iterator[str]:
        seen = set[str]()
        for before, _ in sorted(self.accepted):
            if before not in seen:
                group = {before, *(after for start, after in self.accepted if start == before)}
                seen |= group
                yield " ".join(f"`{each}`" for each in sorted(group))


def change_of(policy: Policy, name: str, field: Json) -> Change:
    """Every change from one of its values to another. `name` and `field` as the schema has them."""
    accepted, refused, restarts = set[tuple[str, str]](), set[tuple[str, str]](), False
    for before, after in permutations([*_values(field), *_MORE.get(name, ())], 2):
        present, wanted = _registry(policy, name, before), _registry(policy, name, after)
        pair = str(before), str(after)
        try:
            check_change(present, wanted.desired)
        except ApiError:
            refused.add(pair)
            continue
        accepted.add(pair)
        restarts |= bool(change_plan(present, wanted, _AZURE).restarts)
    return Change(name, frozenset(accepted), frozenset(refused), restarts if accepted else None)


def _registry(policy: Policy, field: str, value: object) -> Registry:
    desired = defaults(policy).model_copy(update={to_snake(field): value})
    return Registry(
        name="demo",
        uid="-",
        desired=desired,
        names=azure_names(_AZURE.subscription, _AZURE.group, "demo"),
        provisioning_state=ProvisioningState.SUCCEEDED,
        provisioned=True,
        created_at=_NOW,
        updated_at=_NOW,
    )


def _values(field: Json) -> list[object]:
    choices = [field, *field.get("anyOf", ())]
    for each in choices:
        if found := [value for value in each.get("enum", ()) if value is not None]:
            return found
    if any(each.get("type") == "boolean" for each in choices):
        return [False, True]
    kind = next((each["type"] for each in choices if each.get("type") in {"object", "array"}), None)
    if kind == "object":
        return [{}, {"team": "payments"}]
    return [None, ["192.0.2.0/24"]] if kind == "array" else []
