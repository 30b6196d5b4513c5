"""Settings: every mistake is named at once, no value is shown, and the sample says it all."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.domain.registries.registry_spec import RegistrySpec, defaults
from shared.settings import Settings, SettingsError
from tests.unit.chat_apps.teams_signing import OTHER_TOKEN, TOKEN

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_RESOURCE_GROUP": "berthage",
    "PUBLIC_URL": "https://berthage.example",
    "PROBE_KEY": "p" * 32,
}
INSIGHTS = (
    "InstrumentationKey=11111111-1111-4111-8111-111111111111;IngestionEndpoint=https://insights.example/"
)
SINK_URL = "https://hooks.example/services/s3cret"
HOST_S_OWN = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
"""Settings of the Functions host: docs of Azure Functions, app settings reference."""
PLATFORM_S_OWN = {"WEBSITE_AUTH_ENABLED"}
"""Nobody sets it but App Service."""


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environ)
    assert refused.value.__cause__ is None, "the cause would show values in a log"
    return str(refused.value)


def named(message: str) -> set[str]:
    """The settings that a message names as wrong."""
    return set(re.findall(r"(?:^|[.;] )([A-Z][A-Z_]+):", message))


def test_what_has_no_default_is_enough() -> None:
    settings = Settings.from_env(GIVEN)
    assert settings.azure_resource_group == "berthage"
    assert settings.public_url == "https://berthage.example"


def test_a_plain_create_is_allowed_by_the_defaults() -> None:
    settings = Settings.from_env(GIVEN)
    wanted = defaults(settings)
    body = wanted.model_dump(by_alias=True, mode="json")
    assert RegistrySpec.model_validate(body, context=settings).image == "registry:2.8.3"


def test_every_value_of_the_environment_is_read() -> None:
    environ = {
        **GIVEN,
        "RESOURCE_MANAGER_URL": "https://localhost:1/",
        "DEFAULT_LOCATION": "eastus",
        "ALLOWED_LOCATIONS": "westus, eastus ,",
        "DEFAULT_SKU": "S9",
        "ALLOWED_SKUS": "S9",
        "DEFAULT_IMAGE": "registry:3",
        "ALLOWED_IMAGES": "registry:3,registry:2",
        "DEFAULT_STORAGE_REPLICATION": "GZRS",
        "MAX_REGISTRIES": "7",
        "SOFT_DELETE_DAYS": "0.5",
        "AUDIT_RETENTION_DAYS": "30",
        "OPERATION_RETENTION_DAYS": "7",
        "ROLE_GRANTS": '[{"principal": "key:0123456789AB", "role": "Reader", "name": "ci"}]',
        "WEBSITE_AUTH_ENABLED": "True",
        "WRITES_PER_MINUTE": "0",
        "SECRETS_PER_MINUTE": "8",
        "TURN_DELAY_SECONDS": "0.5",
        "OPERATION_STALE_SECONDS": "61",
        "OPERATION_TIMEOUT_SECONDS": "3601",
        "MOUNT_CACHE_SECONDS": "0",
        "DRIFT_ACTION": "report",
        "DRIFT_CHECK_SECONDS": "2",
        "HTPASSWD_STALE_SECONDS": "299",
        "PROBE_TIMEOUT_SECONDS": "1.5",
        "PROBE_CONCURRENCY": "3",
        "SLOW_PROBE_MILLISECONDS": "2001",
        "HEALTH_SWEEP_SCHEDULE": "0 * * * * *",
        "HEALTH_RECHECK_SECONDS": "0.5",
        "HEARTBEAT_URL": "https://heart.example/beat",
        "TLS_EXPIRY_WARNING_DAYS": "0",
        "REPORT_SCHEDULE": "30 8 * * 1",
        "REPORT_PERIOD": "7d",
        "REPORT_WHEN": "problems",
        "DISPLAY_TIME_ZONE": "Europe/Berlin",
        "STATUS_LINK_KEY": "l" * 32,
        "USER_EXPIRY_WARNING_DAYS": "30",
        "NOTIFICATION_SINKS": '[{"name": "ops", "kind": "slack", "tags": {"team": "pay"}, "reports": false}]',
        "SINK_ALLOWED_HOSTS": "hooks.internal, 10.0.0.1",
        "SLACK_SIGNING_SECRET": "c" * 32,
        "SLACK_BOT_TOKEN": "xoxb-1-2-three",
        "SLACK_API_URL": "https://slack-gov.com/api/",
        "TEAMS_SECRET": f"{TOKEN}, {OTHER_TOKEN}",
        "TELEMETRY": "azure-monitor",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": INSIGHTS,
    }
    assert set(environ) == {name.upper() for name in Settings.model_fields}
    assert Settings.from_env({**environ, "SINK_OPS_URL": SINK_URL}).model_dump() == {
        "azure_subscription_id": GIVEN["AZURE_SUBSCRIPTION_ID"],
        "azure_resource_group": "berthage",
        "public_url": "https://berthage.example",
        "probe_key": "p" * 32,
        "resource_manager_url": "https://localhost:1",
        "default_location": "eastus",
        "allowed_locations": ("westus", "eastus"),
        "default_sku": "S9",
        "allowed_skus": ("S9",),
        "default_image": "registry:3",
        "allowed_images": ("registry:3", "registry:2"),
        "default_storage_replication": "GZRS",
        "max_registries": 7,
        "soft_delete_days": 0.5,
        "audit_retention_days": 30,
        "operation_retention_days": 7,
        "role_grants": (
            {
                "principal": "key:0123456789ab",
                "role": "Reader",
                "registry": "*",
                "name": "ci",
                "username": None,
            },
        ),
        "website_auth_enabled": True,
        "writes_per_minute": 0,
        "secrets_per_minute": 8,
        "turn_delay_seconds": 0.5,
        "operation_stale_seconds": 61,
        "operation_timeout_seconds": 3601,
        "mount_cache_seconds": 0,
        "drift_action": "report",
        "drift_check_seconds": 2,
        "htpasswd_stale_seconds": 299,
        "probe_timeout_seconds": 1.5,
        "probe_concurrency": 3,
        "slow_probe_milliseconds": 2001,
        "health_sweep_schedule": "0 * * * * *",
        "health_recheck_seconds": 0.5,
        "heartbeat_url": "https://heart.example/beat",
        "tls_expiry_warning_days": 0,
        "report_schedule": "30 8 * * 1",
        "report_period": "7d",
        "report_when": "problems",
        "display_time_zone": "Europe/Berlin",
        "status_link_key": "l" * 32,
        "user_expiry_warning_days": 30,
        "notification_sinks": (
            {
                "name": "ops",
                "kind": "slack",
                "tags": {"team": "pay"},
                "reports": False,
                "problems": True,
            },
        ),
        "sink_allowed_hosts": ("hooks.internal", "10.0.0.1"),
        "slack_signing_secret": "c" * 32,
        "slack_bot_token": "xoxb-1-2-three",
        "slack_api_url": "https://slack-gov.com/api",
        "teams_secret": (TOKEN, OTHER_TOKEN),
        "telemetry": "azure-monitor",
        "applicationinsights_connection_string": INSIGHTS,
    }


def test_with_nothing_set_everything_that_is_needed_is_named() -> None:
    assert named(refusal({})) == set(GIVEN)
    assert named(refusal(dict.fromkeys(GIVEN, ""))) == set(GIVEN), "empty is absent"


BAD = {
    "AZURE_RESOURCE_GROUP": "",
    "RESOURCE_MANAGER_URL": "ftp://s3cret",
    "PUBLIC_URL": "https://berthage.example/?code=s3cret",
    "PROBE_KEY": "s3cret",
    "ALLOWED_SKUS": " , ",
    "DEFAULT_STORAGE_REPLICATION": "s3cret",
    "MAX_REGISTRIES": "0",
    "SOFT_DELETE_DAYS": "0",
    "ROLE_GRANTS": "s3cret",
    "WRITES_PER_MINUTE": "-1",
    "SECRETS_PER_MINUTE": "s3cret",
    "TURN_DELAY_SECONDS": "-1",
    "OPERATION_STALE_SECONDS": "s3cret",
    "OPERATION_TIMEOUT_SECONDS": "nan",
    "MOUNT_CACHE_SECONDS": "inf",
    "DRIFT_ACTION": "s3cret",
    "DRIFT_CHECK_SECONDS": "0",
    "HTPASSWD_STALE_SECONDS": "-1",
    "ALLOWED_LOCATIONS": "s3cret",
    "ALLOWED_IMAGES": "s3cret",
    "PROBE_TIMEOUT_SECONDS": "0",
    "PROBE_CONCURRENCY": "1.5",
    "SLOW_PROBE_MILLISECONDS": "s3cret",
    "TLS_EXPIRY_WARNING_DAYS": "-1",
    "REPORT_SCHEDULE": "s3cret 7 * * *",
    "REPORT_PERIOD": "s3cret",
    "REPORT_WHEN": "s3cret",
    "DISPLAY_TIME_ZONE": "Mars/s3cret",
    "STATUS_LINK_KEY": "s3cret",
    "NOTIFICATION_SINKS": "s3cret",
    "SLACK_SIGNING_SECRET": "s3cret",
    "SLACK_BOT_TOKEN": "s3cret",
    "SLACK_API_URL": "slack.com/s3cret",
    "TEAMS_SECRET": "s3cret",
    "TELEMETRY": "s3cret",
}


def test_every_mistake_is_named_at_once_and_no_value_is_shown() -> None:
    message = refusal({**GIVEN, **BAD})
    assert named(message) == set(BAD)
    assert "s3cret" not in message


@pytest.mark.parametrize(
    "text", ["", "s3cret", "InstrumentationKey=s3cret;IngestionEndpoint=https://s3cret/"]
)
def test_a_connection_string_is_needed_by_telemetry_alone(text: str) -> None:
    environ = {**GIVEN, "APPLICATIONINSIGHTS_CONNECTION_STRING": text}
    assert Settings.from_env(environ).telemetry == "off"
    message = refusal({**environ, "TELEMETRY": "azure-monitor"})
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING: TELEMETRY=azure-monitor needs" in message
    assert "s3cret" not in message


def test_the_connection_string_is_not_shown() -> None:
    shown = repr(Settings.from_env({**GIVEN, "APPLICATIONINSIGHTS_CONNECTION_STRING": INSIGHTS}))
    assert "1111" not in shown


@pytest.mark.parametrize("name", BAD)
def test_each_mistake_alone_is_named_alone(name: str) -> None:
    message = refusal({**GIVEN, name: BAD[name]})
    assert named(message) == {name}
    assert "s3cret" not in message


@pytest.mark.parametrize("kind", ["LOCATION", "SKU", "IMAGE"])
def test_a_default_that_is_not_allowed_is_a_mistake(kind: str) -> None:
    for name in (f"DEFAULT_{kind}", f"ALLOWED_{kind}S"):
        message = refusal({**GIVEN, name: "s3cret"})
        assert f"DEFAULT_{kind}" in message
        assert f"ALLOWED_{kind}S" in message
        assert "s3cret" not in message


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"WEBSITE_HOSTNAME": "app.azurewebsites.net"}, "https://app.azurewebsites.net"),
        ({"WEBSITE_HOSTNAME": "app.azurewebsites.net", "PUBLIC_URL": ""}, "https://app.azurewebsites.net"),
        (
            {"WEBSITE_HOSTNAME": "localhost:7071", "PUBLIC_URL": "http://localhost:7071"},
            "http://localhost:7071",
        ),
        ({"PUBLIC_URL": "https://berthage.example//"}, "https://berthage.example"),
    ],
)
def test_the_public_url_is_a_setting_or_else_the_site_s_own_name(environ: dict[str, str], url: str) -> None:
    needed = {name: value for name, value in GIVEN.items() if name != "PUBLIC_URL"}
    assert Settings.from_env({**needed, **environ}).public_url == url


@pytest.mark.parametrize("name", ["/etc/localtime", "../UTC", "Europe", "CEST+2", "Europe/Berlin\0"])
def test_only_a_zone_of_the_database_is_a_time_zone(name: str) -> None:
    assert named(refusal({**GIVEN, "DISPLAY_TIME_ZONE": name})) == {"DISPLAY_TIME_ZONE"}


def test_settings_never_print_a_key() -> None:
    keys = dict.fromkeys(("PROBE_KEY", "STATUS_LINK_KEY", "SLACK_SIGNING_SECRET"), "s3cret" * 10)
    settings = Settings.from_env({**GIVEN, **keys, "SLACK_BOT_TOKEN": "xoxb-s3cret", "TEAMS_SECRET": TOKEN})
    assert "s3cret" not in f"{settings!r} {settings}"
    assert TOKEN not in f"{settings!r} {settings}"


NO_TOKENS = [
    f"{TOKEN},s3cret",
    TOKEN[:-1],
    f"{TOKEN[:-4]}====",
    "czNjcmV0",
    TOKEN.replace("+", "-"),
    "é" * 44,
]


@pytest.mark.parametrize("secret", NO_TOKENS)
def test_only_what_teams_shows_is_a_security_token(secret: str) -> None:
    message = refusal({**GIVEN, "TEAMS_SECRET": secret})
    assert named(message) == {"TEAMS_SECRET"}
    assert secret not in message


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.from_env(GIVEN).max_registries = 1  # type: ignore[misc] # the point of the test


def sample() -> dict[str, Any]:
    values: dict[str, Any] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    return values


def schedules() -> set[str]:
    """Settings that bindings name, as in `schedule="%RECONCILE_SCHEDULE%"`."""
    sources = (ROOT / "shared" / "triggers").glob("*.py")
    return {name for source in sources for name in re.findall(r'"%([A-Z_]+)%"', source.read_text())}


def test_the_sample_has_every_setting_and_no_other() -> None:
    assert schedules() >= {"RECONCILE_SCHEDULE", "HEALTH_SWEEP_SCHEDULE"}
    settings = {name.upper() for name in Settings.model_fields} - PLATFORM_S_OWN
    assert set(sample()) == settings | HOST_S_OWN | schedules()


def test_the_sample_works_once_it_has_a_probe_key_and_shows_the_defaults() -> None:
    assert named(refusal(sample())) == {"PROBE_KEY"}
    settings = Settings.from_env({**sample(), "PROBE_KEY": "p" * 32})
    shown = settings.model_dump(
        exclude={"azure_subscription_id", "azure_resource_group", "public_url", "probe_key", "role_grants"}
    )
    assert shown == Settings.from_env(GIVEN).model_dump(include=set(shown))


def test_the_sample_s_grants_are_for_nobody_that_there_is() -> None:
    granted = Settings.from_env({**sample(), "PROBE_KEY": "p" * 32}).role_grants
    assert {grant.principal.partition(":")[0] for grant in granted} == {"key", "group"}
    assert all(set(grant.principal.partition(":")[2]) <= {"0", "-"} for grant in granted)


def test_the_sample_holds_strings_and_nothing_secret() -> None:
    """`func start` takes only strings; a key would be a long run of letters and digits."""
    assert all(type(value) is str for value in sample().values())
    assert sample()["PROBE_KEY"] == ""
    assert sample()["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"
    assert set(sample()["AZURE_SUBSCRIPTION_ID"]) == {"0", "-"}
    assert not any(re.search(r"[A-Za-z0-9+/]{24,}|AccountKey|sig=", value) for value in sample().values())


@pytest.mark.parametrize("name", sorted(schedules()))
def test_schedules_have_six_fields_seconds_first(name: str) -> None:
    assert len(sample()[name].split()) == 6


BAD_GRANTS = {
    "no list": '{"principal": "key:0123456789ab"}',
    "no object": '["s3cret"]',
    "no fingerprint": '[{"principal": "key:s3cret", "role": "Admin"}]',
    "no kind": '[{"principal": "s3cret", "role": "Admin"}]',
    "another field": '[{"principal": "key:0123456789ab", "role": "Admin", "s3cret": 1}]',
    "another role": '[{"principal": "key:0123456789ab", "role": "s3cret"}]',
    "no role": '[{"principal": "key:0123456789ab"}]',
    "no pattern": '[{"principal": "key:0123456789ab", "role": "Admin", "registry": "S3CRET s3cret"}]',
    "a name like a key's": '[{"principal": "key:0123456789ab", "role": "Admin", "name": "ba9876543210"}]',
    "an operator's user": '[{"principal": "key:0123456789ab", "role": "Operator", "username": "s3cret"}]',
    "no user's name": '[{"principal": "key:0123456789ab", "role": "Member", "username": "s3cret:"}]',
    "two names": '[{"principal": "key:0123456789ab", "role": "Reader", "name": "s3cret", "registry": "a"},'
    ' {"principal": "key:0123456789abcd", "role": "Reader", "name": "s3cret2", "registry": "b"}]',
    "one name for two": '[{"principal": "key:0123456789ab", "role": "Reader", "name": "s3cret"},'
    ' {"principal": "key:123456789abc", "role": "Reader", "name": "s3cret"}]',
}


@pytest.mark.parametrize("grants", BAD_GRANTS.values(), ids=BAD_GRANTS)
def test_a_grant_that_is_wrong_stops_the_app_and_is_not_repeated(grants: str) -> None:
    message = refusal({**GIVEN, "ROLE_GRANTS": grants})
    assert "ROLE_GRANTS" in message
    assert "s3cret" not in message.lower()


def test_every_wrong_grant_is_named_by_its_place() -> None:
    grants = '[{"principal": "key:1", "role": "King"}, {"principal": "group:1", "role": "Reader"}]'
    message = refusal({**GIVEN, "ROLE_GRANTS": grants})
    assert {f"ROLE_GRANTS.{place}:" for place in ("0.PRINCIPAL", "0.ROLE", "1.PRINCIPAL")} == set(
        re.findall(r"ROLE_GRANTS\.[0-9A-Z.]+:", message)
    )


@pytest.mark.parametrize(
    ("value", "on"),
    [("True", True), ("true", True), ("", False), ("1", False), ("yes", False), ("False", False)],
)
def test_only_app_service_s_own_word_says_that_authentication_is_on(value: str, on: bool) -> None:
    assert Settings.from_env({**GIVEN, "WEBSITE_AUTH_ENABLED": value}).website_auth_enabled is on


SLACK, HOOK = {"name": "ops", "kind": "slack"}, {"name": "pay-hook", "kind": "webhook"}
SINK_SECRET = "whsec_" + "A" * 40
BAD_SINKS: dict[str, Any] = {
    "no object": ["s3cret"],
    "another kind": [{"name": "ops", "kind": "s3cret"}],
    "no kind": [{"name": "ops"}],
    "a name that no setting can have": [{"name": "S3CRET", "kind": "slack"}],
    "an address in the wrong place": [{**SLACK, "url": SINK_URL}],
    "no flag": [{**SLACK, "reports": "s3cret"}],
    "no tags": [{**SLACK, "tags": ["s3cret"]}],
    "one name for two": [SLACK, {"name": "ops", "kind": "teams"}],
}


@pytest.mark.parametrize("sinks", BAD_SINKS.values(), ids=BAD_SINKS)
def test_a_sink_that_is_wrong_stops_the_app_and_is_not_repeated(sinks: Any) -> None:
    message = refusal({**GIVEN, "NOTIFICATION_SINKS": json.dumps(sinks), "SINK_OPS_URL": SINK_URL})
    assert "NOTIFICATION_SINKS" in message
    assert "s3cret" not in message.lower()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3cret",
        "http://hooks.example/s3cret",
        "https://s3cret@hooks.example/",
        "https://hooks.example:99999/s3cret",
        "https://hooks.example:0/s3cret",
        "https:///s3cret",
        "https://hooks.example/s3cret with a space",
        "https://hooks.example/s3cret\n",
        "https://hooks.example\\@127.0.0.1/s3cret",
        "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/s3cret)",
    ],
)
def test_a_sink_needs_an_https_address(url: str) -> None:
    message = refusal({**GIVEN, "NOTIFICATION_SINKS": json.dumps([SLACK]), "SINK_OPS_URL": url})
    assert "SINK_OPS_URL must be an https URL" in message
    assert "s3cret" not in message


@pytest.mark.parametrize("secret", ["", "s3cret", "whsec_s3cret", "whsec_" + "A" * 92, "A" * 33])
def test_a_webhook_needs_a_key_for_its_signatures(secret: str) -> None:
    sinks = {"NOTIFICATION_SINKS": json.dumps([HOOK]), "SINK_PAY_HOOK_URL": SINK_URL}
    message = refusal({**GIVEN, **sinks, "SINK_PAY_HOOK_SECRET": secret})
    assert "SINK_PAY_HOOK_SECRET must be whsec_ and the base64 of 24 to 64 random bytes" in message
    assert "SINK_PAY_HOOK_URL" not in message
    assert "s3cret" not in message


def test_every_address_that_is_missing_is_named_at_once_beside_other_mistakes() -> None:
    environ = {"NOTIFICATION_SINKS": json.dumps([SLACK, HOOK])}
    message = refusal(environ)
    assert named(message) == {"NOTIFICATION_SINKS", *GIVEN}
    for setting in ("SINK_OPS_URL", "SINK_PAY_HOOK_URL", "SINK_PAY_HOOK_SECRET"):
        assert setting in message


def test_addresses_are_known_and_not_shown() -> None:
    environ = {
        **GIVEN,
        "NOTIFICATION_SINKS": json.dumps([SLACK, HOOK]),
        "SINK_OPS_URL": SINK_URL,
        "SINK_PAY_HOOK_URL": "https://[2001:db8::1]:8443/s3cret",
        "SINK_PAY_HOOK_SECRET": SINK_SECRET,
    }
    settings = Settings.from_env(environ)
    assert settings.sink_addresses["ops"].url == SINK_URL
    assert settings.sink_addresses["pay-hook"].key == bytes(30)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.sink_addresses}"
    assert "s3cret" not in shown
    assert "x00" not in shown
