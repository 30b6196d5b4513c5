"""The port `Containers`: on the fake, on Azurite with real blobs, and on the emulator with those of registries."""

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
from azure.storage.blob import ContainerClient

from localazure.azurite import ACCOUNT, ACCOUNT_KEY
from localazure.ports import Ports
from shared.azure.containers import StorageContainers
from shared.azure.resource_manager import AzureResourceManager
from shared.domain.errors import PermanentError, TemporaryError
from shared.domain.health.daily import NO_CONTAINER, Size
from shared.domain.resources.resource import Ref, Type
from shared.ports import Containers
from tests.contract.canned_azure import Answer, CannedAzure
from tests.contract.conftest import forget_environment
from tests.contract.processes import Emulator
from tests.contract.registries import new_registry
from tests.contract.resource_managers import emulated_cloud, make_up_to
from tests.fakes import FakeContainers

PAGE = 2
_numbers = count(1)


class Place(Protocol):
    """A container of its own for each test."""

    containers: Containers
    endpoint: str
    name: str

    def fill(self, blobs: Mapping[str, int]) -> None:
        """Blobs of so many bytes."""

    def delete(self, blob: str) -> None:
        """One of them."""


class FakePlace:
    """The in-memory one."""

    endpoint, name = "https://account.blob.example/", "registry"

    def __init__(self) -> None:
        self._fake = FakeContainers(PAGE)
        self.containers: Containers = self._fake
        self._blobs: dict[str, int] = {}
        self.fill({})

    def fill(self, blobs: Mapping[str, int]) -> None:
        self._blobs.update(blobs)
        self._fake.by_endpoint[self.endpoint] = list(self._blobs.values())

    def delete(self, blob: str) -> None:
        del self._blobs[blob]
        self.fill({})


class StoredPlace:
    """Azurite, over TLS, with a token."""

    def __init__(self, ports: Ports) -> None:
        self.containers: Containers = StorageContainers(PAGE)
        self.endpoint, self.name = f"https://127.0.0.1:{ports.blob}/{ACCOUNT}/", f"container{next(_numbers)}"
        key = {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}
        self.client = ContainerClient(self.endpoint, self.name, credential=key)
        self.client.create_container()

    def fill(self, blobs: Mapping[str, int]) -> None:
        for name, size in blobs.items():
            self.client.upload_blob(name, b"x" * size)

    def delete(self, blob: str) -> None:
        self.client.delete_blob(blob)


class EmulatedPlace:
    """An emulated account, in which a registry stores files."""

    name = "registry"

    def __init__(self, emulator: Emulator, manager: AzureResourceManager, account: str) -> None:
        self.containers: Containers = StorageContainers(PAGE)
        found: Any = manager.get(Ref(Type.STORAGE_ACCOUNT, account))
        self.endpoint = found["properties"]["primaryEndpoints"]["blob"]
        self._folder = emulator.folder / "sites/blobs" / account / self.name

    def fill(self, blobs: Mapping[str, int]) -> None:
        for name, size in blobs.items():
            path: Path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * size)

    def delete(self, blob: str) -> None:
        (self._folder / blob).unlink()


@pytest.fixture(params=["fake", "azurite", "emulator"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "fake":
        yield FakePlace()
    elif request.param == "azurite":
        stored = StoredPlace(request.getfixturevalue("secure_azurite"))
        with stored.client:
            yield stored
    else:
        emulator, manager = request.getfixturevalue("emulator"), request.getfixturevalue("manager")
        with emulated_cloud(emulator, manager) as cloud:
            registry = new_registry()
            make_up_to(cloud, registry, Type.STORAGE_ACCOUNT, Type.BLOB_CONTAINER)
            yield EmulatedPlace(emulator, manager, registry.names.storage_account)


def measured(place: Place, most_pages: int = 10, seconds: float = 60) -> Size:
    return place.containers.measure(place.endpoint, place.name, most_pages=most_pages, seconds=seconds)


FIVE = {"a": 1, "docker/registry/v2/b & <c>": 20, "docker/ü": 300, "empty": 0, "z": 4000}


def test_an_empty_container_holds_nothing(place: Place) -> None:
    assert measured(place) == Size(0, 0, complete=True)


def test_all_blobs_of_all_pages_are_counted(place: Place) -> None:
    place.fill(FIVE)
    assert measured(place) == Size(4321, 5, complete=True)


def test_what_is_deleted_does_not_count(place: Place) -> None:
    place.fill(FIVE)
    place.delete("z")
    assert measured(place) == Size(321, 4, complete=True)


@pytest.mark.parametrize(
    ("most_pages", "seconds", "blobs", "complete"), [(3, 60, 5, True), (2, 60, 4, False), (9, 0, 2, False)]
)
def test_counting_ends_after_so_many_pages_or_seconds(
    place: Place, most_pages: int, seconds: float, blobs: int, complete: bool
) -> None:
    place.fill(FIVE)
    found = measured(place, most_pages, seconds)
    assert (found.blobs, found.complete) == (blobs, complete)


def test_a_container_that_is_not_there_is_said_to_be_none(place: Place) -> None:
    place.name = "nowhere"
    assert measured(place) == NO_CONTAINER


def test_of_an_account_that_is_not_there_nobody_knows(place: Place) -> None:
    place.endpoint = f"{place.endpoint.rstrip('/')}gone/"
    with pytest.raises((PermanentError, TemporaryError)):
        measured(place)


@pytest.fixture
def canned(emulator: Emulator) -> Iterator[CannedAzure]:
    with CannedAzure(emulator.authority.server_certificate()) as azure:
        yield azure


def look(url: str) -> Size:
    return StorageContainers().measure(f"{url}/", "registry", most_pages=1, seconds=5)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AuthorizationPermissionMismatch", "Storage Blob Data Reader"),
        (401, "InvalidAuthenticationInfo", "Storage Blob Data Reader"),
        (409, "AccountIsDisabled", "Mend"),
    ],
)
def test_a_refusal_says_the_way_out(canned: CannedAzure, status: int, code: str, words: str) -> None:
    canned.answer = Answer(status, b"<Error/>", {"x-ms-error-code": code})
    with pytest.raises(PermanentError) as error:
        look(canned.url)
    assert error.value.code == code
    assert words in error.value.fix


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, b"<Error/>", {"x-ms-error-code": "ServerBusy", "Retry-After": "0"}),
        Answer(429, b"<Error/>", {"Retry-After": "0"}),
        Answer(200, b"<html>Sign in to the hotel<br></html>"),
        Answer(
            200,
            b"<a><Blobs><Blob><Properties><Content-Length>many</Content-Length></Properties></Blob></Blobs></a>",
        ),
    ],
    ids=["busy", "throttled", "no answer of Blob Storage", "no number"],
)
def test_what_passes_is_temporary(canned: CannedAzure, answer: Answer) -> None:
    canned.answer = answer
    with pytest.raises(TemporaryError):
        look(canned.url)


def test_where_nobody_listens_there_is_no_answer(emulator: Emulator) -> None:
    _ = emulator
    with pytest.raises(TemporaryError, match="did not answer"):
        look(f"https://localhost:{Ports.free({}).blob}")


def test_a_token_never_goes_over_plain_http(emulator: Emulator) -> None:
    with pytest.raises(TemporaryError, match="did not answer"):
        look(emulator.url.replace("https:", "http:"))


def test_without_a_token_nothing_is_sent_and_no_secret_is_said(
    emulator: Emulator, canned: CannedAzure, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ = emulator
    canned.answer = Answer(500)
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    forget_environment()
    try:
        with pytest.raises(TemporaryError) as error:
            look(canned.url)
    finally:
        forget_environment()
    assert "wrong" not in str(error.value)
    assert "500" not in str(error.value)
