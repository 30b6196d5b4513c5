"""What becomes of a registry's rows when it goes, while others write some of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import override

from shared.domain.health.codes import Code, HealthState, Severity
from shared.domain.health.history import Check, Incident, newest_first
from shared.domain.health.verdict import Verdict, alarm
from shared.domain.records import Change, Upsert, key_range
from shared.services.health.rows import HealthRows
from tests.contract.registries import new_registry
from tests.fakes import FakeClock, FakeTable

NOW = FakeClock().now
REGISTRY = new_registry()


class ContestedTable(FakeTable):
    """Somebody else removes a row just before ours are to go."""

    contested = ""

    @override
    def transact(self, partition: str, changes: Sequence[Change]) -> None:
        if self.contested:
            del self.rows[partition][self.contested]
            self.contested = ""
        super().transact(partition, changes)


def kept(table: FakeTable, *records: Check | Verdict | Incident) -> HealthRows:
    for record in records:
        table.transact(REGISTRY.name, [Upsert(record.to_row())])
    return HealthRows(table)


def test_a_purge_removes_every_row_although_old_ones_are_just_being_removed() -> None:
    table = ContestedTable()
    checks = [
        Check(
            uid=REGISTRY.uid, at=NOW + timedelta(minutes=number), state=HealthState.HEALTHY, code=Code.HEALTHY
        )
        for number in range(250)
    ]
    rows = kept(table, *checks)
    table.contested = checks[-1].key
    rows.forget(REGISTRY.name)
    assert table.rows[REGISTRY.name] == {}


def test_a_delete_ends_the_incident_although_an_alarm_is_just_over() -> None:
    table = ContestedTable()
    incident = Incident(
        uid=REGISTRY.uid, started_at=NOW, state=HealthState.DOWN, code=Code.TIMEOUT, message="It is silent."
    )
    verdict = Verdict(
        uid=REGISTRY.uid,
        code=Code.TIMEOUT,
        severity=Severity.CRITICAL,
        message="It is silent.",
        checked_at=NOW,
        incident_at=NOW,
    )
    rows = kept(table, incident, verdict)
    over = alarm(REGISTRY.uid, Code.HTPASSWD_STALE, "ci", NOW)
    rows.keep(REGISTRY.name, over)
    table.contested = over.key
    later = NOW + timedelta(hours=1)
    rows.retire(REGISTRY, later)
    assert list(table.query(REGISTRY.name, *key_range("last"))) == []
    row = table.get(REGISTRY.name, f"incident:{newest_first(NOW)}")
    assert row
    assert Incident.from_row(row).ended_at == later
