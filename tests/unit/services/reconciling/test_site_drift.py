"""What somebody else did to a registry's resources, settings and mounts is repaired or reported, and never for ever."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.audit import AUDIT_KEYS, AuditEntry
from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.operations import Kind, Operation, Status
from shared.domain.records import Upsert
from shared.domain.resources.resource import Ref, Type
from shared.domain.resources.site_drift import SiteFinding
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import DRIFT_CHECK, NAME, Rig
from tests.unit.services.wire import Killed


def up(rig: Rig) -> Rig:
    """A registry with a user, that has been looked at once."""
    rig.create()
    rig.put_user("alice", password_hash=HASH)
    rig.drain()
    rig.reconcile.run()
    look(rig)
    assert repairs(rig) == []
    rig.azure.calls.clear()
    return rig


@pytest.fixture
def rig() -> Rig:
    return up(Rig())


def look(rig: Rig, seconds: float = DRIFT_CHECK) -> None:
    """The next look comes."""
    rig.clock.advance(seconds + 1)
    rig.reconcile.run()


def config(rig: Rig) -> dict[str, Any]:
    return rig.azure.site_config(rig.registry().names.site)


def setting(rig: Rig, name: str, value: str | None) -> None:
    """As in the portal; `None` removes it."""
    others = [pair for pair in config(rig)["appSettings"] if pair["name"] != name]
    config(rig)["appSettings"] = [*others, *([{"name": name, "value": value}] if value is not None else [])]


def value_of(rig: Rig, name: str) -> object:
    return {pair["name"]: pair["value"] for pair in config(rig)["appSettings"]}.get(name)


def repairs(rig: Rig) -> list[Operation]:
    return [each for each in rig.all_operations() if each.kind is Kind.UPDATE_REGISTRY]


def audited(rig: Rig) -> list[object]:
    rows = [row for key, row in rig.state_table.rows[NAME].items() if key.startswith(AUDIT_KEYS)]
    entries = [AuditEntry.from_row(row) for row in rows]
    return [entry.details for entry in entries if entry.actor == "system:reconcile"]


def shown(rig: Rig) -> list[str] | None:
    drift = rig.registries.get(NAME).drift
    return drift.found if drift else None


def remove(rig: Rig, *kinds: Type) -> None:
    """Deleted behind our back, with what is in it."""
    for kind in kinds:
        for ref in [ref for ref in rig.azure.resources if ref.type is kind]:
            rig.azure.resources = {
                each: body
                for each, body in rig.azure.resources.items()
                if each != ref and not (each.name == ref.name and each.type.startswith(f"{ref.type}/"))
            }


def move_mount(rig: Rig) -> None:
    config(rig)["azureStorageAccounts"]["berthage"]["mountPath"] = "/mnt/elsewhere"


def change_property(rig: Rig, name: str, value: object) -> None:
    rig.azure.resources[Ref(Type.SITE, rig.registry().names.site)]["properties"][name] = value


SITE_ONLY = [
    (lambda rig: setting(rig, "REGISTRY_AUTH", None), ["setting REGISTRY_AUTH"]),
    (lambda rig: setting(rig, "REGISTRY_HTTP_SECRET", "mine"), ["setting REGISTRY_HTTP_SECRET"]),
    (move_mount, ["mount berthage"]),
    (lambda rig: config(rig)["azureStorageAccounts"].clear(), ["mount berthage"]),
    (lambda rig: config(rig).update(linuxFxVersion="DOCKER|evil:1"), ["site linuxFxVersion"]),
    (lambda rig: change_property(rig, "httpsOnly", False), ["site httpsOnly"]),
]


@pytest.mark.parametrize(("change", "found"), SITE_ONLY)
def test_what_was_changed_on_the_site_is_put_back_by_one_update(
    rig: Rig, change: Callable[[Rig], None], found: list[str]
) -> None:
    before = str(config(rig))
    change(rig)
    look(rig)
    assert audited(rig) == [{"drift": found}]
    rig.drain()
    [repair] = repairs(rig)
    assert repair.status is Status.SUCCEEDED
    assert rig.azure.calls == [("put", Ref(Type.SITE, rig.registry().names.site))], "and nothing else"
    assert str(config(rig)) == before
    rig.check_up()
    assert shown(rig) is None
    look(rig)
    assert len(repairs(rig)) == 1


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        ([Type.SITE], ["site missing"]),
        ([Type.SITE, Type.PLAN], ["plan missing", "site missing"]),
        ([Type.FILE_SHARE], ["fileShare missing"]),
        (
            [Type.PUBLISHING_POLICY],
            ["scmBasicAuthOff different", "ftpBasicAuthOff different"],
        ),
    ],
)
def test_what_was_deleted_comes_back(rig: Rig, kinds: list[Type], found: list[str]) -> None:
    remove(rig, *kinds)
    look(rig)
    assert audited(rig) == [{"drift": found}]
    rig.drain()
    assert [repair.status for repair in repairs(rig)] == [Status.SUCCEEDED]
    rig.check_up()
    look(rig)
    assert len(repairs(rig)) == 1


def test_a_login_server_that_was_forgotten_is_learned_again(rig: Rig) -> None:
    forgotten = rig.registry().change(login_server=None)
    rig.state_table.transact(NAME, [Upsert(forgotten.to_row())])
    look(rig)
    rig.drain()
    assert [repair.status for repair in repairs(rig)] == [Status.SUCCEEDED]
    assert rig.registry().login_server
    assert rig.azure.calls == [], "nothing restarts for that"


def test_what_others_add_is_no_drift(rig: Rig) -> None:
    setting(rig, "WEBSITE_HTTPLOGGING_RETENTION_DAYS", "3")
    config(rig)["azureStorageAccounts"]["other"] = {"type": "AzureBlob", "mountPath": "/data"}
    rig.azure.resources[Ref(Type.SITE, rig.registry().names.site)]["tags"]["costCenter"] = "7"
    look(rig)
    assert repairs(rig) == []


def test_no_value_is_logged_or_stored(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    setting(rig, "REGISTRY_STORAGE_AZURE_ACCOUNTKEY", "their-key")
    look(rig)
    rig.drain()
    look(rig)
    kept = str(rig.health_table.rows) + str(rig.state_table.rows) + caplog.text
    assert "REGISTRY_STORAGE_AZURE_ACCOUNTKEY" in kept
    assert "their-key" not in kept
    assert "key-of-" not in kept


# data is never thrown away


@pytest.mark.parametrize("kind", [Type.STORAGE_ACCOUNT, Type.BLOB_CONTAINER])
def test_what_held_the_images_is_not_made_anew_by_itself(
    rig: Rig, kind: Type, caplog: pytest.LogCaptureFixture
) -> None:
    remove(rig, kind)
    look(rig)
    rig.drain()
    assert repairs(rig) == []
    assert rig.count(kind) == 0
    assert shown(rig)
    assert "would not bring back what was there" in caplog.text
    rig.put()
    rig.drain()
    assert [repair.status for repair in repairs(rig)] == [Status.SUCCEEDED]
    assert rig.count(kind) == 1


def test_a_site_that_lost_our_tags_is_reported(rig: Rig) -> None:
    rig.azure.resources[Ref(Type.SITE, rig.registry().names.site)]["tags"] = {}
    look(rig)
    assert repairs(rig) == []
    assert shown(rig) == ["site foreign"]


# repair or report


def test_where_the_setting_says_so_it_is_only_reported(caplog: pytest.LogCaptureFixture) -> None:
    rig = up(Rig(drift_action="report"))
    caplog.set_level("INFO")
    setting(rig, "REGISTRY_AUTH", None)
    for _ in range(3):
        look(rig)
        assert shown(rig) == ["setting REGISTRY_AUTH"]
    assert repairs(rig) == []
    assert "drift, only reported because DRIFT_ACTION says so: setting REGISTRY_AUTH" in caplog.text
    assert f"site_drift_reported=1:{NAME}" in caplog.text


def test_a_put_of_the_same_repairs_what_is_reported_and_the_next_has_nothing_to_do() -> None:
    rig = up(Rig(drift_action="report"))
    setting(rig, "REGISTRY_AUTH", None)
    look(rig)
    assert rig.put().operation
    rig.drain()
    assert value_of(rig, "REGISTRY_AUTH") == "htpasswd"
    assert shown(rig) is None
    assert rig.put().operation is None
    assert len(repairs(rig)) == 1


def test_it_is_over_when_somebody_puts_it_back() -> None:
    rig = up(Rig(drift_action="report"))
    setting(rig, "REGISTRY_AUTH", None)
    look(rig)
    setting(rig, "REGISTRY_AUTH", "htpasswd")
    look(rig)
    assert shown(rig) is None


# it converges


def test_drift_that_comes_back_is_repaired_less_and_less_often(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    hours = 24 * 7
    for _ in range(hours):
        setting(rig, "REGISTRY_AUTH", None)
        look(rig)
        rig.drain(60)
    assert len(repairs(rig)) <= 12
    assert "it came back after" in caplog.text
    assert shown(rig) == ["setting REGISTRY_AUTH"]


def test_another_drift_is_repaired_at_once(rig: Rig) -> None:
    setting(rig, "REGISTRY_AUTH", None)
    look(rig)
    rig.drain()
    move_mount(rig)
    look(rig)
    rig.drain()
    assert len(repairs(rig)) == 2
    rig.check_up()


def test_a_look_that_finds_nothing_ends_the_patience(rig: Rig) -> None:
    for expected in (1, 2, 3):
        setting(rig, "REGISTRY_AUTH", None)
        look(rig)
        rig.drain()
        look(rig)
        assert len(repairs(rig)) == expected


def test_a_repair_that_failed_is_tried_again(rig: Rig) -> None:
    setting(rig, "REGISTRY_AUTH", None)
    rig.azure.refusals[Type.SITE] = [PermanentError("AuthorizationFailed", "no", "ask")]
    look(rig)
    rig.drain()
    assert rig.registry().provisioning_state == "Failed"
    for _ in range(3):
        look(rig)
        rig.drain()
    assert [repair.status for repair in repairs(rig)] == [Status.FAILED, Status.SUCCEEDED]
    rig.check_up()


def test_a_callers_change_that_failed_is_not_tried_again_by_itself(rig: Rig) -> None:
    rig.azure.refusals[Type.PLAN] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put(sku="S1")
    rig.drain()
    for _ in range(5):
        look(rig)
    assert [repair.status for repair in repairs(rig)] == [Status.FAILED]


# beside other work


@pytest.mark.parametrize("begin", [lambda rig: rig.put(sku="S1"), lambda rig: rig.purge()])
def test_while_an_operation_is_at_work_nobody_looks(rig: Rig, begin: Callable[[Rig], object]) -> None:
    begin(rig)
    rig.wire.calls.clear()
    look(rig)
    assert not [call for call in rig.wire.calls if call.name in {"azure.get", "azure.differences"}]


def test_a_change_that_begins_during_the_look_is_no_drift(rig: Rig) -> None:
    def change() -> None:
        rig.put(deleteEnabled=True)
        rig.drain(0)

    rig.wire.meanwhile("azure.differences", change)
    look(rig)
    rig.drain()
    assert audited(rig) == []
    rig.check_up()


def test_two_runs_at_the_same_time_start_one_repair(rig: Rig) -> None:
    setting(rig, "REGISTRY_AUTH", None)
    rig.wire.meanwhile("azure.differences", rig.reconcile.run)
    look(rig)
    rig.drain()
    assert len(repairs(rig)) == 1
    rig.check_up()


def test_a_death_at_any_step_is_made_up_for() -> None:
    step, began = 0, False
    while True:
        rig = up(Rig())
        setting(rig, "REGISTRY_AUTH", None)
        rig.clock.advance(DRIFT_CHECK + 1)
        rig.wire.kill(step)
        try:
            rig.reconcile.run()
            rig.drain()
            break
        except Killed:
            rig.wire.revive()
        began = began or bool(repairs(rig))
        rig.mend()
        for _ in range(4):
            look(rig)
            rig.drain()
        assert value_of(rig, "REGISTRY_AUTH") == "htpasswd", step
        assert len(repairs(rig)) == len(audited(rig)) == 1, step
        rig.check_up()
        step += 1
    assert began
    assert step > 40


# what it costs


def test_between_two_looks_resource_manager_is_not_asked(rig: Rig) -> None:
    rig.wire.calls.clear()
    for _ in range(50):
        rig.clock.advance(60)
        rig.reconcile.run()
    assert not [call for call in rig.wire.calls if call.name in {"azure.get", "azure.differences"}]


def test_many_registries_are_looked_at_once_an_hour_each_and_never_all_at_once() -> None:
    rig = Rig()
    names = [f"reg{number:02}" for number in range(30)]
    for name in names:
        rig.create(name)
    looks: Counter[object] = Counter()
    busiest = 0
    for _ in range(120):
        rig.wire.calls.clear()
        rig.clock.advance(60)
        rig.reconcile.run()
        found = [call.args[0] for call in rig.wire.calls if call.name == "azure.differences"]
        busiest = max(busiest, len(found))
        looks.update(found)
    assert len(looks) == len(names)
    assert set(looks.values()) <= {1, 2}
    assert busiest <= 6


def test_a_throttled_look_comes_again_soon_and_stops_no_other(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    setting(rig, "REGISTRY_AUTH", None)
    rig.azure.errors["get"] = [TemporaryError("TooManyRequests", "429", 17)]
    caplog.set_level("INFO")
    look(rig)
    assert repairs(rig) == []
    assert f"failed=1:{NAME}" in caplog.text
    look(rig, 240)
    assert repairs(rig) == []
    look(rig, 60)
    assert len(repairs(rig)) == 1


def test_the_drift_of_a_registry_that_was_deleted_is_not_that_of_the_next() -> None:
    rig = up(Rig(drift_action="report"))
    setting(rig, "REGISTRY_AUTH", None)
    look(rig)
    row = rig.health_table.rows[NAME]["last-drift"]
    assert SiteFinding.from_row(row).found
    rig.purge()
    rig.drain()
    rig.create()
    rig.health_table.rows[NAME]["last-drift"] = row
    assert shown(rig) is None
    rig.reconcile.run()
    look(rig)
    assert shown(rig) is None
