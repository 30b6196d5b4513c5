"""TLS over a TCP connection, and what its certificate says of itself, whether it is trusted or not."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache

MOST_TEXT = 100
"""Characters that are kept of what a certificate says."""
_KINDS = {
    9: "certificate not valid yet",
    10: "certificate expired",
    62: "certificate for another name",
    64: "certificate for another address",
}
"""By OpenSSL's verify codes, x509_vfy.h. All others say that nobody we trust has issued it."""
_READ_BYTES = 65536


@cache
def trust() -> ssl.SSLContext:
    """The system's certificates, or what `SSL_CERT_FILE` names."""
    return ssl.create_default_context()


class BadTlsError(Exception):
    """No connection that anything may be sent over; the message says why, and what the certificate says of itself."""


class TlsStream:
    """One TLS connection. Its owner closes it; every wait ends when the task is cancelled."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext, name: str
    ) -> None:
        self._reader, self._writer = reader, writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    async def shake_hands(self) -> None:
        """Raises `BadTlsError`, or `ConnectionError` if the other side leaves before the end."""
        try:
            await self._do(self._tls.do_handshake)
        except ssl.SSLEOFError:
            raise ConnectionAbortedError("the connection ended during the TLS handshake") from None
        except ssl.SSLError as error:
            raise BadTlsError(self._explain(error)) from None

    async def read(self) -> bytes:
        """Some bytes; none at the end, however it came."""
        try:
            return await self._do(lambda: self._tls.read(_READ_BYTES))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def write(self, content: bytes) -> None:
        """Little enough not to need to wait."""
        self._tls.write(content)
        self._flush()

    def close(self) -> None:
        """At once."""
        self._writer.transport.abort()

    async def _do[T](self, operation: Callable[[], T]) -> T:
        while True:
            try:
                return operation()
            except ssl.SSLWantReadError:
                self._flush()
                received = await self._reader.read(_READ_BYTES)
                if received:
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            finally:
                self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._writer.write(self._outgoing.read())

    @property
    def expires(self) -> datetime | None:
        """The last moment of a certificate that is trusted."""
        certificate = self._tls.getpeercert()
        if not certificate:
            return None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)

    def describe(self, now: datetime) -> str:
        """A trusted certificate: how long it lasts, and who issued it."""
        expires = self.expires
        if expires is None:
            return "no certificate"
        issuer = (self._tls.getpeercert() or {}).get("issuer", ())
        names = [str(value) for part in issuer for pair in part for value in pair[1:]]
        return f"valid until {_moment(expires)}, {(expires - now).days} days left, issuer {_clean(', '.join(names))}"

    def _explain(self, error: ssl.SSLError) -> str:
        if not isinstance(error, ssl.SSLCertVerificationError):
            return f"no TLS: {_clean(error.reason or 'unknown').replace('_', ' ').lower()}"
        kind = _KINDS.get(error.verify_code, f"certificate not trusted ({_clean(error.verify_message)})")
        with suppress(
            Exception
        ):  # it may say whatever it likes, and the library raises whatever it likes at that
            return f"{kind}: {_presented(self._tls.get_unverified_chain()[0])}"
        return kind


def _presented(certificate: bytes) -> str:
    from cryptography import x509  # noqa: PLC0415 - only for what is wrong, and not cheap

    shown = x509.load_der_x509_certificate(certificate)
    names: list[str] = []
    with suppress(x509.ExtensionNotFound):
        others = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [str(name.value) for name in others]
    span = f"valid from {_moment(shown.not_valid_before_utc)} until {_moment(shown.not_valid_after_utc)}"
    issuer = ", ".join(str(attribute.value) for attribute in shown.issuer)
    return f"for {_clean(', '.join(names)) or 'no name'}, {span}, issuer {_clean(issuer)}"


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _clean(text: str) -> str:
    """What strangers wrote, as something that can stand in a line."""
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)
    return plain[:MOST_TEXT]
