"""Ten thousand users in one request: effective within half a minute, in few rewrites of the file, or not at all."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import bcrypt
import httpx
import pytest

from tests.e2e.api_client import Json, assert_refused
from tests.e2e.local_azure import LocalAzure

REGISTRY = "armada"
USERS = 10_000
SECONDS = 30.0
MOST_REWRITES = 3
PASSWORD = "the-same-for-all-of-them-0123456789"
NAMES = [f"sailor-{number:05}@example.com" for number in range(USERS)]


@dataclass(frozen=True)
class Fleet:
    """A registry with one user, and what its API and its file are like."""

    local: LocalAzure
    host: str
    keeper: str

    def send(self, file: bytes, mode: str = "merge") -> httpx.Response:
        headers = {"Content-Type": "text/plain"}
        path = f"registries/{REGISTRY}/users/import?mode={mode}"
        return self.local.api.send("POST", path, content=file, headers=headers)

    def lets_in(self, name: str) -> bool:
        return self.local.door.lets_in(self.host, name, PASSWORD)

    def rewrites(self, after: int) -> int:
        """How often a file was renamed over the live one."""
        seen = self.local.azure.requests(after)
        return sum(entry["query"].get("comp") == "rename" for entry in seen)


@pytest.fixture(scope="module")
def fleet(local: LocalAzure) -> Iterator[Fleet]:
    host = local.api.create_registry(REGISTRY)["loginServer"]
    local.api.passwords.add(PASSWORD)
    yield Fleet(local, host, local.api.create_user(REGISTRY, "keeper"))
    purge = local.api.call("DELETE", f"registries/{REGISTRY}?purge=true&confirm={REGISTRY}", 202)
    local.api.finish(purge, 180)  # each user is a row


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """One hash for all: it is the number of lines that counts."""
    password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    return [f"{name}:{password_hash}" for name in NAMES]


def snapshot(fleet: Fleet) -> tuple[Json, bytes, set[str]]:
    """The registry as its API shows it, its live file, and its rows."""
    rows = {
        key
        for table, partition, key in fleet.local.azure.tables()
        if (table, partition) == ("state", REGISTRY)
    }
    shown = fleet.local.api.call("GET", f"registries/{REGISTRY}", 200)
    return shown, fleet.local.azure.htpasswd(REGISTRY), {key for key in rows if not key.startswith("audit")}


def test_a_bad_line_among_them_changes_nothing(fleet: Fleet, lines: list[str]) -> None:
    before = snapshot(fleet)
    bad = [*lines]
    bad[4_999], bad[7_000] = "no colon here", "plain:text-password"
    for mode in ("merge", "replace"):
        error = assert_refused(fleet.send("\n".join(bad).encode(), mode), 400, "InvalidHtpasswd")
        assert [problem["target"] for problem in error["details"]] == ["line 5000", "line 7001"]
        assert "text-password" not in str(error)
    assert snapshot(fleet) == before


def test_ten_thousand_users_are_effective_within_half_a_minute(fleet: Fleet, lines: list[str]) -> None:
    seen = max(entry["sequence"] for entry in fleet.local.azure.requests())
    began = time.monotonic()
    answer = fleet.send("\n".join(lines).encode())
    accepted = time.monotonic() - began
    assert answer.status_code == 202, answer.text
    operation = fleet.local.api.finish(answer.json())
    effective = time.monotonic() - began
    rewrites = fleet.rewrites(seen)
    print(f"accepted after {accepted:.1f} s, effective after {effective:.1f} s, {rewrites} rewrites")  # noqa: T201 - for whoever runs it with -s
    for name in (NAMES[0], NAMES[USERS // 2], NAMES[-1]):
        assert fleet.lets_in(name), name
    assert not fleet.lets_in("sailor-10000@example.com")
    assert fleet.local.door.lets_in(fleet.host, "keeper", fleet.keeper)
    assert operation["result"] == {
        "proof": "probe",
        **dict.fromkeys(("changed", "removed", "unchanged", "skipped"), 0),
        "added": USERS,
    }
    assert effective < SECONDS
    assert rewrites <= MOST_REWRITES
