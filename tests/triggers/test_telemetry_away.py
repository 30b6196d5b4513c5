"""Telemetry that nobody receives: the work is the same, and the log is not about it."""

from pathlib import Path

from localazure.ports import Ports
from tests.triggers.app_process import invoke, settings_without_storage

KEY = "00000000-0000-4000-8000-000000000001"


def test_an_ingestion_that_is_away_stops_no_work_and_fills_no_log(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{Ports.free({}).table}"
    settings = settings_without_storage(
        TELEMETRY="azure-monitor",
        APPLICATIONINSIGHTS_CONNECTION_STRING=f"InstrumentationKey={KEY};IngestionEndpoint={nowhere}/",
        APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
        APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED="true",
        TMPDIR=str(tmp_path),
    )
    invoked = invoke([{"function": "get_health", "method": "GET"}] * 3, settings)
    assert [outcome["status"] for outcome in invoked.outcomes] == [503] * 3
    assert "opentelemetry.sdk.trace" in invoked.imported_in_the_end
    assert all(line.startswith("Table Storage: ") for line in invoked.log.splitlines())
    assert KEY not in invoked.log
