"""App Service plans (server farms): the machines that sites run on."""

import re
from dataclasses import dataclass

from localazure.emulator.arm import errors, web_errors
from localazure.emulator.arm.models.regions import region
from localazure.emulator.arm.models.store import Json, Resource, Store
from localazure.emulator.arm.resource_ids import PLANS, SITES, ResourceId, Scope

_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")

_MERGED = ("tags", "identity", "extendedLocation")
_READ_ONLY = {
    "status", "subscription", "maximumNumberOfWorkers", "numberOfWorkers", "geoRegion", "numberOfSites",
    "resourceGroup", "provisioningState",
}  # fmt: skip


@dataclass(frozen=True)
class Tier:
    """A family of plan sizes."""

    name: str
    sizes: str
    family: str
    most_workers: int
    always_on: bool = True


_TIERS = (
    Tier("Free", r"F1", "F", 1, always_on=False),
    Tier("Shared", r"D1", "D", 1, always_on=False),
    Tier("Basic", r"B[1-3]", "B", 3),
    Tier("Standard", r"S[1-3]", "S", 10),
    Tier("PremiumV2", r"P[1-3]v2", "Pv2", 30),
    Tier("Premium0V3", r"P0v3", "Pv3", 30),
    Tier("PremiumV3", r"P[1-3]v3", "Pv3", 30),
    Tier("PremiumMV3", r"P[1-5]mv3", "Pmv3", 30),
    Tier("Premium0V4", r"P0v4", "Pv4", 30),
    Tier("PremiumV4", r"P[1-3]v4", "Pv4", 30),
    Tier("PremiumMV4", r"P[1-5]mv4", "Pmv4", 30),
)
"""https://learn.microsoft.com/azure/app-service/overview-hosting-plans"""


def tier(sku: object) -> Tier:
    """The tier of a plan size such as `B1`. Raises ArmError 400 if there is no such size for containers."""
    for candidate in _TIERS:
        if isinstance(sku, str) and re.fullmatch(candidate.sizes, sku, re.IGNORECASE):
            return candidate
    raise web_errors.invalid_parameter("SKU.Name")


class Plans:
    """The App Service plans of all subscriptions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, scope: Scope, name: str, body: Json) -> Resource:
        """Create a plan, or change the one that is there. Raises ArmError."""
        location = region(body.get("location"), PLANS)
        if not _NAME.fullmatch(name):
            raise web_errors.invalid_parameter("name")
        with self._store.transaction():
            plan = self._store.get(scope.plan(name))
            if plan is None:
                plan = Resource(scope.plan(name), {"location": location, "sku": {"name": "F1"}})
                _merge(plan, body)
                self._store.start_operation(plan)
            else:
                self._check_changeable(plan, location)
                _merge(plan, body)
            return self._store.put(plan)

    def get(self, scope: Scope, name: str) -> Resource:
        """That plan. Raises ArmError 404."""
        if plan := self._store.get(scope.plan(name)):
            return plan
        raise errors.resource_not_found(PLANS, name, scope.group)

    def select(self, scope: Scope) -> list[Resource]:
        """All plans in the group, or in the subscription."""
        return self._store.select(PLANS, scope)

    def delete(self, scope: Scope, name: str) -> bool:
        """Delete a plan. False if it was not there. Raises ArmError 409 if sites are on it."""
        with self._store.transaction():
            plan = self._store.get(scope.plan(name))
            if plan is None:
                return False
            if sites := self.sites_on(plan.id):
                raise web_errors.plan_in_use(plan.id.name, [site.id.name for site in sites])
            return self._store.delete(plan.id)

    def find(self, reference: object, scope: Scope) -> Resource:
        """The plan that a site names by id or by name, done being created. Raises ArmError."""
        if not isinstance(reference, str) or not reference:
            raise web_errors.invalid_parameter("ServerFarmId")
        plan_id = _plan_id(reference, scope)
        plan = self._store.get(plan_id)
        if plan is None:
            raise web_errors.plan_missing(plan_id.name)
        if operation := self._store.pending(plan):
            raise web_errors.plan_busy(operation.id, operation.created)
        return plan

    def sites_on(self, plan_id: ResourceId) -> list[Resource]:
        """The sites on a plan."""
        return [s for s in self._store.select(SITES) if s.properties["serverFarmId"].lower() == plan_id.key]

    def _check_changeable(self, plan: Resource, location: str) -> None:
        if operation := self._store.pending(plan):
            raise web_errors.plan_busy(operation.id, operation.created)
        has = plan.body["location"]
        if has != location:
            raise errors.invalid_resource_location(plan.id.name, plan.id.group, has, location)


def _plan_id(reference: str, scope: Scope) -> ResourceId:
    if "/" not in reference:
        return scope.plan(reference)
    try:
        plan_id = ResourceId.parse(reference)
    except ValueError:
        raise web_errors.invalid_parameter("ServerFarmId") from None
    if plan_id.type.lower() != PLANS.lower():
        raise web_errors.invalid_parameter("ServerFarmId")
    return plan_id


def _merge(plan: Resource, body: Json) -> None:
    plan.body.update({name: body[name] for name in _MERGED if body.get(name) is not None})
    sent = body.get("sku") or {}
    sku = {**plan.body["sku"], **{name: value for name, value in sent.items() if value is not None}}
    size = sku["name"]
    which = tier(size)
    plan.body["sku"] = {
        **sku,
        "tier": which.name,
        "size": size,
        "family": which.family,
        "capacity": sku.get("capacity") or 1,
    }
    properties = body.get("properties") or {}
    plan.properties.update({name: value for name, value in properties.items() if name not in _READ_ONLY})
