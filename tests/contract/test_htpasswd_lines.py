"""Every line of the htpasswd file, as a registry that really runs reads it: each user gets in, and nobody else."""

import random
from collections.abc import Iterator

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.users.htpasswd import FILE_NAME, PROBE_USER, probe_password, render
from shared.domain.users.passwords import MAX_BYTES, MIN_BYTES, check_hash, check_password
from tests.localazure.site_rig import Rig
from tests.unit.domain.examples import KEY, UID, usernames

VERSIONS = ("2a", "2b", "2y")
REVISIONS = iter(range(1, 1000))

passwords = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=MIN_BYTES, max_size=MAX_BYTES
)
logins = st.dictionaries(usernames, passwords, min_size=1, max_size=5)
NASTY = {
    "0": "only twelve!",
    "A" * 64: "p" * MAX_BYTES,
    "a": f"{'p' * (MAX_BYTES - 1)}q",
    "b..": "a colon: and a #",
    "jane@example.com": "'\"`$\\{}#%&?!:",
    "ci-2": " begins and ends with a space ",
    "a_b": ":::::::::::::",
}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig.create(tmp_path_factory.mktemp("site"))
    publish(rig, 0, {})
    try:
        rig.start(rig.config())
        yield rig
    finally:
        rig.sites.stop_all()


def publish(rig: Rig, revision: int, hashes: dict[str, str]) -> None:
    fresh = rig.share / f"{FILE_NAME}.new"
    fresh.write_bytes(render(KEY, UID, revision, hashes.items()))
    fresh.replace(rig.share / FILE_NAME)


def hashed(password: str, version: str) -> str:
    found = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode().replace("$2b$", f"${version}$")
    assert check_password(password) == password
    assert check_hash(found) == found
    return found


def check_lines(rig: Rig, users: dict[str, str]) -> None:
    """Each user's own password is taken; neither that of another nor one that is nearly right."""
    revision = next(REVISIONS)
    choice = random.Random(revision)
    publish(rig, revision, {name: hashed(word, choice.choice(VERSIONS)) for name, word in users.items()})
    assert rig.get("/v2/", (PROBE_USER, probe_password(KEY, UID, revision))) == 200
    for name, password in users.items():
        assert rig.get("/v2/", (name, password)) == 200, name
        assert rig.get("/v2/", (name, password[:-1])) == 401, name
        other = f"{name}x"
        assert rig.get("/v2/", (other, password)) == (200 if users.get(other) == password else 401), name


def test_names_and_passwords_at_the_edge_of_what_is_taken_are_taken_by_the_registry(rig: Rig) -> None:
    check_lines(rig, NASTY)


@settings(max_examples=25, deadline=None)
@given(logins)
def test_whatever_is_rendered_lets_each_user_in_and_nobody_else(rig: Rig, users: dict[str, str]) -> None:
    check_lines(rig, users)
