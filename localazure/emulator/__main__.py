"""`python -m localazure.emulator`: the emulator as a process of its own."""

import argparse
import logging
import os
import sys
from pathlib import Path

from localazure.certificates import CertificateAuthority
from localazure.emulator.app import Emulator
from localazure.emulator.errors import PortInUseError
from localazure.emulator.identity.models import Identity
from localazure.emulator.server import Server, listen, origin
from localazure.sites.sites import Sites

_REGISTRY = ".tools/docker-registry/usr/bin/docker-registry"
_DEFAULT_TENANT = "11111111-1111-4111-8111-111111111111"


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. 0 after SIGTERM or SIGINT, 2 if it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=options.log_level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        server, proxies = _servers(options)
    except (PortInUseError, ValueError, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 2
    server.serve_forever(*proxies)
    return 0


def _servers(options: argparse.Namespace) -> tuple[Server, list[Server]]:
    state: Path = options.state.resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = listen(options.port)
    authority = CertificateAuthority.load_or_create(state)
    sites = Sites(state / "sites", authority, options.registry_binary, options.blob_endpoint)
    identity = Identity(state, options.tenant_id, options.identity_header)
    emulator = Emulator(state, origin(listener), identity, sites)
    proxied = {"queues": options.queue_proxy, "tables": options.table_proxy}
    proxies = [
        Server(emulator.storage_proxy(service, named[1]), listen(int(named[0])))
        for service, named in proxied.items()
        if named
    ]
    return Server(emulator.app(), listener, authority.server_certificate()), proxies


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localazure.emulator", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps everything")
    parser.add_argument("--port", type=int, required=True, help="TLS port on localhost; 0 = any free one")
    parser.add_argument(
        "--blob-endpoint", required=True, help="Azurite's: http://127.0.0.1:N/devstoreaccount1"
    )
    for service in ("queue", "table"):
        parser.add_argument(
            f"--{service}-proxy",
            nargs=2,
            metavar=("PORT", "URL"),
            help=f"a port where Azurite's {service}s at http://127.0.0.1:N misbehave on demand",
        )
    parser.add_argument("--identity-header", required=True, help="what callers send as X-IDENTITY-HEADER")
    parser.add_argument("--tenant-id", default=_DEFAULT_TENANT, help="`tid` of the tokens")
    parser.add_argument(
        "--registry-binary",
        type=Path,
        default=Path(os.environ.get("REGISTRY_BINARY") or _REGISTRY),
        help="the registry that a site runs; default REGISTRY_BINARY, else Debian's unpacked by scripts/install",
    )
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    return parser


if __name__ == "__main__":
    sys.exit(main())
