"""The site of a registry. Each trap of App Service and of Distribution has its line."""

import json
import re
from typing import Any

import pytest
from hypothesis import given

from shared.domain.names import BLOB_CONTAINER
from shared.domain.registries.registry import Desired
from shared.domain.resources.resource import ACCOUNT_KEY, HTTP_SECRET, Placeholder
from shared.domain.resources.site import MOUNT_PATH, app_settings
from tests.unit.domain.bodies import DEMO, body, wanted
from tests.unit.domain.examples import registry, registry_names

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
    ("REGISTRY_STORAGE_MAINTENANCE", '{"readonly":{"enabled":false}}', "..._READONLY_ENABLED panics"),
    ("REGISTRY_STORAGE_REDIRECT_DISABLE", "false", "pulls bypass App Service"),
    ("REGISTRY_HTTP_SECRET", HTTP_SECRET, "equal on all instances, kept for ever"),
    ("REGISTRY_HTTP_RELATIVEURLS", "true", "upload URLs behind a front end that ends TLS"),
    ("REGISTRY_HTTP_DRAINTIMEOUT", "20s", "without it SIGTERM does not drain"),
    ("REGISTRY_HEALTH_STORAGEDRIVER_ENABLED", "true", "GET / says 503 when blobs are away"),
    ("REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL", "10s", "a duration with its unit"),
    ("REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD", "3", "one slip is no failure"),
    ("REGISTRY_LOG_LEVEL", "info", "Distribution's own default, said so that a reset is a change"),
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


@pytest.mark.parametrize(
    ("field", "value", "setting", "sent"),
    [
        ("read_only", True, "REGISTRY_STORAGE_MAINTENANCE", '{"readonly":{"enabled":true}}'),
        ("log_level", "debug", "REGISTRY_LOG_LEVEL", "debug"),
        ("allowed_ip_ranges", ["203.0.113.0/24"], "REGISTRY_STORAGE_REDIRECT_DISABLE", "true"),
        ("allowed_ip_ranges", [], "REGISTRY_STORAGE_REDIRECT_DISABLE", "true"),
    ],
)
def test_a_field_is_a_setting(field: str, value: Any, setting: str, sent: str) -> None:
    before, after = app_settings(registry()), app_settings(registry(**{field: value}))
    assert {name for name in after if after[name] != before[name]} == {setting}
    assert after[setting] == sent


@pytest.mark.parametrize(
    ("ranges", "default", "rules"),
    [
        (None, "Allow", []),
        ([], "Deny", []),
        (["203.0.113.0/24", "2001:db8::/32"], "Deny", [("203.0.113.0/24", 100), ("2001:db8::/32", 101)]),
    ],
)
def test_who_may_reach_the_site(ranges: list[str] | None, default: str, rules: list[tuple[str, int]]) -> None:
    config = body("site", registry(allowed_ip_ranges=ranges))["properties"]["siteConfig"]
    sent = config["ipSecurityRestrictions"]
    assert [(rule["ipAddress"], rule["priority"]) for rule in sent] == rules
    assert {rule["action"] for rule in sent} <= {"Allow"}
    assert len({rule["name"] for rule in sent}) == len(sent)
    assert config["ipSecurityRestrictionsDefaultAction"] == default
    assert config["scmIpSecurityRestrictionsUseMain"] is True


@pytest.mark.parametrize("image", ["registry:2.8.3", "registry:3.0.0"])
def test_both_majors_of_distribution_get_the_same_settings(image: str) -> None:
    assert app_settings(registry(image=image)) == app_settings(registry())


@given(registry_names, wanted)
def test_every_setting_is_a_string_that_yaml_reads_as_meant(name: str, state: Desired) -> None:
    """Distribution parses each value as YAML: `12345` would become a number, `no` a boolean."""
    given_settings = app_settings(registry(name).change(desired=state))
    assert (
        json.loads(given_settings.pop("REGISTRY_STORAGE_MAINTENANCE"))["readonly"]["enabled"]
        == state.read_only
    )
    plain = {key: value for key, value in given_settings.items() if not isinstance(value, Placeholder)}
    assert all(value and not set(value) & set("\n\r:#[]{}&*!|>'\"%@`, ") for value in plain.values())
    free = [
        value for key, value in plain.items() if key.endswith(("REALM", "PATH", "ACCOUNTNAME", "CONTAINER"))
    ]
    assert len(free) == 5
    assert not any(
        re.fullmatch(r"[\d.eE+_-]+|0x.*|y|n|yes|no|on|off|true|false|null|~", value) for value in free
    )


def test_the_site_carries_exactly_the_settings() -> None:
    sent = body("site")["properties"]["siteConfig"]["appSettings"]
    assert {setting["name"]: setting["value"] for setting in sent} == app_settings(DEMO)
    assert len(sent) == len(app_settings(DEMO))


def test_the_mount_is_where_app_service_allows_one_and_where_the_file_is_read() -> None:
    assert not MOUNT_PATH.startswith(("/home", "/tmp"))
    assert MOUNT_PATH.strip("/")
    assert app_settings(DEMO)["REGISTRY_AUTH_HTPASSWD_PATH"].startswith(f"{MOUNT_PATH}/")
