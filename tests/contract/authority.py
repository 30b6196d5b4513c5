"""A certificate authority of a test, and what a probe sees that trusts it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import trustme

from shared.domain.health.codes import Finding
from shared.domain.health.findings import findings
from shared.domain.health.observation import Observation, Thresholds
from shared.registry_probe import HttpProbe
from tests.contract.tls_servers import Certificate

PASSWORD = "the probe's password"
PATIENCE_SECONDS = 15.0
THRESHOLDS = Thresholds(slow_ms=3000, tls_warning_days=14)


class Authority:
    """A CA, and certificates of it for servers on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._ca = folder, trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def certificate(self, *names: str, expires: datetime | None = None) -> Certificate:
        naive = expires.replace(tzinfo=None) if expires else None  # trustme wants it naive
        issued = self._ca.issue_cert(*(names or ("localhost", "127.0.0.1")), not_after=naive)
        number = len(list(self._folder.iterdir()))
        chain, key = self._folder / f"{number}.pem", self._folder / f"{number}-key.pem"
        chain.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(key))
        return chain, key


def look(
    *servers: str, timeout: float = PATIENCE_SECONDS, concurrency: int = 8, login_only: bool = False
) -> list[Observation]:
    """What is seen, without what differs from machine to machine."""
    targets = [(server, PASSWORD) for server in servers]
    return plain(HttpProbe(timeout, concurrency).look(targets, login_only=login_only))


def plain(seen: Sequence[Observation]) -> list[Observation]:
    """Without times, dates, and words."""
    return [
        each.model_copy(update={"at": None, "latency_ms": 0, "certificate_expires": None, "checks": []})
        for each in seen
    ]


def found(
    server: str,
    password: str = PASSWORD,
    *,
    timeout: float = PATIENCE_SECONDS,
    site_stopped: bool | None = False,
    restricted: bool = False,
) -> list[Finding]:
    """What one look at a server finds."""
    [seen] = HttpProbe(timeout, 1).look([(server, password)])
    return findings(
        seen,
        site_stopped=site_stopped,
        restricted=restricted,
        thresholds=THRESHOLDS,
        now=datetime.now(UTC),
    )
