"""Create, update, show and list registries: checks, records, enqueues. Azure is the handler's business."""

from collections.abc import Callable
from dataclasses import dataclass

from ulid import ULID

from shared.domain.errors import OperationInProgressError, not_found
from shared.domain.health.verdict import Verdict
from shared.domain.names import azure_names
from shared.domain.operations import Operation
from shared.domain.registries.change_rules import check_change
from shared.domain.registries.registry import Desired, ProvisioningState, Registry, RegistryFilter
from shared.domain.registries.registry_spec import Policy, RegistryPatch, RegistrySpec, defaults, merge
from shared.domain.resources.change_plan import ChangePlan, change_plan, plan_of
from shared.domain.resources.graph import Context
from shared.domain.resources.site_drift import SiteFinding
from shared.ports import Table
from shared.services.capacity import Capacity
from shared.services.health.rows import HealthRows, Known
from shared.services.operations.ledger import Ledger
from shared.services.operations.lifecycle import Lifecycle, provide
from shared.services.requests import Caller, Precondition, check_not_deleted, nearest
from shared.services.state import Clock, State, retry_on_conflict
from shared.telemetry.threads import ContextThreadPool

LIST_CONCURRENCY = 8


@dataclass(frozen=True)
class RegistryAnswer:
    """A registry with what is known of it. `operation`: the work that is outstanding, if any."""

    registry: Registry
    operation: Operation | None = None
    known: Known | None = None
    created: bool = False
    plan: ChangePlan | None = None
    """What a change sends and restarts; `None` where nobody asked for a change."""
    planned_only: bool = False
    """A dry run: nothing was changed, and `registry` is what it would look like."""

    @property
    def verdict(self) -> Verdict | None:
        """How it looks from outside. What is soft-deleted, or never came up, is not looked at."""
        is_there = self.registry.login_server is not None or self.operation is not None
        is_looked_at = is_there and not self.registry.is_soft_deleted
        return self.known.verdict if self.known and is_looked_at else None

    @property
    def drift(self) -> SiteFinding | None:
        """What somebody else changed and nobody has repaired."""
        return self.known.drift if self.known and not self.registry.is_soft_deleted else None


class Registries:
    """Every method raises `ApiError` for what its caller can mend, `DependencyError` when the tables are away."""

    def __init__(
        self,
        state: State,
        health: Table,
        capacity: Capacity,
        lifecycle: Lifecycle,
        ledger: Ledger,
        policy: Policy,
        context: Context,
        now: Clock,
    ) -> None:
        self._state, self._capacity = state, capacity
        self._health, self._lifecycle = HealthRows(health), lifecycle
        self._ledger, self._policy, self._context, self._now = ledger, policy, context, now

    @retry_on_conflict
    def put(
        self, name: str, spec: RegistrySpec, condition: Precondition, caller: Caller, *, dry_run: bool = False
    ) -> RegistryAnswer:
        """Creates it, changes it, or finds that there is nothing to do."""
        if repeated := self._ledger.repeated(caller, name):
            return self.answer(self.require(name), repeated, dry_run=dry_run)
        present = self._state.registry(name)
        if present:
            check_not_deleted(present)
        condition.check(present.version_tag if present else None)
        if present is None:
            return self._create(name, merge(spec, self._defaults(), self._defaults()), caller, dry_run)
        return self._update(present, merge(spec, present.desired, self._defaults()), caller, dry_run)

    @retry_on_conflict
    def patch(
        self,
        name: str,
        patch: RegistryPatch,
        condition: Precondition,
        caller: Caller,
        *,
        dry_run: bool = False,
    ) -> RegistryAnswer:
        """Changes one that is there; 404 names the nearest."""
        if repeated := self._ledger.repeated(caller, name):
            return self.answer(self.require(name), repeated, dry_run=dry_run)
        present = self.require(name)
        check_not_deleted(present)
        condition.check(present.version_tag)
        return self._update(present, merge(patch, present.desired, self._defaults()), caller, dry_run)

    def get(self, name: str) -> RegistryAnswer:
        """404 names the nearest registry."""
        return self._show(self.require(name))

    def list(
        self,
        after: str,
        limit: int,
        visible: Callable[[str], bool] = lambda _: True,
        wanted: RegistryFilter = RegistryFilter(),  # noqa: B008 - it is frozen
    ) -> list[RegistryAnswer]:
        """At most `limit` registries after `after`, in name order; fewer only at the end."""
        found: list[RegistryAnswer] = []
        with ContextThreadPool(LIST_CONCURRENCY) as pool:
            while (missing := limit - len(found)) > 0:
                fetched = max(missing, LIST_CONCURRENCY)  # where few are found, many are looked at
                names = [name for name, _ in self._capacity.names(after, fetched)]
                rows = pool.map(self._state.registry, filter(visible, names))
                listed = [row for row in rows if row and wanted.takes(row)]
                found += pool.map(self._show, listed[:missing])
                if len(names) < fetched:
                    break
                after = names[-1]
        return found

    def answer(
        self,
        registry: Registry,
        operation: Operation | None,
        known: Known | None = None,
        *,
        dry_run: bool = False,
    ) -> RegistryAnswer:
        """With what the operation sends and restarts."""
        plan = plan_of(operation, registry, self._context)
        return RegistryAnswer(
            registry, operation, known or self._known(registry), plan=plan, planned_only=dry_run
        )

    def require(self, name: str) -> Registry:
        """The registry, or 404 that names the nearest."""
        registry = self._state.registry(name)
        if registry is None:
            similar = nearest(name, (known for known, _ in self._capacity.names()))
            raise not_found("Registry", name, similar, f"Create it: PUT /api/registries/{name}")
        return registry

    def _show(self, registry: Registry) -> RegistryAnswer:
        return RegistryAnswer(registry, self._state.active(registry), self._known(registry))

    def _create(self, name: str, desired: Desired, caller: Caller, dry_run: bool) -> RegistryAnswer:
        registry = self._new(name, desired)
        if dry_run:
            self._capacity.check(name)
            plan = change_plan(None, registry, self._context)
            return RegistryAnswer(registry, created=True, plan=plan, planned_only=True)
        self._capacity.reserve(name)
        begun, operation = self._lifecycle.create(registry, caller)
        return RegistryAnswer(begun, operation, created=True, plan=ChangePlan())

    def _new(self, name: str, desired: Desired) -> Registry:
        now = self._now()
        return Registry(
            name=name,
            uid=str(ULID()),
            desired=desired,
            names=azure_names(self._context.subscription, self._context.group, name),
            created_at=now,
            updated_at=now,
        )

    def _update(self, present: Registry, desired: Desired, caller: Caller, dry_run: bool) -> RegistryAnswer:
        active = self._state.active(present)
        same = desired == present.desired
        if active and not (same and active.kind.provides):
            raise OperationInProgressError(active.id, active.kind.value, active.registry)
        known = self._known(present)
        to_mend = known.drift is not None or known.resend
        at_rest = present.provisioning_state is ProvisioningState.SUCCEEDED and not to_mend
        if active or (same and at_rest):
            return self.answer(present, active, known, dry_run=dry_run)
        check_change(present, desired)
        if dry_run:
            wanted = present.change(desired=desired)
            plan = change_plan(present, wanted, self._context, known.resend)
            return RegistryAnswer(wanted, known=known, plan=plan, planned_only=True)
        changed, operation = self._lifecycle.begin(
            present, desired, provide(present), caller, resend=known.resend
        )
        return self.answer(changed, operation, known)

    def _known(self, registry: Registry) -> Known:
        return self._health.read(registry).at(self._now())

    def _defaults(self) -> Desired:
        return defaults(self._policy)
