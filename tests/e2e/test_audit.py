"""Who did what, and who was refused, as an auditor gets to see it."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.api_client import Json, assert_refused
from tests.e2e.local_azure import LocalAzure, running
from tests.e2e.status_world import signed_in

ALICE = "registries/quay/users/alice"
SPOOFED = {"X-Forwarded-For": "198.51.100.66"}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    settings = {"WEBSITE_AUTH_ENABLED": "True", "TURN_DELAY_SECONDS": "0"}
    with running(tmp_path_factory.mktemp("audited"), settings) as local_azure:
        yield local_azure


@pytest.fixture(scope="module")
def answers(local: LocalAzure) -> dict[str, httpx.Response]:
    """What happened, by the action that the audit calls it."""
    api = local.api
    created = api.send("PUT", "registries/quay", {"sku": "B2"}, headers=SPOOFED)
    api.finish(created.json())
    user = api.send("PUT", ALICE, {"description": "a"}, headers=SPOOFED)
    api.finish(user.json())
    refused = api.send("DELETE", ALICE, headers={**SPOOFED, "If-Match": '"long-ago"'})
    assert_refused(refused, 412, "ConditionNotMet")
    forbidden = api.send("GET", ALICE, headers={**SPOOFED, **signed_in()})
    assert_refused(forbidden, 403, "Forbidden")
    return {
        "CreateRegistry": created,
        "CreateOrUpdateUser": user,
        "DeleteUser": refused,
        "GetUser": forbidden,
    }


def read(local: LocalAzure, query: str) -> httpx.Response:
    answer = httpx.get(
        f"{local.api.url}audit?{query}", headers={"x-functions-key": local.api.key}, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    return answer


def entries(local: LocalAzure, form: str) -> list[Json]:
    """Of the registry, in that format, as strings."""
    answer = read(local, f"registry=quay&format={form}")
    kinds = {"json": "application/json", "jsonl": "application/x-ndjson", "csv": "text/csv"}
    assert answer.headers["content-type"].partition(";")[0] == kinds[form]
    if form == "csv":
        return list(csv.DictReader(io.StringIO(answer.text, newline="")))
    found = answer.json()["value"] if form == "json" else map(json.loads, answer.text.splitlines())
    return [{name: "" if value is None else str(value) for name, value in each.items()} for each in found]


OUTCOMES = {
    "CreateRegistry": ("quay", "Accepted", ""),
    "CreateOrUpdateUser": ("quay/alice", "Accepted", ""),
    "DeleteUser": ("quay/alice", "ConditionNotMet", "412"),
    "GetUser": ("quay/alice", "Forbidden", "403"),
}


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_mutations_and_refusals_stand_there_with_who_where_and_what_came_of_it(
    local: LocalAzure, answers: dict[str, httpx.Response], form: str
) -> None:
    found = entries(local, form)
    assert [each["action"] for each in found] == list(reversed(OUTCOMES)), "the newest first, each once"
    for each in found:
        answer = answers[each["action"]]
        assert (each["target"], each["outcome"], each["status"]) == OUTCOMES[each["action"]]
        assert each["requestId"] == answer.headers["x-ms-request-id"]
        assert each["address"] == "127.0.0.1", "what a caller says of its address is not believed"
        assert each["actor"].startswith("entra:" if each["outcome"] == "Forbidden" else "key:")
        started = answer.json()["operation"]["id"] if each["outcome"] == "Accepted" else ""
        assert each["operationId"] == started


def test_it_is_read_page_by_page_in_every_format(local: LocalAzure, answers: Any) -> None:
    _ = answers
    for form in ("json", "csv"):
        seen, query = list[str](), f"registry=quay&maxpagesize=1&format={form}"
        while query:
            answer = read(local, query)
            if form == "json":
                page, link = answer.json()["value"], answer.json().get("nextLink", "")
            else:
                page = list(csv.DictReader(io.StringIO(answer.text, newline="")))
                link = answer.headers.get("link", "").partition(">")[0]
            seen += [each["action"] for each in page]
            query = link.partition("?")[2]
        assert seen == list(reversed(OUTCOMES))


def test_nothing_in_the_api_changes_or_deletes_an_entry(local: LocalAzure, answers: Any) -> None:
    _ = answers
    before = {key: row for key, row in local.azure.tables().items() if key[0] == "audit"}
    [first, *_] = read(local, "registry=quay").json()["value"]
    for path in ("audit", f"audit/{first['id']}", "audit?registry=quay"):
        for method in ("PUT", "PATCH", "POST", "DELETE"):
            answer = local.api.send(method, path)
            assert (answer.status_code, answer.content) == (404, b""), f"{method} {path}: the host's own"
    local.api.delete_registry("quay")
    after = local.azure.tables()
    assert all(after.get(key) == row for key, row in before.items() if not key[1].startswith("!"))
    assert [each["action"] for each in entries(local, "json")] == ["PurgeRegistry", *reversed(OUTCOMES)]
