"""Fifty changes of users at once: the file ends as the table says, and nobody revoked gets in after the success.

Four workers send them without waiting. Each worker has users of its own, so that it knows what becomes of them;
one user, `shared`, is rotated by all four. A watcher for each change waits for its operation and then knocks at
the registry at once, while the other changes are still under way.
"""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import bcrypt
import pytest

from tests.e2e.api_client import Api, Json
from tests.e2e.local_azure import LocalAzure
from tests.e2e.registry_door import Door

REGISTRY = "ferry"
WORKERS = 4
CHANGES = 50
USERS_OF_A_WORKER = 4
SEED = 20260117


@dataclass
class Account:
    """One user as the test knows it: every password that it ever had, with the revision that brought it."""

    name: str
    exists: bool = False
    past: dict[int, str] = field(default_factory=dict)
    present: int | None = None
    """The revision of the password that counts in the end; None for a deleted user."""


@dataclass(frozen=True)
class Sent:
    """One accepted change."""

    account: Account
    answer: Json
    revision: int | None
    """Passwords of lower revisions are refused once it has succeeded; None for a deletion."""
    known: frozenset[str]
    """The passwords that the user had before this change was sent: a deletion takes all of them away."""


class Storm:
    """All changes, all watchers, and what they saw."""

    def __init__(self, api: Api, door: Door, host: str, keeper: str) -> None:
        self._api, self._door, self._host, self._keeper = api, door, host, keeper
        self._lock = threading.Lock()
        self.shared = Account("shared", exists=True)
        self.accounts = [self.shared]
        self.operations: list[Json] = []
        self._watching: list[Future[Json]] = []

    def break_loose(self, shared_password: str) -> None:
        self.shared.past[0], self.shared.present = shared_password, 0
        with ThreadPoolExecutor(CHANGES) as watchers, ThreadPoolExecutor(WORKERS) as workers:
            shares = [CHANGES // WORKERS + (worker < CHANGES % WORKERS) for worker in range(WORKERS)]
            sending = [
                workers.submit(self._work, watchers, worker, share) for worker, share in enumerate(shares)
            ]
            for worker in sending:
                worker.result()
            self.operations = [watch.result() for watch in self._watching]

    def _work(self, watchers: ThreadPoolExecutor, worker: int, changes: int) -> None:
        chance = random.Random(SEED + worker)
        own = [Account(f"w{worker}-{number}") for number in range(USERS_OF_A_WORKER)]
        self.accounts += own
        for number in range(changes):
            account = self.shared if number % 4 == 3 else chance.choice(own)
            sent = self._change(account, chance)
            self._watching.append(watchers.submit(self._watch, sent))

    def _change(self, account: Account, chance: random.Random) -> Sent:
        with self._lock:
            known = frozenset(account.past.values())
        if account is self.shared:
            kinds: list[Callable[[Account], tuple[Json, str | None]]] = [self._rotate]
        elif account.exists:
            kinds = [self._rotate, self._put_password, self._delete, self._delete]
        else:
            kinds = [self._put, self._put_password, self._put_hash]
        kind = chance.choice(kinds)
        answer, password = kind(account)
        if password is None:
            account.exists, account.present = False, None
            return Sent(account, answer, None, known)
        revision = int(answer["etag"].strip('"').rpartition(".")[2])
        with self._lock:
            account.exists = True
            account.past[revision] = password
            account.present = max(account.past)  # of two rotations the later revision counts
        return Sent(account, answer, revision, known)

    def _watch(self, sent: Sent) -> Json:
        operation = self._api.finish(sent.answer)
        for password in self._taken_away(sent):
            assert not self._lets_in(sent.account.name, password), (sent.account.name, operation)
        assert self._lets_in("keeper", self._keeper), "a user whom nobody changed was locked out"
        return operation

    def _taken_away(self, sent: Sent) -> frozenset[str]:
        if sent.revision is None:
            return sent.known
        with self._lock:
            past = sent.account.past.items()
            return frozenset(password for revision, password in past if revision < sent.revision)

    def _lets_in(self, user: str, password: str) -> bool:
        return self._door.lets_in(self._host, user, password)

    def _path(self, account: Account) -> str:
        return f"registries/{REGISTRY}/users/{account.name}"

    def _put(self, account: Account) -> tuple[Json, str | None]:
        answer = self._api.call("PUT", self._path(account), 201, {})
        return answer, str(answer["password"])

    def _put_password(self, account: Account) -> tuple[Json, str | None]:
        password = random.randbytes(20).hex()
        status = 200 if account.exists else 201
        return self._api.call("PUT", self._path(account), status, {"password": password}), password

    def _put_hash(self, account: Account) -> tuple[Json, str | None]:
        password = random.randbytes(20).hex()
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(5)).decode()
        return self._api.call("PUT", self._path(account), 201, {"passwordHash": hashed}), password

    def _rotate(self, account: Account) -> tuple[Json, str | None]:
        answer = self._api.call("POST", f"{self._path(account)}/rotate", 200)
        return answer, str(answer["password"])

    def _delete(self, account: Account) -> tuple[Json, str | None]:
        return self._api.call("DELETE", self._path(account), 202), None


@pytest.fixture(scope="module")
def storm(local: LocalAzure) -> Iterator[Storm]:
    host = local.api.create_registry(REGISTRY)["loginServer"]
    keeper = local.api.create_user(REGISTRY, "keeper")
    storm = Storm(local.api, local.door, host, keeper)
    storm.break_loose(local.api.create_user(REGISTRY, "shared"))
    yield storm
    local.api.delete_registry(REGISTRY)


def test_every_change_succeeds_and_takes_effect_before_it_says_so(storm: Storm) -> None:
    # the watchers have knocked at the registry after each success: a failure of theirs fails this fixture
    assert len({operation["id"] for operation in storm.operations}) == CHANGES
    assert {operation["kind"] for operation in storm.operations} == {
        "CreateOrUpdateUser",
        "RotateUser",
        "DeleteUser",
    }
    assert {operation["result"]["proof"] for operation in storm.operations} == {"probe"}


def test_they_were_under_way_at_the_same_time(storm: Storm) -> None:
    first_end = min(operation["endedAt"] for operation in storm.operations)
    assert sum(operation["createdAt"] < first_end for operation in storm.operations) > WORKERS


def test_the_live_file_is_the_table(storm: Storm, local: LocalAzure) -> None:
    header, probe, *lines = local.azure.htpasswd(REGISTRY).decode().splitlines()
    registry = local.azure.tables()["state", REGISTRY, "registry"]
    assert header.startswith(f"# berthage uid={registry['uid']} revision={registry['usersRevision']} sha256=")
    assert probe.startswith("_probe:$2b$")
    users = local.azure.users(REGISTRY)
    assert lines == sorted(f"{name}:{row['passwordHash']}" for name, row in users.items())
    assert set(users) == {account.name for account in storm.accounts if account.exists} | {"keeper"}
    assert registry["userCount"] == len(users)


def test_the_last_password_of_each_user_gets_in_and_no_other(storm: Storm, local: LocalAzure) -> None:
    host = local.api.call("GET", f"registries/{REGISTRY}", 200)["loginServer"]
    for account in storm.accounts:
        for revision, password in account.past.items():
            expected = revision == account.present
            assert local.door.lets_in(host, account.name, password) == expected, (account, revision)


def test_the_share_holds_the_file_and_nothing_else(storm: Storm, local: LocalAzure) -> None:
    _ = storm
    assert [entry.name for entry in local.azure.share(REGISTRY).iterdir()] == ["htpasswd"]
