"""The resources of a registry. Each trap of App Service and of Distribution has its line."""

import json
import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.graph import FINGERPRINT_PATH, FINGERPRINT_TAG, Context, Node, graph, removal
from shared.domain.names import BLOB_CONTAINER, FILE_SHARE
from shared.domain.registries import Desired, Registry
from shared.domain.resources import ACCOUNT_KEY, HTTP_SECRET, Placeholder, Ref, Type, fill, has_placeholder
from shared.domain.site import MOUNT_PATH, app_settings
from tests.unit.domain.examples import UID, desired, registry, registry_names

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
CONTEXT = Context(SUBSCRIPTION, "berthage")
SECRETS = {ACCOUNT_KEY: "the+account/key==", HTTP_SECRET: "the-http-secret"}
DEMO = registry(image="registry:3.0.0", sku="S1", storage_replication="ZRS", tags={"team": "payments"})


wanted = st.builds(
    desired,
    sku=st.sampled_from(["B1", "S1"]),
    image=st.sampled_from(["registry:2.8.3", "registry:3.0.0"]),
    storage_replication=st.sampled_from(["LRS", "ZRS"]),
    delete_enabled=st.booleans(),
    tags=st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text("xyz{}-", max_size=12), max_size=3),
)


def nodes(of: Registry = DEMO) -> dict[str, Node]:
    return {node.step: node for node in graph(of, CONTEXT)}


def body(step: str, of: Registry = DEMO) -> Any:
    return nodes(of)[step].body


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a body with its dotted path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{number}]")
    else:
        yield path, value


SETTINGS = [
    ("WEBSITES_PORT", "5000", "App Service would guess port 80"),
    ("WEBSITES_ENABLE_APP_SERVICE_STORAGE", "false", "no share over /home"),
    ("WEBSITES_CONTAINER_START_TIME_LIMIT", "600", "default 230 s is short for a first pull; at most 1800"),
    ("WEBSITE_WARMUP_PATH", "/", "anonymous in Distribution"),
    ("WEBSITE_WARMUP_STATUSES", "200", "otherwise any status counts as warm"),
    ("REGISTRY_AUTH", "htpasswd", "without it everybody gets in"),
    ("REGISTRY_AUTH_HTPASSWD_REALM", "berthage-demo", "the challenge names the registry"),
    ("REGISTRY_AUTH_HTPASSWD_PATH", "/mnt/berthage/htpasswd", "in the mount"),
    ("REGISTRY_STORAGE", "azure", "only REGISTRY_STORAGE_AZURE_*: multiple storage drivers, panic"),
    ("REGISTRY_STORAGE_AZURE_ACCOUNTNAME", DEMO.names.storage_account, "of this registry"),
    ("REGISTRY_STORAGE_AZURE_ACCOUNTKEY", ACCOUNT_KEY, "a placeholder: the key goes in on the way out"),
    ("REGISTRY_STORAGE_AZURE_CONTAINER", BLOB_CONTAINER, "version 3 does not create it"),
    ("REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE", "shared_key", "version 3 panics without it"),
    (
        "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR",
        "inmemory",
        "the image's own is replaced with its storage block",
    ),
    ("REGISTRY_STORAGE_DELETE_ENABLED", "false", "the default: htpasswd can't say who may delete"),
    ("REGISTRY_STORAGE_REDIRECT_DISABLE", "false", "pulls bypass App Service"),
    ("REGISTRY_HTTP_SECRET", HTTP_SECRET, "equal on all instances, kept for ever"),
    ("REGISTRY_HTTP_RELATIVEURLS", "true", "upload URLs behind a front end that ends TLS"),
    ("REGISTRY_HTTP_DRAINTIMEOUT", "20s", "without it SIGTERM does not drain"),
    ("REGISTRY_HEALTH_STORAGEDRIVER_ENABLED", "true", "GET / says 503 when blobs are away"),
    ("REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL", "10s", "a duration with its unit"),
    ("REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD", "3", "one slip is no failure"),
    ("OTEL_TRACES_EXPORTER", "none", "version 3 logs an export error a second"),
]


@pytest.mark.parametrize(("name", "value", "trap"), SETTINGS, ids=[name for name, _, _ in SETTINGS])
def test_each_setting_avoids_its_trap(name: str, value: str, trap: str) -> None:
    assert app_settings(DEMO).get(name) == value, trap


def test_there_are_no_other_settings() -> None:
    """A setting without a line above is a setting without a reason."""
    assert set(app_settings(DEMO)) == {name for name, _, _ in SETTINGS}


@pytest.mark.parametrize(("wanted", "value"), [(True, "true"), (False, "false")])
def test_deletes_are_allowed_only_where_they_are_wanted(wanted: bool, value: str) -> None:
    assert app_settings(registry(delete_enabled=wanted))["REGISTRY_STORAGE_DELETE_ENABLED"] == value


@pytest.mark.parametrize("image", ["registry:2.8.3", "registry:3.0.0"])
def test_both_majors_of_distribution_get_the_same_settings(image: str) -> None:
    assert app_settings(registry(image=image)) == app_settings(registry())


@given(registry_names, wanted)
def test_every_setting_is_a_string_that_yaml_reads_as_meant(name: str, state: Desired) -> None:
    """Distribution parses each value as YAML: `12345` would become a number, `no` a boolean."""
    given_settings = app_settings(registry(name).change(desired=state))
    plain = {key: value for key, value in given_settings.items() if not isinstance(value, Placeholder)}
    assert all(value and not set(value) & set("\n\r:#[]{}&*!|>'\"%@`, ") for value in plain.values())
    free = [
        value for key, value in plain.items() if key.endswith(("REALM", "PATH", "ACCOUNTNAME", "CONTAINER"))
    ]
    assert len(free) == 5
    assert not any(
        re.fullmatch(r"[\d.eE+_-]+|0x.*|y|n|yes|no|on|off|true|false|null|~", value) for value in free
    )


SITE = [
    ("kind", "app,linux,container"),
    ("location", "westeurope"),
    ("properties.reserved", True),
    ("properties.httpsOnly", True),
    ("properties.clientAffinityEnabled", False),
    ("properties.autoGeneratedDomainNameLabelScope", "TenantReuse"),
    ("properties.siteConfig.linuxFxVersion", "DOCKER|registry:3.0.0"),
    ("properties.siteConfig.alwaysOn", True),
    ("properties.siteConfig.minTlsVersion", "1.2"),
    ("properties.siteConfig.scmMinTlsVersion", "1.2"),
    ("properties.siteConfig.ftpsState", "Disabled"),
    ("properties.siteConfig.http20Enabled", True),
    ("properties.siteConfig.healthCheckPath", "/"),
    ("properties.siteConfig.azureStorageAccounts.berthage.type", "AzureFiles"),
    ("properties.siteConfig.azureStorageAccounts.berthage.accountName", DEMO.names.storage_account),
    ("properties.siteConfig.azureStorageAccounts.berthage.shareName", FILE_SHARE),
    ("properties.siteConfig.azureStorageAccounts.berthage.mountPath", MOUNT_PATH),
    ("properties.siteConfig.azureStorageAccounts.berthage.accessKey", ACCOUNT_KEY),
    ("properties.siteConfig.azureStorageAccounts.berthage.protocol", "Smb"),
    (
        "properties.serverFarmId",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/berthage/providers/Microsoft.Web/serverfarms/{DEMO.names.plan}",
    ),
]
STORAGE = [
    ("kind", "StorageV2"),
    ("location", "westeurope"),
    ("sku.name", "Standard_ZRS"),
    ("properties.minimumTlsVersion", "TLS1_2"),
    ("properties.supportsHttpsTrafficOnly", True),
    ("properties.allowBlobPublicAccess", False),
]
PLAN = [
    ("kind", "linux"),
    ("location", "westeurope"),
    ("sku.name", "S1"),
    ("sku.capacity", 1),
    ("properties.reserved", True),
]
PROTECTION = [("enabled", True), ("days", 7)]
PROPERTIES = [
    *(("site", *row) for row in SITE),
    *(("storageAccount", *row) for row in STORAGE),
    *(("plan", *row) for row in PLAN),
    *(("blobProtection", f"properties.deleteRetentionPolicy.{name}", value) for name, value in PROTECTION),
    *(
        ("blobProtection", f"properties.containerDeleteRetentionPolicy.{name}", value)
        for name, value in PROTECTION
    ),
    *(
        ("shareProtection", f"properties.shareDeleteRetentionPolicy.{name}", value)
        for name, value in PROTECTION
    ),
    ("blobContainer", "properties.publicAccess", "None"),
    ("fileShare", "properties.shareQuota", 1),
    ("scmBasicAuthOff", "properties.allow", False),
    ("ftpBasicAuthOff", "properties.allow", False),
]


@pytest.mark.parametrize(("step", "path", "value"), PROPERTIES)
def test_each_property_is_as_decided(step: str, path: str, value: object) -> None:
    assert dict(leaves(body(step)))[path] == value


def test_there_are_no_other_properties() -> None:
    sent = {
        (step, path)
        for step, node in nodes().items()
        for path, _ in leaves(node.body or {})
        if not path.startswith(("tags.", "properties.siteConfig.appSettings["))
    }
    assert sent == {(step, path) for step, path, _ in PROPERTIES}


def test_the_site_carries_exactly_the_settings() -> None:
    sent = body("site")["properties"]["siteConfig"]["appSettings"]
    assert {setting["name"]: setting["value"] for setting in sent} == app_settings(DEMO)
    assert len(sent) == len(app_settings(DEMO))


def test_the_mount_is_where_app_service_allows_one_and_where_the_file_is_read() -> None:
    assert not MOUNT_PATH.startswith(("/home", "/tmp"))
    assert MOUNT_PATH.strip("/")
    assert app_settings(DEMO)["REGISTRY_AUTH_HTPASSWD_PATH"].startswith(f"{MOUNT_PATH}/")


def test_every_resource_that_can_carry_tags_carries_ours_and_the_caller_s() -> None:
    tagged = [node for node in graph(DEMO, CONTEXT) if node.tagged]
    assert {node.ref.type for node in tagged if node.ref} == {Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE}
    for node in tagged:
        tags = dict((node.body or {})["tags"])
        assert re.fullmatch(r"[0-9a-f]{16}", tags.pop(FINGERPRINT_TAG))
        assert tags == {"team": "payments", "berthage-registry": "demo", "berthage-uid": UID}


def test_a_caller_s_tags_never_win_over_ours() -> None:
    forged = DEMO.change(desired=DEMO.desired.model_copy(update={"tags": {"berthage-uid": "forged"}}))
    assert body("site", forged)["tags"]["berthage-uid"] == UID


def test_every_step_is_one_resource_where_azure_has_it() -> None:
    """What stands below a tagged resource belongs to it. The file and the probe are no resources."""
    account, plan, site = DEMO.names.storage_account, DEMO.names.plan, DEMO.names.site
    assert {step: node.ref for step, node in nodes().items()} == {
        "storageAccount": Ref(Type.STORAGE_ACCOUNT, account),
        "plan": Ref(Type.PLAN, plan),
        "blobProtection": Ref(Type.BLOB_SERVICE, account),
        "shareProtection": Ref(Type.FILE_SERVICE, account),
        "blobContainer": Ref(Type.BLOB_CONTAINER, account, BLOB_CONTAINER),
        "fileShare": Ref(Type.FILE_SHARE, account, FILE_SHARE),
        "htpasswd": None,
        "site": Ref(Type.SITE, site),
        "probe": None,
        "scmBasicAuthOff": Ref(Type.PUBLISHING_POLICY, site, "scm"),
        "ftpBasicAuthOff": Ref(Type.PUBLISHING_POLICY, site, "ftp"),
    }
    assert all((node.ref is None) == (node.body is None) for node in nodes().values())


def test_no_body_shows_a_secret_and_only_the_site_has_a_place_for_one() -> None:
    for step, node in nodes().items():
        places = [path for path, value in leaves(node.body or {}) if isinstance(value, Placeholder)]
        assert len(places) == (3 if step == "site" else 0), step
        assert has_placeholder(node.body) is bool(places)


def test_secrets_go_in_on_the_way_out_and_nothing_else_changes() -> None:
    before, after = dict(leaves(body("site"))), dict(leaves(fill(body("site"), SECRETS)))
    assert set(before) == set(after)
    changed = {path: after[path] for path in after if before[path] != after[path]}
    assert sorted(changed.values()) == sorted([SECRETS[ACCOUNT_KEY]] * 2 + [SECRETS[HTTP_SECRET]])
    assert not has_placeholder(fill(body("site"), SECRETS))


def test_filling_leaves_the_plan_itself_without_secrets() -> None:
    planned = body("site")
    text = json.dumps(planned)
    fill(planned, SECRETS)
    assert json.dumps(planned) == text
    assert SECRETS[ACCOUNT_KEY] not in text


@pytest.mark.parametrize("text", [ACCOUNT_KEY.value, HTTP_SECRET.value])
def test_a_tag_that_looks_like_a_placeholder_never_becomes_a_secret(text: str) -> None:
    filled = fill(body("site", registry(tags={"mine": text})), SECRETS)
    assert filled["tags"]["mine"] == text
    assert not has_placeholder(body("storageAccount", registry(tags={"mine": text})))


def test_a_secret_that_is_missing_is_an_error_and_not_a_site_with_a_placeholder() -> None:
    with pytest.raises(KeyError):
        fill(body("site"), {ACCOUNT_KEY: "key"})


CHANGES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"image": "registry:2.8.3"}, {"site"}),
    ({"delete_enabled": True}, {"site"}),
    ({"sku": "B1"}, {"plan"}),
    ({"storage_replication": "GRS"}, {"storageAccount"}),
    ({"tags": {}}, {"storageAccount", "plan", "site"}),
    ({"tags": {"team": "payments ", "x": "y"}}, {"storageAccount", "plan", "site"}),
    ({"location": "northeurope"}, {"storageAccount", "plan", "site"}),
]


def fingerprints(of: Registry) -> dict[str, str]:
    return {
        node.step: (node.body or {})["tags"][FINGERPRINT_TAG] for node in graph(of, CONTEXT) if node.tagged
    }


@pytest.mark.parametrize(("change", "different"), CHANGES)
def test_a_fingerprint_changes_exactly_where_the_body_changes(
    change: dict[str, Any], different: set[str]
) -> None:
    changed = DEMO.change(desired=DEMO.desired.model_copy(update=change))
    before, after = fingerprints(DEMO), fingerprints(changed)
    assert {step for step in before if before[step] != after[step]} == different
    assert {node.step for node in graph(changed, CONTEXT) if node.body != body(node.step)} == different


@given(wanted, wanted)
def test_two_fingerprints_are_equal_exactly_if_their_bodies_are(one: Desired, other: Desired) -> None:
    first, second = nodes(DEMO.change(desired=one)), nodes(DEMO.change(desired=other))
    for step, fingerprint in fingerprints(DEMO.change(desired=one)).items():
        same_print = fingerprint == (second[step].body or {})["tags"][FINGERPRINT_TAG]
        assert same_print is (_without_fingerprint(first[step]) == _without_fingerprint(second[step]))


def _without_fingerprint(node: Node) -> dict[str, Any]:
    return {path: value for path, value in leaves(node.body or {}) if path != FINGERPRINT_PATH}


@pytest.mark.parametrize(
    "other", [registry(uid="0" * 26), registry("other")], ids=["another life", "another name"]
)
def test_another_registry_has_other_fingerprints(other: Registry) -> None:
    mine, theirs = fingerprints(registry()), fingerprints(other)
    assert all(mine[step] != theirs[step] for step in mine)


def test_what_is_watched_stands_in_the_body() -> None:
    """A path that names nothing would be equal to nothing in every answer, and never notice a change."""
    for step, node in nodes().items():
        assert set(node.watch) <= dict(leaves(node.body or {})).keys(), step
        assert (FINGERPRINT_PATH in node.watch) is node.tagged, step


@pytest.mark.parametrize(
    "change",
    [
        {"version": 9},
        {"users_revision": 7, "user_count": 3},
        {"etag": "v2"},
        {"login_server": "demo.azurewebsites.net"},
        {"provisioned": True, "active_operation": "demo.1"},
    ],
)
def test_what_azure_need_not_know_changes_nothing_there(change: dict[str, Any]) -> None:
    """Otherwise each new user would restart the site."""
    assert graph(DEMO.change(**change), CONTEXT) == graph(DEMO, CONTEXT)


def test_the_order_of_tags_changes_nothing() -> None:
    one, other = registry(tags={"a": "1", "b": "2"}), registry(tags={"b": "2", "a": "1"})
    assert fingerprints(one) == fingerprints(other)


@pytest.mark.parametrize("found", [graph(DEMO, CONTEXT), removal(DEMO)], ids=["graph", "removal"])
def test_every_need_exists_and_none_is_circular(found: tuple[Node, ...]) -> None:
    steps = [node.step for node in found]
    assert len(steps) == len(set(steps))
    assert all(set(node.needs) <= set(steps) for node in found)
    order = list(TopologicalSorter({node.step: node.needs for node in found}).static_order())
    assert set(order) == set(steps)
    positions = {step: number for number, step in enumerate(steps)}
    assert all(positions[need] < positions[node.step] for node in found for need in node.needs), (
        "readable in order"
    )


@pytest.mark.parametrize(
    ("step", "before"),
    [
        ("htpasswd", {"storageAccount", "fileShare"}),
        ("site", {"plan", "blobContainer", "htpasswd", "fileShare", "storageAccount"}),
        ("probe", {"site", "htpasswd"}),
        ("scmBasicAuthOff", {"site", "probe"}),  # a site that is still being created refuses them
        ("ftpBasicAuthOff", {"site", "probe"}),
        ("blobContainer", {"storageAccount"}),
    ],
)
def test_what_must_come_first_comes_first(step: str, before: set[str]) -> None:
    """The site's first start needs the file: without it Distribution invents a user and logs its password."""
    found, todo = set[str](), [step]
    while todo:
        needs = nodes()[todo.pop()].needs
        found.update(needs)
        todo += needs
    assert before <= found


def test_what_does_not_need_each_other_goes_side_by_side() -> None:
    assert {step for step, node in nodes().items() if not node.needs} == {"storageAccount", "plan"}
    children = {step for step, node in nodes().items() if node.needs == ("storageAccount",)}
    assert children == {"blobProtection", "shareProtection", "blobContainer", "fileShare"}


def test_a_removal_names_the_resources_and_sends_nothing() -> None:
    assert [(node.ref.type, node.ref.name) for node in removal(DEMO) if node.ref] == [
        (Type.SITE, DEMO.names.site),
        (Type.PLAN, DEMO.names.plan),
        (Type.STORAGE_ACCOUNT, DEMO.names.storage_account),
    ]
    assert all(node.tagged and node.body is None for node in removal(DEMO))
