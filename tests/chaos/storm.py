"""Random mode: clients that live random lives on own and shared registries, while everything goes wrong at random.

Each client is the only one who changes its users, so it knows at every moment what must be true of them, and looks at
once whenever an operation says that it has succeeded. When the time is over the chaos ends, all operations come to
their end, and every invariant is looked at.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import httpx

from tests.chaos import changes, links
from tests.chaos.cloud import Cloud
from tests.chaos.index import the_index_forgets
from tests.chaos.invariants import look, violations
from tests.chaos.registry import Names, Refused, Registry
from tests.chaos.secrecy import requests_without_secrets
from tests.chaos.wave import in_parallel, settle

CLIENTS = 8
SHARED = 2
"""Registries that all clients use."""
REPEATS = 4
_BUSY = {"OperationInProgress"}

Action = Callable[[Registry], list[changes.Asked]]


class Client:
    """One client with a registry of its own and users of its own in the shared ones."""

    def __init__(
        self, cloud: Cloud, number: int, shared: Sequence[Registry], names: Names, seed: int
    ) -> None:
        self._cloud, self._number, self._shared, self._names = cloud, number, shared, names
        self._chance = random.Random(f"{seed}/client/{number}")
        self.own: list[Registry] = []

    def live(self, end: Event) -> None:
        """Until the end; what goes wrong is a violation, and the client goes on."""
        while not end.is_set():
            registry, action = self._next()
            self._do(registry, action)
            time.sleep(self._chance.uniform(0, 0.3))

    def _next(self) -> tuple[Registry, Action]:
        alive = [registry for registry in self.own if registry.exists]
        if not alive:
            registry = Registry(self._cloud, self._names.next())
            self.own.append(registry)
            return registry, changes.create
        chosen = self._chance.choice([alive[0], alive[0], *self._shared])
        if chosen is alive[0]:
            lot = self._chance.random()
            if chosen.is_deleted:
                return chosen, changes.restore if lot < 0.75 else changes.purge
            if lot < 0.05:
                return chosen, changes.purge
            if lot < 0.12:
                return chosen, changes.delete
            if lot < 0.2:
                return chosen, changes.update
        return chosen, self._user_change(chosen)

    def _user_change(self, registry: Registry) -> Action:
        name = f"u{self._number}-{self._chance.randrange(3)}"
        user = registry.users.get(name)
        if user is None or not user.present:
            first = self._chance.choice([changes.put_user, links.first_login])
            return lambda registry: first(registry, name)
        change = self._chance.choice(
            [
                changes.put_user,
                changes.rotate_user,
                changes.delete_user,
                links.new_login,
                links.login_again,
            ]
        )
        return lambda registry: change(registry, name)

    def _do(self, registry: Registry, action: Action) -> None:
        """A failed operation is asked for again: the same request must succeed in the end."""
        failed: list[str] = []
        try:
            for _ in range(REPEATS):
                failed = settle(registry, action(registry))
                if not failed:
                    return
            self._violate(registry, f"a_failure_can_be_repeated: {failed}")
        except Refused as refused:
            if refused.code not in _BUSY:
                self._violate(registry, str(refused))
        except AssertionError as error:
            self._violate(registry, str(error))

    def _violate(self, registry: Registry, why: str) -> None:
        self._cloud.tally.violate(f"client {self._number}, registry {registry.name}: {why}")


class Weather:
    """What goes wrong, one thing after the other."""

    def __init__(self, cloud: Cloud, registries: Callable[[], Sequence[Registry]], seed: int) -> None:
        self._cloud, self._registries = cloud, registries
        self._chance = random.Random(f"{seed}/weather")
        self._placed: list[tuple[str, str]] = []

    def blow(self, end: Event) -> None:
        """Until the end."""
        while not end.is_set():
            lot = self._chance.random()
            if lot < 0.86:
                self._fault()
            elif lot < 0.92:
                self._held_kill()
            elif lot < 0.97:
                self._kill_registry()
            else:
                self._outage()
            self._clear(at_most=30)
            end.wait(self._chance.uniform(0.2, 1.5))
        self._clear(at_most=0)

    def _fault(self) -> None:
        """Somewhere, so many times."""
        name, effect = self._chance.choice(_EFFECTS)
        path = self._chance.choice(_PLACES)
        count, skip = self._chance.randint(1, 4), self._chance.randint(0, 5)
        method = self._chance.choice([None, None, "GET", "PUT", "POST", "DELETE"])
        fault = {"pathRegex": path, "method": method, "count": count, "skip": skip, **effect}
        with suppress(httpx.HTTPError):
            self._placed.append((self._cloud.place(fault), name))

    def _held_kill(self) -> None:
        """At some request of some registry, or wherever the host is after a moment."""
        hold = self._chance.choice(["before", "after"])
        fault = {
            "pathRegex": self._chance.choice(_PLACES),
            "hold": hold,
            "skip": self._chance.randint(0, 20),
        }
        with suppress(httpx.HTTPError):
            placed = self._cloud.place(fault)
            deadline = time.monotonic() + 3
            while not self._cloud.used().get(placed) and time.monotonic() < deadline:
                time.sleep(0.02)
            self._cloud.tally.faults[f"hold-{hold}"] += self._cloud.used().get(placed, 0)
            killed = self._cloud.kill_host()
            self._cloud.remove(placed)
            self._cloud.wait_for_another_host(killed)

    def _kill_registry(self) -> None:
        if registries := [registry for registry in self._registries() if registry.exists]:
            self._cloud.kill_registry(self._chance.choice(registries).name)

    def _outage(self) -> None:
        program = self._chance.choice(["azurite", "azurite", "emulator"])
        self._clear(at_most=0)
        with self._cloud.stopped(program):
            time.sleep(self._chance.uniform(0.5, 5))

    def _clear(self, at_most: int) -> None:
        """Old faults go; what they hit is counted."""
        with suppress(httpx.HTTPError):
            used = self._cloud.used() if len(self._placed) > at_most else {}
            while len(self._placed) > at_most:
                fault, name = self._placed.pop(0)
                self._cloud.tally.faults[name] += used.get(fault, 0)
                self._cloud.remove(fault)


_EFFECTS: list[tuple[str, Mapping[str, object]]] = [
    *[(str(status), {"answer": {"status": status}}) for status in (409, 429, 500, 503)],
    ("delay", {"delay": 0.5}),
    ("delay", {"delay": 4.5}),
    ("lost", {"drop": "after"}),
    ("lost", {"drop": "after"}),
    ("drop", {"drop": "before"}),
    *[(f"failed-{shown}", {"operation": {"shown": shown}}) for shown in ("arm", "appservice", "resource")],
]
_PLACES = ["^/subscriptions/", "^/files/", "^/tables/", r"^/tables/.*\$batch", "^/queues/", "^/identity/"]


def storm(cloud: Cloud, minutes: float, seed: int, say: Callable[[str], None]) -> None:
    """Random lives and random chaos for so long, then peace and a look at everything."""
    names = Names("r")
    shared = [Registry(cloud, names.next()) for _ in range(SHARED)]
    in_parallel(lambda registry: settle(registry, changes.create(registry)), shared)
    clients = [Client(cloud, number, shared, names, seed) for number in range(CLIENTS)]

    def everyone() -> list[Registry]:
        return [*shared, *(registry for client in clients for registry in client.own)]

    end, calm = Event(), Event()
    weather = Weather(cloud, everyone, seed)
    deadline = time.monotonic() + minutes * 60
    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        blowing = threads.submit(weather.blow, end)
        living = [threads.submit(client.live, calm) for client in clients]
        while (left := deadline - time.monotonic()) > 0 and not cloud.tally.violations:
            time.sleep(min(30, left))
            with suppress(httpx.HTTPError):  # the emulator may be away
                requests_without_secrets(cloud)
            say(
                f"{left / 60:.1f} minutes left: {sum(cloud.tally.operations.values())} operations, "
                f"{cloud.tally.kills} kills, {cloud.tally.restarts} restarts, "
                f"{sum(cloud.tally.faults.values())} faults, {len(cloud.tally.violations)} violations"
            )
        end.set()
        blowing.result()
        calm.set()
        for client in living:
            client.result()
    _look_at_everything(cloud, everyone(), say)


def _look_at_everything(cloud: Cloud, registries: Sequence[Registry], say: Callable[[str], None]) -> None:
    """When all is at rest."""
    for registry in registries:
        for operation, row in cloud.operations(registry.name).items():
            if row["status"] not in {"Succeeded", "Failed", "Canceled"}:
                with suppress(AssertionError):
                    registry.end_of(operation)
    found = look(cloud, registries)
    for seen in found:
        for problem in violations(seen):
            cloud.tally.violate(f"registry {seen.registry.name} at the end: {problem}")
    say(f"{len(found)} registries looked at")
    the_index_forgets(
        cloud, {seen.registry.name: "random" for seen in found if not seen.registry.exists}, say
    )
