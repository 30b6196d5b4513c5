"""The htpasswd file: a pure function of the users, readable by Distribution, and hard to fake."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.names import USERNAME
from shared.domain.users.htpasswd import (
    FILE_NAME,
    PROBE_USER,
    PROJECTION_KEY,
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    Header,
    Projection,
    http_secret,
    probe_hash,
    probe_password,
    read_header,
    render,
)
from shared.domain.users.passwords import check_hash, hash_cost, hash_password, matches
from tests.unit.domain.examples import KEY, UID, revisions, uids, usernames, users

ALICE, BOB = f"$2b$05${'a' * 53}", f"$2y$10${'b' * 53}"


def distribution_reads(content: bytes) -> dict[str, bytes]:
    """As `parseHTPasswd` in distribution/registry/auth/htpasswd/htpasswd.go; a line without a colon is an error."""
    entries: dict[str, bytes] = {}
    for line in content.split(b"\n"):
        assert len(line) < 64 * 1024, "bufio.Scanner: token too long"
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        name, colon, password_hash = text.partition(b":")
        assert colon, "htpasswd: invalid entry"
        entries[name.decode()] = password_hash
    return entries


@given(users, uids, revisions)
def test_distribution_reads_exactly_the_users_and_the_probe(
    present: dict[str, str], uid: str, revision: int
) -> None:
    entries = distribution_reads(render(KEY, uid, revision, present.items()))
    assert entries.pop(PROBE_USER) == probe_hash(KEY, uid, revision).encode()
    assert entries == {name: password_hash.encode() for name, password_hash in present.items()}


@given(users, revisions)
def test_every_line_is_a_comment_or_has_a_colon_and_no_byte_breaks_the_file(
    present: dict[str, str], revision: int
) -> None:
    content = render(KEY, UID, revision, present.items())
    header, *lines = content.decode("ascii").removesuffix("\n").split("\n")
    assert content.endswith(b"\n")
    assert header.startswith("# berthage ")
    assert len(lines) == len(present) + 1
    assert all(re.fullmatch(r"[!-9;-~]+:\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}", line) for line in lines)


@given(users, st.randoms(use_true_random=False))
def test_the_order_of_the_users_does_not_matter(present: dict[str, str], random: object) -> None:
    shuffled = list(present.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis types its Random as object
    assert render(KEY, UID, 7, shuffled) == render(KEY, UID, 7, present.items())


def test_the_file_as_it_stands_on_the_share() -> None:
    """Written out: another form would make every registry's file look changed after an upgrade."""
    lines = render(KEY, UID, 3, [("bob", BOB), ("Zoe", ALICE), ("alice", ALICE)]).decode().splitlines()
    assert lines == [
        f"# berthage uid={UID} revision=3 sha256=e1a69d75064290daf0990cda4af586e237766c582e06191e49ce8a7a27c2c817",
        "_probe:$2b$05$NvpxGDoSme1Kjza48MB1CeAztj/sBl1rA0F2mmmF4wGBY7VzRkqjK",
        f"Zoe:{ALICE}",
        f"alice:{ALICE}",
        f"bob:{BOB}",
    ]


def test_without_users_only_the_probe_gets_in() -> None:
    assert list(distribution_reads(render(KEY, UID, 0, []))) == [PROBE_USER]


@given(users, uids, revisions)
def test_the_header_is_read_back(present: dict[str, str], uid: str, revision: int) -> None:
    content = render(KEY, uid, revision, present.items())
    assert read_header(content) == Header(uid, revision, intact=True)


@given(users, st.data())
def test_no_changed_byte_passes_for_what_was_published(present: dict[str, str], data: st.DataObject) -> None:
    """A changed body is not intact; a changed header is no header, or another uid or revision."""
    content = render(KEY, UID, 42, present.items())
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255))
    assume(content[place] != byte)
    tampered = content[:place] + bytes([byte]) + content[place + 1 :]
    found = read_header(tampered)
    assert found != Header(UID, 42, intact=True)
    if place > content.index(b"\n"):
        assert found == Header(UID, 42, intact=False)


@given(st.binary(min_size=1, max_size=20), st.data())
def test_no_inserted_bytes_pass_for_what_was_published(added: bytes, data: st.DataObject) -> None:
    content = render(KEY, UID, 42, [("alice", ALICE)])
    place = data.draw(st.integers(0, len(content)))
    tampered = content[:place] + added + content[place:]
    assume(tampered != content)
    assert read_header(tampered) != Header(UID, 42, intact=True)


@pytest.mark.parametrize("kept", [0, 0.5, 0.99])
def test_a_file_that_was_cut_is_not_intact(kept: float) -> None:
    content = render(KEY, UID, 42, [("alice", ALICE), ("bob", BOB)])
    head = content.index(b"\n") + 1
    cut = content[: head + int((len(content) - head) * kept)]
    assert read_header(cut) == Header(UID, 42, intact=False)


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda text: text.replace("alice:", "mallo:"), id="another name"),
        pytest.param(lambda text: text + f"mallory:{BOB}\n", id="one more user"),
        pytest.param(lambda text: text.replace(f"alice:{ALICE}\n", ""), id="one user less"),
        pytest.param(
            lambda text: text.replace("\n", "\r\n").replace("\r\n", "\n", 1), id="Windows line ends"
        ),
        pytest.param(lambda text: text.removesuffix("\n"), id="no last line end"),
    ],
)
def test_an_edit_by_hand_is_seen(tamper: object) -> None:
    text = render(KEY, UID, 42, [("alice", ALICE), ("bob", BOB)]).decode()
    edited = tamper(text)  # type: ignore[operator] # a table of functions
    assert edited != text
    assert read_header(edited.encode()) == Header(UID, 42, intact=False)


DIGEST = b"0" * 64


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"alice:" + ALICE.encode() + b"\n",
        b"# a comment\n",
        b"# berthage uid=a revision=1\n",
        b"# berthage uid=a revision=-1 sha256=" + DIGEST + b"\n",
        b"# berthage uid=a revision=01 sha256=" + DIGEST + b"\n",
        b"# berthage uid=a revision=" + b"9" * 5000 + b" sha256=" + DIGEST + b"\n",
        b"# berthage uid=\xff revision=1 sha256=" + DIGEST + b"\n",
        b"# berthage uid=a b revision=1 sha256=" + DIGEST + b"\n",
        b"# berthage uid=a revision=1 sha256=" + DIGEST,
        b"\n# berthage uid=a revision=1 sha256=" + DIGEST + b"\n",
        b"\0" * 4096,
    ],
)
def test_what_we_did_not_publish_has_no_header(content: bytes) -> None:
    assert read_header(content) is None


@given(st.binary(max_size=200))
def test_no_content_of_a_file_is_an_error(content: bytes) -> None:
    read_header(content)
    read_header(b"# berthage uid=" + content)


SAME = (KEY, UID, 7)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("K" * 32, UID, 7), id="key"),
        pytest.param((KEY, UID[::-1], 7), id="uid"),
        pytest.param((KEY, UID, 6), id="earlier revision"),
        pytest.param((KEY, UID, 8), id="later revision"),
        pytest.param((KEY, UID, 77), id="revision with the same digits"),
    ],
)
def test_the_probe_gets_in_with_its_own_password_and_with_no_other(other: tuple[str, str, int]) -> None:
    assert matches(probe_password(*SAME), probe_hash(*SAME))
    assert not matches(probe_password(*other), probe_hash(*SAME))
    assert not matches(probe_password(*SAME), probe_hash(*other))
    assert probe_hash(*other)[:29] != probe_hash(*SAME)[:29], "the salt is their own too"


@given(uids, revisions)
def test_the_probe_s_hash_is_one_that_distribution_reads_at_cost_five(uid: str, revision: int) -> None:
    password_hash = probe_hash(KEY, uid, revision)
    assert check_hash(password_hash) == password_hash
    assert hash_cost(password_hash) == 5
    assert password_hash == probe_hash(KEY, uid, revision), "the same revision gives the same file"


def test_the_probe_s_password_is_long_and_fits_into_bcrypt() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", probe_password(*SAME))


def test_the_file_shows_neither_the_key_nor_the_probe_s_password() -> None:
    content = render(*SAME, [("alice", ALICE)]).decode()
    assert KEY not in content
    assert probe_password(*SAME) not in content


@given(usernames)
def test_no_user_can_have_the_probe_s_name(name: str) -> None:
    assert name != PROBE_USER
    assert not USERNAME.fullmatch(PROBE_USER)


def test_a_user_s_real_hash_is_what_the_registry_checks() -> None:
    password_hash = hash_password("correct horse", 4)
    entries = distribution_reads(render(KEY, UID, 1, [("alice", password_hash)]))
    assert matches("correct horse", entries["alice"].decode())


@pytest.mark.parametrize("other", [("K" * 32, UID), (KEY, UID[::-1])])
def test_the_http_secret_belongs_to_one_registry_and_never_changes(other: tuple[str, str]) -> None:
    assert http_secret(KEY, UID) == http_secret(KEY, UID) != http_secret(*other)
    assert re.fullmatch(r"[0-9a-f]{64}", http_secret(KEY, UID))
    assert http_secret(KEY, UID) != probe_password(KEY, UID, 0), "each purpose derives its own secret"


def test_a_temporary_file_is_never_the_file_itself() -> None:
    assert not FILE_NAME.startswith(TEMPORARY_PREFIX)
    assert not FILE_NAME.endswith(TEMPORARY_SUFFIX)


def test_a_new_projection_has_published_and_proven_nothing() -> None:
    fresh = Projection(uid=UID)
    assert (fresh.published_revision, fresh.proven_revision) == (-1, -1)
    assert fresh.key == PROJECTION_KEY
