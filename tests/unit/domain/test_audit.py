"""Entries of the audit: their ids are their times, and sort both ways."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from shared.domain.audit import CANCEL, AuditEntry, action_of, day_of, mirrored, moment_of, time_digits
from shared.domain.operations import OPERATION_KEYS, Kind
from shared.domain.records import key_range
from tests.unit.domain.examples import NOW

moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def entry(**fields: object) -> AuditEntry:
    given = {
        "id_key": "01KDZ",
        "at": NOW,
        "actor": "key:1",
        "action": Kind.PUT_USER,
        "target": "demo/a",
        "operation_id": "demo.1",
        "request_id": "r",
    }
    return AuditEntry.model_validate(given | fields)


def test_entries_have_keys_of_their_own() -> None:
    first, end = key_range(OPERATION_KEYS)
    assert entry().key == "audit:01KDZ"
    assert not first <= entry().key < end


def test_what_was_not_refused_was_accepted() -> None:
    assert (entry().outcome, entry().status) == ("Accepted", None)


def test_an_entry_names_the_operation_that_began_with_it() -> None:
    assert entry().started == "demo.1"
    assert entry(action=CANCEL).started is None, "a cancel begins none"
    assert entry(operation_id=None).started is None


def test_a_refusal_is_named_as_what_was_wanted() -> None:
    assert action_of("rotate_user") == Kind.ROTATE_USER
    assert action_of("create_or_update_user") == Kind.PUT_USER
    assert action_of("cancel_operation") == CANCEL


@given(moments)
def test_an_id_begins_with_its_time(moment: datetime) -> None:
    made = str(ULID.from_datetime(moment))
    assert made.startswith(time_digits(moment))
    assert moment - moment_of(made) < timedelta(milliseconds=1)
    assert moment_of(made) <= moment


@given(moments, moments)
def test_mirrored_ids_sort_the_newest_first(one: datetime, other: datetime) -> None:
    ids = [str(ULID.from_datetime(one)), str(ULID.from_datetime(other))]
    assert sorted(ids, key=mirrored) == sorted(ids, reverse=True)
    assert [mirrored(mirrored(each)) for each in ids] == ids


def test_a_day_is_one_in_utc() -> None:
    assert day_of(datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))) == "2025-12-31"
    assert day_of(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01"
