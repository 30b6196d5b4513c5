"""List Blobs of emulated accounts, through the real SDK with a token of the emulator's identity."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import ContainerClient

from tests.localazure.emulator_fixture import ACCOUNT, GROUP, Running

STORED = {"docker/a": 1, "docker/ü & <b>": 20, "z": 300}


@pytest.fixture
def account(emulator: Running) -> Running:
    """With the account `images1` and its container `registry`, in which there is something."""
    emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)
    emulator.storage.blob_containers.create(GROUP, "images1", "registry", {})
    emulator.sites.stored[("images1", "registry")] = STORED
    return emulator


@pytest.fixture
def container(account: Running) -> Iterator[ContainerClient]:
    with client(account) as made:
        yield made


def client(emulator: Running, name: str = "registry", **options: Any) -> ContainerClient:
    found = emulator.storage.storage_accounts.get_properties(GROUP, "images1")
    given = {"credential": emulator, "connection_verify": emulator.ca_file, "retry_total": 0, **options}
    return ContainerClient(found.properties.primary_endpoints.blob, name, **given)


def refused(action: Any) -> tuple[int | None, str | None]:
    with pytest.raises(HttpResponseError) as error:
        action()
    return error.value.status_code, getattr(error.value, "error_code", None)


def test_all_blobs_are_listed_with_their_bytes(container: ContainerClient) -> None:
    assert {blob.name: blob.size for blob in container.list_blobs()} == STORED


def test_pages_hold_as_many_as_are_asked_for(container: ContainerClient) -> None:
    pages = [[blob.name for blob in page] for page in container.list_blobs(results_per_page=2).by_page()]
    assert pages == [["docker/a", "docker/ü & <b>"], ["z"]]


def test_a_prefix_selects(container: ContainerClient) -> None:
    assert [blob.name for blob in container.list_blobs(name_starts_with="docker/")] == list(STORED)[:2]


def test_a_container_that_nobody_has_written_to_is_empty(account: Running) -> None:
    account.sites.stored.clear()
    with client(account) as empty:
        assert list(empty.list_blobs()) == []


def test_what_is_not_there_or_not_allowed_is_refused_as_azure_does(account: Running) -> None:
    with client(account, "backup") as missing, client(account, credential=None) as nobody:
        assert refused(lambda: list(missing.list_blobs())) == (404, "ContainerNotFound")
        assert refused(lambda: list(nobody.list_blobs())) == (401, "NoAuthenticationInformation")
    wrong = account.bearer("https://management.azure.com/")
    status, headers, _ = account.call(
        "GET", "/blobs/images1/registry?restype=container&comp=list", None, wrong
    )
    assert (status, headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")
    status, headers, _ = account.call("GET", "/blobs/images2/registry?restype=container&comp=list")
    assert (status, headers["x-ms-error-code"]) == (404, "ResourceNotFound")


def test_nothing_is_written_or_read_here(container: ContainerClient) -> None:
    assert refused(lambda: container.upload_blob("a", b"x")) == (405, "UnsupportedHttpVerb")
    assert refused(container.delete_container) == (405, "UnsupportedHttpVerb")
    assert refused(lambda: container.download_blob("docker/a")) == (405, "UnsupportedHttpVerb")
    assert refused(container.get_container_properties)[0] == 400
