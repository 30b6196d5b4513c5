"""Records and rows: what is saved is what is read, and newer releases do not hurt older ones."""

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audit import AuditEntry
from shared.domain.chat.memory import ChannelRegistry, Used
from shared.domain.chat.posts import KeptButton, Post, PostKind
from shared.domain.chat.talk import Tone
from shared.domain.health.board import Bar, BoardEntry, Sweep, Trouble
from shared.domain.health.codes import Code, Finding, HealthState, Severity
from shared.domain.health.daily import DailyLook
from shared.domain.health.history import Check, Day, Incident
from shared.domain.health.mute import Mute
from shared.domain.health.observation import CheckName, Outcome, ProbeCheck
from shared.domain.health.verdict import Alarm, Verdict
from shared.domain.names import AzureNames
from shared.domain.notices.notice import Delivery, DeliveryStatus, Notice, NoticeKind
from shared.domain.operations import Intent, Kind, Operation, OperationError, Status, Step
from shared.domain.records import Insert, Model, Record, Replace, Row, key_range
from shared.domain.registries.ip_ranges import MAX_RANGES
from shared.domain.registries.registry import Desired, ProvisioningState, Registry
from shared.domain.registries.tags import MAX_TAGS
from shared.domain.resources.site_drift import SiteFinding
from shared.domain.schema import SchemaVersion
from shared.domain.users.htpasswd import Projection
from shared.domain.users.reveal import Purpose, Reveal
from shared.domain.users.user import User, UserState
from shared.domain.users.user_import import Chunk, Mode
from tests.unit.domain.examples import NOW, UID, desired, hashes, registry, registry_names, uids, usernames

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(0, 2**31 - 1)
times = st.datetimes(timezones=st.just(UTC))
maybe_time, maybe_text = st.none() | times, st.none() | text
etags = st.sampled_from(["", 'W/"1"'])


def _built[M: Model](kind: Callable[..., M], /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[M]:
    """Not `st.builds`: it would add what it takes from the aliases in the signature."""
    return st.fixed_dictionaries(fields).map(lambda given: kind(**given))


steps = _built(
    Step,
    name=text,
    status=st.sampled_from(Status),
    started_at=maybe_time,
    ended_at=maybe_time,
    attempts=numbers,
)
errors = _built(OperationError, code=text, message=text, fix=text)
wanted = _built(
    Desired,
    location=text,
    sku=text,
    image=text,
    storage_replication=st.sampled_from(["LRS", "ZRS", "GRS", "GZRS"]),
    delete_enabled=st.booleans(),
    read_only=st.booleans(),
    log_level=st.sampled_from(["debug", "info", "warn", "error"]),
    allowed_ip_ranges=st.none() | st.lists(text, max_size=3),
    tags=st.dictionaries(text, text, max_size=3),
)
found_there = {
    "code": st.sampled_from(Code),
    "severity": st.sampled_from(Severity),
    "message": text,
    "fix": text,
}
found = {"uid": uids, **found_there}
probe_checks = _built(
    ProbeCheck,
    name=st.sampled_from(CheckName),
    outcome=st.sampled_from(Outcome),
    evidence=text,
    milliseconds=numbers,
)
deliveries = _built(
    Delivery,
    status=st.sampled_from(DeliveryStatus),
    attempt=numbers,
    claimed_by=maybe_text,
    deadline=maybe_time,
    error=maybe_text,
)
notice = {
    "kind": st.sampled_from(NoticeKind),
    "subject": text,
    "at": times,
    **dict.fromkeys(("state", "before"), st.none() | st.sampled_from(HealthState)),
    "code": st.none() | st.sampled_from(Code),
    "severity": st.sampled_from(Severity),
    **dict.fromkeys(("message", "fix", "evidence"), text),
    "since": maybe_time,
    "tags": st.dictionaries(text, text, max_size=2),
    **dict.fromkeys(("login_server", "site"), maybe_text),
    "pending": st.booleans(),
    "deliveries": st.dictionaries(text, deliveries, max_size=2),
}
bars = _built(
    Bar, day=st.dates(), **dict.fromkeys(("up", "degraded", "down", "maintenance"), st.integers(0, 86400))
)
troubles = _built(
    Trouble,
    started_at=times,
    ended_at=maybe_time,
    state=st.sampled_from(HealthState),
    code=st.sampled_from(Code),
    message=text,
)
intents = _built(Intent, wanted=wanted, was=wanted, was_state=st.sampled_from(ProvisioningState))
FIELDS: dict[type[Record], dict[str, st.SearchStrategy[Any]]] = {
    Registry: {
        "name": registry_names,
        "uid": uids,
        "version": numbers,
        "desired": wanted,
        "provisioning_state": st.sampled_from(ProvisioningState),
        "provisioned": st.booleans(),
        "storage_attempt": numbers,
        "site_attempt": numbers,
        "names": st.builds(AzureNames, text, text, text),
        "login_server": maybe_text,
        "file_endpoint": maybe_text,
        "users_revision": numbers,
        "user_count": numbers,
        "importing": maybe_text,
        "last_import": maybe_text,
        "next_expiry": maybe_time,
        "reveals_due": maybe_time,
        "active_operation": maybe_text,
        "last_operation": maybe_text,
        "deleted_on": st.none() | times,
        "purge_on": st.none() | times,
        "created_at": times,
        "updated_at": times,
    },
    User: {
        "username": usernames,
        "uid": uids,
        "password_hash": st.just("") | hashes,
        "reveal": maybe_text,
        "description": maybe_text,
        "state": st.sampled_from(UserState),
        "expires_on": maybe_time,
        "expires_after": st.none() | st.timedeltas(timedelta(0), timedelta(days=9999)),
        "stem": st.none() | usernames,
        "serial": numbers,
        "replaces": st.none() | usernames,
        "replaced_by": st.none() | usernames,
        "revision": numbers,
        "last_operation": text,
        "created_at": times,
        "updated_at": times,
        "secret_changed_at": times,
    },
    Operation: {
        "registry": registry_names,
        "id_key": text,
        "uid": uids,
        "kind": st.sampled_from(Kind),
        "user": st.none() | usernames,
        "revision": numbers,
        "status": st.sampled_from(Status),
        "final": st.booleans(),
        "turn": numbers,
        "deadline": times,
        "expires_at": maybe_time,
        "claimed_by": text,
        "attempts": numbers,
        "steps": st.lists(steps, max_size=3),
        "error": st.none() | errors,
        "obstacle": st.none() | errors,
        "rolling_back": st.booleans(),
        "intent": st.none() | intents,
        "asked_by": text,
        "targets": st.none() | st.lists(registry_names, max_size=3),
        "cancel_requested_at": maybe_time,
        "irrevocable": st.booleans(),
        "at_work": st.booleans(),
        "retry_of": maybe_text,
        "retried_by": maybe_text,
        "result": st.none() | st.dictionaries(text, text | numbers, max_size=3),
        "counts": st.none() | st.dictionaries(text, numbers, max_size=3),
        "resend": st.lists(text, max_size=3),
        "fingerprint": text,
        "traceparent": text,
        "created_at": times,
        "started_at": maybe_time,
        "ended_at": maybe_time,
    },
    Reveal: {
        **dict.fromkeys(("digest", "offered_by", "login"), text),
        "username": usernames,
        "uid": uids,
        "purpose": st.sampled_from(Purpose),
        "kind": st.sampled_from(["slack", "teams", "key"]),
        "principals": st.lists(text, max_size=3),
        **dict.fromkeys(("offered_at", "until"), times),
        **dict.fromkeys(("only_for", "description", "operation"), maybe_text),
        "life": st.dictionaries(st.sampled_from(["expiresAfter", "overlap"]), maybe_text),
        "renews": st.booleans(),
        "used_at": maybe_time,
    },
    SchemaVersion: {"version": numbers, "after": text},
    AuditEntry: {
        "id_key": text,
        "at": times,
        "actor": text,
        "action": st.sampled_from([*Kind, "CancelOperation"]),
        "target": text,
        "address": maybe_text,
        "registry": maybe_text,
        "outcome": text,
        "status": st.none() | numbers,
        "operation_id": maybe_text,
        "request_id": text,
        "details": st.none() | st.dictionaries(text, st.lists(text, max_size=3), max_size=3),
    },
    Projection: {
        "uid": uids,
        "published_revision": st.integers(-1, 2**31 - 1),
        "published_at": maybe_time,
        "proven_revision": st.integers(-1, 2**31 - 1),
        "locked_by": text,
        "locked_until": maybe_time,
    },
    Chunk: {
        "operation_key": text,
        "number": numbers,
        "mode": st.sampled_from(Mode),
        "after": text,
        "until": text,
        "lines": text,
        **dict.fromkeys(("added", "changed", "removed", "unchanged", "skipped"), numbers),
        "finished": st.booleans(),
    },
    SiteFinding: {
        "uid": uids,
        "checked_at": maybe_time,
        "next_check_at": times,
        "found": st.lists(text, max_size=3),
        "steps": st.lists(text, max_size=3),
        "repairs": numbers,
        "next_repair_at": maybe_time,
        "repaired_version": st.none() | numbers,
    },
    Verdict: {
        **found,
        "latency_ms": numbers,
        "checked_at": times,
        "evidence": text,
        "findings": st.lists(_built(Finding, **found_there, evidence=text), max_size=2),
        "checks": st.lists(probe_checks, max_size=2),
        "certificate_expires": maybe_time,
        "state": st.sampled_from(HealthState),
        **dict.fromkeys(("since", "suspected_at", "incident_at", "aged_at"), maybe_time),
        "told": st.sampled_from(HealthState),
        "told_open": st.booleans(),
        "to_tell": st.none() | _built(Notice, **notice),
        "changes": st.lists(times, max_size=3),
    },
    Alarm: {**found, "latency_ms": numbers, "checked_at": times},
    Check: {
        "uid": uids,
        "at": times,
        "state": st.sampled_from(HealthState),
        "code": st.sampled_from(Code),
        "latency_ms": st.none() | numbers,
    },
    Incident: {
        "uid": uids,
        "started_at": times,
        "ended_at": maybe_time,
        "state": st.sampled_from(HealthState),
        "code": st.sampled_from(Code),
        **dict.fromkeys(("message", "fix", "evidence"), text),
    },
    Day: {
        "uid": uids,
        "day": st.dates(),
        "seconds": st.dictionaries(st.sampled_from(HealthState), st.floats(0, 86400)),
        "latencies": st.dictionaries(numbers, numbers, max_size=3),
        "size_bytes": st.none() | st.integers(0, 2**60),
        "blobs": st.none() | numbers,
    },
    DailyLook: {
        "uid": uids,
        "looked_at": times,
        "key_valid": st.none() | st.booleans(),
        "size_bytes": st.none() | st.integers(0, 2**60),
        "blobs": st.none() | numbers,
        "counted_all": st.booleans(),
        "container_found": st.none() | st.booleans(),
        "blobs_seen": numbers,
        "failed": st.lists(text, max_size=2),
    },
    Mute: {
        "uid": uids,
        "until": times,
        "reason": text,
        "by": text,
        "at": times,
        "operation_key": maybe_text,
        "fingerprint": text,
    },
    Notice: notice,
    BoardEntry: {
        "name": registry_names,
        "uid": uids,
        "tags": st.dictionaries(text, text, max_size=2),
        "login_server": maybe_text,
        "site": text,
        "state": st.sampled_from(HealthState),
        "since": times,
        "code": st.sampled_from(Code),
        **dict.fromkeys(("message", "fix", "evidence"), text),
        **dict.fromkeys(("latency_ms", "blobs", "user_count"), st.none() | numbers),
        "size_bytes": st.none() | st.integers(0, 2**60),
        "checked_at": times,
        **dict.fromkeys(("muted_until", "certificate_expires"), maybe_time),
        "latencies": st.lists(st.none() | numbers, max_size=3),
        "days": st.lists(bars, max_size=2),
        "incidents": st.lists(troubles, max_size=2),
    },
    Post: {
        "id_key": text,
        "kind": st.sampled_from(PostKind),
        **dict.fromkeys(("channel", "asker", "asked", "about", "shown", "claimed_by"), text),
        **dict.fromkeys(("operation", "message", "posted_to", "error"), maybe_text),
        "tone": st.sampled_from(Tone),
        "failing_since": maybe_time,
        "buttons": st.lists(
            _built(KeptButton, label=text, action=text, value=text, danger=st.booleans()), max_size=2
        ),
        "turn": numbers,
        "deadline": times,
        "pending": st.booleans(),
        "created_at": times,
    },
    Used: {"ends": numbers, "nonce": text, "by": text},
    ChannelRegistry: {
        **dict.fromkeys(("platform", "team", "channel", "registry", "set_by"), text),
        "set_at": times,
    },
    Sweep: {
        "id_key": st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26),
        "started_at": times,
        **dict.fromkeys(("registries", "batches"), numbers),
        "done": st.lists(numbers, max_size=3),
        "ended_at": maybe_time,
        "stopped": st.none() | st.lists(text, max_size=3),
        "states": st.dictionaries(st.sampled_from(HealthState), numbers),
    },
}
every_record = st.one_of(*(_built(kind, etag=etags, **fields) for kind, fields in FIELDS.items()))


def test_every_record_of_the_domain_is_tested_here() -> None:
    known = {
        kind
        for each in Record.__subclasses__()
        for kind in _leaves(each)
        if kind.__module__.startswith("shared.domain.")
    }
    assert known == set(FIELDS)


def _leaves(kind: type[Record]) -> set[type[Record]]:
    return set().union(*map(_leaves, kind.__subclasses__())) or {kind}


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_no_field_of_a_record_is_left_to_its_default_here(kind: type[Record]) -> None:
    """Otherwise the round trip below would not notice a field that is lost."""
    assert {"etag", *FIELDS[kind]} == set(kind.model_fields)


@given(every_record)
def test_a_record_is_read_back_as_it_was_saved(record: Record) -> None:
    row = record.to_row()
    assert type(record).from_row(row) == record


@given(every_record)
def test_a_row_holds_only_what_a_table_can_hold(record: Record) -> None:
    values = record.to_row().values
    assert all(type(value) in {str, int, float, bool} for value in values.values())
    assert all(isinstance(name, str) and name.isidentifier() and "_" not in name for name in values)
    assert "etag" not in values


@given(every_record)
def test_columns_of_a_newer_release_are_ignored(record: Record) -> None:
    row = record.to_row()
    newer = Row(row.key, {**row.values, "ofTomorrow": "1", "PartitionKey": "demo"}, row.etag)
    assert type(record).from_row(newer) == record


@given(every_record)
def test_it_is_inserted_when_new_and_replaced_in_the_version_that_was_read(record: Record) -> None:
    change = record.save()
    assert isinstance(change, Replace if record.etag else Insert)
    assert change.row.etag == record.etag


def test_a_row_as_it_stands_in_the_table() -> None:
    """Written out: rows that are there must stay readable."""
    row = registry(tags={"team": "payments"}).change(login_server="demo.azurewebsites.net").to_row()
    assert row.key == "registry"
    assert row.values == {
        "name": "demo",
        "uid": UID,
        "version": 1,
        "desired": '{"location":"westeurope","sku":"B1","image":"registry:2.8.3","storageReplication":"LRS",'
        '"deleteEnabled":false,"readOnly":false,"logLevel":"info","placement":"dedicated",'
        '"tags":{"team":"payments"}}',
        "provisioningState": "Creating",
        "provisioned": False,
        "storageAttempt": 0,
        "siteAttempt": 0,
        "names": '{"storageAccount":"demo4g6t6zzk","plan":"demo-4g6t6zzk-plan","site":"demo-4g6t6zzk"}',
        "loginServer": "demo.azurewebsites.net",
        "usersRevision": 0,
        "userCount": 0,
        "createdAt": "2026-01-02T03:04:05.678901Z",
        "updatedAt": "2026-01-02T03:04:05.678901Z",
    }


def test_none_has_no_column_and_clears_the_one_that_was_there() -> None:
    """Rows are replaced as a whole, so that a missing column is gone."""
    named = registry().change(login_server="demo.azurewebsites.net")
    assert "loginServer" in named.to_row().values
    assert "loginServer" not in named.change(login_server=None).to_row().values


def test_a_change_stays_in_the_version_that_was_read() -> None:
    read = Registry.from_row(Row("registry", registry().to_row().values, "v1"))
    changed = read.change(users_revision=5)
    assert (changed.etag, changed.users_revision, read.users_revision) == ("v1", 5, 0)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"desired": "{"},
        {"desired": "null"},
        {"uid": None},
        {"createdAt": "soon"},
        {"provisioningState": "Melting"},
    ],
    ids=str,
)
def test_a_row_that_is_no_such_record_is_an_error(spoilt: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Registry.from_row(Row("registry", {**registry().to_row().values, **spoilt}))


def test_records_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        registry().version = 2  # type: ignore[misc] # the point of the test


def test_models_refuse_unknown_names_and_never_quote_what_they_refuse() -> None:
    class Shape(Model):
        side: int

    with pytest.raises(ValueError, match="validation errors") as refused:
        Shape.model_validate({"side": "s3cret", "angle": "s3cret"})
    assert "s3cret" not in str(refused.value)


def test_rows_are_compared_by_what_they_hold() -> None:
    assert Row("a", {"x": 1}, "v1") == Row("a", {"x": 1}, "v2") != Row("a", {"x": 2}, "v1")


@given(st.text(st.characters(max_codepoint=0xFFFD, exclude_categories=["Cs"]), min_size=1, max_size=5), text)
def test_a_key_range_holds_exactly_the_keys_with_its_prefix(prefix: str, other: str) -> None:
    first, end = key_range(prefix)
    assert first <= prefix + other < end
    assert (first <= other < end) is other.startswith(prefix)


def test_the_largest_registry_and_its_largest_change_fit_into_a_column() -> None:
    """A column holds 64 KiB of UTF-16."""
    largest = desired(
        tags={f"{number:02}{'ü' * 126}": "€" * 256 for number in range(MAX_TAGS)},
        allowed_ip_ranges=[
            f"2001:db8:1111:2222:3333:4444:5555:{number:04x}/128" for number in range(MAX_RANGES)
        ],
    )
    intent = Intent(wanted=largest, was=largest, was_state=ProvisioningState.SUCCEEDED)
    operation = Operation(
        registry="demo",
        id_key="1",
        uid=UID,
        kind=Kind.UPDATE_REGISTRY,
        deadline=NOW,
        created_at=NOW,
        intent=intent,
    )
    row = operation.to_row()
    assert len(str(row.values["intent"])) < 32 * 1024
    assert Operation.from_row(row).intent == intent
