"""The private certificate authority of one local Azure, and what its servers and clients need from it.

Azure's SDKs refuse to send bearer tokens over plain http, and registry clients want TLS too: so everything
that stands for Azure speaks it. Nobody but the clients that are given `bundle()` trusts this authority.
"""

import fcntl
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import certifi
import trustme
from cryptography import x509

from localazure.private_files import write_private

NAMES = ("localhost", "127.0.0.1", "::1")
"""Whom a server certificate is for: this machine's loopback names and nobody else."""

_VALID = timedelta(days=397)
"""Lifetime of a server certificate. Some clients (Apple's) refuse what lives longer than 825 days."""

_RENEW = timedelta(days=90)
"""A certificate with less than this left is replaced when it is asked for: servers have that long."""


class CertificateAuthority:
    """A private CA in `state_dir/ca`. Its key is readable by its owner alone and never leaves that folder."""

    def __init__(self, folder: Path) -> None:
        """Use `load_or_create`: it makes sure that the files are there."""
        self._folder = folder
        self.ca_file = folder / "ca.pem"
        """The CA's certificate, PEM: the only thing a client needs to be given."""

    @classmethod
    def load_or_create(cls, state_dir: Path) -> Self:
        """The CA of this state folder; made at the first call, and again when it is about to expire.

        Several processes may call this at once. Raises OSError, or ValueError if a file is no certificate.
        """
        folder = state_dir.absolute() / "ca"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = cls(folder)
        with authority._locked():
            if not _lasts(authority.ca_file, authority._key_file):
                authority._create()
        return authority

    def server_certificate(self) -> tuple[Path, Path]:
        """Certificate chain and private key (PEM files) of a server on this machine; good for 90 days."""
        chain, key = self._folder / "server.pem", self._folder / "server-key.pem"
        with self._locked():
            if not _lasts(chain, key):
                leaf = self._authority().issue_cert(
                    *NAMES, common_name=NAMES[0], not_after=_utc_now() + _VALID
                )
                write_private(key, leaf.private_key_pem.bytes().decode())
                write_private(chain, "".join(pem.bytes().decode() for pem in leaf.cert_chain_pems))
        return chain, key

    def bundle(self) -> Path:
        """A PEM file with every CA that this environment trusts, and this one too.

        It is meant for REQUESTS_CA_BUNDLE and SSL_CERT_FILE of other processes. What these variables name
        here stays in force: there are machines behind a proxy that has a CA of its own.
        """
        target = self._folder / "bundle.pem"
        ours = self.ca_file.read_text(encoding="ascii")
        with self._locked():
            trusted = _trusted_by_environment().read_text(encoding="utf-8", errors="replace")
            text = trusted if ours in trusted else f"{trusted.rstrip()}\n\n{ours}"
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                write_private(target, text)
        return target

    def client_context(self) -> ssl.SSLContext:
        """TLS settings of a client that trusts this CA and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    @property
    def _key_file(self) -> Path:
        return self._folder / "ca-key.pem"

    def _authority(self) -> trustme.CA:
        return trustme.CA.from_pem(self.ca_file.read_bytes(), self._key_file.read_bytes())

    def _create(self) -> None:
        for file in self._folder.glob("*.pem"):  # signed by the one before, or meant to trust it
            file.unlink()
        authority = trustme.CA(
            organization_name="localazure", organization_unit_name=f"private CA {os.urandom(6).hex()}"
        )
        write_private(self._key_file, authority.private_key_pem.bytes().decode())
        write_private(self.ca_file, authority.cert_pem.bytes().decode())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _lasts(certificate: Path, key: Path) -> bool:
    if not (certificate.exists() and key.exists()):
        return False
    first = x509.load_pem_x509_certificate(certificate.read_bytes())
    return first.not_valid_after_utc > datetime.now(UTC) + _RENEW


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # trustme wants it naive


def _trusted_by_environment() -> Path:
    """The file of CAs in use here: what requests and ssl would take, else certifi's."""
    named = (
        os.environ.get("REQUESTS_CA_BUNDLE"),
        os.environ.get("SSL_CERT_FILE"),
        ssl.get_default_verify_paths().cafile,
    )
    files = [Path(name) for name in named if name and Path(name).is_file()]
    return files[0] if files else Path(certifi.where())
