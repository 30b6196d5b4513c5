"""Settings, mounts and resources that are not as we sent them, by name."""

from typing import Any

import pytest

from shared.domain.resources.graph import Context, Node, graph
from shared.domain.resources.resource import Json
from shared.domain.resources.site_drift import Difference, difference, differing, shown_otherwise
from tests.unit.domain.examples import registry

MOUNT = {"type": "AzureFiles", "shareName": "config", "accessKey": "k", "protocol": "Smb"}
BODY: Json = {
    "properties": {
        "siteConfig": {
            "appSettings": [{"name": "ONE", "value": "1"}, {"name": "TWO", "value": "2"}],
            "azureStorageAccounts": {"berthage": MOUNT},
        }
    }
}
SETTINGS = {"ONE": "1", "TWO": "2"}


def node(step: str) -> Node:
    [found] = [each for each in graph(registry(), Context("s", "g")) if each.step == step]
    return found


def shown(step: str, **properties: object) -> dict[str, Any]:
    """What Azure shows of a resource that is as we sent it, but for `properties`."""
    body = node(step).body or {}
    return {**body, "properties": {**body["properties"], **properties}}


@pytest.mark.parametrize(
    ("mount", "found"),
    [
        (MOUNT, []),
        ({**MOUNT, "state": "Ok"}, []),
        ({**MOUNT, "accessKey": None}, []),
        ({name: value for name, value in MOUNT.items() if name not in {"accessKey", "protocol"}}, []),
        ({**MOUNT, "accessKey": "other"}, ["mount berthage"]),
        ({**MOUNT, "protocol": "Nfs"}, ["mount berthage"]),
        ({**MOUNT, "shareName": "theirs"}, ["mount berthage"]),
        ({name: value for name, value in MOUNT.items() if name != "shareName"}, ["mount berthage"]),
    ],
)
def test_a_list_that_leaves_the_key_out_says_nothing_about_it(
    mount: dict[str, object], found: list[str]
) -> None:
    assert differing(BODY, SETTINGS, {"berthage": mount}) == found


def test_settings_are_named_in_the_order_of_the_body() -> None:
    assert differing(BODY, {"TWO": "", "THREE": "3"}, {"berthage": MOUNT}) == ["setting ONE", "setting TWO"]


@pytest.mark.parametrize(
    ("step", "repairable"),
    [
        ("site", True),
        ("plan", True),
        ("fileShare", True),
        ("storageAccount", False),
        ("blobContainer", False),
    ],
)
def test_what_held_images_is_not_made_anew(step: str, repairable: bool) -> None:
    assert difference(node(step), registry(), None) == Difference(step, f"{step} missing", repairable)


def test_what_lost_our_tags_may_be_somebody_elses() -> None:
    assert difference(node("site"), registry(), {**shown("site"), "tags": {}}) == Difference(
        "site", "site foreign", repairable=False
    )


def test_what_azure_is_at_work_on_is_no_drift() -> None:
    assert difference(node("site"), registry(), shown("site", inProgressOperationId="x")) is None
    assert difference(node("plan"), registry(), shown("plan", provisioningState="InProgress")) is None


def test_only_what_the_site_shows_otherwise_is_a_difference() -> None:
    assert shown_otherwise(node("site"), shown("site")) == []
    assert shown_otherwise(node("site"), {"properties": {"siteConfig": {"linuxFxVersion": ""}}}) == []
    seen = shown("site", httpsOnly=False, siteConfig={"linuxFxVersion": "DOCKER|evil:1"})
    assert [each.what for each in shown_otherwise(node("site"), seen)] == [
        "site httpsOnly",
        "site linuxFxVersion",
    ]
