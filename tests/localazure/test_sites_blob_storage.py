"""Where blobs go: a folder, or a container of a real Azurite."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from localazure.azurite import ACCOUNT, ACCOUNT_KEY
from localazure.sites.blob_storage import (
    AzuriteStorage,
    FolderStorage,
    blob_storage,
    container_name,
    has_azure_driver,
)
from localazure.sites.config import SiteStartError
from tests.localazure.site_rig import ROOT, SETTINGS, registry_binary, wait_until


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of its blob service, account included."""
    program = ROOT / "node_modules/azurite/dist/src/blob/main.js"  # blobs alone: starts faster
    assert program.exists(), "Azurite is missing: run scripts/install"
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    node = shutil.which("node") or "node"
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    place = ["--blobPort", str(port), "--location", str(tmp_path_factory.mktemp("azurite"))]
    with subprocess.Popen([node, str(program), *options, *place]) as process:
        try:
            wait_until(lambda: _listens(port), "Azurite listens", 30)
            yield f"http://127.0.0.1:{port}/{ACCOUNT}"
        finally:
            process.terminate()


@pytest.fixture
def blobs(azurite: str) -> Iterator[BlobServiceClient]:
    credential = {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}
    with BlobServiceClient(azurite, credential=credential) as client:
        yield client
        for container in list(client.list_containers()):
            client.delete_container(container.name)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def names(client: BlobServiceClient) -> list[str]:
    return sorted(container.name for container in client.list_containers())


def test_a_folder_takes_the_place_of_the_azure_driver(tmp_path: Path) -> None:
    placed = FolderStorage(tmp_path).place(SETTINGS)
    assert placed["REGISTRY_STORAGE"] == "filesystem"
    assert placed["REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"] == f"{tmp_path}/stdemo/registry"
    assert not [name for name in placed if "AZURE" in name]
    others = {name for name in SETTINGS if "STORAGE_AZURE" not in name} - {"REGISTRY_STORAGE"}
    assert {name: placed[name] for name in others} == {name: SETTINGS[name] for name in others}


@pytest.mark.parametrize("driver", ["filesystem", "s3", "inmemory", ""])
def test_other_drivers_stay_as_they_are(tmp_path: Path, driver: str) -> None:
    settings = {**SETTINGS, "REGISTRY_STORAGE": driver}
    assert FolderStorage(tmp_path).place(settings) == settings
    assert AzuriteStorage("http://127.0.0.1:1").place(settings) == settings


@pytest.mark.parametrize("account", ["", "..", "UPPER", "a/b", "ab", "a" * 25])
def test_no_malformed_account_becomes_a_folder(tmp_path: Path, account: str) -> None:
    with pytest.raises(SiteStartError, match="no name of a storage account"):
        FolderStorage(tmp_path).place({**SETTINGS, "REGISTRY_STORAGE_AZURE_ACCOUNTNAME": account})


def test_a_registry_with_the_driver_is_pointed_at_azurite(azurite: str, blobs: BlobServiceClient) -> None:
    storage = AzuriteStorage(azurite)
    placed = storage.place({**SETTINGS, "REGISTRY_STORAGE_AZURE_ROOTDIRECTORY": "/here"})
    assert {name: value for name, value in placed.items() if "STORAGE_AZURE" in name} == {
        "REGISTRY_STORAGE_AZURE_ACCOUNTNAME": ACCOUNT,
        "REGISTRY_STORAGE_AZURE_ACCOUNTKEY": ACCOUNT_KEY,
        "REGISTRY_STORAGE_AZURE_CONTAINER": "stdemo-registry",
        "REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE": "shared_key",
        "REGISTRY_STORAGE_AZURE_ROOTDIRECTORY": "/here",
        "REGISTRY_STORAGE_AZURE_SERVICEURL": azurite,
    }
    assert placed["REGISTRY_STORAGE_REDIRECT_DISABLE"] == "true"
    assert names(blobs) == ["stdemo-registry"]
    storage.place(SETTINGS)  # at the next start it is there
    assert names(blobs) == ["stdemo-registry"]


def test_an_endpoint_without_the_account_is_fine_too(azurite: str, blobs: BlobServiceClient) -> None:
    placed = AzuriteStorage(azurite.removesuffix(f"/{ACCOUNT}")).place(SETTINGS)
    assert placed["REGISTRY_STORAGE_AZURE_SERVICEURL"] == azurite
    assert names(blobs) == ["stdemo-registry"]


def test_what_is_deleted_goes_from_azurite_and_nothing_else(azurite: str, blobs: BlobServiceClient) -> None:
    storage = AzuriteStorage(azurite)
    for account in ("stdemo", "stdemo2"):
        for container in ("registry", "backup"):
            blobs.create_container(container_name(account, container))
    storage.forget_container("stdemo", "registry")
    storage.forget_container("stdemo", "never-there")
    assert names(blobs) == ["stdemo-backup", "stdemo2-backup", "stdemo2-registry"]
    storage.forget_account("stdemo2")
    assert names(blobs) == ["stdemo-backup"]


def test_blobs_in_azurite_are_listed_with_their_bytes(azurite: str, blobs: BlobServiceClient) -> None:
    storage = AzuriteStorage(azurite)
    assert storage.blobs("stdemo", "registry") == {}
    with blobs.get_container_client(container_name("stdemo", "registry")) as container:
        container.create_container()
        container.upload_blob("docker/a", b"four")
        container.upload_blob("empty", b"")
    assert storage.blobs("stdemo", "registry") == {"docker/a": 4, "empty": 0}


def test_files_are_listed_like_blobs(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    assert storage.blobs("stdemo", "registry") == {}
    for name, content in {"docker/a": b"four", "docker/b/c": b"", "d": b"x"}.items():
        (tmp_path / "stdemo/registry" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "stdemo/registry" / name).write_bytes(content)
    assert storage.blobs("stdemo", "registry") == {"docker/a": 4, "docker/b/c": 0, "d": 1}
    assert storage.blobs("stdemo", "other") == {}


def test_azurite_out_of_reach_says_so_within_seconds() -> None:
    began = time.monotonic()
    with pytest.raises(SiteStartError, match=r"Azurite at http://127\.0\.0\.1:1/\w+ does not create"):
        AzuriteStorage("http://127.0.0.1:1").place(SETTINGS)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("container", ["registry", "r" * 63, "$root", "a-b-c"])
def test_names_in_azurite_are_valid_and_belong_to_one_account(container: str) -> None:
    name = container_name("a" * 24, container)
    assert len(name) <= 63
    assert name.startswith("a" * 24 + "-")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_long_names_stay_apart() -> None:
    assert container_name("a" * 24, "r" * 62 + "x") != container_name("a" * 24, "r" * 62 + "y")


def test_the_driver_is_seen_in_the_program(tmp_path: Path) -> None:
    with_driver = tmp_path / "registry"
    with_driver.write_bytes(
        b"\x7fELF" + bytes(100_000) + b"github.com/distribution/distribution/v3/registry/storage/driver/azure"
    )
    assert has_azure_driver(with_driver)
    assert isinstance(blob_storage(with_driver, tmp_path, "http://127.0.0.1:1"), AzuriteStorage)
    version_2 = tmp_path / "registry-2"
    version_2.write_bytes(b"github.com/docker/distribution/registry/storage/driver/azure")  # no serviceurl
    assert not has_azure_driver(version_2)
    assert not has_azure_driver(tmp_path / "missing")
    (tmp_path / "empty").touch()
    assert not has_azure_driver(tmp_path / "empty")


def test_debians_registry_gets_folders(tmp_path: Path) -> None:
    if has_azure_driver(registry_binary()):
        pytest.skip("REGISTRY_BINARY names a registry with the driver")
    assert isinstance(blob_storage(registry_binary(), tmp_path, "http://127.0.0.1:1"), FolderStorage)
