"""The audit across registries: by time, the newest first, whatever the day, and each entry once."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from ulid import ULID

from shared.domain.audit import AuditEntry
from shared.domain.operations import Kind
from shared.services.audit.copies import SETTLING
from shared.services.audit.trail import MOST_DAYS, MOST_ROWS, AuditTrail, Span
from shared.services.requests import Caller
from tests.fakes import FakeTable
from tests.unit.services.rig import NAME, Rig

START = datetime(2026, 3, 30, 23, 0, tzinfo=UTC)
ALL = Span(START - timedelta(days=400), START + timedelta(days=400))
numbers = count()


def entry(at: datetime, registry: str | None = "demo", actor: str = "key:ci") -> AuditEntry:
    return AuditEntry(
        id_key=str(ULID.from_datetime(at)),
        at=at,
        actor=actor,
        action=Kind.PUT_USER,
        target=f"{registry}/{next(numbers)}",
        registry=registry,
        operation_id="demo.1",
        request_id="r",
    )


@pytest.fixture
def trail() -> AuditTrail:
    return AuditTrail(FakeTable())


def everything(trail: AuditTrail, span: Span, size: int) -> list[AuditEntry]:
    """Page by page."""
    found, pages = list[AuditEntry](), 0
    while True:
        page, after = trail.page(span, size, lambda _: True)
        assert len(page) <= size
        found += page
        pages += 1
        if after is None:
            return found
        assert pages < 1000, "it goes on for ever"
        span = Span(span.since, span.until, span.registry, after)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_pages_hold_every_entry_once_and_the_newest_comes_first(trail: AuditTrail, size: int) -> None:
    entries = [entry(START + timedelta(minutes=30 * number)) for number in range(7)]
    trail.copy(entries)
    assert [each.target for each in everything(trail, ALL, size)] == [
        each.target for each in reversed(entries)
    ]


def test_one_registrys_entries_are_found_alone(trail: AuditTrail) -> None:
    mine, others = entry(START, "demo"), [entry(START, "demo-2"), entry(START, "dem"), entry(START, None)]
    trail.copy([mine, *others])
    found = everything(trail, Span(ALL.since, ALL.until, "demo"), 2)
    assert [each.target for each in found] == [mine.target]
    assert len(everything(trail, ALL, 2)) == 4


def test_a_span_holds_its_beginning_and_not_its_end(trail: AuditTrail) -> None:
    ends = [START, START + timedelta(hours=1), START + timedelta(hours=2)]
    entries = [entry(at) for at in ends]
    trail.copy(entries)
    found = everything(trail, Span(ends[0], ends[2]), 5)
    assert [each.at for each in found] == [ends[1], ends[0]]


def test_a_filter_that_fits_little_gives_short_pages_and_goes_on(trail: AuditTrail) -> None:
    entries = [entry(START + timedelta(milliseconds=number)) for number in range(MOST_ROWS + 5)]
    trail.copy(entries)
    oldest, since, until = entries[0].target, START - timedelta(days=1), START + timedelta(days=1)
    page, after = trail.page(Span(since, until), 10, lambda each: each.target == oldest)
    assert page == []
    assert after is not None
    page, after = trail.page(Span(since, until, after=after), 10, lambda each: each.target == oldest)
    assert ([each.target for each in page], after) == ([oldest], None)


def test_empty_days_end_a_page_and_not_the_list(trail: AuditTrail) -> None:
    trail.copy([entry(ALL.since + timedelta(days=1))])
    page, after = trail.page(ALL, 10, lambda _: True)
    assert (page, bool(after)) == ([], True)
    assert MOST_DAYS < 400
    assert len(everything(trail, ALL, 10)) == 1


def test_an_entry_that_is_copied_twice_is_there_once(trail: AuditTrail) -> None:
    one = entry(START)
    trail.copy([one])
    trail.copy([one])
    assert len(everything(trail, ALL, 10)) == 1


# copies of what is in the registries' partitions


def seen(rig: Rig) -> list[tuple[str, str | None, str]]:
    """What the trail says, the oldest first."""
    now = rig.clock.now
    found = everything(rig.trail, Span(now - timedelta(days=100), now + timedelta(days=1)), 100)
    return [(each.action, each.address, each.outcome) for each in reversed(found)]


CALLER = Caller(actor="key:ci", request_id="r-1", address="203.0.113.7")


def test_a_mutation_is_in_the_trail_as_soon_as_it_is_done() -> None:
    rig = Rig()
    rig.put(caller=CALLER)
    assert seen(rig) == [(Kind.CREATE_REGISTRY, "203.0.113.7", "Accepted")]


def test_a_mutation_succeeds_when_its_copy_can_not_be_written_and_reconcile_copies_it() -> None:
    rig = Rig()
    rig.create()
    rig.audit_table.down = True
    rig.put_user("alice", CALLER)
    rig.audit_table.down = False
    before = len(seen(rig))
    rig.reconcile.run()
    assert len(seen(rig)) == before + 1
    rig.reconcile.run()
    assert len(seen(rig)) == before + 1
    assert "203.0.113.7" in [address for _, address, _ in seen(rig)]


def test_another_process_copies_what_this_one_could_not() -> None:
    rig = Rig()
    rig.create()
    rig.audit_table.rows.clear()
    fresh = Rig()
    fresh.state_table.rows.update(rig.state_table.rows)
    fresh.clock.now = rig.clock.now
    assert fresh.copies.catch_up(NAME)
    assert seen(fresh) == [(Kind.CREATE_REGISTRY, None, "Accepted")]


def test_what_has_settled_is_not_read_again() -> None:
    rig = Rig()
    rig.create()
    rig.clock.advance(SETTLING.total_seconds() + 1)
    rig.copies.catch_up(NAME)
    rig.put_user("alice")
    until = str(rig.audit_table.rows["!copied"][NAME].values["until"])
    assert [each.target for each in rig.state.audit(NAME, after=until)] == [f"{NAME}/alice"]


def test_a_purged_registrys_entries_stay() -> None:
    rig = Rig()
    rig.create()
    rig.audit_table.rows.clear()
    rig.purge()
    rig.drain()
    rig.mend(3)
    assert NAME not in rig.index_names()
    assert (Kind.PURGE_REGISTRY, None, "Accepted") in seen(rig)
