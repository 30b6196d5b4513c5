"""The table in docs/security.md of who may do what: every cell, as Azure's worker library hands such requests over.

Each request has a parameter that no function knows. Whoever may send it gets as far as being told so (400); whoever
may not is refused (403) before anybody looks at it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import function_app
from localazure.up.environment import ROOT
from shared.domain.roles import Role
from shared.triggers.endpoint import ENDPOINTS
from tests.triggers.app_process import Call, Invoked, invoke, settings_without_storage

COLUMNS = [
    "without a key",
    "no role",
    *(role.value for role in (Role.MEMBER, Role.READER, Role.OPERATOR, Role.ADMIN)),
]
CELLS = {"yes", "own", "all", "link", "signed", "no"}
ROW = re.compile(r"^\| `([A-Z]+) /api/([^`?]+)(?:\?(\w+)=(\w+))?` \|(.+)\|$", re.MULTILINE)
MAY, MAY_NOT, NOT_SIGNED = 400, 403, 401
TEAM, ALL = "team-*", "*"
OWN, OTHER = "ci", "bob"
SIGNED_IN = base64.b64encode(b'{"auth_typ": "aad", "claims": []}').decode()
"""Somebody who has no grant. A key without a grant would be Admin."""
SETTINGS = settings_without_storage(
    WRITES_PER_MINUTE="0",
    SECRETS_PER_MINUTE="0",
    WEBSITE_AUTH_ENABLED="True",
)
"""The storage does not answer: nothing that these requests ask for needs it."""


@dataclass(frozen=True)
class Row:
    """One request of the table, and what it says of each column."""

    method: str
    route: str
    query: dict[str, str]
    cells: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.query or ''}".strip()

    def names(self, *parts: str) -> bool:
        """Does its path name one of them?"""
        return any(f"{{{part}}}" in self.route for part in parts)


@dataclass(frozen=True)
class Try:
    """One request of somebody who has that role on these registries, and what must come of it."""

    row: Row
    column: str
    expected: int
    pattern: str = TEAM
    registry: str = "team-a"
    username: str = OWN

    @property
    def call(self) -> Call:
        """As the worker gets it."""
        values = {
            "registry": self.registry,
            "username": self.username,
            "operation": f"{self.registry}.01JD0000000000000000000000",
            "asset": "start.js",
            "report": "2026-11-26T0600Z",
        }
        caller = {"x-functions-key": key(self.column, self.pattern), "content-type": "text/plain"}
        return {
            "function": FUNCTIONS[self.row.method, self.row.route],
            "method": self.row.method,
            "params": {name: values[name] for name in re.findall(r"{(\w+)}", self.row.route)},
            "query": {**self.row.query, "no-such-parameter": "1"},
            "headers": {**caller, "x-ms-client-principal": SIGNED_IN} if self.column == "no role" else caller,
        }


def key(role: str, pattern: str) -> str:
    return f"the key of a {role} on {pattern}"


def grants() -> str:
    """A key for each role and pattern."""
    return json.dumps(
        [
            {
                "principal": f"key:{hashlib.sha256(key(role, pattern).encode()).hexdigest()}",
                "role": role,
                "registry": pattern,
                **({"username": OWN} if role is Role.MEMBER else {}),
            }
            for role in Role
            for pattern in (TEAM, ALL)
        ]
    )


def tries(row: Row, column: str) -> Iterator[Try]:
    """What a cell means."""
    cell = row.cells[column]
    if cell == "signed":
        yield Try(row, column, NOT_SIGNED)
        return
    allowed = MAY_NOT if cell in {"no", "all"} else MAY
    yield Try(row, column, allowed)
    yield Try(row, column, MAY if cell == "all" else allowed, pattern=ALL)
    if row.names("username"):
        yield Try(row, column, MAY_NOT if cell == "own" else allowed, username=OTHER)
    if row.names("registry", "operation"):
        yield Try(row, column, MAY if cell == "link" else MAY_NOT, registry="other")


assert function_app.app
FUNCTIONS = {(endpoint.method, endpoint.route): name for name, endpoint in ENDPOINTS.items()}
ROWS = [
    Row(
        method,
        route,
        {name: value} if name else {},
        dict(zip(COLUMNS, map(str.strip, cells.split("|")), strict=True)),
    )
    for method, route, name, value, cells in ROW.findall((ROOT / "docs/security.md").read_text("utf-8"))
]
TRIES = [
    found
    for row in ROWS
    for column in COLUMNS[1:]
    if (row.method, row.route) in FUNCTIONS
    for found in tries(row, column)
]


@pytest.fixture(scope="module")
def invoked() -> Invoked:
    return invoke([one.call for one in TRIES], {**SETTINGS, "ROLE_GRANTS": grants()})


def test_the_table_has_every_request_once() -> None:
    assert sorted((row.method, row.route) for row in ROWS if not row.query) == sorted(FUNCTIONS)


def test_the_table_has_every_parameter_that_needs_another_role() -> None:
    known = {
        (endpoint.method, endpoint.route, *parameter)
        for endpoint in ENDPOINTS.values()
        if endpoint.needs
        for parameter in endpoint.needs.unless
    }
    listed = [(row.method, row.route, *one) for row in ROWS for one in row.query.items()]
    assert sorted(listed) == sorted(known)


def test_the_table_has_cells_that_its_legend_explains() -> None:
    assert {cell for row in ROWS for cell in row.cells.values()} <= CELLS


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_without_a_key_the_host_lets_nobody_else_in(invoked: Invoked, row: Row) -> None:
    [trigger, _] = invoked.bindings[FUNCTIONS[row.method, row.route]]
    levels = {"yes": "ANONYMOUS", "link": "ANONYMOUS", "signed": "ANONYMOUS", "no": "FUNCTION"}
    assert trigger["authLevel"] == levels[row.cells["without a key"]]


@pytest.mark.parametrize("column", COLUMNS[1:])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_cell_says_what_happens(invoked: Invoked, row: Row, column: str) -> None:
    found: list[tuple[Try, dict[str, Any]]] = [
        (one, answer)
        for one, answer in zip(TRIES, invoked.outcomes, strict=True)
        if one.row is row and one.column == column
    ]
    assert found
    for one, answer in found:
        assert answer["status"] == one.expected, (one, answer["text"])
        code = answer["headers"].get("x-ms-error-code")
        assert (code == "Forbidden") is (one.expected == MAY_NOT), (one, code)
