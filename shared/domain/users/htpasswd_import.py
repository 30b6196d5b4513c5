"""Reads an htpasswd file that somebody brings: every bad line is named at once, and nothing of it is repeated.

A line that can't be read may hold a password, so an answer says where it stands and what is wrong with it, not what it
says. Comments, blank lines, a byte order mark and CRLF are fine, as they are for the registry.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.errors import MAX_DETAILS, ApiError, Problem
from shared.domain.names import USERNAME
from shared.domain.users.htpasswd import MOST_BYTES, PROBE_USER
from shared.domain.users.passwords import HASH, SLOW_COST, hash_cost, hash_milliseconds, is_bcrypt

MOST_LINES = 10_000
"""Users in one file; comments and blank lines do not count."""
MOST_USERS = 30_000
"""Users of one registry after an import: with the longest names their file stays below `htpasswd.MOST_BYTES`."""
MOST_IMPORT_BYTES = MOST_BYTES

_USER = f"{USERNAME.pattern}:{HASH}"
HTPASSWD_SCHEMA = {
    "type": "string",
    "pattern": rf"^({_USER}\r?\n)*{_USER}(\r?\n)?$",
    "description": f"A line NAME:HASH for each user, at most {MOST_LINES}, each name once. "
    "Comments and blank lines are skipped.",
    "examples": [f"ci:$2y$05${'u' * 53}\n"],
}
"""What may be sent, as far as a JSON schema can say it."""

_LINE = re.compile(rb"([^\n]*)(?:\n|\Z)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_OTHER_HASHES = {
    "$apr1$": "Apache's MD5 ($apr1$)",
    "$1$": "MD5 crypt ($1$)",
    "$5$": "SHA-256 crypt ($5$)",
    "$6$": "SHA-512 crypt ($6$)",
    "$argon2": "Argon2",
    "{SHA}": "SHA-1 ({SHA})",
    "{SSHA}": "salted SHA-1 ({SSHA})",
    "$2x$": "the faulty bcrypt of old PHP ($2x$)",
}
_ANEW = (
    "The registry reads bcrypt only, and no hash can be converted: take a line that 'htpasswd -nB -C 5 NAME' "
    "makes from the password. Without the password leave the line out, and PUT the user to get a generated one."
)


@dataclass(frozen=True)
class ImportFile:
    """Hashes by name, of a file without a mistake."""

    hashes: Mapping[str, str] = field(repr=False)

    @property
    def warning(self) -> str | None:
        """What the slow hashes among them cost, or `None` if there are none."""
        costs = [cost for cost in map(hash_cost, self.hashes.values()) if cost > SLOW_COST]
        if not costs:
            return None
        return (
            f"{len(costs)} of {len(self.hashes)} hashes have a bcrypt cost above {SLOW_COST}, up to {max(costs)}. "
            "The registry checks bcrypt on every request, and at that cost one check takes about "
            f"{hash_milliseconds(max(costs))} ms of CPU. Rotate these users, or import hashes of cost 5."
        )


def read(content: bytes) -> ImportFile:
    """Raises `ApiError` 400 that names the bad lines."""
    if content.startswith(_UTF_16):
        raise _refused([Problem("NotUtf8", "body", "The file is UTF-16.", "Save it as UTF-8.")])
    found = _Reading()
    for number, line in _user_lines(content.removeprefix(_BYTE_ORDER_MARK)):
        if found.lines == MOST_LINES:
            found.note(_too_many())
            break
        found.read(number, line)
    if found.problems:
        raise _refused(found.problems, found.more)
    if not found.first:
        fix = "Send a file with a line NAME:HASH for each user. To remove users, DELETE each of them."
        raise _refused([Problem("NoUsers", "body", "The file names no user.", fix)])
    return ImportFile({name: password_hash for name, (_, password_hash) in found.first.items()})


def _user_lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Line numbers from 1, without what the registry skips."""
    for number, found in enumerate(_LINE.finditer(content), start=1):
        line = found[1].strip()
        if line and not line.startswith(b"#"):
            yield number, line


class _Reading:
    """What has been read so far. Of a flood of problems the first are kept, and the others counted."""

    def __init__(self) -> None:
        self.lines = 0
        self.first: dict[str, tuple[int, str]] = {}
        """By name: the line that has it first, and its hash."""
        self.problems: list[Problem] = []
        self.more = 0
        self._named: dict[str, int] = {}
        """The same for lines with a bad hash: a duplicate is one all the same."""

    def read(self, number: int, line: bytes) -> None:
        self.lines += 1
        text = _text(number, line)
        if isinstance(text, Problem):
            self.note(text)
            return
        name, _, password_hash = text.partition(":")
        problems = [*_about_name(number, name), *_about_hash(number, password_hash)]
        problems += self._about_duplicate(number, name, show=not problems)
        if problems:
            self.note(*problems)
        else:
            self.first[name] = (number, password_hash)

    def note(self, *problems: Problem) -> None:
        room = MAX_DETAILS - len(self.problems)
        self.problems += problems[:room]
        self.more += len(problems[room:])

    def _about_duplicate(self, number: int, name: str, *, show: bool) -> list[Problem]:
        before = self._named.setdefault(name, number)
        if before == number:
            return []
        who = f"the name '{name}'" if show and name in self.first else "the name"
        message = f"Line {number} has {who} of line {before} again."
        fix = "Keep one line for each name: of two the registry would take the last."
        return [Problem("DuplicateName", _target(number), message, fix)]


def _text(number: int, line: bytes) -> str | Problem:
    """The line, if it has the form of one."""
    where = _target(number)
    if b"\0" in line:
        fix = "Take the NUL bytes out: save the file as UTF-8, not as UTF-16."
        return Problem("NulByte", where, f"Line {number} has a NUL byte.", fix)
    if b":" not in line:
        fix = "Write NAME:HASH, or put # in front to make it a comment."
        return Problem("MissingColon", where, f"Line {number} has no colon.", fix)
    try:
        return line.decode()
    except UnicodeDecodeError:
        return Problem("NotUtf8", where, f"Line {number} is not UTF-8.", "Save the file as UTF-8.")


def _about_name(number: int, name: str) -> list[Problem]:
    if USERNAME.fullmatch(name):
        return []
    message = f"Line {number} begins with no username: 1 to 64 letters, digits and . _ @ -, a letter or digit first."
    fix = "Rename the user. Nothing may stand before the name, nor between it and the colon."
    if name == PROBE_USER:
        message = f"Line {number} is the control plane's own user '{PROBE_USER}'."
        fix = "Take the line out: every registry has a probe of its own."
    return [Problem("InvalidUsername", _target(number), message, fix)]


def _about_hash(number: int, password_hash: str) -> list[Problem]:
    if is_bcrypt(password_hash):
        return []
    other = next((what for start, what in _OTHER_HASHES.items() if password_hash.startswith(start)), None)
    fix = _ANEW
    if other:
        what = f"has a hash that the registry does not read: {other}"
    elif not password_hash:
        what = "has no hash"
    elif password_hash.startswith(("$2a$", "$2b$", "$2y$")):
        what = "has a bcrypt hash that is cut off, has something behind it, or a cost outside of 4 to 31"
        fix = "Copy the hash again: it has 60 characters, and is the end of the line."
    else:
        what = "has no bcrypt hash behind the colon: it may be a password in plain text, or a hash of crypt()"
    return [Problem("InvalidPasswordHash", _target(number), f"Line {number} {what}.", fix)]


def _too_many() -> Problem:
    return Problem(
        "TooManyLines",
        "body",
        f"The file has more than {MOST_LINES} users.",
        f"Split it into files of at most {MOST_LINES} users, and import them one after the other with mode=merge.",
    )


def _target(number: int) -> str:
    return f"line {number}"


def _refused(problems: Sequence[Problem], more: int = 0) -> ApiError:
    """400 that names the first `MAX_DETAILS` problems, and says how many more there are."""
    if len(problems) == 1:
        only = problems[0]
        return ApiError(400, only.code, only.message, only.fix, target=only.target, details=problems)
    named = ", ".join(dict.fromkeys(problem.target for problem in problems))
    rest = f" and {more} more" if more else ""
    return ApiError(
        400,
        "InvalidHtpasswd",
        f"The file can't be imported: {len(problems) + more} problems, in {named}{rest}.",
        "Mend each line named in details and send the whole file again. Nothing was changed.",
        details=problems,
    )
