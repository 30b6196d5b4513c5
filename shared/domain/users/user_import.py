"""An import that waits to be applied: its chunks, and what the next transaction of one changes.

A chunk answers for a span of names that no other chunk has. Its row is part of every transaction that applies some of
it, so that each line is applied once: whoever sleeps through that finds the row changed or gone, and can't bring back a
user who has been removed since.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import batched
from typing import Self

from pydantic import Field

from shared.domain.operations import Operation
from shared.domain.records import NEXT, Record, key_range
from shared.domain.users.user import USER_KEYS, User, UserState, user_key

CHUNK_LINES = 198
"""At most 25,000 characters, where a column holds 32,000; and 10,000 lines are staged in one transaction."""
MOST_CHANGES = 99
"""Users in one transaction of 100 rows: one is the chunk."""


class Mode(StrEnum):
    """What becomes of users who are not in the file."""

    MERGE = "merge"
    """They stay as they are."""
    REPLACE = "replace"
    """They are removed."""


class Outcome(StrEnum):
    """What an import does with one user."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    """Somebody has changed or removed the user after the import was accepted: that is left alone."""


class Chunk(Record):
    """Lines in name order that are still to be applied, and what has come of the others."""

    operation_key: str
    number: int
    mode: Mode
    after: str
    """Up to this name everything is done; of the first chunk at first empty."""
    until: str
    """The last name of its span; empty = there is no later chunk."""
    lines: str = Field(repr=False)
    """`NAME:HASH`, with line breaks between them."""
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: int = 0
    finished: bool = False

    @property
    def key(self) -> str:
        return f"{chunk_keys(self.operation_key)}{self.number:04}"

    @property
    def hashes(self) -> dict[str, str]:
        """By name, in name order."""
        entries = (line.partition(":") for line in self.lines.splitlines())
        return {name: password_hash for name, _, password_hash in entries}

    @property
    def span(self) -> tuple[str, str]:
        """`(first, end)` of the keys of the users whom it is about."""
        first, end = key_range(USER_KEYS)
        if self.after:
            first = user_key(self.after) + NEXT
        if self.until:
            end = user_key(self.until) + NEXT
        if self.mode is Mode.MERGE and self.lines:  # users who are not in the file are none of its business
            names = list(self.hashes)
            first, end = user_key(names[0]), user_key(names[-1]) + NEXT
        return first, end

    def counts(self) -> Counter[str]:
        """What has come of its users so far."""
        return Counter({outcome.value: getattr(self, outcome.value) for outcome in Outcome})

    def moved(
        self, after: str, lines: Mapping[str, str], outcomes: Counter[Outcome], *, finished: bool
    ) -> Self:
        """The chunk when everything up to `after` is done."""
        counts = {
            outcome.value: getattr(self, outcome.value) + number for outcome, number in outcomes.items()
        }
        return self.change(after=after, lines=_text(lines), finished=finished, **counts)


CHUNK_KEYS = "import:"


def chunk_keys(operation_key: str) -> str:
    """What the row keys of an import's chunks begin with."""
    return f"{CHUNK_KEYS}{operation_key}:"


def chunks(operation_key: str, hashes: Mapping[str, str], mode: Mode) -> Iterator[Chunk]:
    """The whole import; the spans of its chunks leave out no name."""
    after, groups = "", list(batched(sorted(hashes.items()), CHUNK_LINES, strict=False))
    for number, group in enumerate(groups):
        until = group[-1][0] if number < len(groups) - 1 else ""
        yield Chunk(
            operation_key=operation_key,
            number=number,
            mode=mode,
            after=after,
            until=until,
            lines=_text(dict(group)),
        )
        after = until


@dataclass(frozen=True)
class Batch:
    """One transaction: the users who change, and the chunk as it is afterwards."""

    users: Sequence[User]
    chunk: Chunk


def next_batch(
    chunk: Chunk, operation: Operation, present: Sequence[User], *, is_all: bool, now: datetime
) -> Batch:
    """What comes next. `present`: the users of the chunk's span in name order, or the first of them."""
    lines, known = chunk.hashes, {user.username: user for user in present}
    names = sorted(lines.keys() | known.keys())
    if not is_all:
        names = [name for name in names if name <= present[-1].username]
    users: list[User] = []
    outcomes: Counter[Outcome] = Counter()
    after, finished = chunk.after, is_all
    for name in names:
        if len(users) == MOST_CHANGES:
            finished = False
            break
        outcome, user = _apply(chunk.mode, operation, name, lines.get(name), known.get(name), now)
        after, outcomes = name, outcomes + Counter([outcome] if outcome else [])
        users += [user] if user else []
    rest = {name: password_hash for name, password_hash in lines.items() if name > after}
    finished = finished or (chunk.mode is Mode.MERGE and not rest)
    return Batch(users, chunk.moved(after, rest, outcomes, finished=finished))


def _apply(
    mode: Mode, operation: Operation, name: str, password_hash: str | None, user: User | None, now: datetime
) -> tuple[Outcome | None, User | None]:
    """What comes of one user, and the row if it changes."""
    if password_hash is None and (mode is Mode.MERGE or user is None or user.state is UserState.DELETING):
        return None, None
    if user and _is_later(user, operation):
        return Outcome.SKIPPED, None
    if user is None or user.state is UserState.DELETING:
        new = User.new(
            name,
            operation.uid,
            operation.revision,
            now,
            password_hash=password_hash or "",
            last_operation=operation.id,
            etag=user.etag if user else "",
        )
        return Outcome.ADDED, new
    changed = user.change(revision=operation.revision, last_operation=operation.id, updated_at=now)
    if password_hash is None:
        return Outcome.REMOVED, changed.change(state=UserState.DELETING)
    if password_hash == user.password_hash:
        return Outcome.UNCHANGED, None
    if user.state is UserState.PENDING_REVEAL:
        changed = changed.change(state=UserState.ACTIVE)
    return Outcome.CHANGED, changed.change(
        password_hash=password_hash, reveal=None, replaced_by=None, secret_changed_at=now
    )


def _is_later(user: User, operation: Operation) -> bool:
    """Has somebody changed the user since? One that waits for its first password has raised no revision."""
    if user.state is UserState.PENDING_REVEAL and user.last_operation != operation.id:
        return user.revision >= operation.revision
    return user.revision > operation.revision


def _text(lines: Mapping[str, str]) -> str:
    return "\n".join(f"{name}:{password_hash}" for name, password_hash in lines.items())
