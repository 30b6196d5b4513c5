"""Who may use Azure Files: the signature is checked, tokens are checked, and the refusals are Azure's."""

import base64
import http.client
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cmp_to_key
from typing import Any
from xml.etree import ElementTree

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.storage.fileshare import ShareClient
from azure.storage.fileshare._shared.authentication import compare
from hypothesis import given
from hypothesis import strategies as st

from localazure.emulator.files.signature import collation_key
from tests.localazure.files_server import ACCOUNT, BACKUP, KEYS, FilesServer, Tokens, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesServer]:
    with running(tmp_path_factory.mktemp("files")) as server:
        server.new_share("registry")
        yield server


@pytest.mark.parametrize(
    "credential",
    [
        KEYS[0],
        KEYS[1],
        {"account_name": ACCOUNT, "account_key": KEYS[0]},
        AzureNamedKeyCredential(ACCOUNT, KEYS[1]),
    ],
    ids=["first key", "second key", "named by dict", "named credential"],
)
def test_both_keys_and_both_ways_to_name_the_account_work(server: FilesServer, credential: Any) -> None:
    share = server.share("registry", credential=credential)
    share.get_directory_client("a dir/ü").exists()
    share.get_file_client("f").create_file(2, metadata={"a_b": "x", "aa": "y", "a1": "z"})
    share.get_file_client("f").upload_range(b"hi", offset=0, length=2, validate_content=True)
    assert [
        entry.name for entry in share.list_directories_and_files(name_starts_with="f", include=["Etag"])
    ] == ["f"]


def test_a_connection_string_works(server: FilesServer) -> None:
    text = f"AccountName={ACCOUNT};AccountKey={KEYS[0]};FileEndpoint={server.account_url}/"
    verify = str(server.authority.ca_file)
    with ShareClient.from_connection_string(
        text, "registry", connection_verify=verify, retry_total=0
    ) as share:
        assert share.get_share_properties().quota == 1


@pytest.mark.parametrize(
    "credential",
    [
        base64.b64encode(b"3" * 64).decode(),
        {"account_name": "otheraccount", "account_key": KEYS[0]},
    ],
    ids=["wrong key", "another account's name"],
)
def test_a_wrong_signature_is_refused(server: FilesServer, credential: Any) -> None:
    share = server.share("registry", credential=credential)
    with pytest.raises(ClientAuthenticationError) as error:
        share.get_file_client("x").create_file(0)
    assert error.value.status_code == 403
    assert "Server failed to authenticate the request." in error.value.message
    assert "The MAC signature found in the HTTP request" in error.value.message
    assert not (server.folder("registry") / "x").exists()


def test_a_signature_is_good_for_its_own_request_only(server: FilesServer) -> None:
    signed: list[Any] = []
    share = server.share("registry", raw_request_hook=lambda request: signed.append(request.http_request))
    share.get_file_client("mine").create_file(3, data=b"abc")
    headers = dict(signed[0].headers)
    path = f"/files/{ACCOUNT}/registry/mine"
    assert _send(server, "PUT", path, headers, b"abc") == 201
    assert _send(server, "PUT", f"/files/{ACCOUNT}/registry/other", headers, b"abc") == 403
    assert _send(server, "PUT", f"{path}?comp=metadata", headers, b"abc") == 403
    assert _send(server, "PUT", path, headers | {"x-ms-meta-added": "1"}, b"abc") == 403
    assert _send(server, "DELETE", path, headers, b"abc") == 403


def test_an_old_request_is_refused(server: FilesServer) -> None:
    share = server.share("registry", raw_request_hook=_backdate)
    with pytest.raises(ClientAuthenticationError) as error:
        share.get_share_properties()
    assert error.value.status_code == 403
    assert "too old" in error.value.message


def test_a_token_needs_backup_intent(server: FilesServer) -> None:
    share = server.share("registry", credential=server.tokens, token_intent=BACKUP)
    assert share.get_share_properties().quota == 1
    path = f"/files/{ACCOUNT}/registry?restype=share"
    assert server.send("GET", path)[0] == 200
    status, code, body = server.send("GET", path, {"x-ms-file-request-intent": ""})
    assert (status, code) == (400, "MissingRequiredHeader")
    assert b"<HeaderName>x-ms-file-request-intent</HeaderName>" in body
    status, code, _ = server.send("GET", path, {"x-ms-file-request-intent": "read"})
    assert (status, code) == (400, "InvalidHeaderValue")


def test_an_unknown_token_is_refused(server: FilesServer) -> None:
    share = server.share("registry", credential=Tokens(given=["bad"]), token_intent=BACKUP)
    with pytest.raises(ClientAuthenticationError) as error:
        share.get_share_properties()
    assert error.value.status_code == 401
    assert "InvalidAuthenticationInfo" in error.value.message


def test_after_the_challenge_the_sdk_comes_back_with_a_fresh_token(server: FilesServer) -> None:
    share = server.share("registry", credential=Tokens(given=["expired", "good"]), token_intent=BACKUP)
    assert share.get_share_properties().quota == 1


def test_without_authorization_there_is_a_challenge(server: FilesServer) -> None:
    path = f"/files/{ACCOUNT}/registry?restype=share"
    for header in ("", "Basic abc", "Bearer", "SharedKey x"):
        assert server.send("GET", path, {"Authorization": header})[:2] == (401, "NoAuthenticationInformation")


def test_the_version_must_be_there(server: FilesServer) -> None:
    path = f"/files/{ACCOUNT}/registry?restype=share"
    assert server.send("GET", path, {"x-ms-version": ""})[:2] == (400, "MissingRequiredHeader")
    assert server.send("GET", path, {"x-ms-version": "latest"})[:2] == (400, "InvalidHeaderValue")


def test_an_account_that_is_not_there(server: FilesServer) -> None:
    url, verify = f"https://localhost:{server.port}/files/gone", str(server.authority.ca_file)
    with (
        ShareClient(url, "registry", credential=KEYS[0], connection_verify=verify, retry_total=0) as share,
        pytest.raises(ResourceNotFoundError),
    ):
        share.get_share_properties()


def test_a_refusal_is_xml_whatever_was_asked(server: FilesServer) -> None:
    date = format_datetime(datetime.now(UTC), usegmt=True)
    headers = {"Authorization": f"SharedKey {ACCOUNT}:bad", "x-ms-date": date}
    status, code, body = server.send("GET", f"/files/{ACCOUNT}/registry/f?prefix=%00%ff%26", headers)
    assert (status, code) == (403, "AuthenticationFailed")
    assert ElementTree.fromstring(body).findtext("Code") == "AuthenticationFailed"


def test_a_refusal_tells_nothing_of_the_key(server: FilesServer) -> None:
    share = server.share("registry", credential=base64.b64encode(b"3" * 64).decode())
    with pytest.raises(HttpResponseError) as error:
        share.get_share_properties()
    assert not any(key in str(error.value) for key in KEYS)


_HEADER_NAMES = st.text("abcyz019-_", max_size=8).map(lambda end: f"x-ms-{end}0")


@given(st.lists(_HEADER_NAMES, unique=True))
def test_headers_are_sorted_as_the_sdk_sorts_them(names: list[str]) -> None:
    assert sorted(names, key=collation_key) == sorted(names, key=cmp_to_key(compare))


def _backdate(request: Any) -> None:
    request.http_request.headers["x-ms-date"] = "Mon, 06 Feb 2023 14:04:06 GMT"


def _send(server: FilesServer, method: str, path: str, headers: dict[str, str], body: bytes) -> int:
    connection = http.client.HTTPSConnection(
        "localhost", server.port, context=server.authority.client_context(), timeout=30
    )
    try:
        connection.request(method, path, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()
