"""A receiver of each kind of sink, over TLS, for one local Azure; and what the app is told of them."""

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

from localazure.certificates import CertificateAuthority
from shared.sinks.webhook import TYPES
from tests.contract.sink_servers import SinkServer

KINDS = ("slack", "teams", "webhook")


@dataclass(frozen=True)
class Sinks:
    """What came in. Their addresses end with something that nobody else knows."""

    server: SinkServer
    password: str
    key: bytes

    @property
    def settings(self) -> dict[str, str]:
        """Of the app."""
        named = [{"name": f"my-{kind}", "kind": kind} for kind in KINDS]
        urls = {f"SINK_MY_{kind.upper()}_URL": self.server.url(self._path(kind)) for kind in KINDS}
        return {
            "NOTIFICATION_SINKS": json.dumps(named),
            "SINK_ALLOWED_HOSTS": "localhost",
            "SINK_MY_WEBHOOK_SECRET": self.secret,
            **urls,
        }

    @property
    def secret(self) -> str:
        """As the setting has it."""
        return "whsec_" + base64.b64encode(self.key).decode()

    @property
    def secrets(self) -> set[str]:
        """What nobody may write down."""
        return {self.password, self.secret.removeprefix("whsec_")}

    def told(self, registry: str) -> dict[str, list[str]]:
        """The verdicts about a registry that each kind of sink was told, in order."""
        readers = {"slack": _slack, "teams": _teams, "webhook": self._webhook}
        found = {
            kind: [reader(received) for received in self.requests(kind)] for kind, reader in readers.items()
        }
        return {
            kind: [line for line in lines if f" {registry} " in f" {line}"] for kind, lines in found.items()
        }

    def messages(self, kind: str) -> list[Any]:
        """Decoded, the oldest first."""
        return [json.loads(body) for body, _ in self.requests(kind)]

    def requests(self, kind: str) -> list[tuple[bytes, dict[str, str]]]:
        """Body and headers of each, the oldest first."""
        return [(got.body, dict(got.headers.items())) for got in self.server.at(self._path(kind))]

    def _path(self, kind: str) -> str:
        return f"/{kind}/{self.password}"

    def _webhook(self, received: tuple[bytes, dict[str, str]]) -> str:
        event = json.loads(received[0])
        assert Webhook(self.key).verify(*received) == event
        assert event["type"] in TYPES.values()
        return str(event["data"]["headline"])


def _slack(received: tuple[bytes, dict[str, str]]) -> str:
    return str(json.loads(received[0])["text"])


def _teams(received: tuple[bytes, dict[str, str]]) -> str:
    [attachment] = json.loads(received[0])["attachments"]
    return str(attachment["content"]["fallbackText"])


@contextmanager
def receiving(emulator: Path) -> Iterator[Sinks]:
    """Trusted by the local Azure whose emulator keeps its CA in that folder, and which has not started yet."""
    certificate = CertificateAuthority.load_or_create(emulator).server_certificate()
    with SinkServer(certificate) as server:
        yield Sinks(server, secrets.token_urlsafe(24), secrets.token_bytes(32))
