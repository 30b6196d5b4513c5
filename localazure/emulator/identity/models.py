"""Who gets tokens, what is in them, and which ones are good.

The protocol: https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

import hmac
import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from localazure.emulator.identity.errors import IdentityError
from localazure.private_files import write_private

API_VERSION = "2019-08-01"
LIFETIME_SECONDS = 86400
"""A managed identity's token is good for 24 hours."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Token:
    """A bearer token for one resource."""

    value: str
    resource: str
    expires_on: int


class Identity:
    """One system-assigned identity. Its signing key is kept, so tokens outlive a restart of the emulator."""

    def __init__(
        self, state: Path, tenant_id: str, header_secret: str, lifetime: int = LIFETIME_SECONDS
    ) -> None:
        """`header_secret` is what callers must send as X-IDENTITY-HEADER; `lifetime` of a token in seconds."""
        self.tenant_id = tenant_id
        self.client_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"client:{tenant_id}"))
        self.principal_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"principal:{tenant_id}"))
        self._secret = header_secret
        self._lifetime = lifetime
        self._key = _load_or_create_key(state / "identity-key.pem")

    def issue(self, *, secret: str | None, api_version: str | None, resource: str | None, who: str) -> Token:
        """A token for `resource`, if the caller proves to be on this machine. Raises IdentityError."""
        if secret is None or not hmac.compare_digest(secret.encode(), self._secret.encode()):
            raise IdentityError(401, "The X-IDENTITY-HEADER header is missing or wrong.")
        if api_version != API_VERSION:
            raise IdentityError(400, f"The api-version query parameter must be {API_VERSION}.")
        if who and who.lower() not in (self.client_id, self.principal_id):
            raise IdentityError(
                400, "No Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            )
        if not resource:
            raise IdentityError(400, "The resource query parameter is required.")
        if not _is_resource(resource):
            raise IdentityError(500, "An unexpected error occured while fetching the AAD Token.")
        return self._sign(resource)

    def claims(self, token: str) -> dict[str, str]:
        """What a token says: `aud` is the resource that it is for, `oid` the principal that it was issued to.

        Raises jwt.InvalidTokenError if it is not ours, or expired.
        """
        # The caller compares the audience: which ones are good depends on the service.
        claims: dict[str, str] = jwt.decode(
            token,
            self._key.public_key(),
            algorithms=["RS256"],
            issuer=self._issuer,
            options={"verify_aud": False, "require": ["exp", "aud", "iss", "tid", "oid"]},
        )
        return claims

    def accepts(self, token: str, audiences: Iterable[str]) -> bool:
        """Is it one of our tokens, not expired, and for one of these services?"""
        try:
            audience = self.claims(token)["aud"]
        except jwt.InvalidTokenError:
            return False
        return audience.rstrip("/") in {name.rstrip("/") for name in audiences}

    @property
    def _issuer(self) -> str:
        return f"https://sts.windows.net/{self.tenant_id}/"

    def _sign(self, resource: str) -> Token:
        now = int(time.time())
        expires = now + self._lifetime
        claims = {
            "aud": resource,
            "iss": self._issuer,
            "iat": now,
            "nbf": now,
            "exp": expires,
            "appid": self.client_id,
            "appidacr": "2",
            "idp": self._issuer,
            "idtyp": "app",
            "oid": self.principal_id,
            "sub": self.principal_id,
            "tid": self.tenant_id,
            "ver": "1.0",
            "jti": str(uuid.uuid4()),
        }
        value = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.client_id})
        return Token(value, resource, expires)


def _is_resource(resource: str) -> bool:
    parts = urlsplit(resource)
    return bool(_GUID.fullmatch(resource)) or (parts.scheme in ("https", "api") and bool(parts.netloc))


def _load_or_create_key(file: Path) -> rsa.RSAPrivateKey:
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(file, text.decode())
    return key
