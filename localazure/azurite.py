"""Azurite, Microsoft's emulator of blobs, queues and tables, as one child process.

Azurite keeps its tables and queues in memory and writes them to disk every five seconds and when it is asked
to stop: what was written less than five seconds before a `kill -9` of Azurite may be gone afterwards.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from localazure.errors import LocalAzureError
from localazure.ports import Ports
from localazure.up.probes import answers
from localazure.up.processes import Program

ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Well known and the same everywhere: https://learn.microsoft.com/azure/storage/common/storage-use-azurite."""


def find_azurite(root: Path) -> Path:
    """AZURITE_BINARY, or the one of `npm ci` in `root`, or one on the PATH. Raises LocalAzureError."""
    named = os.environ.get("AZURITE_BINARY")
    installed = root / "node_modules" / ".bin" / "azurite"
    found = named or (str(installed) if installed.exists() else shutil.which("azurite"))
    if found is None or not Path(found).exists():
        raise LocalAzureError(
            f"Azurite was not found at {named or installed}. "
            "Run scripts/install, or name it: AZURITE_BINARY=/path/to/azurite."
        )
    return Path(found).absolute()


def azurite_program(binary: Path, folder: Path, ports: Ports, environment: Mapping[str, str]) -> Program:
    """Azurite, its data in `folder`. API versions are not checked: the SDKs are newer than Azurite."""
    services = {"blob": ports.blob, "queue": ports.queue, "table": ports.table}
    command = [
        str(binary),
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--location",
        str(folder),
    ]
    for service, port in services.items():
        command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
    return Program(
        name="azurite",
        command=command,
        environment=environment,
        waits_for=f"blobs, queues and tables on ports {ports.blob}, {ports.queue} and {ports.table}",
        is_ready=lambda: all(answers(f"http://127.0.0.1:{port}/") for port in services.values()),
        stop_seconds=10,  # it writes its tables and queues to disk
    )


def blob_endpoint(ports: Ports) -> str:
    """The URL of the blob service, account included."""
    return f"http://127.0.0.1:{ports.blob}/{ACCOUNT}"


def connection_string(ports: Ports) -> str:
    """What `AzureWebJobsStorage` is to be for these ports; where there are proxies, it names those."""
    return _connection_string(ports, ports.queue_proxy or ports.queue, ports.table_proxy or ports.table)


def direct_connection_string(ports: Ports) -> str:
    """The same past the proxies, for those who look on."""
    return _connection_string(ports, ports.queue, ports.table)


def _connection_string(ports: Ports, queue: int, table: int) -> str:
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
        f"BlobEndpoint={blob_endpoint(ports)};"
        f"QueueEndpoint=http://127.0.0.1:{queue}/{ACCOUNT};"
        f"TableEndpoint=http://127.0.0.1:{table}/{ACCOUNT};"
    )
