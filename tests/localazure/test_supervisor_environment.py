"""What a function app finds in its environment on a local Azure, and which setting wins."""

import json
from pathlib import Path

import pytest

from localazure.errors import LocalAzureError
from localazure.ports import Ports
from localazure.slack.cast import PEOPLE, TEAM
from localazure.up.environment import (
    app_settings,
    base_environment,
    functions_environment,
    local_endpoints,
    slack_settings,
)
from localazure.up.state_folder import Secrets
from shared.domain.roles import Role
from shared.settings import Settings

PORTS = Ports(1, 2, 3, 4, 5, 6)
SECRETS = Secrets(
    "master", "default", "probe", "links", "header", "tenant", "subscription", "signs", "xoxb-bot"
)
ENDPOINTS = local_endpoints(PORTS, SECRETS, Path("/ca.pem"))
SLACK = {
    "SLACK_SIGNING_SECRET": "signs",
    "SLACK_BOT_TOKEN": "xoxb-bot",
    "SLACK_API_URL": "http://localhost:6/api",
}
REQUIRED = {
    "azure_subscription_id": "s",
    "azure_resource_group": "g",
    "public_url": "http://localhost",
    "probe_key": "k" * 32,
}


def write_settings(folder: Path, name: str, **values: str) -> None:
    (folder / name).write_text(json.dumps({"IsEncrypted": False, "Values": values}))


def test_the_endpoints_are_those_of_this_machine() -> None:
    assert ENDPOINTS["RESOURCE_MANAGER_URL"] == "https://localhost:2"
    assert ENDPOINTS["IDENTITY_ENDPOINT"] == "https://localhost:2/identity/token"
    assert ENDPOINTS["PUBLIC_URL"] == "http://localhost:1"
    assert "QueueEndpoint=http://127.0.0.1:4/devstoreaccount1;" in ENDPOINTS["AzureWebJobsStorage"]


def test_the_sample_counts_only_without_settings_of_ones_own(tmp_path: Path) -> None:
    pace = app_settings(tmp_path)
    write_settings(tmp_path, "local.settings.sample.json", GREETING="sample", TURN_DELAY_SECONDS="5")
    assert app_settings(tmp_path) == {"GREETING": "sample", **pace}
    write_settings(tmp_path, "local.settings.json", OTHER="own", TURN_DELAY_SECONDS="7")
    assert app_settings(tmp_path) == {"OTHER": "own", **pace, "TURN_DELAY_SECONDS": "7"}


def test_slack_is_the_double_and_its_people_have_roles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SLACK:
        monkeypatch.delenv(name, raising=False)
    write_settings(tmp_path, "local.settings.sample.json", ROLE_GRANTS="[]", SLACK_SIGNING_SECRET="")
    settings = app_settings(tmp_path)
    assert slack_settings(settings, PORTS, SECRETS) == SLACK
    grants = Settings.model_validate({**REQUIRED, "role_grants": settings["ROLE_GRANTS"]}).role_grants
    assert {grant.principal: grant.role for grant in grants}[f"slack:{TEAM}/{PEOPLE['ops']}"] is Role.ADMIN


def test_a_slack_of_ones_own_and_grants_of_ones_own_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(tmp_path, "local.settings.json", ROLE_GRANTS="[]", SLACK_BOT_TOKEN="xoxb-own")
    settings = app_settings(tmp_path)
    assert settings["ROLE_GRANTS"] == "[]"
    assert slack_settings(settings, PORTS, SECRETS) == {}
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "of the terminal")
    assert slack_settings({}, PORTS, SECRETS) == {}


def test_settings_that_func_could_not_read_are_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text("{")
    with pytest.raises(LocalAzureError, match=r"local\.settings\.json"):
        app_settings(tmp_path)


def test_the_terminal_wins_over_the_app_and_the_endpoints_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREETING", "terminal")
    monkeypatch.setenv("AzureWebJobsStorage", "terminal")
    settings = {"GREETING": "app", "PUBLIC_URL": "app", "TURN_DELAY_SECONDS": "7"}
    environment = functions_environment(settings, ENDPOINTS)
    assert environment["GREETING"] == "terminal"
    assert environment["AzureWebJobsStorage"] == ENDPOINTS["AzureWebJobsStorage"]
    assert environment["PUBLIC_URL"] == ENDPOINTS["PUBLIC_URL"]
    assert environment["TURN_DELAY_SECONDS"] == "7"


def test_no_credential_of_the_real_azure_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "real")
    monkeypatch.setenv("AZURE_CLIENT_ID", "real")
    assert "real" not in base_environment().values()


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert base_environment()["NO_PROXY"] == "example.com,localhost,127.0.0.1,::1"
