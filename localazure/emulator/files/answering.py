"""What every answer of a storage service has: the request's id, and for a refusal the error document."""

import uuid
from collections.abc import Callable

from starlette.responses import Response

from localazure.emulator.files.errors import StorageError


def answered(operation: Callable[[], Response], tenant_id: str) -> Response:
    """What `operation` answers; every `StorageError` becomes an error document.

    From the header of a 401 the SDK learns where to get a fresh token.
    """
    request_id = str(uuid.uuid4())
    try:
        response = operation()
    except StorageError as error:
        response = Response(error.body(request_id), status_code=error.status, media_type="application/xml")
        response.headers["x-ms-error-code"] = error.code
        if error.status == 401:
            uri = f"https://login.microsoftonline.com/{tenant_id}/oauth2/authorize"
            challenge = f"Bearer authorization_uri={uri} resource_id=https://storage.azure.com"
            response.headers["WWW-Authenticate"] = challenge
    response.headers["x-ms-request-id"] = request_id
    return response
