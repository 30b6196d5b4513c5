"""The daily look: what it sees, what it says where Azure refuses, and how looks are spread."""

import logging
from datetime import timedelta

import pytest

from shared.domain.errors import DependencyError, PermanentError, TemporaryError
from shared.domain.health.codes import Code
from shared.domain.health.daily import LONGEST_WORDS, DailyLook
from shared.domain.registries.registry import Registry
from shared.domain.registries.registry_spec import RegistrySpec
from shared.domain.resources.resource import Type
from shared.services.health.daily import MOST_PAGES, MOST_PER_BATCH, DailyLooks, expiring
from shared.services.health.rows import HealthRows
from tests.contract.registries import Resources, new_registry
from tests.fake_resource_manager import blob_endpoint
from tests.fakes import FakeClock, FakeContainers, FakeResourceManager
from tests.unit.services.rig import ALWAYS, ME, NAME, Rig


class World:
    """A registry that is up, and what looks at it."""

    def __init__(self) -> None:
        self.azure, self.containers, self.clock = FakeResourceManager(), FakeContainers(page=10), FakeClock()
        self.registry = new_registry()
        self.account = self.registry.names.storage_account
        for kind in (Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE):
            resource = Resources(self.registry, self.azure.keys[self.account][0]).of(kind)
            self.azure.put(resource.ref, resource.body)
        self.containers.by_endpoint[blob_endpoint(self.account)] = [1, 20, 300]
        self.daily = DailyLooks(lambda: self.azure, self.containers, self.clock)

    def look(self) -> DailyLook:
        return self.daily.look(self.registry, None)


@pytest.fixture
def world() -> World:
    return World()


def test_a_look_sees_the_key_and_the_size(world: World) -> None:
    assert world.look() == DailyLook(
        uid=world.registry.uid,
        looked_at=world.clock.now,
        key_valid=True,
        size_bytes=321,
        blobs=3,
        counted_all=True,
        container_found=True,
        blobs_seen=3,
    )


@pytest.mark.parametrize(("number", "valid"), [(1, False), (2, True)])
def test_only_the_key_that_is_mounted_counts(world: World, number: int, valid: bool) -> None:
    world.azure.regenerate_key(world.account, number)
    found = world.look()
    assert found.key_valid is valid
    assert found.size_bytes == 321
    assert found.failed == []


def test_of_very_many_blobs_only_some_are_counted(world: World) -> None:
    world.containers.by_endpoint[blob_endpoint(world.account)] = [1] * (MOST_PAGES * 10 + 1)
    found = world.look()
    assert (found.blobs, found.counted_all) == (MOST_PAGES * 10, False)


@pytest.mark.parametrize(
    "error",
    [TemporaryError("TooManyRequests", "later", 60), PermanentError("Forbidden", "no", "Give it the role.")],
)
def test_what_azure_refuses_is_not_seen_and_the_rest_is(world: World, error: Exception) -> None:
    world.azure.errors["mounted_key_is_valid"] = [error]
    found = world.look()
    assert (found.key_valid, found.size_bytes) == (None, 321)
    [words] = found.failed
    assert str(error) in words
    world.containers.errors = [error]
    found = world.look()
    assert (found.key_valid, found.size_bytes, found.blobs, found.counted_all) == (True, None, None, False)
    assert len(found.failed) == 1


def test_a_refusal_is_kept_and_logged_with_its_way_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.containers.errors = [PermanentError("Forbidden", "no", "Give it the role.")]
    with caplog.at_level(logging.WARNING):
        assert world.look().failed == ["Forbidden: no Give it the role."]
    assert "Forbidden: no Give it the role." in caplog.text


def test_long_words_are_cut(world: World) -> None:
    world.containers.errors = [TemporaryError("Busy", "x" * 1000, 1)]
    [words] = world.look().failed
    assert len(words) == LONGEST_WORDS


def test_an_account_that_is_gone_has_taken_the_images_along(world: World) -> None:
    world.azure.delete(Resources(world.registry).of(Type.STORAGE_ACCOUNT).ref)
    found = world.look()
    assert (found.key_valid, found.size_bytes, found.container_found) == (None, None, False)
    assert len(found.failed) == 1  # its keys


def test_what_was_there_is_remembered_while_nothing_can_be_seen(world: World) -> None:
    full = world.look()
    world.containers.errors = [TemporaryError("Busy", "later", 1)]
    unseen = world.daily.look(world.registry, full)
    world.containers.by_endpoint[blob_endpoint(world.account)] = []
    empty = world.daily.look(world.registry, unseen)
    assert (unseen.images_lost, empty.images_lost, empty.blobs_seen) == (False, True, 3)
    assert world.daily.look(world.registry, empty).images_lost
    assert not world.daily.look(world.registry, empty.change(uid="of an earlier incarnation")).images_lost


def test_no_key_is_in_what_is_kept(world: World) -> None:
    world.azure.regenerate_key(world.account)
    assert "key-of-" not in str(world.look())


def rest(name: str) -> Registry:
    return new_registry().change(name=name, provisioned=True, provisioning_state="Succeeded")


def test_of_a_batch_a_few_are_looked_at_and_all_in_the_end(world: World) -> None:
    rows: dict[str, DailyLook | None] = {f"reg{number:02}": None for number in range(12)}
    homes = {name: rest(name) for name in rows}
    sweeps = []
    for _ in range(5):
        chosen = world.daily.choose(((homes[name], row) for name, row in rows.items()), 1)
        sweeps.append(len(chosen))
        for home, _ in chosen:
            rows[home.name] = DailyLook(uid=home.uid, looked_at=world.clock.now, key_valid=True, size_bytes=0)
        world.clock.advance(300)
    assert sweeps == [MOST_PER_BATCH, MOST_PER_BATCH, 2, 0, 0]
    world.clock.advance(timedelta(days=1).total_seconds() - 5 * 300)
    chosen = world.daily.choose(((homes[name], row) for name, row in rows.items()), 1)
    assert [home.name for home, _ in chosen] == sorted(rows)[:MOST_PER_BATCH]  # they stay spread


@pytest.mark.parametrize(("batches", "of_each"), [(1, 5), (5, 5), (6, 4), (20, 1), (100, 1)])
def test_a_sweep_of_many_batches_takes_fewer_of_each(world: World, batches: int, of_each: int) -> None:
    """1,000 registries are 20 batches. The storage provider bears 100 lists of keys in five minutes."""
    homes = [rest(f"reg{number:02}") for number in range(50)]
    assert len(world.daily.choose(((home, None) for home in homes), batches)) == of_each


def test_who_was_looked_at_longest_ago_comes_first(world: World) -> None:
    homes = [rest(f"reg{number:02}") for number in range(MOST_PER_BATCH + 2)]
    looks: list[DailyLook | None] = [
        DailyLook(uid=home.uid, looked_at=world.clock.now - timedelta(days=2, hours=number))
        for number, home in enumerate(homes)
    ]
    looks[0] = None
    chosen = world.daily.choose(zip(homes, looks, strict=True), 1)
    assert [home for home, _ in chosen] == [homes[0], *reversed(homes[-MOST_PER_BATCH + 1 :])]


def test_a_put_of_the_same_gives_the_site_a_valid_key_and_the_next_has_nothing_to_do() -> None:
    rig = Rig(drift_action="report")
    rig.create()
    names = rig.registry().names
    daily = DailyLooks(lambda: rig.azure, FakeContainers(), rig.clock)

    def look() -> bool | None:
        rig.clock.advance(60)
        found = daily.look(rig.registry(), None)
        HealthRows(rig.health_table).keep(NAME, found)
        return found.key_valid

    assert look() is True
    assert rig.put().operation is None
    rig.azure.regenerate_key(names.storage_account)
    assert look() is False
    rig.clock.advance(60)
    plan = rig.registries.put(NAME, RegistrySpec(), ALWAYS, ME, dry_run=True).plan
    assert plan
    assert [step.step for step in plan.steps] == ["site"]
    assert rig.put().operation
    rig.drain()
    rig.check_up()
    assert rig.put().operation is None
    assert look() is True


def test_users_are_read_only_where_one_may_expire_so_soon() -> None:
    rig = Rig()
    rig.create()
    rig.put_user("ci", expiresAfter="P30D")
    rig.drain()

    def found() -> Code | None:
        rig.wire.calls.clear()
        finding = expiring(rig.state, rig.registry(), 7, rig.clock)
        return finding.code if finding else None

    assert found() is None
    assert not rig.wire.calls[1:]  # the registry's row alone
    rig.clock.advance(timedelta(days=24).total_seconds())
    assert found() is Code.USERS_EXPIRING
    rig.state_table.down = True
    with pytest.raises(DependencyError):
        expiring(rig.state, Registry.from_row(rig.state_table.rows[NAME]["registry"]), 7, rig.clock)
