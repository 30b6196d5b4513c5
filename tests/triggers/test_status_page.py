"""Who sees the status page, as Azure's worker library hands requests over: links and Entra, never a function key."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.pages import links
from tests.triggers.app_process import Call, Invoked, invoke, settings_without_storage

ADMIN_KEY = "a key without a grant is Admin"
READER = "11111111-2222-4333-8444-555555555555"
SETTINGS = settings_without_storage(
    STATUS_LINK_KEY=links.KEY,
    WEBSITE_AUTH_ENABLED="True",
    ROLE_GRANTS=json.dumps([{"principal": f"user:{READER}", "role": "Reader", "registry": "pay*"}]),
)
"""The storage does not answer: whoever is let in is told that (503), and whoever is not never gets that far (401)."""
LET_IN, NOT_LET_IN = 503, 401


def signed_in(object_id: str) -> dict[str, str]:
    claims = [{"typ": "oid", "val": object_id}]
    document = json.dumps({"auth_typ": "aad", "claims": claims})
    return {"x-ms-client-principal": base64.b64encode(document.encode()).decode()}


CALLERS: dict[str, tuple[dict[str, str], dict[str, str], int]] = {
    "nobody": ({}, {}, NOT_LET_IN),
    "a function key in the header": ({"x-functions-key": ADMIN_KEY}, {}, NOT_LET_IN),
    "a function key in the query": ({}, {"code": ADMIN_KEY}, NOT_LET_IN),
    "a link": ({"cookie": links.cookie()}, {}, LET_IN),
    "a link for some registries": ({"cookie": links.cookie("pay*")}, {}, LET_IN),
    "an old link": ({"cookie": links.cookie(ago=timedelta(hours=2))}, {}, NOT_LET_IN),
    "a link of another key": ({"cookie": links.cookie(key="another" * 5)}, {}, NOT_LET_IN),
    "no link at all": ({"cookie": "berthage_status=x.y"}, {}, NOT_LET_IN),
    "an empty link": ({"cookie": "berthage_status="}, {}, NOT_LET_IN),
    "a changed link": ({"cookie": links.cookie()[:-14] + "A; theme=dark"}, {}, NOT_LET_IN),
    "a Reader": (signed_in(READER), {}, LET_IN),
    "somebody without a role": (signed_in(READER.replace("1", "9")), {}, NOT_LET_IN),
}
TOKEN = links.token()
LINK = f"https://berthage.example/api/status#{TOKEN}"
ARRIVALS: dict[str, tuple[dict[str, str], str]] = {
    "the token": ({"token": TOKEN}, "/api/status"),
    "the link as it was copied": ({"token": f" {LINK}\n"}, "/api/status"),
    "a link on one registry's page": ({"token": TOKEN, "to": "/api/status/payments"}, "/api/status/payments"),
    "a link on one team's page": (
        {"token": TOKEN, "to": "/api/status?tag=team%3Aa+b&sort=name"},
        "/api/status?tag=team%3Aa+b&sort=name",
    ),
}
NO_LINKS = {
    "no token of ours": "x",
    "an address without a token": LINK.partition("#")[0],
    "an old token": links.token(ago=timedelta(hours=2)),
    "a token of another key": links.token(key="another" * 5),
}
ELSEWHERE = [
    "https://evil.example/api/status",
    "//evil.example",
    "/api/status.evil.example",
    "/api/status/../registries",
    "/api/status?x=\r\nSet-Cookie: a=b",
    "/api/status/payments\n",
    "/api/registries",
]


def call(function: str, headers: dict[str, str], query: dict[str, str]) -> Call:
    params = {"registry": "payments"} if function == "get_registry_status" else {}
    return {"function": function, "method": "GET", "params": params, "query": query, "headers": headers}


def arrival(fields: dict[str, str]) -> Call:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return {"function": "open_status_link", "method": "POST", "headers": form, "text": urlencode(fields)}


CALLS = [
    *(call("get_status", headers, query) for headers, query, _ in CALLERS.values()),
    *(arrival(fields) for fields, _ in ARRIVALS.values()),
    *(arrival({"token": token}) for token in NO_LINKS.values()),
    *(arrival({"token": TOKEN, "to": to}) for to in ELSEWHERE),
    call("get_status", {}, {"token": TOKEN}),
    call("get_registry_status", {"cookie": links.cookie("search")}, {}),
    call("get_status", {"cookie": links.cookie()}, {"sort": "<script>"}),
]


@pytest.fixture(scope="module")
def invoked() -> Invoked:
    found = invoke(CALLS, SETTINGS)
    for each in found.outcomes:
        each["headers"] = {name.lower(): value for name, value in each["headers"].items()}
    return found


def outcome(invoked: Invoked, caller: str) -> dict[str, Any]:
    return invoked.outcomes[list(CALLERS).index(caller)]


@pytest.mark.parametrize("caller", CALLERS)
def test_the_page_is_for_links_and_for_those_whom_entra_knows(invoked: Invoked, caller: str) -> None:
    answer = outcome(invoked, caller)
    assert answer["status"] == CALLERS[caller][2]
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert "payments" not in answer["text"]


def test_whoever_is_not_let_in_reads_the_same(invoked: Invoked) -> None:
    refused = {
        _without_nonce(outcome(invoked, caller))
        for caller, (_, _, status) in CALLERS.items()
        if status == NOT_LET_IN
    }
    assert len(refused) == 1
    [page] = refused
    assert "This page needs a status link" in page
    assert "POST /api/status/links" in page
    assert 'href="/.auth/login/aad' in page


def _without_nonce(answer: dict[str, Any]) -> str:
    policy = answer["headers"]["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert len(nonce) >= 20
    return str(answer["text"].replace(nonce, "NONCE"))


@pytest.mark.parametrize("caller", CALLERS)
def test_every_page_runs_and_loads_nothing_but_its_own(invoked: Invoked, caller: str) -> None:
    headers = outcome(invoked, caller)["headers"]
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "frame-ancestors 'none'" in policy
    wanted = {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    assert headers.items() >= wanted.items()


def test_nonces_are_never_the_same(invoked: Invoked) -> None:
    policies = {outcome(invoked, caller)["headers"]["content-security-policy"] for caller in CALLERS}
    assert len(policies) == len(CALLERS)


def arrived(invoked: Invoked, place: int) -> dict[str, Any]:
    return invoked.outcomes[len(CALLERS) + place]


@pytest.mark.parametrize("what", ARRIVALS)
def test_a_token_becomes_a_cookie_and_the_browser_is_led_to_the_page(invoked: Invoked, what: str) -> None:
    answer = arrived(invoked, list(ARRIVALS).index(what))
    assert (answer["status"], answer["text"]) == (303, "")
    assert answer["headers"]["location"] == ARRIVALS[what][1]
    assert TOKEN not in json.dumps(answer["headers"])
    [cookie] = answer["cookies"]
    name, *attributes = cookie.split("; ")
    assert name == f"berthage_status={TOKEN}"
    assert set(attributes) >= {"Path=/api/status", "Secure", "HttpOnly", "SameSite=Lax"}
    [age] = [int(each.removeprefix("Max-Age=")) for each in attributes if each.startswith("Max-Age=")]
    assert 3000 < age <= 3600


@pytest.mark.parametrize("what", NO_LINKS)
def test_what_is_no_link_is_told_so(invoked: Invoked, what: str) -> None:
    answer = arrived(invoked, len(ARRIVALS) + list(NO_LINKS).index(what))
    assert (answer["status"], answer["cookies"]) == (401, [])
    assert 'method="post" action="/api/status"' in answer["text"]
    assert TOKEN not in answer["text"]


@pytest.mark.parametrize("to", ELSEWHERE)
def test_a_link_leads_nowhere_but_to_the_status_page(invoked: Invoked, to: str) -> None:
    answer = arrived(invoked, len(ARRIVALS) + len(NO_LINKS) + ELSEWHERE.index(to))
    assert (answer["status"], answer["cookies"]) == (400, [])
    assert "location" not in answer["headers"]


def test_an_address_takes_no_token(invoked: Invoked) -> None:
    answer = invoked.outcomes[-3]
    assert (answer["status"], answer["cookies"]) == (400, [])
    assert TOKEN not in answer["text"]


def test_a_registry_that_a_link_does_not_show_is_as_one_that_is_not_there(invoked: Invoked) -> None:
    answer = invoked.outcomes[-2]
    assert (answer["status"], answer["headers"]["x-ms-error-code"]) == (404, "RegistryNotFound")


def test_what_is_asked_for_is_never_markup(invoked: Invoked) -> None:
    answer = invoked.outcomes[-1]
    assert (answer["status"], answer["headers"]["content-type"]) == (400, "text/html; charset=utf-8")
    assert "<script>" not in answer["text"]


def test_no_token_and_no_key_is_ever_in_the_log(invoked: Invoked) -> None:
    signature = TOKEN.rpartition(".")[2]
    for secret in (TOKEN, signature, links.KEY, ADMIN_KEY, hashlib.sha256(ADMIN_KEY.encode()).hexdigest()):
        assert secret not in invoked.log
