"""The resources of a registry, and the settings and mounts of its site, are what we sent last; or they are put right.

Each registry is looked at every `DRIFT_CHECK_SECONDS`, at a time of its own: a dozen reads of Resource Manager. A
repair is an ordinary update with an entry in the audit, and it restarts the site. Drift that is back at the next look
is left alone for twice as long each time: somebody else means it, and what restarts for ever serves nobody.

A storage account or blob container that was deleted is never made anew by itself: Azure can restore the old one
with its images only as long as there is no new one.
"""

import logging
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from ulid import ULID

from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.registries.registry import ProvisioningState, Registry
from shared.domain.resources.graph import Context, Node, graph
from shared.domain.resources.plan import at
from shared.domain.resources.resource import Ref
from shared.domain.resources.site_drift import Difference, SiteFinding, difference, shown_otherwise, texts
from shared.ports import ResourceManager
from shared.services.health.rows import HealthRows
from shared.services.operations.lifecycle import Lifecycle
from shared.services.reconciling.reconcile import ACTOR, Seen
from shared.services.reconciling.report import Report
from shared.services.registries.visits import filled
from shared.services.requests import Caller
from shared.services.state import Clock, State

logger = logging.getLogger(__name__)

type Action = Literal["repair", "report"]

MOST_CHECKS = 20
"""In one run: after a pause of some hours every registry is due at once."""
AFTER_FAILURE = timedelta(minutes=5)
LONGEST_PATIENCE = timedelta(days=1)


class SiteDrift:
    """`resources` is called when something is due: its SDK takes half a second to import."""

    def __init__(
        self,
        state: State,
        health: HealthRows,
        lifecycle: Lifecycle,
        resources: Callable[[], ResourceManager],
        context: Context,
        key: str,
        now: Clock,
        *,
        action: Action,
        check_seconds: float,
    ) -> None:
        self._state, self._health, self._lifecycle, self._resources = state, health, lifecycle, resources
        self._context, self._key, self._now = context, key, now
        self._action: Action = action
        self._period = timedelta(seconds=check_seconds)

    def visit(self, seen: Seen, report: Report) -> None:
        """See `Chore`."""
        registry, last = seen.registry, seen.known.looked if seen.known else None
        if registry is None or not _is_at_rest(registry, last):
            return
        now = self._now()
        if last is None:  # the first look comes within one period: later ones are spread as these are
            share = zlib.crc32(registry.uid.encode()) / 2**32
            last = SiteFinding(uid=registry.uid, next_check_at=now + share * self._period)
            self._health.keep(seen.name, last)
        elif last.next_check_at <= now and report.count("sites_checked") < MOST_CHECKS:
            report.note("sites_checked", seen.name)
            self._check(registry, last, report)

    def _check(self, registry: Registry, last: SiteFinding, report: Report) -> None:
        now = self._now()
        try:
            found = self._look(registry)
        except (TemporaryError, PermanentError):
            self._health.keep(
                registry.name, last.change(next_check_at=now + min(self._period, AFTER_FAILURE))
            )
            raise
        present = self._state.registry(registry.name)
        if present is None or present.version_tag != registry.version_tag:
            return  # somebody has begun to change it: what was seen may be that
        finding = last.change(
            checked_at=now,
            next_check_at=now + self._period,
            found=texts(found),
            steps=sorted({each.step for each in found if each.repairable}),
        )
        if not set(finding.found) & set(last.found):  # another drift, or none: no reason for patience
            finding = finding.change(repairs=0, next_repair_at=None, repaired_version=None)
        if found:
            finding = self._decide(registry, finding, found, report)
        self._health.keep(registry.name, finding)

    def _decide(
        self, registry: Registry, finding: SiteFinding, found: list[Difference], report: Report
    ) -> SiteFinding:
        what, why = ", ".join(finding.found), self._why_not(finding, found)
        if why:
            logger.warning("registry %s: drift, only reported because %s: %s", registry.name, why, what)
            report.note("site_drift_reported", registry.name)
            return finding
        operation = self._lifecycle.repair(registry, finding.steps, {"drift": finding.found}, _caller())
        if operation is None:
            return finding
        logger.warning("registry %s: drift, repaired by operation %s: %s", registry.name, operation.id, what)
        report.note("site_drift_repaired", registry.name)
        patience = min(self._period * 2 ** (finding.repairs + 1), LONGEST_PATIENCE)
        return finding.change(
            repairs=finding.repairs + 1,
            next_repair_at=self._now() + patience,
            repaired_version=registry.version + 2,  # one for its begin, one for its end
        )

    def _why_not(self, finding: SiteFinding, found: list[Difference]) -> str | None:
        """Why it is not repaired now; `None` if it is."""
        if self._action == "report":
            return "DRIFT_ACTION says so"
        if stuck := [each.what for each in found if not each.repairable]:
            return f"a PUT of the registry would not bring back what was there ({', '.join(stuck)})"
        if finding.next_repair_at and self._now() < finding.next_repair_at:
            return f"it came back after {finding.repairs} repairs, until {_short(finding.next_repair_at)}"
        return None

    def _look(self, registry: Registry) -> list[Difference]:
        """Every difference. What is inside of a missing resource is not looked at."""
        resources = self._resources()
        found: list[Difference] = []
        missing: set[Ref] = set()
        for node in graph(registry, self._context):
            if node.ref is None or any(_is_inside(node.ref, ref) for ref in missing):
                continue
            seen = resources.get(node.ref)
            if seen is None:
                missing.add(node.ref)
            if problem := difference(node, registry, seen):
                found.append(problem)
            elif node.step == "site" and seen is not None:
                found += shown_otherwise(node, seen)
                if at(seen, "properties.defaultHostName") not in {None, registry.login_server}:
                    found.append(Difference("probe", "login server"))  # the update learns it again
                found += self._hidden(resources, registry, node) if not found else []
        return found

    def _hidden(self, resources: ResourceManager, registry: Registry, site: Node) -> list[Difference]:
        """What a GET of the site does not show. A repair for another reason sends it all anyway."""
        body = filled(resources, self._key, registry, site.body or {})
        names = resources.differences(registry.names.site, body)
        return [Difference(site.step, name) for name in names]


def _is_at_rest(registry: Registry, last: SiteFinding | None) -> bool:
    """Up, and nothing works on it. Where a caller's own change has failed, Azure rightly differs from it."""
    if registry.active_operation or not registry.provisioned:
        return False
    if registry.provisioning_state is ProvisioningState.FAILED:
        return last is not None and last.repaired_version == registry.version
    return registry.provisioning_state is ProvisioningState.SUCCEEDED


def _is_inside(inner: Ref, outer: Ref) -> bool:
    return inner.name == outer.name and inner.type.startswith(f"{outer.type}/")


def _caller() -> Caller:
    return Caller(actor=ACTOR, request_id=str(ULID()))


def _short(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
