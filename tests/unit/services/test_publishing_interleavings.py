"""Two writers publish the htpasswd file, in every interleaving, and with a crash of either at every step.

A writer is a greenlet that gives way before each call to a port, so that a schedule decides the order of all calls.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import pytest
from greenlet import greenlet

from shared.domain.htpasswd import FILE_NAME, Projection, read_header, render
from shared.domain.names import azure_names
from shared.domain.records import Delete, Insert
from shared.domain.registries import Desired, Registry
from shared.domain.users import User
from shared.services.publisher import publish
from shared.services.state import State
from tests.fakes import FakeClock, FakeShare, FakeTable

KEY = "k" * 32
NAME = "demo"
HASH = "$2b$05$" + "a" * 53
STEPS = 8
"""Switches that one writer takes when another's temporary file is there; a test counts them."""


class GivesWay:
    """Hands control back to the schedule before every call."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)

        def call(*args: object, **kwargs: object) -> object:
            schedule = greenlet.getcurrent().parent
            assert schedule is not None
            schedule.switch()
            return method(*args, **kwargs)

        return call


@dataclass
class World:
    """A registry at revision 1 with one user, already published; the second user comes while writers are at work."""

    table: FakeTable
    share: FakeShare
    acknowledged: int = 1

    @classmethod
    def make(cls) -> Self:
        table, share, now = FakeTable(), FakeShare(), FakeClock()()
        desired = Desired(location="here", sku="B1", image="registry:2", storage_replication="LRS")
        names = azure_names("s", "g", NAME)
        registry = Registry(
            name=NAME,
            uid="U1",
            desired=desired,
            names=names,
            users_revision=1,
            created_at=now,
            updated_at=now,
        )
        table.transact(
            NAME, [registry.save(), Projection(uid="U1").save(), Insert(_user("first", 1).to_row())]
        )
        share.files[FILE_NAME] = render(KEY, "U1", 1, [("first", HASH)])
        return cls(table, share)

    @property
    def state(self) -> State:
        return State(self.table)

    def registry(self) -> Registry:
        found = self.state.registry(NAME)
        assert found is not None
        return found

    def change_users(self) -> None:
        """One revocation and one new user, as one transaction each would do it."""
        registry = self.registry()
        revision = registry.users_revision + 1
        gone = self.state.user(NAME, "first")
        changes = [registry.change(users_revision=revision).save(), _user(f"user{revision}", revision).save()]
        if gone:
            changes.append(Delete(gone.key, gone.etag))
        self.table.transact(NAME, changes)

    def writer(self, name: str) -> greenlet:
        registry = self.registry()

        def run() -> None:
            state, share = State(GivesWay(self.table)), GivesWay(self.share)
            revision = publish(state, share, KEY, registry, name)
            if revision is not None:
                self.acknowledged = max(self.acknowledged, revision)

        return greenlet(run)

    def check(self) -> None:
        """The file is whole, and never older than what somebody was told."""
        header = read_header(self.share.files[FILE_NAME])
        assert header is not None
        assert header.intact
        assert header.revision >= self.acknowledged

    def check_at_rest(self) -> None:
        """After one more undisturbed writer the file equals the table, and nothing is left over."""
        publish(self.state, self.share, KEY, self.registry(), "last")
        users = self.state.logins(NAME)
        assert self.share.files == {FILE_NAME: render(KEY, "U1", self.registry().users_revision, users)}


def _user(name: str, revision: int) -> User:
    now = FakeClock()()
    return User(
        username=name,
        uid="U1",
        password_hash=HASH,
        revision=revision,
        last_operation=f"{NAME}.x",
        created_at=now,
        updated_at=now,
        secret_changed_at=now,
    )


def schedules(first: int, second: int) -> Iterator[str]:
    """Every order of `first` steps of A and `second` steps of B."""
    for places in combinations(range(first + second), first):
        taken = set(places)
        yield "".join("A" if place in taken else "B" for place in range(first + second))


def run(schedule: str, change_at: int) -> World:
    """Plays one schedule; the users change before step `change_at`. A writer whose steps run out crashed there."""
    world = World.make()
    world.change_users()
    writers = {"A": world.writer("a"), "B": world.writer("b")}
    for step, name in enumerate(schedule):
        if step == change_at:
            world.change_users()
        if not writers[name].dead:
            writers[name].switch()
        world.check()
    return world


def test_a_writer_takes_the_steps_that_the_schedules_assume() -> None:
    world = World.make()
    world.share.create("htpasswd.other.tmp")
    writer, switches = world.writer("a"), 0
    while not writer.dead:
        writer.switch()
        switches += 1
    assert switches == STEPS


@pytest.mark.parametrize("change_at", [3, 6, 9])
def test_every_interleaving_of_two_writers(change_at: int) -> None:
    """A begins: the two are alike, so what B begins would be the same once more."""
    for schedule in schedules(STEPS - 1, STEPS):
        world = run("A" + schedule, change_at)
        world.check_at_rest()


@pytest.mark.parametrize("crash_at", range(STEPS))
def test_a_crash_at_every_step_beside_a_living_writer(crash_at: int) -> None:
    for schedule in schedules(crash_at, STEPS):
        for change_at in (2, 7):
            world = run(schedule, change_at)
            world.check_at_rest()


def test_without_the_fence_the_same_schedules_find_an_old_list_over_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The test can fail: a writer that does not delete other temporary files loses a change in some schedule."""
    monkeypatch.setattr(FakeShare, "names", lambda _: [])

    def play() -> None:
        for schedule in schedules(STEPS, STEPS):
            run(schedule, change_at=6)

    with pytest.raises(AssertionError):
        play()
