"""Keys with less than all rights, as the host lets them in. tests/triggers/test_roles.py has every role and request."""

import httpx

from tests.e2e.api_client import Api, assert_refused
from tests.e2e.local_azure import LocalAzure
from tests.e2e.named_keys import MEMBER, MEMBERS_USER, READER


def by(key: str, api: Api, method: str, path: str, body: object = None) -> httpx.Response:
    return api.send(method, path, body, headers={"x-functions-key": key})


def test_a_reader_reads_and_is_told_why_it_may_not_write(local: LocalAzure, harbour: str) -> None:
    api, alice = local.api, f"registries/{harbour}/users/alice"
    before = api.call("GET", alice, 200)
    assert by(READER, api, "GET", alice).json() == before
    for method, path in (("POST", f"{alice}/rotate"), ("DELETE", alice), ("PUT", "registries/mine")):
        error = assert_refused(by(READER, api, method, path), 403, "Forbidden")
        assert "needs the role Operator" in error["message"]
        assert "You are taken for key:dashboard, who is Reader on *." in error["message"]
        assert "/api/whoami" in error["fix"]
        assert "ROLE_GRANTS" in error["fix"]
    assert api.call("GET", alice, 200) == before
    assert api.send("GET", "registries/mine").status_code == 404


def test_a_member_manages_the_user_of_its_own_name_and_no_other(local: LocalAzure, harbour: str) -> None:
    api, users = local.api, f"registries/{harbour}/users"
    own, alice = f"{users}/{MEMBERS_USER}", f"{users}/alice"
    created = by(MEMBER, api, "PUT", own, {}).json()
    assert created["password"] != by(MEMBER, api, "POST", f"{own}/rotate").json()["password"]
    assert by(MEMBER, api, "GET", f"operations/{created['operation']['id']}?wait=30").is_success

    of_another = api.finish(api.call("PUT", f"{users}/bosun", 201, {}))["id"]
    for method, path in (
        ("POST", f"{alice}/rotate"),
        ("GET", alice),
        ("GET", users),
        ("GET", f"operations/{of_another}"),
        ("GET", f"operations/{harbour}.nothing"),
        ("GET", "registries/elsewhere"),
    ):
        error = assert_refused(by(MEMBER, api, method, path), 403, "Forbidden")
        assert "key:nightly, who is Member on harb*" in error["message"]

    api.finish(api.call("PATCH", own, 200, {"disabled": True}))
    for method, path, body in (("DELETE", own, None), ("PATCH", own, {}), ("PUT", own, {"disabled": False})):
        assert_refused(by(MEMBER, api, method, path, body), 403, "Forbidden")
    assert api.call("GET", own, 200)["state"] == "Disabled"
    api.finish(api.call("PATCH", own, 200, {"disabled": False}))

    api.finish(by(MEMBER, api, "DELETE", own).json())
    api.finish(api.call("DELETE", f"{users}/bosun", 202))


def test_everybody_can_ask_who_it_is_taken_for_and_sees_its_registries_alone(
    local: LocalAzure, harbour: str
) -> None:
    roles = [{"role": "Member", "registry": "harb*", "username": MEMBERS_USER}]
    expected = {"actor": "key:nightly", "kind": "key", "name": "nightly", "roles": roles}
    assert by(MEMBER, local.api, "GET", "whoami").json() == expected
    assert local.api.call("GET", "whoami", 200)["roles"] == [{"role": "Admin", "registry": "*"}]
    listed = [one["name"] for one in by(MEMBER, local.api, "GET", "registries").json()["value"]]
    assert harbour in listed
    assert all(name.startswith("harb") for name in listed)
