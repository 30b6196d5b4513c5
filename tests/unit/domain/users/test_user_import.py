"""Chunks of an import: every line is applied once, whatever the chunks' size, and later changes are left alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.operations import Kind, Operation
from shared.domain.records import Upsert
from shared.domain.users import user_import
from shared.domain.users.htpasswd_import import MOST_LINES
from shared.domain.users.user import User, UserState, user_key
from shared.domain.users.user_import import MOST_CHANGES, Chunk, Mode, Outcome, chunks, next_batch
from tests.unit.domain.examples import HASH, NOW, UID
from tests.unit.domain.examples import OTHER_HASH as OTHER

BASE, IMPORT = 10, 11
LATER = NOW + timedelta(hours=1)

OPERATION = Operation(
    registry="demo",
    id_key="import-1",
    uid=UID,
    kind=Kind.IMPORT_USERS,
    revision=IMPORT,
    deadline=NOW,
    created_at=NOW,
)


def user(name: str, **fields: object) -> User:
    row = User.new(name, UID, BASE, NOW, password_hash=HASH, last_operation="demo.before", etag="e")
    return row.change(**{"description": "as it was", **fields})


names = st.sampled_from([f"u{number}" for number in range(12)])
rows = st.builds(
    lambda name, hashed, revision, state: user(name, password_hash=hashed, revision=revision, state=state),
    names,
    st.sampled_from([HASH, OTHER]),
    st.sampled_from([BASE, IMPORT + 1]),
    st.sampled_from([UserState.ACTIVE, UserState.DELETING]),
)


def apply(present: dict[str, User], lines: dict[str, str], mode: Mode, page: int) -> dict[str, int]:
    """All chunks, transaction by transaction; `page` users are looked at for one of them."""
    counts = {outcome.value: 0 for outcome in Outcome}
    for staged in chunks("import-1", lines, mode):
        chunk, transactions = staged, 0
        while not chunk.finished:
            first, end = chunk.span
            span = [present[name] for name in sorted(present) if first <= user_key(name) < end]
            batch = next_batch(chunk, OPERATION, span[:page], is_all=len(span) < page, now=LATER)
            assert len(batch.users) <= user_import.MOST_CHANGES
            present |= {changed.username: changed for changed in batch.users}
            chunk, transactions = batch.chunk, transactions + 1
            assert transactions < 100, "it does not come to an end"
        for outcome in Outcome:
            counts[outcome.value] += chunk.counts()[outcome.value]
    return counts


@given(
    st.lists(rows, max_size=12, unique_by=lambda row: row.username),
    st.dictionaries(names, st.sampled_from([HASH, OTHER]), min_size=1),
    st.sampled_from(Mode),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 5),
)
def test_the_end_is_the_same_for_chunks_transactions_and_pages_of_any_size(
    before: list[User], lines: dict[str, str], mode: Mode, chunk_lines: int, changes: int, page: int
) -> None:
    present = {row.username: row for row in before}
    with pytest.MonkeyPatch.context() as small:
        small.setattr(user_import, "CHUNK_LINES", chunk_lines)
        small.setattr(user_import, "MOST_CHANGES", changes)
        counts = apply(present, lines, mode, page)
    was = {row.username: row for row in before}
    for name in was.keys() | lines.keys():
        old, now = was.get(name), present.get(name)
        if old and old.revision > IMPORT:
            assert now == old, "a later change is left alone"
        elif name in lines:
            assert now
            assert (now.password_hash, now.state) == (lines[name], UserState.ACTIVE)
        elif mode is Mode.REPLACE:
            assert now
            assert now.state is UserState.DELETING
        else:
            assert now == old
    assert counts == expected_counts(was, lines, mode)


def expected_counts(was: dict[str, User], lines: dict[str, str], mode: Mode) -> dict[str, int]:
    counts = {outcome.value: 0 for outcome in Outcome}
    for name in was.keys() | lines.keys():
        old = was.get(name)
        is_there = old is not None and old.state is UserState.ACTIVE
        if name not in lines and not (mode is Mode.REPLACE and is_there):
            continue
        if old and old.revision > IMPORT:
            counts[Outcome.SKIPPED] += 1
        elif name not in lines:
            counts[Outcome.REMOVED] += 1
        elif not is_there:
            counts[Outcome.ADDED] += 1
        else:
            same = old and old.password_hash == lines[name]
            counts[Outcome.UNCHANGED if same else Outcome.CHANGED] += 1
    return counts


def one(present: User | None, password_hash: str | None, mode: Mode = Mode.REPLACE) -> User | None:
    """What becomes of one user."""
    name = present.username if present else "ci"
    lines = {name: password_hash} if password_hash else {"other": HASH}
    [chunk] = chunks("import-1", lines, mode)
    batch = next_batch(chunk, OPERATION, [present] if present else [], is_all=True, now=LATER)
    return next((changed for changed in batch.users if changed.username == name), None)


def test_a_new_user_waits_for_the_imports_revision() -> None:
    added = one(None, HASH)
    assert added
    assert (added.revision, added.last_operation) == (IMPORT, OPERATION.id)
    assert (added.uid, added.state, added.etag) == (UID, UserState.ACTIVE, "")
    assert added.created_at == added.secret_changed_at == LATER


def test_a_user_with_another_hash_keeps_everything_else() -> None:
    changed = one(user("ci"), OTHER)
    assert changed
    assert (changed.password_hash, changed.description, changed.created_at) == (OTHER, "as it was", NOW)
    assert (changed.secret_changed_at, changed.updated_at) == (LATER, LATER)
    assert (changed.revision, changed.last_operation, changed.etag) == (IMPORT, OPERATION.id, "e")


def test_a_user_with_the_same_hash_is_not_written() -> None:
    assert one(user("ci"), HASH) is None


def test_a_user_who_was_removed_before_the_import_comes_back_as_a_new_one() -> None:
    back = one(user("ci", state=UserState.DELETING), HASH)
    assert back
    assert (back.state, back.description, back.created_at, back.etag) == (UserState.ACTIVE, None, LATER, "e")


def test_a_removed_user_waits_in_its_row_for_the_registrys_proof() -> None:
    gone = one(user("ci"), None)
    assert gone
    assert (gone.state, gone.revision, gone.last_operation) == (UserState.DELETING, IMPORT, OPERATION.id)


@pytest.mark.parametrize("state", [UserState.ACTIVE, UserState.DELETING])
@pytest.mark.parametrize("password_hash", [OTHER, None])
def test_who_was_changed_or_removed_after_the_import_was_accepted_is_left_alone(
    state: UserState, password_hash: str | None
) -> None:
    assert one(user("ci", revision=IMPORT + 1, state=state), password_hash) is None


def test_ten_thousand_of_the_longest_lines_are_staged_in_one_transaction() -> None:
    lines = {f"{number:064}": HASH for number in range(MOST_LINES)}
    staged = list(chunks("k" * 64, lines, Mode.REPLACE))
    assert len(staged) + 3 <= 100  # the registry, the operation and the audit
    assert max(len(chunk.lines) for chunk in staged) < 32_000
    assert sum(len(chunk.lines) + 500 for chunk in staged) < 4 * 1024 * 1024
    assert MOST_CHANGES + 1 <= 100


def test_chunks_come_back_from_their_rows_and_do_not_show_hashes() -> None:
    for chunk in chunks("import-1", {"a": HASH, "b": OTHER}, Mode.MERGE):
        stored = Upsert(chunk.to_row()).row
        assert Chunk.from_row(stored) == chunk
        assert chunk.hashes == {"a": HASH, "b": OTHER}
        assert HASH not in repr(chunk)
