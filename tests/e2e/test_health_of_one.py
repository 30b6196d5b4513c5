"""A real registry's health by the API: looked at on demand, shown, muted, and read by Prometheus's own parsers."""

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from tests.e2e.api_client import Json
from tests.e2e.local_azure import LocalAzure

CLAIMS = ("code", "severity", "message", "fix", "evidence", "findings", "checks", "checkedAt")


@pytest.fixture(scope="module")
def checked(local: LocalAzure, harbour: str) -> Json:
    """What a check on demand answers."""
    return local.api.call("POST", f"registries/{harbour}/health/check", 200)


def test_a_check_on_demand_goes_through_every_door(checked: Json) -> None:
    assert (checked["state"], checked["code"], checked["fix"]) == ("Healthy", "HEALTHY", None)
    assert {check["outcome"] for check in checked["checks"]} == {"ok"}
    assert {"tls", "challenge", "login", "storage"} <= {check["name"] for check in checked["checks"]}
    assert checked["latencyMilliseconds"] > 0


def test_it_is_kept_as_any_other(local: LocalAzure, harbour: str, checked: Json) -> None:
    found = local.api.call("GET", f"registries/{harbour}/health?history=24h", 200)
    assert found["history"]["checks"][0].items() >= {"state": "Healthy", "code": "HEALTHY"}.items()
    if found["checkedAt"] == checked["checkedAt"]:  # nobody else has looked meanwhile
        assert {name: found[name] for name in CLAIMS} == {name: checked[name] for name in CLAIMS}


def test_a_mute_is_shown_until_it_is_lifted(local: LocalAzure, harbour: str) -> None:
    path = f"registries/{harbour}/health"
    muted = local.api.call("POST", f"{path}/mute", 200, {"for": "PT1H", "reason": "a test"})
    shown = local.api.call("GET", path, 200)["muted"]
    assert shown == {name: muted[name] for name in ("until", "reason", "by")}
    local.api.call("DELETE", f"{path}/mute", 204)
    assert local.api.call("GET", path, 200)["muted"] is None


@pytest.mark.parametrize(
    ("accept", "content_type", "parse"),
    [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", plain),
        (
            "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            open_metrics,
        ),
    ],
)
@pytest.mark.usefixtures("checked")
def test_prometheus_reads_the_metrics_in_the_format_that_it_asks_for(
    local: LocalAzure, harbour: str, accept: str, content_type: str, parse: object
) -> None:
    answer = local.api.send("GET", "metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert callable(parse)
    samples = [sample for family in parse(answer.text) for sample in family.samples]
    [up] = [
        each.value
        for each in samples
        if each.name == "berthage_registry_up" and harbour in each.labels.values()
    ]
    assert up == 1
