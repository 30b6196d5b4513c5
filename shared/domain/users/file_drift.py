"""What somebody else did to the htpasswd file: who was added, removed or changed. Names only, never a hash."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.names import USERNAME
from shared.domain.users.htpasswd import PROBE_USER, read_header

MOST_NAMES = 100
"""Names of one kind in one audit entry: a row has room for a few times as many."""


class FileState(StrEnum):
    """How the live file differs from what we published last."""

    MISSING = "missing"
    EDITED = "edited"
    OLDER = "older"
    """An earlier file of ours: somebody restored it."""
    FOREIGN = "of another registry"
    BEHIND = "behind the users"
    """Nobody touched it: a change of users was given up before it was published."""


@dataclass(frozen=True)
class FileDrift:
    """Names that the users' grammar forbids are only counted: such a line may hold anything, a password too."""

    state: FileState
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unreadable_lines: int = 0

    def findings(self) -> dict[str, list[str]]:
        """For the audit: what there is of it, by kind."""
        lists = {"added": self.added, "removed": self.removed, "changed": self.changed}
        counts = {"unreadableLines": str(self.unreadable_lines)} if self.unreadable_lines else {}
        return {
            "file": [self.state.value],
            **{kind: _shortened(names) for kind, names in lists.items() if names},
            **{kind: [count] for kind, count in counts.items()},
        }

    def __str__(self) -> str:
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in self.findings().items())


def compare(content: bytes | None, expected: bytes) -> FileDrift | None:
    """The live file against the one that should be there; `None` if they are equal."""
    if content == expected:
        return None
    wanted, _ = _entries(expected)
    if content is None:
        return FileDrift(FileState.MISSING, removed=_names(wanted))
    found, unreadable = _entries(content)
    state = _state(content, expected)
    if state is not FileState.EDITED:  # each file of ours has a probe of its own
        found.pop(PROBE_USER, None)
        wanted.pop(PROBE_USER)
    common = found.keys() & wanted.keys()
    return FileDrift(
        state,
        added=_names(found.keys() - wanted.keys()),
        removed=_names(wanted.keys() - found.keys()),
        changed=_names(name for name in common if found[name] != wanted[name]),
        unreadable_lines=unreadable,
    )


def _state(content: bytes, expected: bytes) -> FileState:
    header, ours = read_header(content), read_header(expected)
    if header is None or ours is None or not header.intact:
        return FileState.EDITED
    if header.uid != ours.uid:
        return FileState.FOREIGN
    return FileState.OLDER if header.revision < ours.revision else FileState.EDITED


def _entries(content: bytes) -> tuple[dict[str, bytes], int]:
    """Hashes by name, as Distribution reads the file (registry/auth/htpasswd), and how many lines name no user."""
    entries: dict[str, bytes] = {}
    unreadable = 0
    for line in (line.strip() for line in content.split(b"\n")):
        if not line or line.startswith(b"#"):
            continue
        name, colon, password_hash = line.partition(b":")
        text = name.decode("ascii", "replace")
        if colon and (text == PROBE_USER or USERNAME.fullmatch(text)):
            entries[text] = password_hash
        else:
            unreadable += 1
    return entries, unreadable


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _shortened(names: tuple[str, ...]) -> list[str]:
    more = len(names) - MOST_NAMES
    return [*names[:MOST_NAMES], *([f"and {more} more"] if more > 0 else [])]
