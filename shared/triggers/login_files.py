"""A login in the format of whoever needs it: a shell, Docker's client, or Kubernetes."""

import base64
import re
import shlex
from collections.abc import Callable

from shared.services.users.directory import UserAnswer
from shared.triggers.answer_models.base import View
from shared.triggers.answer_models.logins import DockerConfig, DockerLogin, PullSecret, PullSecretMetadata
from shared.triggers.answers import Text
from shared.triggers.request_models.users import LoginFormat

DOCKER_CONFIG_KEY = ".dockerconfigjson"
"""kubernetes.io/docs/concepts/configuration/secret: what a secret of type kubernetes.io/dockerconfigjson holds."""


def login_file(form: LoginFormat, found: UserAnswer, password: str) -> View | Text:
    """The body of an answer, ready to be written to a file. `found` has a login server."""
    return _FILES[form](found.login_server or "", found, password)


def _env(server: str, found: UserAnswer, password: str) -> Text:
    """For `source`, quoted for a shell."""
    values = {
        "REGISTRY_SERVER": server,
        "REGISTRY_USERNAME": found.user.username,
        "REGISTRY_PASSWORD": password,
    }
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    return Text("".join(lines), "text/plain")


def _docker_config(server: str, found: UserAnswer, password: str) -> DockerConfig:
    """For `~/.docker/config.json`, or `skopeo --authfile`."""
    login = base64.b64encode(f"{found.user.username}:{password}".encode()).decode()
    return DockerConfig(auths={server: DockerLogin(auth=login)})


def _kubernetes(server: str, found: UserAnswer, password: str) -> PullSecret:
    """For `kubectl apply`, which takes JSON as it takes YAML."""
    config = _docker_config(server, found, password).model_dump_json().encode()
    name = re.sub(r"[^a-z0-9.-]", "-", f"{found.registry}-{found.user.username}".lower()).strip(".-")
    return PullSecret(
        api_version="v1",
        kind="Secret",
        type="kubernetes.io/dockerconfigjson",
        metadata=PullSecretMetadata(name=re.sub(r"(-+\.|\.[.-])[.-]*", "-", name)),
        data={DOCKER_CONFIG_KEY: base64.b64encode(config).decode()},
    )


_FILES: dict[LoginFormat, Callable[[str, UserAnswer, str], View | Text]] = {
    LoginFormat.ENV: _env,
    LoginFormat.DOCKER_CONFIG: _docker_config,
    LoginFormat.KUBERNETES: _kubernetes,
}
