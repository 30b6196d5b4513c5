"""A Member looks after the user of its own name, and does not decide how long that can log in."""

import json
from itertools import product

import pytest

from tests.triggers.app_process import Call, Invoked, invoke
from tests.triggers.test_roles import SETTINGS, TEAM, grants, key

type Body = dict[str, object]
BODIES: list[Body] = [{"disabled": False}, {"expiresAfter": "P90D"}, {"expiresOn": None}, {"overlap": "PT1H"}]
WAYS = {"create_or_update_user": "PUT", "rotate_user": "POST"}
TRIES = [
    (function, role, body)
    for function, role, body in product(WAYS, ("Member", "Operator"), [*BODIES, {}])
    if ("overlap" in body) <= (function == "rotate_user")
    and ("disabled" in body) <= (WAYS[function] == "PUT")
]


def call(function: str, role: str, body: Body) -> Call:
    return {
        "function": function,
        "method": WAYS[function],
        "params": {"registry": "team-a", "username": "ci"},
        "query": {},
        "headers": {"x-functions-key": key(role, TEAM), "content-type": "application/json"},
        "text": json.dumps(body),
    }


@pytest.fixture(scope="module")
def invoked() -> Invoked:
    return invoke([call(*one) for one in TRIES], {**SETTINGS, "ROLE_GRANTS": grants()})


@pytest.mark.parametrize(("number", "tried"), list(enumerate(TRIES)), ids=str)
def test_only_an_operator_sets_an_end(invoked: Invoked, number: int, tried: tuple[str, str, Body]) -> None:
    """Whoever is let through finds that the storage does not answer (503)."""
    _, role, body = tried
    outcome = invoked.outcomes[number]
    assert outcome["status"] == (403 if role == "Member" and body else 503), outcome["text"]
