"""Bearer tokens at the doors of Resource Manager and Azure Files: each takes only tokens meant for it."""

import jwt

from localazure.emulator.arm import errors
from localazure.emulator.identity.models import Identity

_MANAGEMENT = ("https://management.azure.com", "https://management.core.windows.net")
_STORAGE = ("https://storage.azure.com",)
_BEARER = "bearer "


class BearerTokens:
    """Checks the tokens that our own identity endpoint issued."""

    def __init__(self, identity: Identity, origin: str) -> None:
        """`origin` is our own address; a token for it opens both doors."""
        self._identity = identity
        self._management = (*_MANAGEMENT, origin)
        self._storage = (*_STORAGE, origin)

    def check_management(self, authorization: str | None) -> str:
        """The principal that an Authorization header for Resource Manager stands for. Raises ArmError 401."""
        if not authorization:
            message = "Authentication failed. The 'Authorization' header is missing."
            challenge = "The authentication failed because of missing 'Authorization' header."
            raise errors.unauthorized("AuthenticationFailed", message, challenge)
        claims = self._claims(authorization)
        audience = claims["aud"]
        if audience.rstrip("/") not in self._management:
            message = (
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly "
                f"match with one of the allowed audiences '{','.join(name + '/' for name in self._management)}'."
            )
            raise errors.unauthorized("InvalidAuthenticationTokenAudience", message, message)
        return claims["oid"]

    def opens_files(self, token: str) -> bool:
        """Is this token (without `Bearer`) good for Azure Files?"""
        return self._identity.accepts(token, self._storage)

    def _claims(self, authorization: str) -> dict[str, str]:
        if not authorization.lower().startswith(_BEARER):
            message = "The authentication scheme is not supported: send a bearer token."
            raise errors.unauthorized("InvalidAuthenticationToken", message, message)
        try:
            return self._identity.claims(authorization[len(_BEARER) :].strip())
        except jwt.ExpiredSignatureError:
            message = "The access token has expired."
            raise errors.unauthorized("ExpiredAuthenticationToken", message, message) from None
        except jwt.InvalidTokenError:
            message = "The access token is invalid."
            raise errors.unauthorized("InvalidAuthenticationToken", message, message) from None
