"""The audit as text: whatever an entry says is data for whoever opens it, never a formula."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.triggers.answer_models.audit import AuditEntryView
from shared.triggers.audit_formats import COLUMNS, json_lines, table


def entry(**fields: object) -> AuditEntryView:
    given = {
        "id": "01KAXQ3Z6V8Y0T9M2N4P5R7S1W",
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "actor": "key:ci",
        "address": None,
        "action": "RotateUser",
        "target": "demo/ci",
        "registry": "demo",
        "outcome": "Forbidden",
        "status": 403,
        "operation_id": None,
        "request_id": "r",
    }
    return AuditEntryView.model_validate(given | fields)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_table_has_a_line_of_headings_and_one_for_each_entry() -> None:
    headings, row = rows(table([entry(details={"added": ["mallory"]})]))
    assert headings == list(COLUMNS)
    found = dict(zip(headings, row, strict=True))
    assert (found["at"], found["status"], found["address"]) == ("2026-01-01T00:00:00.000Z", "403", "")
    assert json.loads(found["details"]) == {"added": ["mallory"]}


def test_a_table_of_nothing_has_its_headings() -> None:
    assert rows(table([])) == [list(COLUMNS)]


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0=", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_what_a_spreadsheet_would_run_is_text(start: str) -> None:
    harm = f'{start}cmd|"/c calc"!A1,2'
    _, row = rows(table([entry(actor=harm)]))
    assert dict(zip(COLUMNS, row, strict=True))["actor"] == f"'{harm}"


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=3
    )
)
def test_every_text_comes_back_as_it_was(actors: list[str]) -> None:
    _, *found = rows(table([entry(actor=actor) for actor in actors]))
    assert [dict(zip(COLUMNS, row, strict=True))["actor"].removeprefix("'") for row in found] == [
        actor.removeprefix("'") for actor in actors
    ]
    lines = json_lines([entry(actor=actor) for actor in actors]).split("\n")
    assert lines.pop() == ""
    assert [json.loads(line)["actor"] for line in lines] == actors
