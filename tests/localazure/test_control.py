"""`/_emulator`: what tests may do to the emulator, and what it remembers of the requests."""

import ssl

import httpx
import pytest

from localazure.emulator.requests_log import RecordedRequest, RequestsLog
from localazure.sites.behaviour import SiteBehaviour
from tests.localazure.emulator_fixture import (
    ACCOUNT,
    GROUP,
    HEADER,
    PLAN,
    PLAN_ID,
    PROVIDERS,
    Running,
    site_body,
)


@pytest.fixture
def emulator(running: Running) -> Running:
    running.control("POST", "/reset")
    return running


def test_it_says_that_it_is_ready(emulator: Running) -> None:
    assert emulator.control("GET", "") == {"status": "ready"}


def test_a_reset_leaves_an_empty_cloud_with_the_default_settings(emulator: Running) -> None:
    before = emulator.control("GET", "/transitions")
    emulator.delay(0)
    emulator.control("PUT", "/paging", {"pageSize": 1})
    emulator.control("PUT", "/held-names", {"Microsoft.Web/sites": ["x"]})
    emulator.control("PUT", "/site-behaviour", [{"site": "x", "behaviour": "never"}])
    emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT)
    emulator.storage.file_shares.create(GROUP, "images1", "auth", {"properties": {}})
    emulator.web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN)
    emulator.web.web_apps.begin_create_or_update(GROUP, "site1", site_body(PLAN_ID))
    host = emulator.sites.reserve("site1")
    assert emulator.control("GET", "/sites") == {
        "value": [{"name": "site1", "host": host, "process": "Running"}]
    }

    emulator.control("POST", "/reset")

    assert emulator.sites.running == {}
    assert list(emulator.storage.storage_accounts.list_by_resource_group(GROUP)) == []
    assert list(emulator.web.app_service_plans.list_by_resource_group(GROUP)) == []
    assert emulator.control("GET", "/transitions") == before
    assert emulator.control("GET", "/paging") == {"pageSize": 200}
    assert emulator.control("GET", "/held-names") == {
        "Microsoft.Storage/storageAccounts": [],
        "Microsoft.Web/sites": [],
    }
    assert emulator.control("GET", "/site-behaviour") == []
    assert emulator.control("GET", "/sites") == {"value": []}


def test_settings_that_make_no_sense_are_refused(emulator: Running) -> None:
    for path, body in [
        ("/transitions", {"Microsoft.Web/sites": -1}),
        ("/transitions", {"Microsoft.Web/planes": 1}),
        ("/transitions", []),
        ("/paging", {"pageSize": 0}),
        ("/paging", {"size": 1}),
        ("/held-names", {"Microsoft.Web/serverfarms": ["x"]}),
        ("/held-names", {"Microsoft.Web/sites": "x"}),
        ("/mount-lag", {"seconds": -1}),
        ("/mount-lag", {"seconds": "inf"}),
        ("/mount-lag", {}),
        ("/site-behaviour", {"site": "x", "behaviour": "never"}),
        ("/site-behaviour", [{"site": "x", "behaviour": "sings"}]),
        ("/site-behaviour", [{"site": "", "behaviour": "never"}]),
        ("/site-behaviour", [{"site": "x", "behaviour": "slow", "seconds": -1}]),
        ("/site-behaviour", [{"site": "x", "behaviour": "slow", "minutes": 1}]),
    ]:
        status, _, answer = emulator.call("PUT", f"/_emulator{path}", body)
        assert (status, answer["error"]["code"]) == (400, "BadRequest"), (path, body)


def test_sites_misbehave_by_name_and_restart_when_that_changes(emulator: Running) -> None:
    emulator.delay(0)
    emulator.web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN)
    for name in ("demo-one", "demo-two", "other"):
        body = site_body(PLAN_ID)
        emulator.web.web_apps.begin_create_or_update(GROUP, name, body)
    emulator.sites.calls.clear()
    slow, never = ({"site": "Demo-*", "behaviour": b, "seconds": 2.0} for b in ("slow", "never"))
    first = {**never, "site": "demo-one"}
    assert emulator.control("PUT", "/site-behaviour", [first, slow]) == [first, slow]
    behaviours = {name: config.behaviour for name, config in emulator.sites.running.items()}
    assert behaviours == {
        "demo-one": SiteBehaviour("demo-one", "never", 2),
        "demo-two": SiteBehaviour("Demo-*", "slow", 2),
        "other": None,
    }
    assert emulator.sites.calls == [("apply", "demo-one"), ("apply", "demo-two")]
    emulator.control("PUT", "/site-behaviour", [])
    assert {config.behaviour for config in emulator.sites.running.values()} == {None}
    assert len(emulator.sites.calls) == 4


def test_requests_are_recorded_with_their_bodies_but_without_credentials(emulator: Running) -> None:
    emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)
    token = emulator.bearer()["Authorization"].split()[1]
    (entry,) = emulator.control("GET", "/requests")["value"]
    assert (entry["method"], entry["status"]) == ("PUT", 202)
    assert entry["path"] == f"{PROVIDERS}/Microsoft.Storage/storageAccounts/images1"
    assert entry["query"] == {"api-version": "2026-09-01"}
    assert entry["body"] == ACCOUNT
    assert entry["headers"]["authorization"] == "REDACTED"
    assert entry["headers"]["content-type"] == "application/json"
    assert entry["response_headers"]["retry-after"] == "1"
    assert token.split(".")[2] not in str(entry)


def test_nothing_of_tokens_and_files_is_kept(emulator: Running) -> None:
    emulator.call(
        "GET",
        "/identity/token?api-version=2019-08-01&resource=https://vault.azure.net",
        headers={"X-IDENTITY-HEADER": HEADER},
    )
    emulator.call("PUT", "/files/images1/auth/htpasswd?sig=a-signature", {"secret": "in the body"})
    log = emulator.control("GET", "/requests")["value"]
    assert [entry["path"] for entry in log] == ["/identity/token", "/files/images1/auth/htpasswd"]
    assert all(entry["body"] is None and entry["response_body"] is None for entry in log)
    for secret in (HEADER, "in the body", "a-signature", "eyJ"):
        assert secret not in str(log)


def test_requests_can_be_forgotten_and_asked_for_from_a_point_on(emulator: Running) -> None:
    for path in ("/one", "/two"):
        emulator.call("GET", path)
    first, second = emulator.control("GET", "/requests")["value"]
    later = emulator.control("GET", f"/requests?after={first['sequence']}")["value"]
    assert later == [second]
    emulator.control("DELETE", "/requests")
    assert emulator.control("GET", "/requests") == {"value": [], "dropped": 0}
    assert emulator.call("GET", "/_emulator/requests?after=x")[0] == 400


def test_the_log_is_bounded_in_number_and_in_size() -> None:
    log = RequestsLog(max_requests=3, max_bytes=100)

    def add(size: int) -> None:
        log.add(RecordedRequest(log.next_sequence(), "", "GET", "/", {}, {}, body=b"x" * size))

    for _ in range(5):
        add(1)
    assert [entry["sequence"] for entry in log.entries()] == [3, 4, 5]
    add(99)
    assert [entry["sequence"] for entry in log.entries()] == [5, 6]
    assert log.dropped == 4
    log.clear()
    assert (log.entries(), log.dropped) == ([], 0)


def test_answers_do_not_wait_for_delayed_acknowledgements(emulator: Running) -> None:
    context = ssl.create_default_context(cafile=emulator.ca_file)

    def seconds(client: httpx.Client) -> float:
        return client.get(f"{emulator.url}/_emulator").elapsed.total_seconds()

    with httpx.Client(verify=context, trust_env=False) as client:
        times = [seconds(client) for _ in range(40)]
    # Linux acknowledges the first packets of a connection at once, later ones after 40 ms; a busy machine has its
    # good moments, too.
    assert min(times[20:]) < 0.03
