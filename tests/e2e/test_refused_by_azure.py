"""What Azure refuses for good ends as `Failed` with Azure's own words and a way out, and leaves nothing behind."""

from collections.abc import Callable, Iterator

import pytest

from shared.domain.names import AzureNames, azure_names
from tests.e2e.api_client import assert_refused
from tests.e2e.local_azure import LocalAzure


def candidates(local: LocalAzure, registry: str, attempt: int = 0) -> AzureNames:
    """The names that a registry tries at that attempt."""
    settings = local.azure.settings
    subscription, group = settings["AZURE_SUBSCRIPTION_ID"], settings["AZURE_RESOURCE_GROUP"]
    return azure_names(subscription, group, registry, attempt, attempt)


@pytest.fixture
def hold(local: LocalAzure) -> Iterator[Callable[[list[AzureNames]], None]]:
    """Gives names to somebody else in the world, until the test ends."""

    def give(names: list[AzureNames]) -> None:
        local.azure.hold_names([name.storage_account for name in names], [name.site for name in names])

    yield give
    give([])


def test_a_refused_create_fails_leaves_nothing_and_can_be_repeated(local: LocalAzure) -> None:
    api, path = local.api, "registries/tall"
    local.azure.slow_down(1)  # Azure is still creating what it took when it refuses the rest
    try:
        failed = api.end_of(api.call("PUT", path, 201, {"sku": "X9"}))
    finally:
        local.azure.slow_down(0.2)
    assert (failed["status"], failed["error"]["code"]) == ("Failed", "BadRequest")
    assert "The parameter SKU.Name has an invalid value." in failed["error"]["message"]
    assert failed["error"]["fix"]
    steps = {step["name"]: step["status"] for step in failed["steps"]}
    assert (steps["plan"], steps["site"]) == ("Failed", "NotStarted")
    assert local.azure.resources("tall") == []
    shown = api.call("GET", path, 200)
    assert (shown["provisioningState"], shown["loginServer"], shown["operation"]) == ("Failed", None, None)

    password = api.call("PUT", f"{path}/users/early", 201, {})["password"]
    repeated = api.call("PUT", path, 200, {"sku": "B1"})
    assert api.finish(repeated)["kind"] == "CreateRegistry"
    shown = api.call("GET", path, 200)
    assert shown["provisioningState"] == "Succeeded"
    assert local.door.lets_in(shown["loginServer"], "early", password)
    api.delete_registry("tall")
    assert local.azure.resources("tall") == []


def test_a_failed_create_can_be_deleted(local: LocalAzure) -> None:
    failed = local.api.end_of(local.api.call("PUT", "registries/lost", 201, {"location": "atlantis"}))
    assert (failed["status"], failed["error"]["code"]) == ("Failed", "LocationNotAvailableForResourceType")
    assert "atlantis" in failed["error"]["message"]
    assert local.azure.resources("lost") == []
    local.api.delete_registry("lost")
    assert_refused(local.api.send("GET", "registries/lost"), 404, "RegistryNotFound")
    assert ("state", "lost", "registry") not in local.azure.tables()


def test_a_refused_update_keeps_what_there_is(local: LocalAzure) -> None:
    """An update is never rolled back: images would go with it."""
    api, path = local.api, "registries/steady"
    before = api.create_registry("steady")
    password = api.create_user("steady", "alice")
    failed = api.end_of(api.call("PUT", path, 200, {"sku": "X9"}))
    assert (failed["kind"], failed["status"], failed["error"]["code"]) == (
        "UpdateRegistry",
        "Failed",
        "BadRequest",
    )
    assert len(local.azure.resources("steady")) == 3
    shown = api.call("GET", path, 200)
    assert (shown["provisioningState"], shown["loginServer"]) == ("Failed", before["loginServer"])
    assert local.door.lets_in(before["loginServer"], "alice", password)
    api.finish(api.call("PUT", path, 200, {"sku": "B2"}))
    assert local.door.lets_in(before["loginServer"], "alice", password)
    api.delete_registry("steady")


def test_a_name_that_somebody_else_holds_gives_the_next_candidate(
    local: LocalAzure, hold: Callable[[list[AzureNames]], None]
) -> None:
    first, second = candidates(local, "popular"), candidates(local, "popular", 1)
    hold([first])
    host = local.api.create_registry("popular")["loginServer"]
    names = {resource.rpartition("/")[2] for resource in local.azure.resources("popular")}
    assert names == {second.storage_account, second.site, first.plan}  # a plan's name is ours in our group
    password = local.api.create_user("popular", "alice")
    assert local.door.lets_in(host, "alice", password)
    local.api.delete_registry("popular")
    assert local.azure.resources("popular") == []


def test_a_create_fails_when_somebody_else_holds_every_candidate(
    local: LocalAzure, hold: Callable[[list[AzureNames]], None]
) -> None:
    hold([candidates(local, "envied", attempt) for attempt in range(6)])
    failed = local.api.end_of(local.api.call("PUT", "registries/envied", 201, {}))
    assert (failed["status"], failed["error"]["code"]) == ("Failed", "NamesTaken")
    assert failed["error"]["fix"]
    assert local.azure.resources("envied") == []
    local.api.delete_registry("envied")


def test_names_that_stay_reserved_after_a_delete_are_passed_over(local: LocalAzure) -> None:
    kinds = ("Microsoft.Storage/storageAccounts", "Microsoft.Web/sites")
    local.azure.control("PUT", "deleted-names", dict.fromkeys(kinds, 600))
    try:
        for attempt in range(2):
            local.api.create_registry("again")
            names = candidates(local, "again", attempt)
            has = {resource.rpartition("/")[2] for resource in local.azure.resources("again")}
            assert {names.storage_account, names.site} < has
            local.api.delete_registry("again")
            assert local.azure.resources("again") == []
    finally:
        local.azure.control("PUT", "deleted-names", dict.fromkeys(kinds, 0))
