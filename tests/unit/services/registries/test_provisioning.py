"""A registry comes, changes and goes, whatever Azure says."""

from typing import Any

import pytest

from shared.domain.errors import PermanentError
from shared.domain.operations import Kind, Status
from shared.domain.resources.resource import Ref, Type
from shared.domain.users.htpasswd import FILE_NAME, probe_password
from tests.unit.services.lifecycles import (
    ONE_OF_EACH,
    counts,
    deleted,
    expect_gone,
    failure,
    hopeless,
    running,
)
from tests.unit.services.rig import KEY, Rig

pytestmark = pytest.mark.usefixtures("one_thread")

STEPS = {
    "storageAccount": (),
    "plan": (),
    "blobProtection": ("storageAccount",),
    "shareProtection": ("storageAccount",),
    "blobContainer": ("storageAccount",),
    "fileShare": ("storageAccount",),
    "htpasswd": ("fileShare",),
    "site": ("plan", "blobContainer", "htpasswd"),
    "probe": ("site",),
    "scmBasicAuthOff": ("probe",),
    "ftpBasicAuthOff": ("probe",),
}


def sent(rig: Rig) -> dict[Type, int]:
    found = [ref.type for verb, ref in rig.azure.calls if verb == "put"]
    return {type_: found.count(type_) for type_ in set(found)}


# creating


@pytest.mark.parametrize("looks", range(4))
def test_a_create_sends_each_resource_once_and_each_after_what_it_needs(looks: int) -> None:
    rig = Rig(looks=looks)
    rig.create()
    rig.check_up()
    assert counts(rig) == sent(rig) == ONE_OF_EACH
    steps = {step.name: step for step in rig.last(Kind.CREATE_REGISTRY).steps}
    assert steps.keys() == STEPS.keys()
    for name, needs in STEPS.items():
        step = steps[name]
        assert step.status is Status.SUCCEEDED
        assert step.started_at
        assert step.ended_at
        assert all((steps[need].ended_at or rig.clock.now) <= step.started_at for need in needs), name


def test_the_file_is_in_place_before_the_site_is_sent() -> None:
    rig = Rig()
    rig.create()
    calls = [(call.name, *call.args[:1]) for call in rig.wire.calls]
    site = ("azure.put", Ref(Type.SITE, rig.registry().names.site))
    renamed = next(number for number, call in enumerate(calls) if call[0] == "share.rename")
    assert renamed < calls.index(site)


def test_independent_resources_go_out_in_the_same_turn() -> None:
    rig = Rig(looks=1)
    rig.put()
    rig.step()
    assert {ref.type for ref in rig.azure.resources} == {Type.STORAGE_ACCOUNT, Type.PLAN}


def test_where_azure_is_ready_at_once_a_create_takes_one_turn() -> None:
    rig = Rig()
    rig.put()
    rig.step()
    rig.check_up()
    assert len(rig.host.history) == 1


def test_a_create_tells_how_far_it_is() -> None:
    rig = Rig(looks=2)
    rig.put()
    seen = []
    while rig.host.waiting:
        rig.step()
        seen.append(rig.last(Kind.CREATE_REGISTRY).percent_complete)
    assert seen == sorted(seen)
    assert seen[0] < 50
    assert seen[-1] == 100
    assert len(set(seen)) >= 3


def test_nobody_learns_a_login_server_that_azure_has_not_named() -> None:
    rig = Rig(looks=1)
    rig.put()
    while not rig.count(Type.SITE):
        assert rig.registry().login_server is None
        rig.step()
    rig.drain()
    assert rig.registry().login_server == f"{rig.registry().names.site}.example"


def test_the_end_of_a_create_says_where_to_log_in() -> None:
    rig = Rig()
    server = rig.create().login_server
    assert rig.last(Kind.CREATE_REGISTRY).result == {"loginServer": server}


def everything_written(rig: Rig) -> str:
    """All tables, messages, and what Azure was sent, the site apart."""
    tables = [rig.state_table.rows, rig.health_table.rows, rig.index_table.rows]
    bodies = [body for ref, body in rig.azure.resources.items() if ref.type is not Type.SITE]
    messages = [delivery.message.encode() for delivery in rig.host.history]
    return repr([tables, bodies, messages])


def test_secrets_are_in_the_sites_body_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    rig = Rig(looks=1)
    rig.put()
    password = rig.put_user("alice").password
    rig.drain()
    registry = rig.registry()
    site = repr(rig.azure.resources[Ref(Type.SITE, registry.names.site)])
    settings = rig.azure.resources[Ref(Type.SITE, registry.names.site)]["properties"]["siteConfig"][
        "appSettings"
    ]
    [http_secret] = [each["value"] for each in settings if each["name"] == "REGISTRY_HTTP_SECRET"]
    account_key = rig.azure.account_key(registry.names.storage_account)
    assert account_key in site
    assert "{" not in http_secret
    assert password
    probes = [probe_password(KEY, registry.uid, revision) for revision in range(3)]
    for secret in [account_key, http_secret, password, KEY, *probes]:
        assert secret not in everything_written(rig) + caplog.text
    for secret in [password, KEY, *probes]:
        assert secret not in site


def test_users_that_come_during_a_create_are_in_the_first_file() -> None:
    rig = Rig(looks=2)
    rig.put()
    rig.put_user("alice")
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ["alice"]


# updating


@pytest.mark.parametrize(
    ("fields", "types"),
    [
        ({"sku": "S1"}, {Type.PLAN}),
        ({"deleteEnabled": True}, {Type.SITE}),
        ({"storageReplication": "GRS"}, {Type.STORAGE_ACCOUNT}),
        ({"allowedIpRanges": ["203.0.113.0/24"], "readOnly": True}, {Type.SITE}),
        ({"tags": {"team": "x"}}, {Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE}),
    ],
)
def test_an_update_sends_only_what_changes(fields: dict[str, Any], types: set[Type]) -> None:
    rig = running()
    rig.azure.calls.clear()
    rig.put(**fields)
    rig.drain()
    rig.check_up()
    assert sent(rig) == dict.fromkeys(types, 1)


def test_the_old_process_does_not_prove_a_new_site() -> None:
    rig = running()
    rig.put(deleteEnabled=True)
    looked = len(rig.probe.looked)
    rig.step()
    assert rig.sends(Type.SITE) == 2
    assert len(rig.probe.looked) == looked
    rig.drain()
    assert len(rig.probe.looked) == looked + 1


def test_an_update_restores_what_somebody_removed() -> None:
    rig = running()
    names = rig.registry().names
    rig.azure.delete(Ref(Type.SITE, names.site))
    del rig.share().files[FILE_NAME]
    rig.put(deleteEnabled=True)
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("type_", [Type.STORAGE_ACCOUNT, Type.SITE])
def test_a_resource_that_lost_our_tags_is_neither_changed_nor_deleted(type_: Type) -> None:
    rig = running()
    [ref] = [ref for ref in rig.azure.resources if ref.type is type_]
    tags = rig.azure.resources[ref].pop("tags")
    before = rig.resources()
    rig.put(deleteEnabled=True, storageReplication="GRS")
    rig.drain()
    error = failure(rig, Kind.UPDATE_REGISTRY)
    assert error.code == "ResourceNotOurs"
    assert ref.name in error.message
    assert rig.registry().uid in error.fix
    assert rig.resources() == before
    assert deleted(rig) == []
    rig.azure.resources[ref]["tags"] = tags
    rig.put()
    rig.drain()
    rig.check_up()


# deleting


def test_a_delete_takes_its_own_registry_and_no_other() -> None:
    rig = Rig(looks=1)
    rig.create("other")
    others = rig.resources()
    rig.create()
    rig.purge()
    rig.drain()
    rig.check_gone()
    rig.check_up("other")
    assert rig.resources() == others


def test_a_delete_stops_serving_before_it_removes_images() -> None:
    rig = running()
    rig.purge()
    rig.drain()
    assert next(ref.type for ref in deleted(rig)) is Type.SITE


@pytest.mark.parametrize("type_", [Type.STORAGE_ACCOUNT, Type.PLAN])
def test_a_delete_leaves_what_is_not_ours_any_more(type_: Type) -> None:
    rig = running()
    [ref] = [ref for ref in rig.azure.resources if ref.type is type_]
    rig.azure.resources[ref]["tags"]["berthage-uid"] = "another incarnation"
    rig.purge()
    rig.drain()
    assert rig.last(Kind.PURGE_REGISTRY).status is Status.SUCCEEDED
    assert ref in rig.azure.resources
    assert ref not in deleted(rig)


def test_a_plan_that_carries_somebody_elses_site_ends_a_delete_with_that_reason() -> None:
    rig = running()
    names = rig.registry().names
    del rig.azure.resources[Ref(Type.SITE, names.site)]["tags"]
    rig.purge()
    rig.drain()
    assert "there are sites on it" in failure(rig, Kind.PURGE_REGISTRY).message
    assert {Ref(Type.SITE, names.site), Ref(Type.PLAN, names.plan)} <= rig.resources()


def test_a_delete_that_azure_refuses_fails_and_can_be_repeated() -> None:
    rig = running()
    rig.azure.errors["delete"] = [PermanentError("ScopeLocked", "a lock", "remove the lock")]
    rig.purge()
    rig.drain()
    assert failure(rig, Kind.PURGE_REGISTRY).code == "ScopeLocked"
    assert rig.registry().provisioning_state == "Failed"
    rig.purge()
    rig.drain()
    expect_gone(rig)


def test_a_delete_of_a_create_that_failed_leaves_nothing() -> None:
    rig = hopeless()
    rig.put()
    rig.drain()
    rig.purge()
    rig.drain()
    expect_gone(rig)


@pytest.mark.parametrize("users", [1, 250])
def test_a_delete_ends_what_waits_for_users_and_forgets_them(users: int) -> None:
    rig = running()
    for number in range(users):
        rig.put_user(f"user{number}", password_hash="$2b$04$" + "a" * 53)
    waiting = {operation.id for operation in rig.unfinished()}
    rig.purge()
    while rig.last(Kind.PURGE_REGISTRY).status is not Status.SUCCEEDED:
        rig.deliver(next(each for each in rig.host.waiting if each.lifecycle))
        rig.host.waiting = [each for each in rig.host.waiting if each.message.turn or not each.lifecycle]
    assert len(waiting) == users
    for operation in map(rig.operation, waiting):
        assert operation.status is Status.FAILED
        assert operation.error
        assert operation.error.code == "RegistryDeleted"
    rig.drain()
    rig.check_gone()


def test_a_user_of_an_earlier_registry_is_not_in_a_later_one_of_that_name() -> None:
    rig = running()
    rig.put_user("alice")
    rig.drain()
    rig.purge()
    rig.drain()
    rig.create()
    rig.check_up()
    assert rig.names_in_file() == []
