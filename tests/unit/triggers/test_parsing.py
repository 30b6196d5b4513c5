"""From a request to checked values: every bad field is named at once, and nothing that was sent comes back."""

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.domain.errors import ApiError, Problem
from shared.domain.users.htpasswd_import import MOST_IMPORT_BYTES
from shared.domain.users.user_import import Mode
from shared.settings import Settings
from shared.triggers.bodies import MAX_BODY_BYTES
from shared.triggers.parsing import is_purge, parse
from shared.triggers.request_models.operations import OperationRequest
from shared.triggers.request_models.registries import (
    DeleteRegistryRequest,
    ListRequest,
    PutRegistryRequest,
    RegistryRequest,
)
from shared.triggers.request_models.users import ImportRequest, PutUserRequest, UserRequest

POLICY = Settings(
    azure_subscription_id="s",
    azure_resource_group="g",
    public_url="https://berthage.example",
    probe_key="p" * 32,
)
HASH = f"$2b$05${'a' * 53}"
SENT = "s3cret-that-was-sent"


def request(
    body: Any = None,
    *,
    method: str = "PUT",
    raw: bytes | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    registry: str | None = "demo",
    **route: str,
) -> func.HttpRequest:
    """A request as the worker hands it over; `raw` is a body that is not JSON."""
    return func.HttpRequest(
        method,
        f"https://berthage.example/api/registries/demo?{urlencode({'code': 'key', **(query or {})})}",
        headers={"Content-Type": "application/json", **(headers or {})},
        params={name: value for name, value in (query or {}).items() if value},  # as the host does
        route_params={"registry": registry, **route} if registry is not None else route,
        body=raw if raw is not None else b"" if body is None else json.dumps(body).encode(),
    )


def refusal(model: type[BaseModel], req: func.HttpRequest) -> ApiError:
    with pytest.raises(ApiError) as refused:
        parse(model, req, POLICY)
    assert refused.value.__cause__ is None, "a cause is logged, and it holds what was sent"
    return refused.value


def said(error: ApiError) -> str:
    """Everything that the answer says."""
    return json.dumps(
        [error.code, error.message, error.fix, error.target, [asdict(one) for one in error.details]]
    )


def put(body: Any) -> ApiError:
    return refusal(PutRegistryRequest, request(body))


def put_user(body: Any) -> ApiError:
    return refusal(PutUserRequest, request(body, username="ci"))


# One bad field: (what is sent, code, target, a word that the fix must hold)

BAD_REGISTRIES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"skuu": SENT}, "UnknownField", "skuu", "sku"),
    ({"storage_replication_": SENT}, "UnknownField", "storage_replication_", "storageReplication"),
    ({"Sku": "B1"}, "UnknownField", "Sku", "sku"),
    ({"location": SENT}, "NotAllowed", "location", "westeurope"),
    ({"sku": SENT}, "NotAllowed", "sku", "ALLOWED_SKUS"),
    ({"image": f"{SENT}@registry:2.8.3"}, "NotAllowed", "image", "registry:2.8.3"),
    ({"sku": 5}, "InvalidType", "sku", "string"),
    ({"sku": [SENT]}, "InvalidType", "sku", "string"),
    ({"image": {"name": SENT}}, "InvalidType", "image", "string"),
    ({"storageReplication": SENT}, "NotAllowed", "storageReplication", "values"),
    ({"storageReplication": 1}, "NotAllowed", "storageReplication", "values"),
    ({"placement": SENT}, "NotAllowed", "placement", "values"),
    ({"deleteEnabled": SENT}, "InvalidType", "deleteEnabled", "true or false"),
    ({"deleteEnabled": "true"}, "InvalidType", "deleteEnabled", "without quotes"),
    ({"deleteEnabled": 1}, "InvalidType", "deleteEnabled", "true or false"),
    ({"tags": SENT}, "InvalidType", "tags", "object"),
    ({"tags": [SENT]}, "InvalidType", "tags", "object"),
    ({"tags": {"team": 7}}, "InvalidType", "tags.team", "string"),
    ({"tags": {"team": {"name": SENT}}}, "InvalidType", "tags.team", "string"),
    ({"tags": {"berthage-uid": SENT}}, "InvalidTags", "tags", "berthage-"),
    ({"tags": {"team": SENT * 20}}, "InvalidTags", "tags", "256"),
]
BAD_USERS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"password": SENT[:11]}, "InvalidPassword", "password", "generated"),
    ({"password": SENT * 4}, "InvalidPassword", "password", "generated"),
    ({"password": f"{SENT}\n"}, "InvalidPassword", "password", "line breaks"),
    ({"password": ""}, "InvalidPassword", "password", "generated"),
    ({"password": 123456789012}, "InvalidType", "password", "string"),
    ({"password": [SENT]}, "InvalidType", "password", "string"),
    ({"passwordHash": SENT}, "InvalidPasswordHash", "passwordHash", "htpasswd -nbB"),
    ({"passwordHash": f"$apr1${SENT}"}, "InvalidPasswordHash", "passwordHash", "htpasswd -nbB"),
    ({"passwordHash": {"hash": SENT}}, "InvalidType", "passwordHash", "string"),
    ({"password": SENT, "passwordHash": HASH}, "TwoSecrets", "passwordHash", "one of them"),
    ({"description": SENT * 20}, "InvalidDescription", "description", "shorten"),
    ({"description": f"two{chr(10)}lines {SENT}"}, "InvalidDescription", "description", "line breaks"),
    ({"description": 7}, "InvalidType", "description", "string"),
    ({"pasword": SENT}, "UnknownField", "pasword", "password"),
]


def check(error: ApiError, body: object, code: str, target: str, fix: str) -> None:
    [problem] = error.details
    assert (error.status, error.code, error.target) == (400, code, target)
    assert (problem.code, problem.target, problem.message, problem.fix) == (
        code,
        target,
        error.message,
        error.fix,
    )
    assert error.message.startswith(f"{target}: ")
    assert error.message.endswith(".")
    assert fix in error.fix
    assert_nothing_comes_back(error, body)


def assert_nothing_comes_back(error: ApiError, body: object) -> None:
    """No string that the caller sent as a value, whole or in part."""
    text = said(error)
    assert "s3cret" not in text
    assert not any(value in text for value in values(body) if len(value) > 10)


def values(body: object) -> list[str]:
    if isinstance(body, dict):
        return [text for inner in body.values() for text in values(inner)]
    if isinstance(body, list):
        return [text for inner in body for text in values(inner)]
    return [body if isinstance(body, str) else json.dumps(body)]


@pytest.mark.parametrize(("body", "code", "target", "fix"), BAD_REGISTRIES)
def test_a_bad_field_of_a_registry_is_named_with_its_fix(
    body: dict[str, Any], code: str, target: str, fix: str
) -> None:
    check(put(body), body, code, target, fix)


@pytest.mark.parametrize(("body", "code", "target", "fix"), BAD_USERS)
def test_a_bad_field_of_a_user_is_named_with_its_fix(
    body: dict[str, Any], code: str, target: str, fix: str
) -> None:
    check(put_user(body), body, code, target, fix)


def test_all_that_is_wrong_with_path_query_headers_and_body_is_said_at_once() -> None:
    req = request(
        {"password": SENT[:5], "passwordHash": SENT, "description": 1, "role": SENT},
        headers={"If-None-Match": SENT, "Operation-Id": f"{SENT}!"},
        query={"api-version": "1999-01-01", "force": SENT},
        registry="D",
        username="-ci",
    )
    error = refusal(PutUserRequest, req)
    found = {problem.target: problem.code for problem in error.details}
    assert (error.status, error.code) == (400, "InvalidRequest")
    assert found == {
        "api-version": "UnsupportedApiVersionValue",
        "registry": "InvalidRegistryName",
        "username": "InvalidUsername",
        "If-None-Match": "NotAllowed",
        "Operation-Id": "InvalidOperationId",
        "force": "UnknownField",
        "password": "InvalidPassword",
        "passwordHash": "InvalidPasswordHash",
        "description": "InvalidType",
        "role": "UnknownField",
    }
    assert error.message.startswith("10 fields")
    assert all(target in error.message for target in found)
    assert all(problem.fix and problem.message for problem in error.details)
    assert "s3cret" not in said(error)


# One bad part outside the body: (model, request, code, target, a word that the fix must hold)

BAD_PARTS: list[Any] = [
    (RegistryRequest, request(method="GET", registry="ab"), "InvalidRegistryName", "registry", "payments"),
    (UserRequest, request(method="GET", username="a:b"), "InvalidUsername", "username", "ci"),
    (UserRequest, request(method="GET", username="a\n"), "InvalidUsername", "username", "ci"),
    (RegistryRequest, request(method="GET", query={"x": "1"}), "UnknownField", "x", "Remove it."),
    (
        ListRequest,
        request(method="GET", registry=None, query={"top": "5"}),
        "UnknownField",
        "top",
        "maxpagesize",
    ),
    (
        ListRequest,
        request(method="GET", registry=None, query={"maxpagesize": "0"}),
        "InvalidValue",
        "maxpagesize",
        "range",
    ),
    (
        ListRequest,
        request(method="GET", registry=None, query={"maxpagesize": "1001"}),
        "InvalidValue",
        "maxpagesize",
        "range",
    ),
    (
        ListRequest,
        request(method="GET", registry=None, query={"maxpagesize": SENT}),
        "InvalidType",
        "maxpagesize",
        "whole number",
    ),
    (
        ListRequest,
        request(method="GET", registry=None, query={"$skiptoken": SENT * 8}),
        "InvalidValue",
        "$skiptoken",
        "shorter",
    ),
    (
        ListRequest,
        request(method="GET", registry=None, query={"$skiptoken": "demo\0"}),
        "InvalidValue",
        "$skiptoken",
        "nextLink",
    ),
    (
        ListRequest,
        request(method="GET", registry=None, query={"maxpagesize": ""}),
        "InvalidType",
        "maxpagesize",
        "whole number",
    ),
    (
        ListRequest,
        request(method="GET", registry=None, query={"api-version": ""}),
        "UnsupportedApiVersionValue",
        "api-version",
        "leave it out",
    ),
    (
        OperationRequest,
        request(method="GET", registry=None, query={"wait": "-1"}, operation="o"),
        "InvalidValue",
        "wait",
        "range",
    ),
    (
        OperationRequest,
        request(method="GET", registry=None, query={"wait": "61"}, operation="o"),
        "InvalidValue",
        "wait",
        "range",
    ),
    (
        OperationRequest,
        request(method="GET", registry=None, query={"wait": "nan"}, operation="o"),
        "InvalidValue",
        "wait",
        "",
    ),
    (
        OperationRequest,
        request(method="GET", registry=None, query={"wait": SENT}, operation="o"),
        "InvalidType",
        "wait",
        "number",
    ),
    (UserRequest, request({"a": SENT}, method="POST", username="ci"), "UnknownField", "a", "Remove it."),
    (
        RegistryRequest,
        request(method="GET", query={"api-version": "2020-01-01"}),
        "UnsupportedApiVersionValue",
        "api-version",
        "2026-11-01",
    ),
    (
        PutRegistryRequest,
        request({}, headers={"if-none-match": f'"{SENT}"'}),
        "NotAllowed",
        "If-None-Match",
        "values",
    ),
    (
        PutRegistryRequest,
        request({}, headers={"operation-id": "a b"}),
        "InvalidOperationId",
        "Operation-Id",
        "UUID",
    ),
    (
        PutRegistryRequest,
        request({}, headers={"Operation-Id": ""}),
        "InvalidOperationId",
        "Operation-Id",
        "UUID",
    ),
]


@pytest.mark.parametrize(("model", "req", "code", "target", "fix"), BAD_PARTS)
def test_a_bad_part_outside_the_body_is_named(
    model: type[BaseModel], req: func.HttpRequest, code: str, target: str, fix: str
) -> None:
    error = refusal(model, req)
    assert (error.status, error.code, error.target) == (400, code, target)
    assert fix in error.fix
    assert error.fix
    assert "s3cret" not in said(error)


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"5", b"null", b"true", b'["s3cret"]'])
def test_a_body_that_is_no_object_is_refused(raw: bytes) -> None:
    error = refusal(PutRegistryRequest, request(raw=raw))
    assert (error.status, error.code, error.target) == (400, "InvalidType", "body")
    assert "object" in error.fix
    assert "s3cret" not in said(error)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"{s3cret", id="not JSON"),
        pytest.param(b'{"password": "s3cret', id="cut off"),
        pytest.param(b"password=s3cret", id="a form"),
        pytest.param(b'{"password": "s3cret\xff"}', id="not UTF-8"),
        pytest.param(b'{"password": "s3cret\\ud800"}', id="half of a surrogate pair"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="a number without end"),
        pytest.param(b"[" * 60_000, id="too deep"),
        pytest.param(b"{}{}", id="two objects"),
        pytest.param(b"\0", id="NUL"),
    ],
)
def test_a_body_that_is_no_json_is_refused_without_a_trace_of_it(raw: bytes) -> None:
    error = refusal(PutUserRequest, request(raw=raw, username="ci"))
    assert (error.status, error.code, error.target) == (400, "InvalidJson", "body")
    assert "s3cret" not in said(error)


@pytest.mark.parametrize("field", ["password", "description", "colour"])
def test_a_body_of_many_levels_is_bad_input_and_no_crash(field: str) -> None:
    raw = f'{{"{field}":'.encode() + b'{"a":' * 9_000 + b"1" + b"}" * 9_001
    error = refusal(PutUserRequest, request(raw=raw, username="ci"))
    assert (error.status, error.target) in {(400, field), (400, "body")}  # the parser has its limit, too


def test_where_the_json_breaks_is_said() -> None:
    error = refusal(PutRegistryRequest, request(raw=b'{\n  "sku": B1\n}'))
    assert "line 2, column 10" in error.message


def test_a_body_may_have_the_limit_and_not_one_byte_more() -> None:
    fits = b"{" + b" " * (MAX_BODY_BYTES - 2) + b"}"
    assert parse(PutRegistryRequest, request(raw=fits), POLICY).registry == "demo"
    error = refusal(PutRegistryRequest, request(raw=fits + b" "))
    assert (error.status, error.code) == (413, "RequestBodyTooLarge")
    assert str(MAX_BODY_BYTES) in error.message


@pytest.mark.parametrize("raw", [b"", b"  \r\n"])
@pytest.mark.parametrize("kind", ["", "text/plain", "application/json"])
def test_an_empty_body_is_fine_whatever_it_says_it_is(raw: bytes, kind: str) -> None:
    parsed = parse(PutRegistryRequest, request(raw=raw, headers={"Content-Type": kind}), POLICY)
    assert parsed.body.model_fields_set == set()


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", " application/json "]
)
def test_json_is_read_however_its_type_is_written(kind: str) -> None:
    parsed = parse(PutRegistryRequest, request({"sku": "S1"}, headers={"Content-Type": kind}), POLICY)
    assert parsed.body.sku == "S1"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_type_is_refused_with_the_header_to_send(kind: str) -> None:
    error = refusal(
        PutUserRequest, request({"password": SENT}, username="ci", headers={"Content-Type": kind})
    )
    assert (error.status, error.code, error.target) == (415, "UnsupportedMediaType", "Content-Type")
    assert "application/json" in error.fix
    assert "s3cret" not in said(error)


# What is good


def test_a_good_request_is_read_whole() -> None:
    req = request(
        {"password": SENT, "description": None},
        headers={"if-match": '"1.2"', "Operation-Id": "0b1c"},
        query={"api-version": "2026-11-01", "code": "key", "clientId": "default"},
        username="ci",
    )
    parsed = parse(PutUserRequest, req, POLICY)
    assert (parsed.registry, parsed.username, parsed.body.password) == ("demo", "ci", SENT)
    assert parsed.body.model_fields_set == {"password", "description"}, "null is told from absent"
    assert parsed.headers.operation_id == "0b1c"
    assert parsed.headers.precondition.if_match == '"1.2"'
    assert not parsed.headers.precondition.create_only


def test_create_only_is_a_condition() -> None:
    parsed = parse(PutRegistryRequest, request({}, headers={"If-None-Match": "*"}), POLICY)
    assert parsed.headers.precondition.create_only


def test_a_get_has_neither_conditions_nor_a_body() -> None:
    """Caches send `If-None-Match` with an etag: no reason to refuse."""
    req = request(raw=b"{", method="GET", headers={"If-None-Match": '"1"', "Operation-Id": "!"})
    assert parse(RegistryRequest, req).registry == "demo"


def test_a_delete_does_not_read_its_body() -> None:
    assert parse(UserRequest, request(raw=b"{", method="DELETE", username="ci")).username == "ci"


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ({"purge": "true"}, "confirm"),
        ({"confirm": "demo"}, "purge"),
        ({"purge": "yes", "confirm": "demo"}, "purge"),
        ({"purge": "True", "confirm": "demo"}, "purge"),
        ({"purge": "true", "confirm": "demo2"}, "confirm"),
        ({"purge": "true", "confirm": "Demo"}, "confirm"),
        ({"purge": "true", "confirm": ""}, "confirm"),
    ],
)
def test_a_purge_without_its_confirmation_says_how_to_confirm(query: dict[str, str], target: str) -> None:
    with pytest.raises(ApiError) as refused:
        is_purge(parse(DeleteRegistryRequest, request(method="DELETE", query=query)))
    error = refused.value
    assert (error.status, error.code, error.target) == (400, "ConfirmationRequired", target)
    assert "?purge=true&confirm=demo" in error.fix


@pytest.mark.parametrize(("query", "purge"), [({}, False), ({"purge": "true", "confirm": "demo"}, True)])
def test_only_both_parameters_together_make_a_delete_a_purge(query: dict[str, str], purge: bool) -> None:
    assert is_purge(parse(DeleteRegistryRequest, request(method="DELETE", query=query))) is purge


# Properties

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["location", "sku", "image", "storageReplication", "deleteEnabled", "placement", "tags", "colour", "x.y"]
)


def problem_of(model: type[BaseModel], req: func.HttpRequest) -> ApiError | None:
    try:
        parse(model, req, POLICY)
    except ApiError as error:
        return error
    return None


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(fields, json_values, max_size=4) | json_values)
def test_no_body_is_ever_more_than_a_400_that_names_what_to_mend(body: Any) -> None:
    error = problem_of(PutRegistryRequest, request(body))
    assert error is None or (error.status == 400 and error.fix)
    for one in error.details if error else ():
        assert one.code[:1].isupper()
        assert one.target
        assert one.fix


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_are_ever_more_than_a_400(raw: bytes) -> None:
    error = problem_of(PutUserRequest, request(raw=raw, username="ci"))
    assert error is None or error.status == 400


# Who asks


def test_a_problem_s_table_would_notice_an_echo() -> None:
    echo = ApiError(
        400, "NotAllowed", f"'{SENT}' is not allowed", "fix", details=[Problem("a", "b", SENT, "d")]
    )
    with pytest.raises(AssertionError):
        assert_nothing_comes_back(echo, {"sku": SENT})


# A file


def send_file(raw: bytes, kind: str = "text/plain", **query: str) -> func.HttpRequest:
    return request(method="POST", raw=raw, headers={"Content-Type": kind}, query=query)


@pytest.mark.parametrize("kind", ["text/plain", "Text/Plain; charset=utf-8"])
def test_a_file_is_taken_as_it_is(kind: str) -> None:
    asked = parse(ImportRequest, send_file(b"ci:hash\r\n\xff", kind, mode="replace"), POLICY)
    assert (asked.body, asked.query.mode) == (b"ci:hash\r\n\xff", Mode.REPLACE)
    assert parse(ImportRequest, send_file(b""), POLICY).query.mode is Mode.MERGE


def test_a_file_may_be_larger_than_json_up_to_its_own_limit() -> None:
    assert parse(ImportRequest, send_file(b"#" * MOST_IMPORT_BYTES), POLICY)
    error = refusal(ImportRequest, send_file(b"#" * (MOST_IMPORT_BYTES + 1)))
    assert (error.status, error.code) == (413, "RequestBodyTooLarge")
    assert "Split" in error.fix


def test_what_curl_sends_by_default_is_no_file() -> None:
    error = refusal(ImportRequest, send_file(b"ci:hash", "application/x-www-form-urlencoded"))
    assert (error.status, error.code, error.target) == (415, "UnsupportedMediaType", "Content-Type")
    assert "--data-binary" in error.fix


def test_another_mode_is_refused_by_name() -> None:
    error = refusal(ImportRequest, send_file(b"ci:hash", mode="Replace"))
    assert (error.status, error.target) == (400, "mode")
    assert "merge" in error.message
