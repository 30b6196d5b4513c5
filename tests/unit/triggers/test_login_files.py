"""Answers that are files: their readers find the same login in each."""

import base64
import json
import re
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.names import USERNAME
from shared.domain.users.user import User
from shared.services.users.directory import UserAnswer
from shared.triggers.answer_models.logins import DockerConfig, PullSecret
from shared.triggers.answers import Text
from shared.triggers.login_files import DOCKER_CONFIG_KEY, login_file
from shared.triggers.request_models.users import LoginFormat

NOW = datetime(2026, 11, 25, tzinfo=UTC)
HOST = "demo-abc.azurewebsites.example"
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""kubernetes.io/docs/concepts/overview/working-with-objects/names"""


def answer(username: str = "ci") -> UserAnswer:
    return UserAnswer("demo", User.new(username, "u", 1, NOW), 0, login_server=HOST)


@pytest.mark.parametrize("password", ["plain-and-long", 'it\'s "$HOME" `id` \\ & <x>'])
def test_a_shell_reads_what_was_meant(password: str) -> None:
    text = login_file(LoginFormat.ENV, answer(), password)
    assert isinstance(text, Text)
    script = f'{text.content}printf "%s\\n" "$REGISTRY_SERVER" "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD"'
    shown = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [HOST, "ci", password]


def test_docker_and_kubernetes_find_the_same_login() -> None:
    config = login_file(LoginFormat.DOCKER_CONFIG, answer(), "s3cret:with:colons")
    secret = login_file(LoginFormat.KUBERNETES, answer(), "s3cret:with:colons")
    assert isinstance(config, DockerConfig)
    assert isinstance(secret, PullSecret)
    assert json.loads(base64.b64decode(secret.data[DOCKER_CONFIG_KEY])) == config.plain()
    assert base64.b64decode(config.auths[HOST].auth) == b"ci:s3cret:with:colons"
    assert (secret.kind, secret.type, secret.metadata.name) == (
        "Secret",
        "kubernetes.io/dockerconfigjson",
        "demo-ci",
    )


@given(st.from_regex(USERNAME, fullmatch=True))
@example("0-..0")
def test_kubernetes_takes_the_name_whoever_the_user_is(username: str) -> None:
    secret = login_file(LoginFormat.KUBERNETES, answer(username), "p")
    assert isinstance(secret, PullSecret)
    assert SUBDOMAIN.fullmatch(secret.metadata.name), secret.metadata.name
