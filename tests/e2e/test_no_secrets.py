"""After a life with every kind of secret in it, none of them stands in a table, message, log or recorded request.

What other tests leave is searched when their local Azure ends (see conftest.py).
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import bcrypt
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from localazure.demo.image import build_image
from shared.domain.users.htpasswd import probe_password
from shared.domain.users.reveal import Purpose
from tests.e2e.api_client import Api
from tests.e2e.leaks import (
    BODY,
    FILE,
    LOG,
    QUEUE,
    REQUEST,
    TABLE,
    WRITTEN_DOWN,
    Text,
    control_plane_keys,
    everything,
    found,
    leaked,
    of_kinds,
    probe_passwords,
)
from tests.e2e.local_azure import LocalAzure
from tests.e2e.named_keys import MEMBER, READER
from tests.e2e.offers import offer

VAULT = "registries/vault"
NASTY = "q\"uo\\te%20 &<s>'{}"


class Life:
    """A registry with users of every kind, and requests right and wrong. It is there while the search goes on."""

    def __init__(self, local: LocalAzure, folder: Path) -> None:
        self.local, self.api = local, local.api
        self.only_sent: set[str] = set()
        """Where nobody expects a password, in refused requests, or to the registry itself."""
        self.host: str = local.api.create_registry("vault")["loginServer"]
        self._manage_users()
        self._make_mistakes(self.api)
        self._show_the_status_page(self.api)
        self._open_a_link(self.api)
        self._use_the_registry(folder)
        self._run_every_operation()

    def secret(self) -> str:
        """A password that nobody may write down."""
        password = random.randbytes(18).hex()
        self.only_sent.add(password)
        return password

    def _manage_users(self) -> None:
        api = self.api
        api.create_user("vault", "generated")
        api.create_user("vault", "gone")
        self.nasty = self.secret() + NASTY
        hashed = bcrypt.hashpw(self.secret().encode(), bcrypt.gensalt(5)).decode()
        for answer in (
            api.call("PUT", f"{VAULT}/users/nasty", 201, {"password": self.nasty}),
            api.call("PUT", f"{VAULT}/users/hashed", 201, {"passwordHash": hashed}),
            api.call("PUT", f"{VAULT}/users/hashed", 200, {"password": self.secret()}),
            api.call("POST", f"{VAULT}/users/generated/rotate", 200),
            api.call("DELETE", f"{VAULT}/users/gone", 202),
        ):
            api.finish(answer)

    def _make_mistakes(self, api: Api) -> None:
        path = f"{VAULT}/users/refused"
        bodies: list[object] = [
            {"password": self.secret() * 3},
            {"password": self.secret(), "passwordHash": self.secret()},
            {"password": [self.secret()]},
            {"password": {"value": self.secret()}, "description": 7},
            {"passwrd": self.secret()},
            [self.secret()],
        ]
        for body in bodies:
            assert api.send("PUT", path, body).status_code == 400
        torn = json.dumps({"password": self.secret()})[:-1].encode()
        as_json, as_text = {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}
        assert api.send("PUT", path, content=torn, headers=as_json).status_code == 400
        assert api.send("PUT", path, content=self.secret().encode(), headers=as_text).status_code == 415
        assert api.send("PUT", f"{path}?password={self.secret()}", {}).status_code == 400
        assert api.send("PUT", VAULT, {"password": self.secret()}).status_code == 400

    def _show_the_status_page(self, api: Api) -> None:
        url = api.call("POST", "status/links", 201)["url"]
        token = url.partition("#")[2]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert api.send("POST", "status", content=f"token={token}".encode(), headers=form).status_code == 303
        self.only_sent |= set(token.split("."))

    def _open_a_link(self, api: Api) -> None:
        token = offer(self.local, "vault", "linked", Purpose.CREATE).token
        for wrong in ({"tokn": token}, {"token": [token]}, {"token": token * 9}):
            assert api.send("POST", "reveal", wrong).status_code == 400
        shown = api.call("POST", "reveal", 200, {"token": token})
        assert shown["password"] in api.passwords
        api.call("POST", "reveal", 410, {"token": token})
        api.call("POST", "reveal/status", 200, {"token": token})
        api.finish(shown)

    def _use_the_registry(self, folder: Path) -> None:
        client = self.local.image_client(folder / "client")
        image = build_image(folder / "image", layer_bytes=(50_000,), reference="safe/box:1")
        assert not client.login(self.host, "nasty", self.secret())
        assert client.login(self.host, "nasty", self.nasty)
        client.push(image, f"{self.host}/{image.reference}")
        assert client.pull(f"{self.host}/{image.reference}") == image.digest

    def _run_every_operation(self) -> None:
        api = self.api
        with_key = f"{VAULT}?code={quote(self.local.up.ready()['functionsKey'])}"
        api.finish(api.call("PUT", with_key, 200, {"deleteEnabled": True}))
        refused = api.call("PUT", "registries/vault2", 201, {"location": "atlantis"})
        assert api.end_of(refused)["status"] == "Failed"
        api.delete_registry("vault2")
        for function in ("sweep_health", "reconcile"):
            api.run_now(function)


@pytest.fixture(scope="module")
def life(local: LocalAzure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    yield Life(local, tmp_path_factory.mktemp("life"))
    local.api.delete_registry("vault")


@pytest.fixture(scope="module")
def account_keys(life: Life) -> set[str]:
    return life.local.azure.account_keys()


@pytest.fixture(scope="module")
def texts(life: Life, account_keys: set[str]) -> list[Text]:
    _ = account_keys  # asked for first: this search is to see the answers
    return everything(life.local)


def test_no_password_is_written_down_anywhere(life: Life, texts: list[Text]) -> None:
    handed_out = life.api.passwords | life.only_sent
    assert life.nasty in handed_out
    assert found(handed_out, texts) == []


def test_no_password_of_a_probe_is_written_down_anywhere(life: Life, texts: list[Text]) -> None:
    key = life.local.azure.settings["PROBE_KEY"]
    passwords = probe_passwords(life.local)
    [header] = life.local.azure.htpasswd("vault").decode().splitlines()[:1]
    words = dict(word.split("=") for word in header.split()[2:])
    assert probe_password(key, words["uid"], int(words["revision"])) in passwords
    assert found(passwords, texts) == []


def test_no_key_of_the_control_plane_is_written_down(life: Life, texts: list[Text]) -> None:
    keys = control_plane_keys(life.local) | {READER, MEMBER}
    assert len(keys) == 8
    assert found(keys, of_kinds(texts, WRITTEN_DOWN)) == []
    assert found(keys, of_kinds(texts, (FILE,))) != []  # where they belong, the search does find them


def test_account_keys_stand_in_bodies_of_resource_manager_alone(
    account_keys: set[str], texts: list[Text]
) -> None:
    assert found(account_keys, of_kinds(texts, (BODY,))) != []
    assert found(account_keys, of_kinds(texts, (TABLE, QUEUE, LOG, REQUEST))) == []


def test_hashes_stand_in_the_rows_of_their_users_alone(life: Life, texts: list[Text]) -> None:
    users = life.local.azure.users("vault")
    assert len(users) == 4
    for name, row in users.items():
        places = found([row["passwordHash"]], of_kinds(texts, WRITTEN_DOWN))
        assert places == [f"table: state/vault/user:{name}"]


def _plant_in_table(local: LocalAzure, canary: str) -> None:
    with TableServiceClient.from_connection_string(local.azure.connection_string) as service:
        service.create_table("canary").create_entity({"PartitionKey": "a", "RowKey": "b", "column": canary})


def _plant_in_queue(local: LocalAzure, canary: str) -> None:
    _send(local, "canary", canary)


def _plant_in_poison_queue(local: LocalAzure, canary: str) -> None:
    _send(local, "canary-poison", canary)


def _send(local: LocalAzure, queue: str, text: str) -> None:
    with QueueServiceClient.from_connection_string(local.azure.connection_string) as service:
        service.create_queue(queue).send_message(base64.b64encode(f'{{"a": "{text}"}}'.encode()).decode())


def _plant_in_log(local: LocalAzure, canary: str) -> None:
    local.api.call("GET", f"{VAULT}/users/{canary}", 404)


def _plant_in_log_of_site(local: LocalAzure, canary: str) -> None:
    host: str = local.api.call("GET", VAULT, 200)["loginServer"]
    assert not local.door.lets_in(host, canary, "no matter which")


def _plant_in_request(local: LocalAzure, canary: str) -> None:
    assert local.azure.ask_for(f"/subscriptions/{canary}") >= 400


@pytest.mark.parametrize(
    ("kind", "where", "plant"),
    [
        (TABLE, "canary/a/b", _plant_in_table),
        (QUEUE, "canary", _plant_in_queue),
        (QUEUE, "canary-poison", _plant_in_poison_queue),
        (LOG, "up.log", _plant_in_log),
        (LOG, "vault-", _plant_in_log_of_site),
        (REQUEST, "GET /subscriptions/", _plant_in_request),
    ],
    ids=["table", "queue", "poison queue", "log of all processes", "log of a registry", "recorded request"],
)
def test_the_search_finds_what_is_planted(
    life: Life, kind: str, where: str, plant: Callable[[LocalAzure, str], None]
) -> None:
    canary = f"canary{random.randbytes(12).hex()}"
    try:
        plant(life.local, canary)
        hits = leaked(life.local, {canary})
        assert any(hit.startswith(f"{kind}: ") and where in hit for hit in hits), hits
    finally:
        _clear_canaries(life.local)


def _clear_canaries(local: LocalAzure) -> None:
    with TableServiceClient.from_connection_string(local.azure.connection_string) as tables:
        tables.delete_table("canary")
    with QueueServiceClient.from_connection_string(local.azure.connection_string) as queues:
        for queue in ("canary", "canary-poison"):
            try:
                queues.delete_queue(queue)
            except ResourceNotFoundError:
                continue


@pytest.mark.parametrize(
    "written",
    [
        lambda secret: secret,
        lambda secret: f"?x=1&password={quote(secret, safe='')}",
        lambda secret: json.dumps({"password": secret}),
        lambda secret: f"Basic {base64.b64encode(f'a:{secret}'.encode()).decode()}",
        lambda secret: f"Basic {base64.b64encode(f'al:{secret}'.encode()).decode()}",
        lambda secret: f"token={base64.urlsafe_b64encode(f'ali:{secret}!'.encode()).decode()}",
    ],
    ids=["as it is", "in a URL", "in JSON", "in Base64", "in Base64, shifted", "in Base64 for URLs"],
)
def test_the_search_knows_how_secrets_are_escaped(written: Callable[[str], str]) -> None:
    secret = f"0123456789{NASTY}"
    place = [Text(LOG, "line 1", f"before {written(secret)} after")]
    assert found([secret], place) == ["log: line 1"]
    assert found([secret + "x"], place) == []
