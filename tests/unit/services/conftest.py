"""What all tests of services have in common."""

import hashlib

import pytest

from shared.domain.users import htpasswd, passwords, user_import
from shared.services.registries import provisioning
from tests import fakes
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import Rig, up


@pytest.fixture(autouse=True)
def quick_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bcrypt for the line of the probe, which is written and tried thousands of times where processes die.

    That a registry's bcrypt accepts the real line is for the domain's tests and the contract tests.
    """
    monkeypatch.setattr(htpasswd, "probe_hash", probe_hash)
    monkeypatch.setattr(fakes, "matches", matches)


@pytest.fixture
def rig() -> Rig:
    """A registry that is up and has no users. Modules that begin with another one have their own."""
    return up()


@pytest.fixture
def ci(rig: Rig) -> None:
    """It has the user `ci`, and knows it."""
    rig.put_user("ci", password_hash=HASH, description="builds")
    rig.drain()


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lifecycle work makes the same calls in the same order in every run."""
    monkeypatch.setattr(provisioning, "CONCURRENCY", 1)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven lines of an import are three chunks and five transactions."""
    monkeypatch.setattr(user_import, "CHUNK_LINES", 3)
    monkeypatch.setattr(user_import, "MOST_CHANGES", 2)


def probe_hash(key: str, uid: str, revision: int) -> str:
    """Differs where the real one differs, and looks like it."""
    return _hash(htpasswd.probe_password(key, uid, revision))


def matches(password: str, password_hash: str) -> bool:
    return _hash(password) == password_hash or passwords.matches(password, password_hash)


def _hash(password: str) -> str:
    return "$2b$05$" + hashlib.sha256(password.encode()).hexdigest()[:53]
