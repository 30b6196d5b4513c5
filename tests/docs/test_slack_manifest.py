"""docs/slack-app-manifest.yaml: what Slack is told of the app is what the app has.

The limits are those of Slack's own schema, github.com/slackapi/manifest-schema, as far as the manifest uses it.
"""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from localazure.slack.cast import COMMAND
from tests.docs.markdown import ROOT

URL = {"type": "string", "pattern": "^https://[^/]+/api/", "maxLength": 3000}

TABS = ("home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled")


def words(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def closed(**fields: Any) -> dict[str, Any]:
    """Each of these fields, and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(fields),
        "properties": fields,
    }


SCHEMA = closed(
    display_information=closed(
        name=words(35), description=words(140), background_color={"pattern": "^#[0-9a-f]{6}$"}
    ),
    features=closed(
        app_home=closed(**{tab: {"type": "boolean"} for tab in TABS}),
        bot_user=closed(display_name=words(80), always_online={"type": "boolean"}),
        slash_commands={
            "type": "array",
            "items": closed(
                command={"type": "string", "pattern": "^/", "minLength": 2, "maxLength": 32},
                url=URL,
                description=words(2000),
                usage_hint=words(1000),
                should_escape={"type": "boolean"},
            ),
        },
    ),
    oauth_config=closed(scopes=closed(bot={"type": "array", "items": words(50), "uniqueItems": True})),
    settings=closed(
        interactivity=closed(is_enabled={"type": "boolean"}, request_url=URL),
        org_deploy_enabled={"type": "boolean"},
        socket_mode_enabled={"type": "boolean"},
        token_rotation_enabled={"type": "boolean"},
    ),
)


@pytest.fixture(scope="module")
def manifest() -> Any:
    text = (ROOT / "docs" / "slack-app-manifest.yaml").read_text(encoding="utf-8")
    return YAML(typ="safe").load(text)


def test_slack_would_take_it(manifest: Any) -> None:
    Draft202012Validator(SCHEMA).validate(manifest)


def test_its_addresses_are_routes_of_ours(manifest: Any) -> None:
    [command] = manifest["features"]["slash_commands"]
    actions = manifest["settings"]["interactivity"]
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    for url in (command["url"], actions["request_url"]):
        assert "post" in paths[urlsplit(url).path]
    assert urlsplit(command["url"]).netloc == urlsplit(actions["request_url"]).netloc
    assert actions["is_enabled"] is True


def test_its_command_is_the_one_that_replies_name_and_mentions_come_as_ids(manifest: Any) -> None:
    [command] = manifest["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == (COMMAND, True)


def test_owners_can_be_asked_directly(manifest: Any) -> None:
    """Without that tab Slack answers `messages_tab_disabled`."""
    assert manifest["features"]["app_home"]["messages_tab_enabled"] is True


def test_it_asks_for_no_scope_that_nothing_uses(manifest: Any) -> None:
    assert manifest["oauth_config"]["scopes"]["bot"] == ["commands", "chat:write", "chat:write.public"]
