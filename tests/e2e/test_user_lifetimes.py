"""Users who may log in for a while: disabled and back, expired, replaced while the old password goes on.

`reconcile` runs every few seconds here instead of every minute.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localazure.demo.image import build_image
from tests.e2e.api_client import Api, Json, assert_refused
from tests.e2e.local_azure import LocalAzure, running

PACE = {"RECONCILE_SCHEDULE": "*/2 * * * * *", "TURN_DELAY_SECONDS": "0"}
NAME = "tides"
USERS = f"registries/{NAME}/users"
PATIENCE_SECONDS = 30


class Harbour:
    """A registry, and whom it lets in."""

    def __init__(self, local: LocalAzure) -> None:
        self.local, self.api = local, local.api
        self.host = str(local.api.create_registry(NAME)["loginServer"])

    def lets_in(self, user: str, password: str) -> bool:
        return self.local.door.lets_in(self.host, user, password)

    def change(self, method: str, path: str, status: int, body: Json) -> Json:
        """A change of a user, when the registry knows it."""
        answer = self.api.call(method, f"{USERS}/{path}", status, body)
        self.api.finish(answer)
        return answer

    def user(self, name: str) -> Json:
        return self.api.call("GET", f"{USERS}/{name}", 200)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with running(tmp_path_factory.mktemp("tides"), PACE) as local:
        yield Harbour(local)


def until(holds: Callable[[], bool], otherwise: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)


def test_a_disabled_user_is_refused_and_comes_back_with_the_same_password(harbour: Harbour) -> None:
    password = str(harbour.change("PUT", "dee", 201, {"description": "on leave soon"})["password"])
    assert harbour.lets_in("dee", password)
    off = harbour.change("PATCH", "dee", 200, {"disabled": True})
    assert (off["state"], off["description"]) == ("Disabled", "on leave soon")
    assert not harbour.lets_in("dee", password)
    on = harbour.change("PATCH", "dee", 200, {"disabled": False, "description": None})
    assert (on["state"], on["description"]) == ("Active", None)
    assert harbour.lets_in("dee", password)
    assert "password" not in off | on


def test_an_expired_user_is_refused_and_a_new_end_brings_the_old_password_back(harbour: Harbour) -> None:
    kept = str(harbour.change("PUT", "kay", 201, {})["password"])
    password = str(harbour.change("PUT", "eve", 201, {"expiresAfter": "P90D"})["password"])
    assert harbour.user("eve")["expiresAfter"] == "P90D"
    assert harbour.lets_in("eve", password)
    soon = harbour.api.call("PATCH", f"{USERS}/eve", 200, {"expiresAfter": "PT1S"})
    assert soon["expiresOn"] > soon["updatedAt"]
    until(lambda: not harbour.lets_in("eve", password), "eve still gets in")
    until(lambda: harbour.user("eve")["operation"] is None, "the end of eve's time has no end")
    assert harbour.user("eve")["state"] == "Expired"
    assert harbour.lets_in("kay", kept)
    repeated = harbour.api.call("PUT", f"{USERS}/eve", 200, {"expiresAfter": "PT1S"})
    assert (repeated["operation"], repeated["state"]) == (None, "Expired")
    assert "rotate" in repeated["warning"]
    assert harbour.change("PATCH", "eve", 200, {"expiresOn": None})["state"] == "Active"
    assert harbour.lets_in("eve", password)


def test_after_an_overlap_only_the_successor_gets_in(harbour: Harbour) -> None:
    old = str(harbour.change("PUT", "ci", 201, {})["password"])
    successor = harbour.change("POST", "ci/rotate", 200, {"overlap": "PT8S"})
    assert (successor["username"], successor["replaces"]) == ("ci-2", "ci")
    new = successor["password"]
    assert successor["overlapEndsOn"] == harbour.user("ci")["expiresOn"]
    assert harbour.lets_in("ci-2", new)
    assert harbour.lets_in("ci", old)
    assert not harbour.lets_in("ci", new)
    until(lambda: not harbour.lets_in("ci", old), "the old password still gets in")
    assert harbour.lets_in("ci-2", new)
    assert (harbour.user("ci")["state"], harbour.user("ci")["replacedBy"]) == ("Expired", "ci-2")


def test_a_docker_config_is_a_login_for_a_real_client(harbour: Harbour, tmp_path: Path) -> None:
    answer = harbour.api.send("PUT", f"{USERS}/robot?format=docker-config", {"expiresAfter": "P90D"})
    assert answer.status_code == 201, answer.text
    until(lambda: not harbour.user("robot")["syncing"], "the registry does not know robot")
    auth_file = tmp_path / "config.json"
    auth_file.write_bytes(answer.content)
    image = build_image(tmp_path / "image", layer_bytes=(1000,), reference="team/app:1")
    skopeo = ["skopeo", "copy", "--authfile", str(auth_file), "--dest-cert-dir", str(ca(harbour, tmp_path))]
    target = f"docker://{harbour.host}/team/app:1"
    copied = subprocess.run(
        [*skopeo, f"oci:{image.layout}:1", target], capture_output=True, text=True, check=False, timeout=60
    )
    assert copied.returncode == 0, copied.stderr
    refused = harbour.api.send("PUT", f"{USERS}/robot?format=docker-config", {"expiresAfter": "P90D"})
    fix = assert_refused(refused, 409, "SecretNotAvailable")["fix"]
    assert f"{USERS}/robot/rotate?format=" in fix
    remember(harbour.api, answer.content)


def ca(harbour: Harbour, folder: Path) -> Path:
    """A folder with the authorities that skopeo is to trust."""
    certificates = folder / "certificates"
    certificates.mkdir()
    (certificates / "ca.crt").write_bytes(harbour.local.ca_bundle.read_bytes())
    return certificates


def remember(api: Api, config: bytes) -> None:
    """Nobody else may know the login in this file."""
    [login] = json.loads(config)["auths"].values()
    api.passwords.add(login["auth"])
