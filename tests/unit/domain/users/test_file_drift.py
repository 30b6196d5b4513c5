"""Who was added, removed or changed in the file: names, and nothing else of a line."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.names import USERNAME
from shared.domain.users.file_drift import MOST_NAMES, FileDrift, FileState, compare
from shared.domain.users.htpasswd import PROBE_USER, render
from tests.unit.domain.examples import HASH, UID, hashes, revisions, usernames, users
from tests.unit.domain.users.test_htpasswd import distribution_reads

KEY = "k" * 32
OTHER = "$2b$05$" + "b" * 53
USERS = [("alice", HASH), ("bob", HASH)]
PUBLISHED = render(KEY, "U1", 7, USERS)


def found(content: bytes | None) -> FileDrift:
    drift = compare(content, PUBLISHED)
    assert drift is not None
    return drift


def test_the_same_file_is_no_drift() -> None:
    assert compare(PUBLISHED, PUBLISHED) is None


def test_a_missing_file_has_lost_everybody() -> None:
    assert found(None) == FileDrift(FileState.MISSING, removed=("_probe", "alice", "bob"))


def test_an_empty_file_has_lost_everybody() -> None:
    assert found(b"") == FileDrift(FileState.EDITED, removed=("_probe", "alice", "bob"))


def test_additions_removals_and_changes_are_told_apart() -> None:
    content = PUBLISHED.replace(f"bob:{HASH}\n".encode(), b"").replace(
        f"alice:{HASH}".encode(), f"alice:{OTHER}".encode()
    )
    content += f"mallory:{OTHER}\n".encode()
    assert found(content) == FileDrift(
        FileState.EDITED, added=("mallory",), removed=("bob",), changed=("alice",)
    )


def test_a_changed_probe_is_named() -> None:
    lines = PUBLISHED.splitlines(keepends=True)
    assert found(lines[0] + f"_probe:{OTHER}\n".encode() + b"".join(lines[2:])).changed == ("_probe",)


def test_a_header_with_the_right_hash_does_not_make_it_ours() -> None:
    body = PUBLISHED.partition(b"\n")[2] + f"mallory:{OTHER}\n".encode()
    header = f"# berthage uid=U1 revision=7 sha256={hashlib.sha256(body).hexdigest()}\n".encode()
    assert found(header + body) == FileDrift(FileState.EDITED, added=("mallory",))


def test_an_older_file_of_ours_says_so_and_who_differs() -> None:
    older = render(KEY, "U1", 6, [("alice", HASH), ("carol", HASH)])
    assert found(older) == FileDrift(FileState.OLDER, added=("carol",), removed=("bob",))


def test_the_file_of_another_registry_says_so() -> None:
    assert found(render(KEY, "U2", 7, USERS)) == FileDrift(FileState.FOREIGN)


def test_lines_that_distribution_skips_are_an_edit_without_names() -> None:
    assert found(PUBLISHED + b"\n# hello\n") == FileDrift(FileState.EDITED)


@pytest.mark.parametrize(
    "line", [b"no colon", b"$2y$05$secret:alice", b"\xff\xfe:x", b":nobody", b"a b:x", b"x" * 65 + b":y"]
)
def test_a_line_that_names_no_user_is_counted_and_not_quoted(line: bytes) -> None:
    drift = found(PUBLISHED + line + b"\n")
    assert drift == FileDrift(FileState.EDITED, unreadable_lines=1)
    assert drift.findings() == {"file": ["edited"], "unreadableLines": ["1"]}


def test_findings_hold_no_hash_and_the_first_names_of_a_flood() -> None:
    flood = b"".join(f"user{number:04}:{OTHER}\n".encode() for number in range(MOST_NAMES + 12))
    findings = found(PUBLISHED + flood).findings()
    assert len(findings["added"]) == MOST_NAMES + 1
    assert findings["added"][-1] == "and 12 more"
    assert "$2b$" not in str(findings) + str(found(PUBLISHED + flood))


# whatever stands in the file

LINES = st.one_of(
    st.builds("{}:{}".format, usernames, hashes),
    st.builds("  {}:{}\t".format, usernames, hashes),
    st.builds("#{}".format, st.text(max_size=20)),
    st.sampled_from(["", " ", f"alice:{OTHER}", f"alice:{HASH}", f"{PROBE_USER}:{HASH}", "alice:", "a\rb:c"]),
    st.builds("{}:{}".format, st.text(max_size=8), st.text(max_size=80)),
    st.sampled_from(["jürgen:x", "nul\0l:x", "p" * 72 + ":x", f"zoe:{'p' * 73}", f"a:{HASH}:b"]),
)


def written(lines: list[str], ends: list[str]) -> bytes:
    return "".join(line + end for line, end in zip(lines, ends, strict=False)).encode()


FILES = st.builds(
    written, st.lists(LINES, max_size=12), st.lists(st.sampled_from(["\n", "\r\n"]), min_size=12)
)


@given(users, revisions)
def test_a_file_of_ours_names_exactly_its_users(present: dict[str, str], revision: int) -> None:
    """Round trip: what was rendered is read back, each user and no other."""
    drift = compare(render(KEY, UID, revision, present.items()), render(KEY, UID, revision, []))
    assert drift == (FileDrift(FileState.EDITED, added=tuple(sorted(present))) if present else None)


@given(FILES)
@example(f"mallory:{OTHER}\rbob:{HASH}\n".encode())
@example(f"alice:{OTHER}\r\nalice:{HASH}\r\n".encode())
def test_who_is_named_is_who_the_registry_lets_in(content: bytes) -> None:
    """Comments, blank lines, margins, CRLF, duplicates, other alphabets: as Distribution reads them."""
    parsable = b"\n".join(line for line in content.split(b"\n") if b":" in line or line.strip()[:1] == b"#")
    seen = {
        name: value.decode(errors="replace")
        for name, value in distribution_reads(parsable).items()
        if USERNAME.fullmatch(name) or name == PROBE_USER
    }
    ours = {PROBE_USER: render(KEY, "U1", 7, []).split(b":")[1].strip().decode(), **dict(USERS)}
    drift = found(content)
    assert set(drift.added) == seen.keys() - ours.keys()
    assert set(drift.removed) == ours.keys() - seen.keys()
    assert set(drift.changed) == {name for name in seen.keys() & ours.keys() if seen[name] != ours[name]}


@given(st.binary(max_size=200) | FILES)
def test_no_content_is_an_error_and_no_finding_holds_more_than_names(content: bytes) -> None:
    findings = found(content).findings()
    names = [name for kind in ("added", "removed", "changed") for name in findings.get(kind, [])]
    assert all(USERNAME.fullmatch(name) or name == PROBE_USER for name in names)
