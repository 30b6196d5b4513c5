"""The port `ResourceManager`: on the fake, and on the emulator through the real SDK."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.registries.registry import Registry
from shared.domain.resources.account_keys import KEY_SETTING
from shared.domain.resources.plan import Found, assess
from shared.domain.resources.resource import Json, Ref, Type
from shared.domain.resources.site import MOUNT_PATH
from tests.contract.registries import Resources, new_registry
from tests.contract.resource_managers import (
    DELAYED,
    Cloud,
    FakeCloud,
    emulated_cloud,
    make,
    make_up_to,
    wait_for,
    wait_until_ready,
)

ACCOUNT, PLAN, SITE = Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE
IN_ACCOUNT = [Type.BLOB_SERVICE, Type.FILE_SERVICE, Type.BLOB_CONTAINER, Type.FILE_SHARE]
IN_ORDER = (ACCOUNT, PLAN, *IN_ACCOUNT, SITE, Type.PUBLISHING_POLICY)


@pytest.fixture(params=["fake", "emulator"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """An empty one."""
    if request.param == "fake":
        yield FakeCloud()
        return
    with emulated_cloud(request.getfixturevalue("emulator"), request.getfixturevalue("manager")) as emulated:
        yield emulated


@pytest.fixture
def registry() -> Registry:
    return new_registry()


def state(found: Json) -> object:
    return found["properties"].get("provisioningState")


@pytest.mark.parametrize("kind", Type)
def test_what_is_not_there_is_none(cloud: Cloud, registry: Registry, kind: Type) -> None:
    assert cloud.manager.get(Resources(registry).of(kind).ref) is None


def test_every_resource_of_a_registry_becomes_what_its_body_asks_for(
    cloud: Cloud, registry: Registry
) -> None:
    resources = make_up_to(cloud, registry, *IN_ORDER)
    for kind in IN_ORDER:
        for resource in resources.all(kind):
            seen = cloud.manager.get(resource.ref)
            assert assess(resource.node, registry, seen) is Found.READY, resource.ref


def test_azure_tells_the_endpoints(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE)
    account, site = (cloud.manager.get(resources.of(kind).ref) for kind in (ACCOUNT, SITE))
    assert account is not None
    assert account["properties"]["primaryEndpoints"]["file"].startswith("https://")
    assert account["properties"]["primaryEndpoints"]["file"].endswith("/")
    assert site is not None
    assert site["properties"]["defaultHostName"]
    assert "/" not in site["properties"]["defaultHostName"]


def test_a_site_does_not_show_its_secrets(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE)
    shown = str(cloud.manager.get(resources.of(SITE).ref)) + str(list(cloud.manager.all_of(SITE)))
    assert cloud.manager.account_key(registry.names.storage_account) not in shown
    assert "a secret of the registry" not in shown
    assert MOUNT_PATH not in shown


@pytest.mark.parametrize("kind", [ACCOUNT, PLAN])
def test_a_new_account_or_plan_is_in_progress_and_then_ready(
    cloud: Cloud, registry: Registry, kind: Type
) -> None:
    cloud.slow_down()
    resource = Resources(registry).of(kind)
    cloud.manager.put(resource.ref, resource.body)
    first = cloud.manager.get(resource.ref)
    assert first is not None
    assert state(first) not in {None, "Succeeded", "Failed"}
    assert assess(resource.node, registry, first) is Found.IN_PROGRESS
    assert state(wait_until_ready(cloud, registry, resource)) == "Succeeded"


def test_a_put_does_not_wait_and_leaves_nobody_waiting(cloud: Cloud, registry: Registry) -> None:
    cloud.slow_down()
    before = threading.active_count()
    for kind in (ACCOUNT, PLAN):
        resource = Resources(registry).of(kind)
        cloud.manager.put(resource.ref, resource.body)
        assert assess(resource.node, registry, cloud.manager.get(resource.ref)) is Found.IN_PROGRESS
    assert threading.active_count() == before


def test_a_new_site_is_in_progress_and_then_ready(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, PLAN)
    cloud.slow_down()
    site = resources.of(SITE)
    cloud.manager.put(site.ref, site.body)
    assert assess(site.node, registry, cloud.manager.get(site.ref)) is Found.IN_PROGRESS
    wait_until_ready(cloud, registry, site)


def test_what_is_in_an_account_waits_for_the_account(cloud: Cloud, registry: Registry) -> None:
    resources = Resources(registry)
    account, inside = resources.of(ACCOUNT), [resources.of(kind) for kind in IN_ACCOUNT]
    for resource in inside:
        with pytest.raises(TemporaryError):
            cloud.manager.put(resource.ref, resource.body)
    cloud.slow_down()
    cloud.manager.put(account.ref, account.body)
    with pytest.raises(TemporaryError):
        cloud.manager.account_key(account.ref.name)
    for resource in inside:
        with pytest.raises(TemporaryError):
            cloud.manager.put(resource.ref, resource.body)
    wait_until_ready(cloud, registry, account)
    for resource in inside:
        make(cloud, registry, resource)


def test_a_site_waits_for_its_plan(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT)
    cloud.slow_down()
    plan, site = resources.of(PLAN), resources.of(SITE)
    with pytest.raises(TemporaryError):
        cloud.manager.put(site.ref, site.body)
    cloud.manager.put(plan.ref, plan.body)
    with pytest.raises(TemporaryError):
        cloud.manager.put(site.ref, site.body)
    assert cloud.manager.get(site.ref) is None
    wait_until_ready(cloud, registry, plan)
    make(cloud, registry, site)


@pytest.mark.parametrize("kind", [ACCOUNT, PLAN])
def test_a_resource_in_progress_takes_no_other_change(cloud: Cloud, registry: Registry, kind: Type) -> None:
    cloud.slow_down()
    resource = Resources(registry).of(kind)
    cloud.manager.put(resource.ref, resource.body)
    with pytest.raises(TemporaryError) as caught:
        cloud.manager.put(resource.ref, resource.body)
    assert 0 < caught.value.retry_after <= 5  # that does not take long
    wait_until_ready(cloud, registry, resource)


@pytest.mark.parametrize("kind", [ACCOUNT, PLAN, *IN_ACCOUNT])
def test_the_same_put_again_changes_nothing(cloud: Cloud, registry: Registry, kind: Type) -> None:
    resources = make_up_to(cloud, registry, *dict.fromkeys([ACCOUNT, kind]))
    resource = resources.of(kind)
    before = cloud.manager.get(resource.ref)
    make(cloud, registry, resource)
    after = cloud.manager.get(resource.ref)
    assert without_times(after) == without_times(before)


def without_times(found: Any) -> Any:
    if isinstance(found, dict):
        return {k: without_times(v) for k, v in found.items() if "time" not in k.lower() and k != "etag"}
    return found


def test_a_put_changes_what_differs(cloud: Cloud) -> None:
    before, after = new_registry(), new_registry()
    changed = before.change(desired=after.desired.model_copy(update={"sku": "S1", "tags": {"team": "docks"}}))
    make_up_to(cloud, before, ACCOUNT, PLAN)
    for kind in (ACCOUNT, PLAN):
        resource = Resources(changed).of(kind)
        seen = cloud.manager.get(resource.ref)
        assert assess(resource.node, changed, seen) is Found.DIFFERENT
        assert make(cloud, changed, resource)["tags"]["team"] == "docks"


def test_a_site_takes_a_new_setting(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE)
    desired = registry.desired.model_copy(update={"delete_enabled": True})
    changed = registry.change(desired=desired)
    site = Resources(changed, cloud.manager.account_key(registry.names.storage_account)).of(SITE)
    assert assess(site.node, changed, cloud.manager.get(resources.of(SITE).ref)) is Found.DIFFERENT
    make(cloud, changed, site)


def test_publishing_policies_start_open_and_can_be_closed(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE)
    for policy in resources.all(Type.PUBLISHING_POLICY):
        before = cloud.manager.get(policy.ref)
        assert before is not None
        assert before["properties"]["allow"] is True
        cloud.manager.put(policy.ref, policy.body)
        after = cloud.manager.get(policy.ref)
        assert after is not None
        assert after["properties"]["allow"] is False


@pytest.mark.parametrize("kind", [ACCOUNT, PLAN])
def test_a_delete_can_be_repeated(cloud: Cloud, registry: Registry, kind: Type) -> None:
    resources = make_up_to(cloud, registry, kind)
    ref = resources.of(kind).ref
    cloud.manager.delete(ref)
    wait_for(lambda: cloud.manager.get(ref) is None or None, "it is gone")
    cloud.manager.delete(ref)
    assert cloud.manager.get(ref) is None


@pytest.mark.parametrize("kind", DELAYED)
def test_what_was_never_there_can_be_deleted(cloud: Cloud, registry: Registry, kind: Type) -> None:
    cloud.manager.delete(Resources(registry).of(kind).ref)


def test_a_deleted_site_leaves_its_plan_and_an_occupied_plan_waits(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE)
    site, plan = resources.of(SITE).ref, resources.of(PLAN).ref
    with pytest.raises(TemporaryError):
        cloud.manager.delete(plan)
    cloud.manager.delete(site)
    wait_for(lambda: cloud.manager.get(site) is None or None, "the site is gone")
    cloud.manager.delete(site)
    assert cloud.manager.get(plan) is not None
    cloud.manager.delete(plan)
    assert cloud.manager.get(plan) is None


def test_an_account_goes_with_all_that_is_in_it(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, *IN_ACCOUNT)
    cloud.manager.delete(resources.of(ACCOUNT).ref)
    assert [cloud.manager.get(resources.of(kind).ref) for kind in (ACCOUNT, *IN_ACCOUNT)] == [None] * 5
    make_up_to(cloud, registry, ACCOUNT)
    assert cloud.manager.get(resources.of(Type.FILE_SHARE).ref) is None
    assert cloud.manager.get(resources.of(Type.BLOB_CONTAINER).ref) is None


@pytest.mark.parametrize("kind", [ACCOUNT, SITE])
def test_a_name_that_somebody_else_holds_is_taken(cloud: Cloud, registry: Registry, kind: Type) -> None:
    resources = make_up_to(cloud, registry, *([] if kind is ACCOUNT else [ACCOUNT, PLAN]))
    resource = resources.of(kind)
    cloud.hold(kind, resource.ref.name)
    assert cloud.manager.get(resource.ref) is None
    with pytest.raises(NameTakenError) as caught:
        cloud.manager.put(resource.ref, resource.body)
    assert caught.value.args == (kind,)
    assert cloud.manager.get(resource.ref) is None


@pytest.mark.parametrize("kind", [ACCOUNT, SITE])
def test_a_name_that_is_reserved_after_a_delete_is_taken(
    cloud: Cloud, registry: Registry, kind: Type
) -> None:
    needs = {ACCOUNT: [ACCOUNT], SITE: [ACCOUNT, PLAN, SITE]}[kind]
    resource = make_up_to(cloud, registry, *needs).of(kind)
    cloud.keep_deleted_names()
    cloud.manager.delete(resource.ref)
    assert cloud.manager.get(resource.ref) is None
    cloud.manager.delete(resource.ref)
    with pytest.raises(NameTakenError) as caught:
        cloud.manager.put(resource.ref, resource.body)
    assert caught.value.args == (kind,)


@pytest.mark.parametrize(
    ("kind", "sku", "code"),
    [
        (ACCOUNT, "Standard_XXL", "InvalidValuesForRequestParameters"),
        (PLAN, "X9", "BadRequest"),
    ],
)
def test_a_sku_that_azure_does_not_have_is_refused_for_good(
    cloud: Cloud, registry: Registry, kind: Type, sku: str, code: str
) -> None:
    resource = Resources(registry).of(kind)
    with pytest.raises(PermanentError) as caught:
        cloud.manager.put(resource.ref, {**resource.body, "sku": {"name": sku}})
    assert caught.value.code == code
    assert resource.ref.name in caught.value.message
    assert caught.value.fix
    assert cloud.manager.get(resource.ref) is None


def test_the_account_key_opens_the_mount(cloud: Cloud, registry: Registry) -> None:
    make_up_to(cloud, registry, ACCOUNT)
    key = cloud.manager.account_key(registry.names.storage_account)
    assert key
    assert cloud.manager.account_key(registry.names.storage_account) == key
    other = new_registry()
    make_up_to(cloud, other, ACCOUNT)
    assert cloud.manager.account_key(other.names.storage_account) != key


def test_there_is_no_key_of_no_account(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(TemporaryError):
        cloud.manager.account_key(registry.names.storage_account)


def test_sites_are_all_sites_of_the_group_with_their_states(cloud: Cloud) -> None:
    assert list(cloud.manager.all_of(SITE)) == []
    first, second = new_registry(), new_registry()
    for registry in (first, second):
        make_up_to(cloud, registry, ACCOUNT, PLAN, SITE)
    cloud.stop_site(second.names.site)
    found = {site["name"]: site for site in cloud.manager.all_of(SITE)}
    assert found.keys() == {first.names.site, second.names.site}
    states = {name: site["properties"]["state"] for name, site in found.items()}
    assert states == {first.names.site: "Running", second.names.site: "Stopped"}
    assert found[first.names.site] == cloud.manager.get(Ref(SITE, first.names.site))


def test_a_site_that_crashes_is_neither_running_nor_stopped(cloud: Cloud, registry: Registry) -> None:
    resources = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE)
    site = resources.of(SITE)

    def state_of_site() -> object:
        return (cloud.manager.get(site.ref) or {})["properties"]["state"]

    assert state_of_site() == "Running"
    cloud.crash_site(site.ref.name)
    wait_for(lambda: state_of_site() == "Crashed" or None, "it shows")
    assert [listed["properties"]["state"] for listed in cloud.manager.all_of(SITE)] == ["Crashed"]
    assert assess(site.node, registry, cloud.manager.get(site.ref)) is Found.READY  # nothing to send again


@pytest.mark.parametrize("kind", [ACCOUNT, PLAN])
def test_all_of_a_kind_in_the_group_with_their_tags(cloud: Cloud, kind: Type) -> None:
    assert list(cloud.manager.all_of(kind)) == []
    registries = [new_registry(), new_registry()]
    for registry in registries:
        make_up_to(cloud, registry, kind)
    found = {each["name"]: each["tags"] for each in cloud.manager.all_of(kind)}
    assert found.keys() == {Resources(registry).of(kind).ref.name for registry in registries}
    assert {tags["berthage-uid"] for tags in found.values()} == {registry.uid for registry in registries}


SETTING, REMOVED = "REGISTRY_HTTP_SECRET", "REGISTRY_AUTH"


@pytest.mark.parametrize(
    ("settings", "mounts", "differences"),
    [
        ({}, {}, []),
        ({"WEBSITE_ADDED_BY_A_POLICY": "1"}, {"another": "/data"}, []),
        ({SETTING: "another secret"}, {}, [f"setting {SETTING}"]),
        ({REMOVED: None}, {}, [f"setting {REMOVED}"]),
        ({SETTING: "", REMOVED: "none"}, {}, [f"setting {REMOVED}", f"setting {SETTING}"]),
        ({}, {"berthage": "/mnt/elsewhere"}, ["mount berthage"]),
        ({}, {"berthage": None}, ["mount berthage"]),
        ({REMOVED: None}, {"berthage": None}, ["mount berthage", f"setting {REMOVED}"]),
    ],
)
def test_what_a_site_has_otherwise_is_named(
    cloud: Cloud,
    registry: Registry,
    settings: dict[str, str | None],
    mounts: dict[str, str | None],
    differences: list[str],
) -> None:
    site = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE).of(SITE)
    cloud.configure(site.ref.name, settings, mounts)
    assert sorted(cloud.manager.differences(site.ref.name, site.body)) == differences


def test_another_key_of_the_account_is_a_difference_of_what_uses_it(cloud: Cloud, registry: Registry) -> None:
    site = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE).of(SITE)
    regenerated = Resources(registry, "another key").of(SITE).body
    assert cloud.manager.differences(site.ref.name, regenerated) == [
        "setting REGISTRY_STORAGE_AZURE_ACCOUNTKEY",
        "mount berthage",
    ]


def test_a_site_that_is_not_there_has_nothing_to_compare(cloud: Cloud, registry: Registry) -> None:
    site = Resources(registry).of(SITE)
    with pytest.raises(TemporaryError):
        cloud.manager.differences(site.ref.name, site.body)


@pytest.mark.parametrize(("regenerated", "valid"), [((), True), ((2,), True), ((1,), False), ((1, 2), False)])
def test_a_site_whose_key_was_regenerated_has_no_valid_one(
    cloud: Cloud, registry: Registry, regenerated: tuple[int, ...], valid: bool
) -> None:
    site = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE).of(SITE)
    for number in regenerated:
        cloud.regenerate_key(registry.names.storage_account, number)
    assert cloud.manager.mounted_key_is_valid(site.ref.name, registry.names.storage_account) is valid


def test_either_key_of_the_account_is_valid(cloud: Cloud, registry: Registry) -> None:
    make_up_to(cloud, registry, ACCOUNT, PLAN)
    account = registry.names.storage_account
    second = Resources(registry, cloud.keys(account)[1]).of(SITE)
    make(cloud, registry, second)
    assert cloud.manager.mounted_key_is_valid(second.ref.name, account)
    cloud.regenerate_key(account, 1)
    assert cloud.manager.mounted_key_is_valid(second.ref.name, account)


def test_of_a_site_that_holds_no_key_of_the_account_nothing_is_known(
    cloud: Cloud, registry: Registry
) -> None:
    site = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE).of(SITE)
    cloud.configure(site.ref.name, {KEY_SETTING: None}, {"berthage": None})
    assert cloud.manager.mounted_key_is_valid(site.ref.name, registry.names.storage_account) is None


@pytest.mark.parametrize("missing", [SITE, ACCOUNT])
def test_without_site_or_account_there_is_no_key_to_compare(
    cloud: Cloud, registry: Registry, missing: Type
) -> None:
    site = make_up_to(cloud, registry, ACCOUNT, PLAN, SITE).of(SITE)
    cloud.manager.delete(Resources(registry).of(missing).ref)
    with pytest.raises(TemporaryError):
        cloud.manager.mounted_key_is_valid(site.ref.name, registry.names.storage_account)


def test_what_is_read_is_a_copy(cloud: Cloud, registry: Registry) -> None:
    resource = Resources(registry).of(PLAN)
    found: Any = make(cloud, registry, resource)
    found["tags"].clear()
    assert assess(resource.node, registry, cloud.manager.get(resource.ref)) is Found.READY
