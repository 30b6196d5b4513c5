"""Who the caller is. Nobody gains a right by sending a header, or by writing a key in another way."""

import base64
import hashlib
import json
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.grants import Grant
from shared.domain.roles import EVERYTHING, NOTHING, Role
from shared.services.requests import Caller
from shared.settings import Settings
from shared.telemetry.logs import bound
from shared.triggers import identity

OBJECT_ID, GROUP = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-000000000000"
UPN_CLAIM, OID_CLAIM = (
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
)
KEY = {"x-functions-key": "the-key"}
FINGERPRINT = hashlib.sha256(b"the-key").hexdigest()


def settings(*grants: dict[str, str], signed_in: bool = True) -> Settings:
    return Settings(
        azure_subscription_id="s",
        azure_resource_group="g",
        public_url="https://berthage.example",
        probe_key="p" * 32,
        role_grants=tuple(Grant.model_validate(one) for one in grants),
        website_auth_enabled=signed_in,
    )


def request(
    headers: dict[str, str] | None = None,
    *,
    method: str = "PUT",
    body: bytes = b"",
    query: dict[str, str] | None = None,
    registry: str = "demo",
) -> func.HttpRequest:
    return func.HttpRequest(
        method,
        f"https://berthage.example/api/registries/{registry}?code=key",
        headers=headers or {},
        params=query or {},
        route_params={"registry": registry},
        body=body,
    )


def caller(req: func.HttpRequest, given: Settings | None = None, *, key_checked: bool = True) -> Caller:
    return identity.caller(req, given or settings(), key_checked=key_checked)


def header(content: Any) -> dict[str, str]:
    """What App Service writes."""
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(content).encode()).decode()}


def principal(*claims: tuple[str, str], provider: str = "aad") -> dict[str, str]:
    listed = [{"typ": kind, "val": value} for kind, value in claims]
    return header({"auth_typ": provider, "claims": listed, "name_typ": "name", "role_typ": "roles"})


JANE = principal((OID_CLAIM, OBJECT_ID), (UPN_CLAIM, "Jane@Example.com"), ("groups", GROUP))


def test_the_audit_knows_a_key_by_its_fingerprint_alone() -> None:
    by_header, by_query = caller(request(KEY)), caller(request(query={"code": "the-key"}))
    assert by_header.actor == by_query.actor == f"key:{FINGERPRINT[:12]}"
    assert caller(request({"x-functions-key": "another"})).actor != by_header.actor
    assert caller(request()).actor == "anonymous"


@pytest.mark.parametrize(
    "second",
    [
        {"headers": {"x-functions-key": "the-key,made-up"}},
        {"query": {"code": "the-key,made-up"}},
        {"query": {"Code": "the-key"}},
    ],
    ids=["repeated header", "repeated parameter", "parameter in capitals"],
)
def test_nobody_gets_another_identity_by_writing_a_key_otherwise(second: dict[str, Any]) -> None:
    """The host checks the first of several keys, and gives us all of them joined by commas."""
    narrow = settings({"principal": f"key:{FINGERPRINT}", "role": "Reader"})
    assert caller(request(**second), narrow).access == caller(request(KEY), narrow).access
    assert not caller(request(**second), narrow).access.allows(Role.ADMIN)


def test_a_key_without_a_grant_is_admin_as_on_azure() -> None:
    other = settings({"principal": f"key:{'0' * 12}", "role": "Reader"})
    assert caller(request(KEY), other).access == EVERYTHING


@pytest.mark.parametrize("digits", [12, 13, 64])
def test_a_key_with_a_grant_has_what_is_granted_and_its_name(digits: int) -> None:
    grant = {"principal": f"key:{FINGERPRINT[:digits].upper()}", "role": "Operator", "registry": "team-*"}
    found = caller(request(KEY), settings({**grant, "name": "deploy"}))
    assert (found.actor, found.name, found.kind) == ("key:deploy", "deploy", "key")
    assert found.access.allows(Role.OPERATOR, "team-a")
    assert not found.access.allows(Role.MEMBER, "other")


def test_what_no_host_has_checked_is_nobody_s_key() -> None:
    """An anonymous function's caller may send any key, and that says nothing."""
    found = caller(request(KEY), key_checked=False)
    assert (found.actor, found.access) == ("anonymous", NOTHING)


@pytest.mark.parametrize("role", Role)
def test_where_authentication_is_off_a_principal_s_header_changes_nothing(role: Role) -> None:
    grants = [
        {"principal": f"user:{OBJECT_ID}", "role": "Admin"},
        {"principal": f"key:{FINGERPRINT}", "role": role.value},
    ]
    off = settings(*grants, signed_in=False)
    assert caller(request(KEY | JANE), off) == caller(request(KEY), off)
    assert caller(request(JANE), off).access == NOTHING


def test_a_signed_in_user_is_known_by_its_upn_object_id_and_groups() -> None:
    for name in (f"user:{OBJECT_ID}", "user:jane@example.COM", f"group:{GROUP.upper()}"):
        found = caller(request(KEY | JANE), settings({"principal": name, "role": "Reader"}))
        assert (found.actor, found.kind) == ("entra:Jane@Example.com", "entra")
        assert found.access.may_read("demo")
        assert not found.access.allows(Role.OPERATOR, "demo")


def test_a_signed_in_user_counts_and_not_the_key_that_it_sends() -> None:
    """Many may share the key that opens the door: it must not make an Admin of each of them."""
    assert caller(request(KEY | JANE), settings()).access.rights == ()
    grants = settings({"principal": f"key:{FINGERPRINT}", "role": "Admin", "name": "door"})
    assert caller(request(KEY | JANE), grants).access.rights == ()
    assert caller(request(KEY | JANE), grants).actor == "entra:Jane@Example.com"


def test_rights_of_user_and_groups_add_up() -> None:
    both = settings(
        {"principal": f"group:{GROUP}", "role": "Reader"},
        {"principal": f"user:{OBJECT_ID}", "role": "Operator", "registry": "team-a"},
    )
    access = caller(request(JANE), both).access
    assert access.allows(Role.OPERATOR, "team-a")
    assert access.may_read("other")
    assert not access.allows(Role.OPERATOR, "other")


def test_a_program_that_signs_in_has_an_object_id_alone() -> None:
    app = principal(("oid", OBJECT_ID), ("appid", GROUP))
    found = caller(request(app), settings({"principal": f"user:{OBJECT_ID}", "role": "Operator"}))
    assert found.actor == f"entra:{OBJECT_ID}"
    assert found.access.allows(Role.OPERATOR, "demo")


@pytest.mark.parametrize("claim", ["name", "email", "preferred_username", "emails", "unique_name", "UPN"])
def test_a_name_that_its_owner_may_change_proves_nothing(claim: str) -> None:
    liar = principal(("oid", OBJECT_ID), (claim, "boss@example.com"))
    found = caller(request(liar), settings({"principal": "user:boss@example.com", "role": "Admin"}))
    assert (found.actor, found.access) == (f"entra:{OBJECT_ID}", NOTHING)


UNREADABLE = {
    "nothing": {"X-MS-CLIENT-PRINCIPAL": ""},
    "no base64": {"X-MS-CLIENT-PRINCIPAL": "é%"},
    "twice": {"X-MS-CLIENT-PRINCIPAL": ",".join([JANE["X-MS-CLIENT-PRINCIPAL"]] * 2)},
    "no JSON": {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(b"jane").decode()},
    "no text": {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(b"\xff\xfe\xff").decode()},
    "a list": header([]),
    "a number": header(1),
    "no claims": header({"auth_typ": "aad"}),
    "no claim": header({"auth_typ": "aad", "claims": ["oid"]}),
    "another provider": principal(("oid", OBJECT_ID), provider="google"),
    "no object id": principal((UPN_CLAIM, "jane@example.com")),
    "an object id that is none": principal(("oid", "jane")),
    "two object ids": principal(("oid", OBJECT_ID), (OID_CLAIM, GROUP)),
}


@pytest.mark.parametrize("sent", UNREADABLE.values(), ids=UNREADABLE)
def test_a_signed_in_user_whom_we_can_not_tell_may_do_nothing_whatever_key_it_sends(
    sent: dict[str, str],
) -> None:
    grants = settings({"principal": f"user:{OBJECT_ID}", "role": "Admin"})
    found = caller(request(KEY | sent), grants)
    assert (found.actor, found.access) == ("entra:unknown", NOTHING)


@given(
    st.binary()
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps).map(str.encode)
)
def test_whatever_the_header_holds_it_makes_nobody_an_admin(content: bytes) -> None:
    sent = {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(content).decode()}
    assert caller(request(KEY | sent)).access == NOTHING


def test_a_login_that_no_username_can_equal_is_no_login() -> None:
    """The Kelvin sign becomes a plain k in lower case: it must not pass for it."""
    kelvin = principal(("oid", OBJECT_ID), ("upn", "\u212aim@example.com"))
    found = caller(request(kelvin), settings({"principal": f"user:{OBJECT_ID}", "role": "Member"}))
    assert found.actor == f"entra:{OBJECT_ID}"
    assert not found.access.allows(Role.OPERATOR, "demo", "kim@example.com")


def test_a_repeat_has_the_same_payload_and_another_request_has_not() -> None:
    first = caller(request({"x-functions-key": "one"}, body=b"S1")).payload
    assert caller(request({"x-functions-key": "two"}, body=b"S1")).payload == first
    others = [
        request(body=b"B1"),
        request(body=b"S1", registry="other"),
        request(body=b"S1", method="POST"),
        request(body=b"S1", query={"purge": "true"}),
    ]
    assert first not in [caller(other).payload for other in others]


def test_the_request_s_id_and_the_client_s_operation_go_with_the_caller() -> None:
    with bound(request="the-request"):
        found = caller(request({"operation-id": "0b1c"}))
    assert (found.request_id, found.operation_key) == ("the-request", "0b1c")
