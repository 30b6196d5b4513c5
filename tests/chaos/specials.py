"""Cells that are not a fault at one step: messages that come twice, late or out of order, Azurite or the emulator
stopped and started again, mounts that lag, names that are taken, Resource Manager that throttles, sites that misbehave.

Azurite is stopped in an orderly way. It writes its tables and queues to disk every five seconds and when it is asked to
stop: a SIGKILL would lose what Azure Storage, which acknowledges what is durable, never loses.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from shared.domain.names import azure_names
from tests.chaos.changes import create, purge, put_user
from tests.chaos.cloud import Cloud
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.steps import Step
from tests.chaos.wave import HIT_SECONDS, Run, Wave, in_parallel, settle
from tests.e2e.emulated_azure import ACCOUNTS, SITES

USER_SCENARIOS = (
    *("put", "rotate", "revoke", "sync"),
    *("first-login", "new-login", "import", "import-replace", "chat"),
)
REMOVALS = ("delete", "purge")
OUTAGE_SECONDS = 2.0
RESERVED_SECONDS = 600
QUOTA = {"reads": 12, "writes": 4, "deletes": 2, "seconds": 6}
"""A create alone asks for more than twice as much."""
REDELIVERY_SECONDS = 2.5
"""Long enough for every message to be received: the queues are polled once a second."""


@dataclass(frozen=True)
class Setting:
    """What a special cell is run with."""

    cloud: Cloud
    steps: Mapping[str, Sequence[Step]]
    mount_lag: float
    """Seconds."""


Disturb = Callable[[Setting, Wave], None]


@dataclass(frozen=True)
class Special:
    """`before` is called when everything is prepared, `disturb` when all requests are under way, `after` at the end."""

    name: str
    disturb: Disturb
    scenarios: tuple[str, ...] = tuple(SCENARIOS)
    before: Disturb | None = None
    after: Disturb | None = None
    times: int = 1
    """How often it is run of each scenario, side by side."""
    lags: bool = False
    """The registries are made while mounts lag."""

    def cells(self) -> list[tuple[str, str]]:
        """`(id, scenario)`."""
        if self.times == 1:
            return [(f"{scenario}/{self.name}", scenario) for scenario in self.scenarios]
        numbers = range(1, self.times + 1)
        return [(f"{scenario}/{self.name}-{n}", scenario) for scenario in self.scenarios for n in numbers]


def _nothing(_: Setting, __: Wave) -> None:
    """Nobody disturbs it: something else is different."""


def _operations(wave: Wave) -> Iterator[tuple[Run, str]]:
    """Every operation that is acknowledged within a while, as soon as it is."""
    seen: set[str] = set()
    deadline = time.monotonic() + HIT_SECONDS
    waiting = list(wave.runs)
    while waiting and time.monotonic() < deadline:
        for run in list(waiting):
            for operation in set(run.registry.acknowledged) - seen:
                seen.add(operation)
                if operation not in run.registry.ended:
                    yield run, operation
            if run.registry.name in wave.finished:
                waiting.remove(run)
        time.sleep(0.02)


def _send(cloud: Cloud, run: Run, operation: str, turns: Sequence[int]) -> None:
    row = cloud.row(run.registry.name, f"operation:{operation.partition('.')[2]}")
    assert row, f"{operation} was acknowledged and does not exist"
    for turn in turns:
        cloud.send(row, operation, turn)


def _duplicates(setting: Setting, wave: Wave) -> None:
    for run, operation in _operations(wave):
        _send(setting.cloud, run, operation, (0, 0, 0, 1, 1))
        run.hits += 1


def _reordered(setting: Setting, wave: Wave) -> None:
    """Turns that are not due yet come first, the present one last."""
    for run, operation in _operations(wave):
        _send(setting.cloud, run, operation, (4, 3, 2, 1, 0))
        run.hits += 1


def _late(setting: Setting, wave: Wave) -> None:
    """Every message of every operation of the registry comes again when all is over, those of its past included."""
    for run in wave.runs:
        for operation, row in setting.cloud.operations(run.registry.name).items():
            _send(setting.cloud, run, operation, (0, max(row["turn"] - 1, 0), row["turn"]))
            run.hits += 1
    time.sleep(REDELIVERY_SECONDS)


def _hold_at(share: float) -> Disturb:
    """Hold each scenario at one of its writes: `share` of the way from the first to the last."""

    def before(setting: Setting, wave: Wave) -> None:
        for run in wave.runs:
            writes = [step for step in setting.steps[run.scenario.name] if not step.kind.is_read]
            step = writes[round(share * (len(writes) - 1))]
            mine = {"skip": step.skip, "mentions": run.registry.name, "hold": "before"}
            wave.place(run, {**step.kind.fault(), **mine})

    return before


def _hold_files(setting: Setting, wave: Wave) -> None:
    """Each at another one of the writes that publish the file."""
    steps = setting.steps["rotate"]
    writes = [step for step in steps if step.kind.service == "files" and not step.kind.is_read]
    for run, step in zip(wave.runs, writes, strict=False):
        mine = {"skip": step.skip, "mentions": run.registry.name, "hold": "before"}
        wave.place(run, {**step.kind.fault(), **mine})


def _newer_writer(_: Setting, wave: Wave) -> None:
    """While a writer sleeps longer than its lock, another one publishes a newer list; then the first wakes up."""
    wave.wait_for_hits()
    wave.count_hits()

    def change(run: Run) -> None:
        run.problems += settle(run.registry, put_user(run.registry, "newer"))

    in_parallel(change, wave.runs)
    wave.forget_faults()
    time.sleep(OUTAGE_SECONDS)


def _outage(program: str) -> Disturb:
    """The program goes away while every scenario is in the middle of its work."""

    def disturb(setting: Setting, wave: Wave) -> None:
        wave.wait_for_hits()
        wave.count_hits()
        with setting.cloud.stopped(program):
            if program != "emulator":  # which takes its faults with it
                wave.forget_faults()
            time.sleep(OUTAGE_SECONDS)
        if program == "emulator":
            wave.forget_faults()

    return disturb


def _throttle(setting: Setting, wave: Wave) -> None:
    """Resource Manager refuses everything for a while, and says for how long."""
    _ = setting
    for run in wave.runs:
        answer = {"status": 429, "headers": {"Retry-After": "1"}}
        wave.place(
            run, {"path": "/subscriptions/**", "mentions": run.registry.name, "count": 6, "answer": answer}
        )


def _hold_names(setting: Setting, wave: Wave) -> None:
    values = setting.cloud.azure.settings
    subscription, group = values["AZURE_SUBSCRIPTION_ID"], values["AZURE_RESOURCE_GROUP"]
    names = [azure_names(subscription, group, run.registry.name) for run in wave.runs]
    for run in wave.runs:
        run.registry.may_change_names = True
        run.hits = 1
    setting.cloud.azure.hold_names([name.storage_account for name in names], [name.site for name in names])


def _free_names(setting: Setting, _: Wave) -> None:
    setting.cloud.azure.hold_names([], [])


def _reserve_names(setting: Setting, wave: Wave) -> None:
    """A registry of that name has just gone, and its names stay reserved for a while."""
    setting.cloud.azure.control("PUT", "deleted-names", dict.fromkeys((ACCOUNTS, SITES), RESERVED_SECONDS))

    def come_and_go(run: Run) -> None:
        for request in (create, purge):
            run.problems += settle(run.registry, request(run.registry))
        run.registry.may_change_names = True
        run.hits = 1

    in_parallel(come_and_go, wave.runs)


def _release_names(setting: Setting, _: Wave) -> None:
    setting.cloud.azure.control("PUT", "deleted-names", dict.fromkeys((ACCOUNTS, SITES), 0))


def _limit(setting: Setting, _: Wave) -> None:
    setting.cloud.azure.control("PUT", "throttling", QUOTA)


def _unlimit(setting: Setting, wave: Wave) -> None:
    """Every refusal is a hit of the registry that it mentions."""
    setting.cloud.azure.control("PUT", "throttling", {})
    refused = [
        entry["path"]
        for entry in setting.cloud.azure.control("GET", "requests")["value"]
        if entry["status"] == 429
    ]
    for run in wave.runs:
        run.hits = sum(run.registry.name in path for path in refused)


def _misbehave(behaviour: str) -> Disturb:
    def before(setting: Setting, wave: Wave) -> None:
        sites = [
            {"site": f"{run.registry.name}-*", "behaviour": behaviour, "seconds": 2.0} for run in wave.runs
        ]
        setting.cloud.azure.control("PUT", "site-behaviour", sites)
        for run in wave.runs:
            run.hits = 1

    return before


def _behave(setting: Setting, _: Wave) -> None:
    setting.cloud.azure.control("PUT", "site-behaviour", [])


def _soon_behave(setting: Setting, wave: Wave) -> None:
    time.sleep(2 * OUTAGE_SECONDS)
    _behave(setting, wave)


def _kill_registries(setting: Setting, wave: Wave) -> None:
    wave.wait_for_hits()
    wave.count_hits()
    for run in wave.runs:
        setting.cloud.kill_registry(run.registry.name)
    wave.forget_faults()


def _hit(_: Setting, wave: Wave) -> None:
    for run in wave.runs:
        run.hits = 1


@contextmanager
def lagging(cloud: Cloud, seconds: float) -> Iterator[None]:
    """Sites that start from now on see a change of their share so much later."""
    cloud.azure.control("PUT", "mount-lag", {"seconds": seconds})
    try:
        yield
    finally:
        cloud.azure.control("PUT", "mount-lag", {"seconds": 0})


SPECIALS: tuple[Special, ...] = (
    Special("message-duplicate", _duplicates),
    Special("message-late", _nothing, after=_late),
    Special("message-reordered", _reordered),
    *(Special(f"azurite-restart-{at}", _outage("azurite"), before=_hold_at(at / 2)) for at in range(3)),
    *(Special(f"emulator-restart-{at}", _outage("emulator"), before=_hold_at(at / 2)) for at in range(3)),
    Special("mount-lag", _hit, ("create", "update", "restore", *USER_SCENARIOS), lags=True),
    Special("writer-asleep", _newer_writer, ("rotate",), before=_hold_files, times=4),
    Special("throttled", _nothing, ("create", "rollback", "update", *REMOVALS, "restore"), before=_throttle),
    Special("quota", _nothing, ("create", "update", *REMOVALS, "restore"), before=_limit, after=_unlimit),
    Special("names-reserved", _nothing, ("create",), before=_reserve_names, after=_release_names),
    Special("names-held", _nothing, ("create",), before=_hold_names, after=_free_names),
    Special("registry-killed", _kill_registries, before=_hold_at(0.5)),
    Special("site-slow", _nothing, ("create", "update", "restore"), before=_misbehave("slow"), after=_behave),
    Special("site-stubborn", _nothing, ("update", *REMOVALS), before=_misbehave("stubborn"), after=_behave),
    Special("site-never", _soon_behave, before=_misbehave("never"), after=_behave),
    Special("site-dies", _soon_behave, before=_misbehave("dies"), after=_behave),
)
