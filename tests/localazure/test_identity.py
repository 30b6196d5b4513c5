"""The managed-identity endpoint, as azure-identity and a plain client see it."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.mgmt.storage import StorageManagementClient
from azure.storage.fileshare import ShareServiceClient

from tests.localazure.emulator_fixture import (
    ACCOUNT,
    GROUP,
    HEADER,
    SUBSCRIPTION,
    TENANT,
    Running,
    running_emulator,
)

MANAGEMENT = "https://management.azure.com/.default"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        running.delay(0)
        yield running


@pytest.fixture
def on_app_service(emulator: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that App Service gives an app with an identity."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{emulator.url}/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", HEADER)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", emulator.ca_file)


@pytest.mark.usefixtures("on_app_service")
@pytest.mark.parametrize("kind", [ManagedIdentityCredential, DefaultAzureCredential])
def test_azure_identity_works_unchanged(kind: Any) -> None:
    with kind() as credential:
        token = credential.get_token(MANAGEMENT)
    claims = jwt.decode(token.token, options={"verify_signature": False})
    assert claims["tid"] == TENANT
    assert claims["aud"] == "https://management.azure.com"
    assert claims["oid"]
    assert abs(claims["exp"] - token.expires_on) <= 2


@pytest.mark.usefixtures("on_app_service")
def test_its_token_opens_resource_manager_and_files(emulator: Running) -> None:
    with DefaultAzureCredential() as credential:
        with StorageManagementClient(credential, SUBSCRIPTION, base_url=emulator.url) as storage:
            storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT)  # type: ignore[call-overload] # JSON as on the wire
            storage.file_shares.create(GROUP, "images1", "auth", {"properties": {}})  # type: ignore[call-overload] # same
            account = storage.storage_accounts.get_properties(GROUP, "images1")
            assert account.primary_endpoints is not None
            url = account.primary_endpoints.file
        assert url is not None
        with ShareServiceClient(url.rstrip("/"), credential=credential, token_intent="backup") as files:
            file = files.get_share_client("auth").get_file_client("htpasswd")
            file.upload_file(b"# empty\n")
            assert file.download_file().readall() == b"# empty\n"


def ask(emulator: Running, header: str | None = HEADER, **query: str) -> tuple[int, Any]:
    sent = {"api-version": "2019-08-01", "resource": "https://vault.azure.net", **query}
    text = "&".join(
        f"{name.replace('_version', '-version')}={value}" for name, value in sent.items() if value
    )
    headers = {} if header is None else {"X-IDENTITY-HEADER": header}
    status, _, body = emulator.call("GET", f"/identity/token?{text}", headers=headers)
    return status, body


def test_the_answer_is_the_one_of_the_protocol(emulator: Running) -> None:
    status, body = ask(emulator)
    assert status == 200
    assert set(body) == {"access_token", "client_id", "expires_on", "resource", "token_type"}
    assert (body["resource"], body["token_type"]) == ("https://vault.azure.net", "Bearer")
    assert body["expires_on"].isdecimal()
    assert ask(emulator, client_id=body["client_id"])[0] == 200


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        (None, {}, 401),
        ("wrong", {}, 401),
        (HEADER, {"api-version": "2017-09-01"}, 400),
        (HEADER, {"api-version": ""}, 400),
        (HEADER, {"resource": ""}, 400),
        (HEADER, {"client_id": "00000000-0000-0000-0000-000000000000"}, 400),
        (HEADER, {"resource": "nonsense"}, 500),
    ],
)
def test_refusals_say_why(emulator: Running, header: str | None, query: dict[str, str], status: int) -> None:
    answered, body = ask(emulator, header, **query)
    assert (answered, body["statusCode"]) == (status, status)
    assert body["message"]
    assert "access_token" not in body


def test_tokens_outlive_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = tmp_path_factory.mktemp("emulator")
    with running_emulator(state) as first:
        headers = first.bearer()
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Web/sites?api-version=2025-05-01"
    with running_emulator(state) as second:
        assert second.call("GET", path, headers=headers)[0] == 200
