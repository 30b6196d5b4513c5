"""The real things behind the contract suites: Azurite and the emulator as processes, on free ports."""

import dataclasses
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from localazure.azurite import azurite_program, blob_endpoint, connection_string, find_azurite
from localazure.certificates import CertificateAuthority
from localazure.ports import Ports
from localazure.up.console import Console
from localazure.up.environment import ROOT, base_environment
from localazure.up.probes import answers
from localazure.up.processes import Child, Program

START_SECONDS = 30
IDENTITY_HEADER = secrets.token_hex(24)  # one that begins with "-" would be an option


@dataclass(frozen=True)
class Azurite:
    """Blobs, queues and tables."""

    connection_string: str
    blob_endpoint: str


@dataclass(frozen=True)
class Emulator:
    """Resource Manager, managed identity and Azure Files."""

    url: str
    folder: Path
    """Its state."""
    authority: CertificateAuthority
    client: httpx.Client

    def environment(self) -> dict[str, str]:
        """What makes an unchanged app find it and trust it, besides the identity of the environment it runs in."""
        bundle = str(self.authority.bundle())
        return {
            "IDENTITY_ENDPOINT": f"{self.url}/identity/token",
            "IDENTITY_HEADER": IDENTITY_HEADER,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }

    def control(self, method: str, path: str, body: object = None) -> None:
        """A request to /_emulator; must succeed."""
        self.client.request(method, f"{self.url}/_emulator/{path}", json=body).raise_for_status()


@contextmanager
def azurite(folder: Path) -> Iterator[Azurite]:
    """Azurite until the block ends."""
    ports = Ports.free({})
    program = azurite_program(find_azurite(ROOT), folder, ports, base_environment())
    with running(program):
        yield Azurite(connection_string(ports), blob_endpoint(ports))


@contextmanager
def azurite_with_tls(folder: Path, emulator: Emulator) -> Iterator[Ports]:
    """Azurite that takes bearer tokens until the block ends: it does so over TLS alone, at `127.0.0.1`."""
    ports, (chain, key) = Ports.free({}), emulator.authority.server_certificate()
    program = azurite_program(find_azurite(ROOT), folder, ports, base_environment())
    secure = ["--oauth", "basic", "--cert", str(chain), "--key", str(key)]
    urls = [f"https://127.0.0.1:{port}/" for port in (ports.blob, ports.queue, ports.table)]
    program = dataclasses.replace(
        program,
        command=[*program.command, *secure],
        is_ready=lambda: all(answers(url, emulator.authority.ca_file) for url in urls),
    )
    with running(program):
        yield ports


@contextmanager
def emulator(folder: Path, blobs: str) -> Iterator[Emulator]:
    """`python -m localazure.emulator` until the block ends, with its sites."""
    authority = CertificateAuthority.load_or_create(folder)
    port = Ports.free({}).emulator
    url = f"https://localhost:{port}"
    command = [
        *(sys.executable, "-m", "localazure.emulator", "--log-level", "WARNING"),
        *("--state", str(folder), "--port", str(port), "--blob-endpoint", blobs),
        *("--identity-header", IDENTITY_HEADER),
    ]
    program = Program(
        name="emulator",
        command=command,
        environment=_at_root(base_environment()),
        waits_for=url,
        is_ready=lambda: answers(url, authority.ca_file),
        stop_seconds=15,
    )
    trust = authority.client_context()
    with running(program), httpx.Client(verify=trust, trust_env=False, timeout=30) as client:
        yield Emulator(url, folder, authority, client)


def _at_root(environment: Mapping[str, str]) -> dict[str, str]:
    # the default registry is a path below the root; tests may be started anywhere
    unpacked = ROOT / ".tools/docker-registry/usr/bin/docker-registry"
    return {**environment, "REGISTRY_BINARY": os.environ.get("REGISTRY_BINARY") or str(unpacked)}


@contextmanager
def running(program: Program) -> Iterator[None]:
    """A process until the block ends. Fails if it does not answer in `START_SECONDS`."""
    child = Child(program, Console(sys.stderr))
    deadline = time.monotonic() + START_SECONDS
    try:
        while not child.ready:
            child.look()
            assert time.monotonic() < deadline, f"{program.name} did not start"
            time.sleep(0.05)
        yield
    finally:
        child.stop(hurry=lambda: False)
