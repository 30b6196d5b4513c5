"""Every kind of bad input is a 4xx that says what to mend, and nothing is written."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.api_client import Json, assert_refused
from tests.e2e.emulated_azure import Rows
from tests.e2e.local_azure import LocalAzure

HARBOUR = "registries/harbour"
ALICE = f"{HARBOUR}/users/alice"
BCRYPT = "$2b$05$" + "a" * 53
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Bad:
    """One request, and what its answer says. `targets`: the fields that `details` names, in any order."""

    what: str
    method: str
    path: str
    status: int
    code: str
    body: object = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    fix: str = ""
    """What the fix has to name."""


def _put(what: str, path: str, code: str, *targets: str, body: object, fix: str = "") -> Bad:
    return Bad(what, "PUT", path, 400, code, body=body, targets=targets, fix=fix)


def _query(what: str, path: str, code: str, target: str, method: str = "GET", fix: str = "") -> Bad:
    return Bad(what, method, path, 400, code, targets=(target,), fix=fix)


REGISTRY_BODIES = [
    _put("unknown field", HARBOUR, "UnknownField", "skuu", body={"skuu": "B1"}, fix="sku"),
    _put("number for a string", HARBOUR, "InvalidType", "sku", body={"sku": 1}, fix="string"),
    _put("string for a bool", HARBOUR, "InvalidType", "deleteEnabled", body={"deleteEnabled": []}),
    _put("tags that are a list", HARBOUR, "InvalidType", "tags", body={"tags": ["a"]}),
    _put("tag that is a number", HARBOUR, "InvalidType", "tags.a", body={"tags": {"a": 1}}),
    _put("tag name of ours", HARBOUR, "InvalidTags", "tags", body={"tags": {"berthage-uid": "x"}}),
    _put("too many tags", HARBOUR, "InvalidTags", "tags", body={"tags": {f"t{n}": "" for n in range(16)}}),
    _put(
        "location not allowed", HARBOUR, "NotAllowed", "location", body={"location": "mars"}, fix="westeurope"
    ),
    _put("sku not allowed", HARBOUR, "NotAllowed", "sku", body={"sku": "Y1"}, fix="ALLOWED_SKUS"),
    _put("image not allowed", HARBOUR, "NotAllowed", "image", body={"image": "evil:1"}, fix="registry:2.8.3"),
    _put(
        "replication not known", HARBOUR, "NotAllowed", "storageReplication", body={"storageReplication": "X"}
    ),
    _put("placement not known", HARBOUR, "NotAllowed", "placement", body={"placement": "shared"}),
    _put("a list for a body", HARBOUR, "InvalidType", "body", body=["sku"]),
    _put("a string for a body", HARBOUR, "InvalidType", "body", body="sku"),
    _put("null for a body", HARBOUR, "InvalidType", "body", body=None, fix="object"),
    _put(
        "several fields at once",
        HARBOUR,
        "InvalidRequest",
        *("sku", "location", "deleteEnabled", "tags", "colour"),
        body={"sku": [], "location": "mars", "deleteEnabled": "maybe", "tags": {"<": ""}, "colour": "blue"},
    ),
    _put("name, body and version at once", "registries/A?api-version=1", "InvalidRequest",
         "registry", "api-version", "sku", body={"sku": {}}),
]  # fmt: skip

USER_BODIES = [
    _put("password too short", ALICE, "InvalidPassword", "password", body={"password": "elevenchars"}),
    _put("password over 72 bytes", ALICE, "InvalidPassword", "password", body={"password": "p" * 73}),
    _put("72 characters, 144 bytes", ALICE, "InvalidPassword", "password", body={"password": "é" * 72}),
    _put("password with a line break", ALICE, "InvalidPassword", "password",
         body={"password": "first line of two\nsecond"}),
    _put("password that is a number", ALICE, "InvalidType", "password", body={"password": 123456789012}),
    _put("hash that is none", ALICE, "InvalidPasswordHash", "passwordHash", body={"passwordHash": "{SHA}x="}),
    _put("hash of another kind", ALICE, "InvalidPasswordHash", "passwordHash",
         body={"passwordHash": BCRYPT.replace("$2b$", "$2x$")}),
    _put("hash of cost 3", ALICE, "InvalidPasswordHash", "passwordHash",
         body={"passwordHash": BCRYPT.replace("$05$", "$03$")}),
    _put("hash with a second line", ALICE, "InvalidPasswordHash", "passwordHash",
         body={"passwordHash": f"{BCRYPT}\nroot:{BCRYPT}"}),
    _put("password and hash", ALICE, "TwoSecrets", "passwordHash",
         body={"password": "sent-by-alice-herself", "passwordHash": BCRYPT}),
    _put("description too long", ALICE, "InvalidDescription", "description", body={"description": "d" * 257}),
    _put("unknown field", ALICE, "UnknownField", "pasword", body={"pasword": "hunter2-hunter2"},
         fix="passwordHash"),
    _put("several fields at once", ALICE, "InvalidRequest", "password", "passwordHash", "description", "admin",
         body={"password": "short", "passwordHash": "x", "description": 1, "admin": True}),
    Bad("body on a rotate", "POST", f"{ALICE}/rotate", 400, "UnknownField", body={"password": "sent-with-a-rotation"},
        targets=("password",)),
]  # fmt: skip

NAMES = [
    *(
        _put(f"registry named {name[:30]}", f"registries/{name}", "InvalidRegistryName", "registry", body={})
        for name in ("ab", "Harbour", "1quay", "quay-", "qu_ay", "quay%0A", "quay%2F..%2Fx", "q" * 25, "%C3%A4bc")
    ),
    *(
        _put(f"user named {name[:30]}", f"{HARBOUR}/users/{name}", "InvalidUsername", "username", body={})
        for name in ("_probe", ".x", "a:b", "a%0Ab", "a%20b", "a%00", "a%23b", "u" * 65, "%E2%98%83")
    ),
    Bad("bad names in a GET", "GET", "registries/A/users/_", 400, "InvalidRequest", targets=("registry", "username")),
    Bad("bad names in a DELETE", "DELETE", f"{HARBOUR}/users/_probe", 400, "InvalidUsername", targets=("username",)),
]  # fmt: skip

QUERIES = [
    _query("DELETE without purge", f"{HARBOUR}?confirm=harbour", "ConfirmationRequired", "purge",
           "DELETE", "?purge=true&confirm=harbour"),
    _query("DELETE with another purge", f"{HARBOUR}?purge=yes&confirm=harbour", "ConfirmationRequired", "purge",
           "DELETE", "?purge=true&confirm=harbour"),
    _query("DELETE without confirm", f"{HARBOUR}?purge=true", "ConfirmationRequired", "confirm",
           "DELETE", "?purge=true&confirm=harbour"),
    _query("DELETE with another confirm", f"{HARBOUR}?purge=true&confirm=quay", "ConfirmationRequired", "confirm",
           "DELETE", "?purge=true&confirm=harbour"),
    _query("version that there is not", f"{HARBOUR}?api-version=2019-01-01", "UnsupportedApiVersionValue",
           "api-version", fix="2026-11-01"),
    _query("unknown parameter", f"{HARBOUR}?verbose=1", "UnknownField", "verbose"),
    _query("page of no size", "registries?maxpagesize=0", "InvalidValue", "maxpagesize"),
    _query("page without a number", "registries?maxpagesize=all", "InvalidType", "maxpagesize"),
    _query("page too large", f"{HARBOUR}/users?maxpagesize=1001", "InvalidValue", "maxpagesize"),
    _query("wait too long", "operations/harbour.x?wait=61", "InvalidValue", "wait"),
    _query("wait that is no number", "operations/harbour.x?wait=long", "InvalidType", "wait"),
    _query("wait for not a number", "operations/harbour.x?wait=nan", "InvalidValue", "wait"),
    _query("wait in the past", "operations/harbour.x?wait=-1", "InvalidValue", "wait"),
]  # fmt: skip

HEADERS = [
    Bad("bad Operation-Id", "PUT", HARBOUR, 400, "InvalidOperationId", body={"sku": "B2"},
        headers={"Operation-Id": "a.b"}, targets=("Operation-Id",), fix="UUID"),
    Bad("long Operation-Id", "DELETE", ALICE, 400, "InvalidOperationId",
        headers={"Operation-Id": "x" * 65}, targets=("Operation-Id",)),
    Bad("If-None-Match with an etag", "PUT", HARBOUR, 400, "NotAllowed", body={"sku": "B2"},
        headers={"If-None-Match": '"x"'}, targets=("If-None-Match",)),
]  # fmt: skip

CHANGES_OF_OPERATIONS = [
    bad
    for path in ("operations/harbour.nothing/cancel", "operations/harbour.nothing/retry")
    for bad in (
        Bad(f"body for {path}", "POST", path, 400, "UnknownField", body={"force": True}, targets=("force",)),
        Bad(f"list for {path}", "POST", path, 400, "InvalidType", body=["force"], targets=("body",)),
        Bad(f"form for {path}", "POST", path, 415, "UnsupportedMediaType", content=b"force=1"),
        Bad(f"parameter for {path}", "POST", f"{path}?force=1", 400, "UnknownField", targets=("force",)),
        Bad(f"bad Operation-Id for {path}", "POST", path, 400, "InvalidOperationId",
            headers={"Operation-Id": "a.b"}, targets=("Operation-Id",), fix="UUID"),
        Bad(f"condition for {path}", "POST", path, 400, "UnknownField",
            headers={"If-Match": '"x"'}, targets=("If-Match",), fix="Remove it"),
    )
]  # fmt: skip

BODIES_AS_BYTES = [
    Bad("oversized", "PUT", HARBOUR, 413, "RequestBodyTooLarge", headers=JSON,
        content=json.dumps({"tags": {"t": "x" * 70_000}}).encode()),
    Bad("oversized for a user", "PUT", ALICE, 413, "RequestBodyTooLarge", headers=JSON, content=b" " * 70_000),
    Bad("a form", "PUT", HARBOUR, 415, "UnsupportedMediaType", content=b"sku=B2",
        headers={"Content-Type": "application/x-www-form-urlencoded"}, fix="application/json"),
    Bad("no content type", "PUT", ALICE, 415, "UnsupportedMediaType", content=b"{}", fix="application/json"),
    Bad("half a body", "PUT", HARBOUR, 400, "InvalidJson", content=b'{"sku": "B2"', headers=JSON),
    Bad("not UTF-8", "PUT", HARBOUR, 400, "InvalidJson", content=b'{"sku": "\xff\xfe"}', headers=JSON),
    Bad("half a character", "PUT", ALICE, 400, "InvalidJson", content=b'{"description": "\\ud800"}', headers=JSON),
    Bad("deep nesting", "PUT", HARBOUR, 400, "InvalidJson", content=b"[" * 60_000, headers=JSON),
    Bad("a number of 10,000 digits", "PUT", HARBOUR, 400, "InvalidJson", content=b"1" * 10_000, headers=JSON),
]  # fmt: skip

MISSING = [
    Bad("registry that there is not", "GET", "registries/harbor", 404, "RegistryNotFound", fix="'harbour'"),
    Bad("registry like no other", "GET", "registries/zzz", 404, "RegistryNotFound", fix="PUT /api/registries/zzz"),
    Bad("user in no registry", "PUT", "registries/harbor/users/alice", 404, "RegistryNotFound", body={},
        fix="'harbour'"),
    Bad("deleting in no registry", "DELETE", "registries/harbor/users/alice", 404, "RegistryNotFound"),
    Bad("listing no registry", "GET", "registries/harbor/users", 404, "RegistryNotFound"),
    Bad("user that there is not", "GET", f"{HARBOUR}/users/alcie", 404, "UserNotFound", fix="'alice'"),
    Bad("rotating nobody", "POST", f"{HARBOUR}/users/Alice/rotate", 404, "UserNotFound", fix="'alice'"),
    Bad("operation that there is not", "GET", "operations/harbour.nothing", 404, "OperationNotFound"),
    Bad("operation id that is none", "GET", "operations/nothing", 404, "OperationNotFound"),
    *(
        Bad(f"{verb} of {what}", "POST", f"operations/{name}/{verb}", 404, "OperationNotFound")
        for verb in ("cancel", "retry")
        for what, name in (("nothing", "harbour.nothing"), ("no id", "nothing"), ("a long id", "x" * 2000))
    ),
]  # fmt: skip

BAD = [
    *REGISTRY_BODIES,
    *USER_BODIES,
    *NAMES,
    *QUERIES,
    *HEADERS,
    *CHANGES_OF_OPERATIONS,
    *BODIES_AS_BYTES,
    *MISSING,
]


@pytest.fixture
def rows(local: LocalAzure, harbour: str) -> Iterator[Rows]:
    """Every row of every table, before; the same afterwards. What timers find out is theirs, whenever they run."""
    _ = harbour
    before = _without_findings(local.azure.tables_at_rest())
    yield before
    assert _without_findings(local.azure.tables()) == before


def _without_findings(rows: Rows) -> Rows:
    """Without the audit, where a refusal is to stand, and without what belongs to no registry."""
    return {
        key: row
        for key, row in rows.items()
        if key[0] not in {"health", "audit"} and not key[1].startswith("!")
    }


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.method} {bad.what}")
def test_bad_input_is_refused_with_a_way_out(local: LocalAzure, rows: Rows, bad: Bad) -> None:
    _ = rows
    if bad.body is None and bad.content is None and bad.method == "PUT":
        answer = local.api.send(bad.method, bad.path, content=b"null", headers={**JSON, **bad.headers})
    else:
        answer = local.api.send(bad.method, bad.path, bad.body, content=bad.content, headers=bad.headers)
    error = assert_refused(answer, bad.status, bad.code)
    assert bad.fix in error["fix"]
    if bad.targets:
        assert sorted(problem["target"] for problem in error["details"]) == sorted(bad.targets)
        assert all(problem["code"] and problem["message"] and problem["fix"] for problem in error["details"])
    if len(bad.targets) == 1:
        assert error["target"] == bad.targets[0]


def test_a_refused_secret_is_not_repeated(local: LocalAzure, rows: Rows) -> None:
    _ = rows
    secret = f"only-alice-knows-{uuid4()}"
    bodies: list[Json] = [
        {"password": secret + "\n"},
        {"password": secret * 3},
        {"password": [secret]},
        {"passwordHash": secret},
        {"password": secret, "passwordHash": BCRYPT},
        {"pasword": secret},
    ]
    for body in bodies:
        answer = local.api.send("PUT", ALICE, body)
        assert answer.status_code == 400
        assert secret not in answer.text
    cut = json.dumps({"password": secret})[:-1]
    assert secret not in local.api.send("PUT", ALICE, content=cut.encode(), headers=JSON).text
    local.api.passwords.add(secret)


def test_a_hash_that_takes_days_to_check_is_never_checked_here(local: LocalAzure, harbour: str) -> None:
    path = f"registries/{harbour}/users/slow"
    days = BCRYPT.replace("$05$", "$31$")
    assert "cost 31" in local.api.call("PUT", path, 201, {"passwordHash": days})["warning"]
    replaced = local.api.call("PUT", path, 200, {"password": "chosen-by-a-person"})
    assert "cost 10" in replaced["warning"]
    assert local.api.call("PUT", path, 200, {"password": "chosen-by-a-person"})["etag"] == replaced["etag"]
    local.api.finish(local.api.call("DELETE", path, 202))


@pytest.mark.parametrize("key", ["", "no-such-key"])
def test_a_wrong_key_gets_the_hosts_own_empty_401(local: LocalAzure, rows: Rows, key: str) -> None:
    _ = rows
    for method, path in (("GET", HARBOUR), ("PUT", ALICE), ("DELETE", ALICE), ("GET", "operations/x")):
        answer = local.api.send(method, path, headers={"x-functions-key": key})
        assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", HARBOUR),
        ("PUT", "registries"),
        ("GET", f"{ALICE}/rotate"),
        ("GET", "x"),
        ("GET", "operations/harbour.x/retry"),
        ("DELETE", "operations/harbour.x"),
    ],
)
def test_a_wrong_method_gets_the_hosts_own_empty_404(
    local: LocalAzure, rows: Rows, method: str, path: str
) -> None:
    _ = rows
    answer = local.api.send(method, path)
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_registry_that_is_being_created_says_which_operation_is_in_the_way(local: LocalAzure) -> None:
    local.azure.slow_down(0.7)
    try:
        created = local.api.call("PUT", "registries/busy", 201, {})
        before = local.azure.users("harbour")
        for method, path, body in (
            ("PUT", "registries/busy", {"sku": "B2"}),
            ("DELETE", "registries/busy?purge=true&confirm=busy", None),
        ):
            answer = local.api.send(method, path, body)
            error = assert_refused(answer, 409, "OperationInProgress")
            assert answer.headers["Operation-Location"] == created["operation"]["url"]
            assert int(answer.headers["Retry-After"]) >= 1
            assert created["operation"]["id"] in error["fix"]
        repeated = local.api.call("PUT", "registries/busy", 200, {})
        assert repeated["operation"]["id"] == created["operation"]["id"]
        local.api.finish(created)
        assert local.api.call("GET", "registries/busy", 200)["sku"] == "B1"
        assert local.azure.users("harbour") == before
    finally:
        local.azure.slow_down(0.2)
    local.api.delete_registry("busy")


MARK = "known-to-nobody-else-"
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40)
_anything = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
)
_secrets = st.text(st.characters(codec="utf-8"), max_size=60).map(lambda text: MARK + text)
_hashes = st.builds(
    "$2{}${:02d}${}".format,
    st.sampled_from("abyx"),
    st.integers(3, 32),
    st.from_regex(r"\A[./A-Za-z0-9]{53}\Z"),
)
_tags = st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4)


def _mostly(kind: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 7).flatmap(lambda number: kind if number else _anything)


def _fields(**known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Bodies with the fields that there are, mostly with what belongs there, sometimes with anything else."""
    return _mostly(st.fixed_dictionaries({}, optional={name: _mostly(kind) for name, kind in known.items()}))


_registry_bodies = _fields(
    location=st.sampled_from(["westeurope", "mars"]),
    sku=st.sampled_from(["B1", "b1", ""]),
    image=st.sampled_from(["registry:2.8.3", "registry"]),
    storageReplication=st.sampled_from(["LRS", "lrs"]),
    deleteEnabled=st.booleans(),
    placement=st.just("dedicated"),
    tags=_tags,
)
_user_bodies = _fields(
    password=_secrets | st.lists(_secrets, max_size=2),
    passwordHash=_hashes,
    description=st.text(st.characters(codec="utf-8"), max_size=300),
)  # fmt: skip
_bounded = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def test_no_body_of_a_registry_breaks_the_control_plane(local: LocalAzure, rows: Rows) -> None:
    """`If-None-Match: *` on a registry that exists: what is well formed changes nothing either."""
    _ = rows

    @_bounded
    @given(_registry_bodies)
    def put(body: object) -> None:
        content = json.dumps(body).encode()
        answer = local.api.send("PUT", HARBOUR, content=content, headers={**JSON, "If-None-Match": "*"})
        assert answer.status_code in {400, 412}, answer.text
        assert answer.json()["error"]["code"] == answer.headers["x-ms-error-code"]

    put()


def test_no_body_of_a_user_breaks_the_control_plane_or_repeats_a_password(
    local: LocalAzure, harbour: str
) -> None:
    """What is well formed is written: a user of its own, who is gone in the end."""
    path = f"registries/{harbour}/users/fuzzy"
    local.api.passwords.add(MARK)

    @_bounded
    @given(_user_bodies)
    def put(body: object) -> None:
        answer = local.api.send("PUT", path, content=json.dumps(body).encode(), headers=JSON)
        assert answer.status_code in {200, 201, 400}, answer.text
        assert MARK not in answer.text
        if answer.is_error:
            assert answer.json()["error"]["code"] == answer.headers["x-ms-error-code"]

    put()
    removal = local.api.send("DELETE", path)
    if removal.status_code == 202:
        local.api.finish(removal.json())
