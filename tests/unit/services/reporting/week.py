"""A week whose figures can be computed by hand: Monday 23 February to Monday 2 March 2026, 07:00 in Berlin (06:00 UTC).

Seven days of 24 hours and six hours of the eighth: 174 hours.
"""

from datetime import datetime, timedelta

from shared.domain.health.codes import Code, HealthState
from shared.domain.notices.notice import Delivery, DeliveryStatus, Notice, NoticeKind
from shared.domain.operations import Kind
from shared.domain.registries.registry import ProvisioningState
from tests.unit.services.reporting.world import World, failure, utc

UP, SLOW, DOWN, OURS = (
    HealthState.HEALTHY,
    HealthState.DEGRADED,
    HealthState.DOWN,
    HealthState.MAINTENANCE,
)
NOW = utc(3, 2, 6)
DAYS = [utc(2, 23) + timedelta(days=number) for number in range(8)]
GB = 10**9
MINUTES_22, MINUTES_40 = 22 / 60, 40 / 60


def hours(day: datetime) -> float:
    """That there are of this day until the report."""
    return 6 if day == DAYS[-1] else 24


def week() -> World:
    """Four registries, and one that is soft-deleted."""
    world = World(NOW)
    _search(world)
    _payments(world)
    _web(world)
    _data(world)
    world.add("gone", provisioning_state=ProvisioningState.SOFT_DELETED)
    _audit(world)
    _notices(world)
    world.swept(NOW - timedelta(minutes=2))
    world.swept(None, 2)  # the next one is under way
    return world


def _search(world: World) -> None:
    """Down for 40 minutes on Thursday, and since 05:38 UTC today. Before each size: what was counted on Sunday."""
    world.add("search")
    down = {DAYS[3]: MINUTES_40, DAYS[7]: MINUTES_22}
    for number, day in enumerate(DAYS):
        broken = down.get(day, 0)
        logins = {300: 50} if day == DAYS[-1] else {40: 100}
        size = (100 + 3 * (number >= 4)) * GB
        states = {UP: hours(day) - broken, DOWN: broken} if broken else {UP: hours(day)}
        world.day("search", day, states, logins=logins, size_bytes=size)
    world.day("search", utc(2, 22), {UP: 24}, size_bytes=100 * GB, logins={9000: 9})
    began = utc(3, 2, 5 + 38 / 60)
    world.look("search", Code.STORAGE_UNHEALTHY, began, evidence="GET /v2/_catalog: 503")
    world.incident("search", Code.STORAGE_UNHEALTHY, began, None)
    world.incident("search", Code.TIMEOUT, utc(2, 26, 10), utc(2, 26, 10) + timedelta(minutes=40))
    world.incident("search", Code.TIMEOUT, utc(2, 20, 10), utc(2, 20, 11))  # before the week


def _payments(world: World) -> None:
    """We worked on it for an hour on Wednesday. `ci` expires in three days and some hours, `old` in three weeks."""
    world.add("payments", user_count=12)
    for day in DAYS:
        ours = {OURS: 1.0} if day == DAYS[2] else {}
        count = 50 if day == DAYS[-1] else 100
        states = {UP: hours(day) - sum(ours.values()), **ours}
        world.day("payments", day, states, logins={70: count}, size_bytes=200 * GB)
    world.day("payments", utc(2, 21), {UP: 24}, size_bytes=199 * GB)  # on Sunday nobody counted
    world.look("payments", Code.USERS_EXPIRING, utc(2, 1), state=UP)
    world.user("payments", "ci", utc(3, 5, 15))
    world.user("payments", "old", utc(3, 23))


def _web(world: World) -> None:
    """Its certificate is `TLS_EXPIRING` since Saturday. On Tuesday nobody looked for half an hour."""
    world.add("web")
    for number, day in enumerate(DAYS):
        state = SLOW if number >= 5 else UP
        known = hours(day) - (0.5 if number == 1 else 0)
        count = 50 if day == DAYS[-1] else 100
        size = (102 if number < 7 else 104) * GB
        world.day("web", day, {state: known}, logins={90: count}, size_bytes=size)
    world.day("web", utc(2, 22), {UP: 24}, size_bytes=102 * GB)
    world.look("web", Code.TLS_EXPIRING, utc(2, 28), certificate_expires=utc(3, 15, 23))
    world.incident("web", Code.TLS_EXPIRING, utc(2, 28), None)


def _data(world: World) -> None:
    """New since Friday noon."""
    world.add("data")
    for day in DAYS[4:]:
        known = 12 if day == DAYS[4] else hours(day)
        logins = {310: 66} if day == DAYS[-1] else {}
        world.day("data", day, {UP: known}, logins=logins, size_bytes=5 * GB)
    world.look("data", Code.HEALTHY, utc(2, 27, 12))


def _audit(world: World) -> None:
    for number, name in enumerate(["alice", "bob", "carol"]):
        world.audited(utc(2, 24, number), Kind.PUT_USER, "payments", details={"added": [name]})
    world.audited(utc(2, 24, 4), Kind.PUT_USER, "payments")  # a new description
    world.audited(utc(2, 25), Kind.ROTATE_USER, "web", details={"replaces": ["ci"]})
    world.audited(utc(2, 25), Kind.ROTATE_USER, "web")  # without overlap
    world.audited(utc(2, 25), Kind.DELETE_USER, "web")
    world.audited(utc(2, 26), Kind.EXPIRE_USERS, "web", details={"expired": ["temp"]})
    counts = {"added": 2, "removed": 1, "changed": 7}
    imported = world.operation("data", "import-1", Kind.IMPORT_USERS, utc(2, 27, 13), counts=counts)
    world.audited(utc(2, 27, 13), Kind.IMPORT_USERS, "data", operation_id=imported)
    found = {"file": ["edited"], "added": ["x9"]}
    world.audited(utc(2, 28, 4), Kind.REPAIR_HTPASSWD, "web", details=found, actor="system:reconcile")
    world.audited(
        utc(2, 28), "DeleteRegistry", "search", status=403, outcome="Forbidden", actor="key:mallory"
    )
    world.audited(utc(2, 28), "RotateUser", "search", status=404, outcome="UserNotFound")
    world.audited(utc(2, 22), "DeleteRegistry", "search", status=403, outcome="Forbidden")  # before the week
    world.audited(utc(2, 22), Kind.DELETE_USER, "web")
    error = failure("SkuNotAvailable", "Azure has no S1 in westeurope.", "Ask for another sku.")
    world.operation("payments", "scale", Kind.UPDATE_REGISTRY, utc(2, 25, 9), error=error)
    world.operation("payments", "before", Kind.UPDATE_REGISTRY, utc(2, 22, 9), error=error)


def _notices(world: World) -> None:
    told = Notice(kind=NoticeKind.PROBLEM, subject="search", at=utc(2, 26, 10))
    refused = Delivery(status=DeliveryStatus.FAILED, attempt=5, error="HTTP 410")
    taken = Delivery(status=DeliveryStatus.DELIVERED)
    world.noticed(told.change(pending=False, deliveries={"ops": refused, "team": taken}))
    world.noticed(told.change(at=utc(2, 20, 10), pending=False, deliveries={"ops": refused}))
