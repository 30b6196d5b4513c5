"""The report of a generated week says what its figures give when they are computed by hand, and reads well."""

import pytest

from shared.domain.health.codes import Code, HealthState
from shared.domain.report.markdown import markdown
from shared.domain.report.model import Percentiles, RegistryLine, Report, Storage
from shared.domain.report.periods import PeriodName
from shared.domain.report.summary import summary_of
from shared.services.reporting.gathering import Look
from tests.unit.services.reporting.week import GB, week

WEEK = 174 * 3600
"""Seconds: seven days and six hours."""

TEXT = r"""# 🔴 1 of 4 registries needs you

Mon 2 Mar 2026, 07:00 CET · last 7 days, from 23 Feb on

- **search** DOWN 22 min (06:38→) `STORAGE_UNHEALTHY`
  - The registry can't reach its blobs.
  - Seen: GET /v2/\_catalog: 503
  - Fix: Check that the storage account exists and that its key is the one in the site's settings.
  - [Status](https://berthage.example/api/status/search) · [Portal](https://portal.azure.com/#resource/subscriptions/sub/resourceGroups/group/providers/Microsoft.Web/sites/search-site)

**🟡 You need to**

- 1 notice did not reach the sink ops: HTTP 410 (`NOT_DELIVERED`) Fix: Check the setting of the sink ops, and whether its receiver still takes messages.
- payments: `ci` expires in 3 days. Rotate with overlap: POST /api/registries/payments/users/ci/rotate {"overlap": "PT24H"}
- web: certificate expires in 13 days (`TLS_EXPIRING`) Fix: Renew the certificate that is bound to the site.

**🔵 Was broken, works again:** search: DOWN 40 min (Thu 11:00→11:40) `TIMEOUT`

**🟠 Failed:** payments: UpdateRegistry, `SkuNotAvailable`: Azure has no S1 in westeurope. Fix: Ask for another sku.

**🔐 Security:** users +6 −2, 1 expired · 1 drift repaired (web: unknown `x9` removed) · 1 denied · 1 other refusal

**📈 Figures:** uptime 99.82 % · probe p95 300 ms · storage 412 GB (+6) · 1 operation failed

**🟢 The rest:** 1 other healthy · sweep 2 min ago

[Status page](https://berthage.example/api/status)
"""  # noqa: E501, RUF001 - as its reader gets it


@pytest.fixture(scope="module")
def report() -> Report:
    return week().reports.of_now(PeriodName.WEEK, Look())


@pytest.fixture(scope="module")
def lines(report: Report) -> dict[str, RegistryLine]:
    return {line.registry: line for line in report.registries}


def test_it_reads_as_it_should(report: Report) -> None:
    assert markdown(summary_of(report)) == TEXT


def test_uptime_leaves_out_what_was_ours_and_what_nobody_knows(lines: dict[str, RegistryLine]) -> None:
    # search: 40 and 22 minutes down are 2,400 + 1,320 = 3,720 s of 626,400 s
    assert WEEK == 626_400
    assert lines["search"].uptime == pytest.approx(622_680 / 626_400, abs=1e-12)
    # payments: an hour of maintenance counts neither way; web: half an hour without a look does not, degraded is up
    assert lines["payments"].uptime == 1
    assert lines["web"].uptime == 1
    assert lines["data"].uptime == 1


def test_uptime_of_all_is_their_time_together(report: Report) -> None:
    # up: search 622,680; payments 626,400 - 3,600 = 622,800; web 626,400 - 1,800 = 624,600;
    # data 12 + 24 + 24 + 6 = 66 h = 237,600. Together 2,107,680, and 3,720 down.
    assert report.uptime == pytest.approx(2_107_680 / 2_111_400, abs=1e-12)


def test_days_of_one_registry(lines: dict[str, RegistryLine]) -> None:
    # Thursday: 1,440 - 40 = 1,400 of 1,440 minutes = 0.97222; today: 360 - 22 = 338 of 360 = 0.93888; cut off
    assert lines["search"].uptimes == [1, 1, 1, 0.9722, 1, 1, 1, 0.9388]
    assert lines["data"].uptimes == [None, None, None, None, 1, 1, 1, 1]


def test_days_of_all_together(report: Report) -> None:
    tuesday, today = report.pieces[1], report.pieces[7]
    assert (tuesday.up, tuesday.degraded, tuesday.down) == (2 * 86_400 + 84_600, 0, 0)
    assert report.pieces[2].maintenance == 3600
    # today: 6 h of four registries; web is degraded, search was down for 22 minutes
    assert today.degraded == 21_600
    assert today.up == pytest.approx(3 * 21_600 - 1320)
    assert today.down == pytest.approx(1320)


def test_latencies(report: Report, lines: dict[str, RegistryLine]) -> None:
    # 700 x 40, 750 x 70, 750 x 90, 50 x 300, 66 x 310: 2,316 logins. Half: the 1,158th is one of 70 (701st to 1,450th).
    # 95 %: the 2,201st is the first of 300, as 2,200 are faster. The 9 s of the Sunday before do not count.
    assert report.latency == Percentiles(p50=70, p95=300)
    # search: 700 x 40, 50 x 300; the 713th of 750 is one of the slow
    assert lines["search"].latency == Percentiles(p50=40, p95=300)
    assert lines["payments"].latency == Percentiles(p50=70, p95=70)
    # today: 50 x 70, 50 x 90, 50 x 300, 66 x 310: 216; the 108th is 300... 101st to 150th; the 206th is 310
    assert report.pieces[7].latency == Percentiles(p50=300, p95=310)


def test_storage_and_its_growth(report: Report, lines: dict[str, RegistryLine]) -> None:
    # 103 + 200 + 104 + 5 GB; 3 + 1 + 2 GB more. data was not there a week ago: it has grown by nothing that is known.
    assert report.storage == Storage(size_bytes=412 * GB, growth_bytes=6 * GB)
    assert lines["payments"].storage == Storage(size_bytes=200 * GB, growth_bytes=GB)
    assert lines["data"].storage == Storage(size_bytes=5 * GB, growth_bytes=None)
    # Monday: 100 + 200 + 102; Friday: 103 + 200 + 102 + 5
    assert [report.pieces[0].size_bytes, report.pieces[4].size_bytes] == [402 * GB, 410 * GB]


def test_users(report: Report) -> None:
    # three new ones, a successor, two of an import; one deleted, one by the import; what came before is not counted
    assert (report.users.added, report.users.removed, report.users.expired) == (6, 2, 1)
    assert [user.username for user in report.users.expiring] == ["ci"]


def test_incidents_are_those_of_the_week_with_all_of_their_time(report: Report) -> None:
    found = [(each.registry, each.code, each.seconds, each.ended_at is None) for each in report.incidents]
    assert found == [
        ("search", Code.STORAGE_UNHEALTHY, pytest.approx(22 * 60), True),
        ("web", Code.TLS_EXPIRING, 54 * 3600, True),  # Saturday, Sunday and six hours
        ("search", Code.TIMEOUT, 40 * 60, False),
    ]


def test_operations_drift_and_refusals(report: Report) -> None:
    assert [failed.id for failed in report.failed_operations] == ["payments.scale"]
    assert [(found.registry, found.what) for found in report.drift] == [
        ("web", {"file": ["edited"], "added": ["x9"]})
    ]
    refused = report.refusals
    assert (refused.denied, refused.others, refused.by_actor) == (1, 1, {"key:mallory": 1})


def test_states(report: Report) -> None:
    assert report.states == {HealthState.HEALTHY: 2, HealthState.DEGRADED: 1, HealthState.DOWN: 1}
    assert report.sweep_age_seconds == 120
    assert report.notes == []


def test_whoever_may_read_some_registries_gets_a_report_of_those() -> None:
    look = Look(lambda name: name in {"payments", "data"}, everywhere=False)
    report = week().reports.of_now(PeriodName.WEEK, look)
    assert report.verdict == "None of 2 registries needs you now, 1 thing to do soon"
    assert [line.registry for line in report.registries] == ["data", "payments"]
    assert (report.users.added, report.refusals.denied, report.drift) == (5, 0, [])
    said = report.model_dump_json()
    assert not [word for word in ("search", "web", "mallory", "ops") if word in said]


def test_a_month_reads_no_single_check() -> None:
    world = week()
    asked: list[str] = []
    query = world.health.query

    def watched(partition: str, first: str, *rest: object) -> object:
        asked.append(first)
        return query(partition, first, *rest)  # type: ignore[arg-type] # as it was called

    world.health.query = watched  # type: ignore[method-assign, assignment] # the fake watches
    report = world.reports.of_now(PeriodName.MONTH, Look())
    assert len(report.pieces) == 31
    assert not [first for first in asked if first.startswith("check:")]
    assert len(asked) == 3 + 2 * 4  # board, notices, sweeps; days and incidents of each
