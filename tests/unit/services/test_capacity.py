"""How many registries there may be, and which there are."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import ApiError, ConflictError
from shared.domain.records import Upsert
from shared.services.capacity import PARTITION
from shared.services.reconciling.stale_operations import ORPHAN_AGE
from tests.unit.services.rig import NAME, Rig


def names(rig: Rig, after: str = "", limit: int | None = None) -> list[str]:
    return [name for name, _ in rig.capacity.names(after, limit)]


def miscount(rig: Rig, number: int) -> None:
    row = rig.index_table.rows[PARTITION]["!count"]
    rig.index_table.transact(PARTITION, [Upsert(type(row)(row.key, {**row.values, "number": number}))])


def test_names_are_in_order_and_come_in_pages() -> None:
    rig = Rig()
    for name in ("web", "api", "api-2", "batch"):
        rig.capacity.reserve(name)
    assert names(rig) == ["api", "api-2", "batch", "web"]
    assert names(rig, limit=2) == ["api", "api-2"]
    assert names(rig, "api", 2) == ["api-2", "batch"]
    assert names(rig, "web", 2) == []


def test_one_more_than_allowed_is_refused_until_one_goes() -> None:
    rig = Rig(max_registries=2)
    rig.capacity.reserve("api")
    rig.capacity.reserve("web")
    rig.capacity.reserve("web")
    with pytest.raises(ApiError) as caught:
        rig.capacity.reserve("batch")
    assert (caught.value.status, caught.value.code) == (409, "TooManyRegistries")
    assert "2" in caught.value.message
    assert "MAX_REGISTRIES" in caught.value.fix
    rig.capacity.release("api", rig.clock.now)
    rig.capacity.reserve("batch")
    assert names(rig) == ["batch", "web"]


def test_of_two_that_want_the_last_place_one_gets_it() -> None:
    rig = Rig(max_registries=1)
    rig.wire.meanwhile("index.transact", lambda: rig.capacity.reserve("api"))
    with pytest.raises(ApiError) as caught:
        rig.capacity.reserve("web")
    assert caught.value.code == "TooManyRegistries"
    assert names(rig) == ["api"]


def test_a_registry_that_exists_is_listed_whatever_the_limit_says() -> None:
    rig = Rig(max_registries=1)
    rig.capacity.reserve("api")
    rig.capacity.remember("web")
    rig.capacity.remember("web")
    assert names(rig) == ["api", "web"]
    assert rig.index_count() == 2


def test_releasing_what_is_not_there_changes_nothing() -> None:
    rig = Rig()
    rig.capacity.reserve("api")
    rig.capacity.release("web", rig.clock.now)
    rig.capacity.release("api", rig.clock.now)
    rig.capacity.release("api", rig.clock.now)
    assert (names(rig), rig.index_count()) == ([], 0)


@pytest.mark.parametrize("wrong", [0, 1, 99])
def test_a_wrong_count_is_counted_anew(wrong: int) -> None:
    rig = Rig()
    for name in ("api", "web"):
        rig.capacity.reserve(name)
    miscount(rig, wrong)
    rig.capacity.recount()
    assert rig.index_count() == 2


def test_a_wrong_count_never_gets_negative() -> None:
    rig = Rig()
    rig.capacity.reserve("api")
    miscount(rig, 0)
    rig.capacity.release("api", rig.clock.now)
    assert rig.index_count() == 0


def test_a_lost_answer_counts_once() -> None:
    rig = Rig()
    rig.wire.lose_answer("index.transact", ConflictError())
    rig.capacity.reserve("api")
    rig.wire.lose_answer("index.transact", ConflictError())
    rig.capacity.remember("web")
    assert rig.index_count() == 2
    rig.wire.lose_answer("index.transact", ConflictError())
    rig.capacity.release("api", rig.clock.now)
    assert (names(rig), rig.index_count()) == (["web"], 1)


def made_again(rig: Rig) -> Callable[[], None]:
    """Somebody makes the registry again, and the message of that create is lost."""

    def act() -> None:
        rig.clock.advance(1)
        rig.lifecycle_queue.down = True
        rig.put()
        rig.lifecycle_queue.down = False

    return act


@pytest.mark.parametrize("call", ["index.get", "index.transact"])
def test_a_registry_made_again_while_its_delete_ends_stays_in_the_index(call: str) -> None:
    rig = Rig()
    rig.create()
    rig.clock.advance(1)
    rig.purge()
    rig.wire.meanwhile(call, made_again(rig))
    rig.drain()
    assert names(rig) == [NAME]
    rig.mend()
    rig.check_up()


@pytest.mark.parametrize("call", ["index.get", "index.transact"])
def test_a_registry_made_while_reconcile_takes_its_name_for_an_orphan_stays_in_the_index(call: str) -> None:
    rig = Rig()
    rig.capacity.reserve(NAME)
    rig.clock.advance(ORPHAN_AGE.total_seconds() + 1)
    rig.wire.meanwhile(call, made_again(rig))
    rig.reconcile.run()
    assert names(rig) == [NAME]
    rig.mend()
    rig.check_up()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["reserve", "remember", "release"]), st.sampled_from("abcd"))))
def test_the_count_is_the_number_of_names_after_any_sequence(actions: list[tuple[str, str]]) -> None:
    rig, expected = Rig(max_registries=3), set[str]()
    for action, letter in actions:
        name = letter * 3
        if action == "release":
            rig.capacity.release(name, rig.clock.now)
            expected.discard(name)
        elif action == "remember" or len(expected) < 3 or name in expected:
            getattr(rig.capacity, action)(name)
            expected.add(name)
        else:
            with pytest.raises(ApiError):
                rig.capacity.reserve(name)
        assert set(names(rig)) == expected
        assert rig.index_count() == len(expected)
