"""One Azurite and one emulator for all suites of this folder; suites that run on fakes alone start neither."""

import os
from collections.abc import Iterator

import pytest

from localazure.ports import Ports
from localazure.up.environment import base_environment
from shared.azure.connection import StorageConnection, credential
from shared.azure.resource_manager import AzureResourceManager
from shared.registry_probe import tls
from tests.contract import processes
from tests.contract.authority import Authority
from tests.contract.registries import GROUP, SUBSCRIPTION
from tests.contract.tls_servers import Certificate


@pytest.fixture(scope="package")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Azurite]:
    with processes.azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="package")
def storage(azurite: processes.Azurite) -> StorageConnection:
    """The app's own storage, as `AzureWebJobsStorage` names it."""
    return StorageConnection.from_env({"AzureWebJobsStorage": azurite.connection_string})


@pytest.fixture(scope="package")
def emulator(
    tmp_path_factory: pytest.TempPathFactory, azurite: processes.Azurite
) -> Iterator[processes.Emulator]:
    """The emulator, and an environment in which the app's identity and trust lead to it and nowhere else."""
    with (
        processes.emulator(tmp_path_factory.mktemp("emulator"), azurite.blob_endpoint) as running,
        pytest.MonkeyPatch.context() as environment,
    ):
        ours = base_environment()
        for name in os.environ.keys() - ours.keys():  # credentials for the real Azure
            environment.delenv(name)
        for name, value in {**ours, **running.environment()}.items():
            environment.setenv(name, value)
        forget_environment()
        try:
            yield running
        finally:
            forget_environment()


@pytest.fixture(scope="package")
def secure_azurite(tmp_path_factory: pytest.TempPathFactory, emulator: processes.Emulator) -> Iterator[Ports]:
    """Storage that takes tokens of the app's identity."""
    with processes.azurite_with_tls(tmp_path_factory.mktemp("azurite-with-tls"), emulator) as listening:
        yield listening


@pytest.fixture(scope="package")
def manager(emulator: processes.Emulator) -> Iterator[AzureResourceManager]:
    """The adapter, on the emulator."""
    adapter = AzureResourceManager(emulator.url, SUBSCRIPTION, GROUP)
    with adapter._storage, adapter._web:
        yield adapter


def forget_environment() -> None:
    """What the product has read from the environment once and keeps for the life of a process."""
    if credential.cache_info().currsize:
        close = getattr(credential(), "close", None)
        if close:
            close()
    credential.cache_clear()
    tls.trust.cache_clear()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """The one that the probe trusts."""
    ours = Authority(tmp_path_factory.mktemp("ca"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(ours.file))
        tls.trust.cache_clear()
        yield ours
    tls.trust.cache_clear()


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.certificate()
