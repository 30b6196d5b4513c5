"""An htpasswd file that somebody brings: what is taken, and how what can't be taken is named."""

import string

import bcrypt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.errors import MAX_DETAILS, ApiError
from shared.domain.names import USERNAME
from shared.domain.users.htpasswd import MOST_BYTES, PROBE_USER, render
from shared.domain.users.htpasswd_import import MOST_LINES, MOST_USERS, read
from shared.domain.users.passwords import is_bcrypt, matches
from tests.unit.domain.examples import KEY, UID, hashes, revisions, usernames, users
from tests.unit.domain.users.test_htpasswd import distribution_reads

HASH, OTHER = "$2b$05$" + "a" * 53, "$2y$10$" + "b" * 53


def refusal(content: bytes | str) -> ApiError:
    with pytest.raises(ApiError) as refused:
        read(content.encode() if isinstance(content, str) else content)
    assert refused.value.status == 400
    return refused.value


def problems(content: bytes | str) -> list[tuple[str, str]]:
    """Where and what."""
    return [(problem.target, problem.code) for problem in refusal(content).details]


# what is taken


@given(users.filter(bool), revisions)
def test_a_file_of_ours_comes_back_as_it_was(present: dict[str, str], revision: int) -> None:
    header, _, *lines = render(KEY, UID, revision, present.items()).splitlines(keepends=True)
    assert read(header + b"".join(lines)).hashes == present


@given(users.filter(bool), st.data())
def test_comments_blank_lines_spaces_and_crlf_change_nothing(
    present: dict[str, str], data: st.DataObject
) -> None:
    """The registry reads the same users out of the file as we do."""
    noise = st.sampled_from(["", "# alice:secret", "  ", "\t# \0 ünï", "#"])
    ends, margins = st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", " ", "\t"])
    content = ""
    for name, password_hash in present.items():
        for _ in range(data.draw(st.integers(0, 2))):
            content += data.draw(noise) + data.draw(ends)
        content += data.draw(margins) + f"{name}:{password_hash}" + data.draw(margins) + data.draw(ends)
    sent = content.encode()
    assert read(sent).hashes == present
    assert distribution_reads(sent) == {name: value.encode() for name, value in present.items()}


def test_neither_a_byte_order_mark_nor_a_missing_last_line_break_matters() -> None:
    assert read(b"\xef\xbb\xbf" + f"ci:{HASH}\njane:{OTHER}".encode()).hashes == {"ci": HASH, "jane": OTHER}


@given(st.text(string.printable.strip(), min_size=1, max_size=72), usernames)
@example("p" * 72, "ci")
def test_a_hash_is_taken_as_it_is_and_still_lets_its_password_in(password: str, name: str) -> None:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    taken = read(f"{name}:{hashed}".encode()).hashes[name]
    assert taken == hashed
    assert matches(password, taken)


def test_as_many_users_as_there_may_be() -> None:
    lines = [f"# comment\n\nuser{number}:{HASH}\n" for number in range(MOST_LINES)]
    assert len(read("".join(lines).encode()).hashes) == MOST_LINES


def test_the_largest_file_that_imports_lead_to_can_be_published() -> None:
    longest = len(f"{'n' * 64}:{HASH}\n")
    assert (MOST_USERS + 10) * longest < MOST_BYTES


# what is not taken


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("ci", "MissingColon"),
        ("my password", "MissingColon"),
        (f"{HASH}", "MissingColon"),
        ("ci:\0" + HASH, "NulByte"),
        (f"c\0i:{HASH}", "NulByte"),
        (f":{HASH}", "InvalidUsername"),
        (f"-ci:{HASH}", "InvalidUsername"),
        (f"c i:{HASH}", "InvalidUsername"),
        (f"ci :{HASH}", "InvalidUsername"),
        (f"jürgen:{HASH}", "InvalidUsername"),
        (f"\u00a0ci:{HASH}", "InvalidUsername"),
        (f"ci\r:{HASH}", "InvalidUsername"),
        (f"{'n' * 65}:{HASH}", "InvalidUsername"),
        (f"{PROBE_USER}:{HASH}", "InvalidUsername"),
        ("ci:", "InvalidPasswordHash"),
        ("ci:secret password", "InvalidPasswordHash"),
        ("ci:$apr1$lTq3Jk1W$X9wYh0nZpFvI1kGkV0Yf01", "InvalidPasswordHash"),
        ("ci:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "InvalidPasswordHash"),
        ("ci:{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "InvalidPasswordHash"),
        ("ci:$1$aa$bb", "InvalidPasswordHash"),
        ("ci:$5$aa$bb", "InvalidPasswordHash"),
        ("ci:$6$aa$bb", "InvalidPasswordHash"),
        ("ci:$argon2id$v=19$m=1,t=1,p=1$aa$bb", "InvalidPasswordHash"),
        ("ci:$2x$05$" + "a" * 53, "InvalidPasswordHash"),
        (f"ci:{HASH[:-1]}", "InvalidPasswordHash"),
        (f"ci:{HASH}:remark", "InvalidPasswordHash"),
        (f"ci: {HASH}", "InvalidPasswordHash"),
        ("ci:$2b$03$" + "a" * 53, "InvalidPasswordHash"),
        ("ci:$2b$32$" + "a" * 53, "InvalidPasswordHash"),
    ],
)
def test_a_bad_line_is_named_by_its_number_with_a_way_out_and_never_repeated(line: str, code: str) -> None:
    error = refusal(f"# list\n\nalice:{HASH}\n{line}\nbob:{OTHER}\n")
    assert [(problem.target, problem.code) for problem in error.details] == [("line 4", code)]
    assert (error.code, error.target) == (code, "line 4")
    assert "ine 4" in error.message
    assert error.fix
    said = error.message + error.fix
    for part in line.split(":"):
        if len(part) > 3 and part != PROBE_USER:
            assert part not in said


@pytest.mark.parametrize(
    ("password_hash", "named"),
    [
        ("$apr1$a$b", "$apr1$"),
        ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "SHA-1"),
        ("hunter2hunter2", "plain text"),
    ],
)
def test_for_another_hash_the_answer_says_which_it_is_and_how_to_get_bcrypt(
    password_hash: str, named: str
) -> None:
    error = refusal(f"ci:{password_hash}")
    assert named in error.message
    assert "htpasswd -nB -C 5 NAME" in error.fix


def test_a_line_that_is_not_utf_8_is_named() -> None:
    assert problems(b"ci:" + HASH.encode() + b"\nj\xfcrgen:" + HASH.encode()) == [("line 2", "NotUtf8")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_file_in_utf_16_is_refused_with_the_reason(encoding: str) -> None:
    error = refusal(f"ci:{HASH}\n".encode(encoding))
    assert all("UTF-8" in problem.fix for problem in error.details)


def test_every_bad_line_is_named_at_once() -> None:
    content = f"ci:{HASH}\nno colon\nci:{OTHER}\n-x:plain\njane:{HASH}\njane:plain\n"
    assert problems(content) == [
        ("line 2", "MissingColon"),
        ("line 3", "DuplicateName"),
        ("line 4", "InvalidUsername"),
        ("line 4", "InvalidPasswordHash"),
        ("line 6", "InvalidPasswordHash"),
        ("line 6", "DuplicateName"),
    ]
    error = refusal(content)
    assert error.code == "InvalidHtpasswd"
    assert "line 2, line 3, line 4, line 6" in error.message


def test_a_duplicate_says_which_name_and_where_it_stands_first() -> None:
    error = refusal(f"ci:{HASH}\n# a comment\nci:{HASH}")
    assert error.message == "Line 3 has the name 'ci' of line 1 again."


def test_of_a_line_with_a_bad_hash_even_the_name_is_not_repeated() -> None:
    """Somebody may have written PASSWORD:NAME."""
    error = refusal("hunter2hunter2:ci\nhunter2hunter2:ci")
    assert "hunter2" not in str([vars(problem) for problem in error.details])


def test_of_a_flood_the_first_are_in_details_and_the_others_are_counted() -> None:
    error = refusal("no colon\n" * (MAX_DETAILS + 30))
    assert len(error.details) == MAX_DETAILS
    assert f"{MAX_DETAILS + 30} problems" in error.message
    assert "and 30 more" in error.message


def test_too_many_lines_are_refused() -> None:
    error = refusal("".join(f"user{number}:{HASH}\n" for number in range(MOST_LINES + 1)))
    assert error.code == "TooManyLines"
    assert str(MOST_LINES) in error.fix


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# nobody\n", b"\xef\xbb\xbf"])
def test_a_file_without_users_is_refused_because_with_replace_it_would_remove_everybody(
    content: bytes,
) -> None:
    assert refusal(content).code == "NoUsers"


@given(st.binary(max_size=200) | st.text().map(str.encode))
@example(b":\n:\n")
def test_whatever_is_sent_is_taken_whole_or_refused_with_reasons(content: bytes) -> None:
    try:
        taken = read(content).hashes
    except ApiError:
        assert all(problem.fix for problem in refusal(content).details)
        return
    assert taken
    assert all(USERNAME.fullmatch(name) and is_bcrypt(value) for name, value in taken.items())
    assert distribution_reads(content.removeprefix(b"\xef\xbb\xbf")) == {
        name: value.encode() for name, value in taken.items()
    }


@given(st.dictionaries(usernames, hashes, min_size=1, max_size=5), st.data())
def test_one_bad_line_anywhere_takes_the_whole_file_back(
    present: dict[str, str], data: st.DataObject
) -> None:
    lines = [f"{name}:{password_hash}" for name, password_hash in present.items()]
    place = data.draw(st.integers(0, len(lines)))
    stranger = data.draw(usernames.filter(lambda name: name not in present))
    bad = data.draw(st.sampled_from(["oops", f"{stranger}:y", "\0", lines[0], "é:" + HASH]))
    lines.insert(place, bad)
    assert len({target for target, _ in problems("\n".join(lines))}) == 1


# what slow hashes cost


def test_slow_hashes_are_counted_in_a_warning() -> None:
    slow = "".join(f"slow{number}:$2b$12${'a' * 53}\n" for number in range(3))
    warning = read(f"ci:{HASH}\n{slow}medium:$2b$09${'a' * 53}\n".encode()).warning
    assert warning
    assert warning.startswith("4 of 5 hashes have a bcrypt cost above 8, up to 12.")
    assert "320 ms" in warning


def test_without_slow_hashes_there_is_no_warning() -> None:
    assert read(f"ci:{HASH}\njane:$2b$08${'a' * 53}".encode()).warning is None
