"""The managed-identity endpoint on the wire."""

import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from localazure.emulator.identity.errors import IdentityError
from localazure.emulator.identity.models import Identity

_USER_ASSIGNED = ("client_id", "object_id", "principal_id", "mi_res_id")


class IdentityResponses:
    """GET /identity/token."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def token(self, request: Request) -> Response:
        """A token, or why not."""
        try:
            token = self._identity.issue(
                secret=request.headers.get("x-identity-header"),
                api_version=request.query_params.get("api-version"),
                resource=request.query_params.get("resource"),
                who=next((request.query_params[n] for n in _USER_ASSIGNED if n in request.query_params), ""),
            )
        except IdentityError as error:
            return _refusal(error)
        return JSONResponse(
            {
                "access_token": token.value,
                "client_id": self._identity.client_id,
                "expires_on": str(token.expires_on),
                "resource": token.resource,
                "token_type": "Bearer",
            },
            headers={"cache-control": "no-store"},
        )


def _refusal(error: IdentityError) -> Response:
    body = {"statusCode": error.status, "message": error.message, "correlationId": str(uuid.uuid4())}
    return JSONResponse(body, status_code=error.status)
