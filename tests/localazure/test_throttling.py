"""How often a caller may call: off unless a test says so."""

from typing import Any

import pytest

from localazure.emulator.arm.errors import ArmError
from localazure.emulator.arm.models.throttling import Limits, Throttling
from tests.localazure.emulator_fixture import ACCOUNT, GROUP, PLAN, PLAN_ID, PROVIDERS, SUBSCRIPTION, Running

WEB, STORAGE = f"{PROVIDERS}/Microsoft.Web", f"{PROVIDERS}/Microsoft.Storage"
ACCOUNTS = f"{STORAGE}/storageAccounts"


class Rig:
    def __init__(self, **limits: Any) -> None:
        self.now = 1000.0
        self.limits = Limits(**limits)
        self._throttling = Throttling(lambda: self.limits, lambda: self.now)

    def ask(self, method: str = "GET", path: str = PLAN_ID, who: str = "me") -> dict[str, str]:
        return self._throttling.admit(who, method, path)

    def refused(self, method: str = "GET", path: str = PLAN_ID, who: str = "me") -> tuple[str, int]:
        with pytest.raises(ArmError) as caught:
            self.ask(method, path, who)
        assert caught.value.status == 429
        return caught.value.code, int(caught.value.headers["Retry-After"])


def test_a_bucket_empties_and_fills_at_its_rate() -> None:
    rig = Rig(reads=4, seconds=20)
    left = [rig.ask()["x-ms-ratelimit-remaining-subscription-reads"] for _ in range(4)]
    assert left == ["3", "2", "1", "0"]
    assert rig.refused() == ("SubscriptionRequestsThrottled", 5)
    rig.now += 3.5
    assert rig.refused()[1] == 2  # asking costs nothing
    rig.now += 1.5
    rig.ask()
    assert rig.refused()[1] == 5
    rig.now += 1000
    for _ in range(4):
        rig.ask()
    rig.refused()


def test_each_principal_subscription_and_kind_has_its_own_bucket() -> None:
    rig = Rig(reads=1, writes=1, deletes=1)
    other = PLAN_ID.replace(SUBSCRIPTION, SUBSCRIPTION[::-1])
    for method, path, who in [
        ("GET", PLAN_ID, "me"),
        ("GET", PLAN_ID, "you"),
        ("GET", other, "me"),
        ("PUT", PLAN_ID, "me"),
        ("DELETE", PLAN_ID, "me"),
    ]:
        rig.ask(method, path, who)
        rig.refused(method, path.upper(), who)
    for method in ("POST", "PATCH"):
        rig.refused(method)


STORAGE_CALLS = {
    "storage_reads": ("GET", f"{ACCOUNTS}/images1"),
    "storage_lists": ("GET", ACCOUNTS),
    "storage_writes": ("PUT", f"{ACCOUNTS}/images1"),
}


@pytest.mark.parametrize("kind", STORAGE_CALLS)
def test_the_storage_provider_counts_in_windows(kind: str) -> None:
    rig = Rig(**{kind: 2}, storage_seconds=300)
    call = STORAGE_CALLS[kind]
    rig.ask(*call)
    rig.now += 100
    rig.ask(*call)
    assert rig.refused(*call, "you") == ("TooManyRequests", 200)  # whoever asks
    rig.now += 199.5
    assert rig.refused(*call)[1] == 1
    for other in {*STORAGE_CALLS.values()} - {call}:
        rig.ask(*other)
    rig.ask("GET", PLAN_ID)
    rig.now += 0.5
    rig.ask(*call)
    rig.ask(*call)
    rig.refused(*call)


def test_reading_keys_is_a_read_to_the_storage_provider_and_a_write_to_resource_manager() -> None:
    keys = ("POST", f"{ACCOUNTS}/images1/listKeys")
    rig = Rig(storage_reads=1)
    rig.ask(*keys)
    rig.refused(*STORAGE_CALLS["storage_reads"])
    rig = Rig(writes=1)
    rig.ask(*keys)
    rig.refused("PUT")


def test_another_setting_begins_anew() -> None:
    rig = Rig(reads=1)
    rig.ask()
    rig.refused()
    rig.limits = Limits(reads=2)
    rig.ask()
    rig.ask()
    rig.refused()


def test_it_is_off_at_first_and_nothing_is_told(emulator: Running) -> None:
    assert emulator.control("GET", "/throttling") == {
        "reads": None,
        "writes": None,
        "deletes": None,
        "seconds": 60,
        "storageReads": None,
        "storageWrites": None,
        "storageLists": None,
        "storageSeconds": 300,
    }
    _, headers, _ = get(emulator, ACCOUNTS, "2026-09-01")
    assert not [name for name in headers if "ratelimit" in name]


def get(emulator: Running, path: str, version: str = "2025-05-01") -> tuple[int, dict[str, str], Any]:
    return emulator.call("GET", f"{path}?api-version={version}", headers=emulator.bearer())


def test_resource_manager_says_no_in_its_own_words(emulator: Running) -> None:
    emulator.control("PUT", "/throttling", {"reads": 2, "seconds": 600})
    status, headers, _ = get(emulator, f"{WEB}/sites")
    assert (status, headers["x-ms-ratelimit-remaining-subscription-reads"]) == (200, "1")
    status, headers, _ = get(emulator, PLAN_ID)
    assert (status, headers["x-ms-ratelimit-remaining-subscription-reads"]) == (404, "0")
    status, headers, body = get(emulator, PLAN_ID)
    assert (status, body["error"]["code"]) == (429, "SubscriptionRequestsThrottled")
    wait = int(headers["retry-after"])
    assert 290 < wait <= 300
    assert body["error"]["message"] == (
        f"Number of 'read' requests for subscription '{SUBSCRIPTION}' actor '{emulator.identity.principal_id}' "
        f"exceeded. Please try again after '{wait}' seconds after additional tokens are available. Refer to "
        "https://aka.ms/arm-throttling for additional information."
    )
    emulator.web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN, polling=False)  # a write


def test_the_storage_provider_says_no_in_its_own_words(emulator: Running) -> None:
    emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT)
    emulator.control("PUT", "/throttling", {"reads": 9, "storageReads": 1})
    account = f"{ACCOUNTS}/images1"
    assert get(emulator, account, "2026-09-01")[0] == 200
    status, headers, body = get(emulator, account, "2026-09-01")
    assert (status, body["error"]["code"]) == (429, "TooManyRequests")
    assert body["error"]["message"].startswith(
        "The request is being throttled as the limit has been reached for operation type - "
        "Read_ObservationWindow_00:05:00."
    )
    assert 290 < int(headers["retry-after"]) <= 300
    assert headers["x-ms-ratelimit-remaining-subscription-reads"] == "7"  # Resource Manager had let it in


def test_nobody_without_a_token_takes_one_of_a_bucket(emulator: Running) -> None:
    emulator.control("PUT", "/throttling", {"reads": 1})
    assert emulator.call("GET", f"{PLAN_ID}?api-version=2025-05-01")[0] == 401
    assert get(emulator, PLAN_ID)[0] == 404


@pytest.mark.parametrize(
    "body", [{"reads": 0}, {"seconds": 0}, {"storageSeconds": -1}, {"reads": "many"}, {"gets": 1}, []]
)
def test_settings_that_make_no_sense_are_refused(emulator: Running, body: object) -> None:
    status, _, answer = emulator.call("PUT", "/_emulator/throttling", body)
    assert (status, answer["error"]["code"]) == (400, "BadRequest")
    assert emulator.control("GET", "/throttling")["reads"] is None


def test_a_reset_ends_it(emulator: Running) -> None:
    sent = emulator.control("PUT", "/throttling", {"reads": 1, "storageLists": 2})
    assert (sent["reads"], sent["storageLists"]) == (1, 2)
    emulator.control("POST", "/reset")
    assert emulator.control("GET", "/throttling")["reads"] is None
