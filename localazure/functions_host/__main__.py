"""`python -m localazure.functions_host`: serve a function app, as `func start` does."""

import argparse
import asyncio
import logging
import os
import socket
import sys
from pathlib import Path

from localazure.functions_host import logs
from localazure.functions_host.app_settings import LocalSettings
from localazure.functions_host.errors import StartError
from localazure.functions_host.host import STOP_SECONDS, Host, serve
from localazure.functions_host.host_json import HostJson
from localazure.functions_host.keys import Keys

_logger = logging.getLogger("localazure.functions_host")
_DEFAULT_PORT = 7071


def main() -> int:
    """Serve until SIGTERM or SIGINT: 0. What keeps it from starting: 1, and a line that says why."""
    options = _options()
    logs.configure({}, [], lambda _: None)
    try:
        asyncio.run(_serve(options))
    except StartError as error:
        _logger.error("%s", error)  # noqa: TRY400 - it is written for a person, a traceback would hide it
        return 1
    return 0


async def _serve(options: argparse.Namespace) -> None:
    app_dir, state = options.app_dir.resolve(), options.state.resolve()
    keys = Keys.load(options.keys)
    settings = LocalSettings.load(app_dir)
    settings.add_to(os.environ)
    host_json = HostJson.load(app_dir, os.environ)
    runtime = os.environ.get("FUNCTIONS_WORKER_RUNTIME", "python")
    if runtime != "python":
        raise StartError(f"FUNCTIONS_WORKER_RUNTIME is '{runtime}': this host runs only python")
    with _listen(options.port if options.port is not None else settings.http_port or _DEFAULT_PORT) as sock:
        # Set by `func start` too.
        os.environ.setdefault("WEBSITE_HOSTNAME", f"localhost:{sock.getsockname()[1]}")
        os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
        await serve(Host(app_dir, state, host_json, keys, sock=sock, stop_seconds=options.stop_seconds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localazure.functions_host", description=__doc__)
    parser.add_argument(
        "--app-dir", type=Path, default=Path(), help="folder with function_app.py and host.json"
    )
    parser.add_argument("--state", type=Path, required=True, help="folder for what survives a restart")
    parser.add_argument(
        "--port", type=int, help="port on 127.0.0.1; 0 = a free one; default: Host.LocalHttpPort, 7071"
    )
    parser.add_argument("--keys", type=Path, required=True, help="JSON file with masterKey and functionKeys")
    parser.add_argument(
        "--stop-seconds", type=int, default=STOP_SECONDS, help="how long a stop waits for running functions"
    )
    return parser.parse_args()


def _listen(port: int) -> socket.socket:
    # The protocol is named, or asyncio would not set TCP_NODELAY and each answer would wait 40 ms for an ACK.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise StartError(f"port {port} cannot be used: {error}. Choose another one with --port") from error
    return sock


if __name__ == "__main__":
    sys.exit(main())
