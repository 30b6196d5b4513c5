"""Injected errors, in the body shape of the service that is asked.

Codes and messages: Resource Manager's throttling page (https://aka.ms/arm-throttling), the storage provider's as seen
in bug reports of azure-cli and terraform-provider-azurerm, Microsoft's "Common REST API error codes" and "Azure Files
error codes" pages. Microsoft.Web's wording for 429, 500 and 503 is not confirmed [?].
"""

import uuid
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from localazure.emulator.arm.errors import AppServiceError, ArmError
from localazure.emulator.faults.models import InjectedAnswer
from localazure.emulator.files import errors as files_errors

_THROTTLED = (
    "The request is being throttled as the limit has been reached for operation type - "
    "Read_ObservationWindow_00:05:00. For more information, see - https://aka.ms/srpthrottlinglimits"
)
_ARM = {
    409: ("Conflict", "There was a conflict. Another operation is in progress on the resource."),
    429: ("TooManyRequests", _THROTTLED),
    500: ("InternalServerError", "Encountered internal server error. Please retry the request."),
    503: ("ServiceUnavailable", "The service is unavailable. Please retry the request."),
}
_COMMON_STORAGE = {
    500: ("InternalError", "The server encountered an internal error. Please retry the request."),
    503: ("ServerBusy", "The server is currently unable to receive requests. Please retry your request."),
}
_FILES = {
    **_COMMON_STORAGE,
    409: ("SharingViolation", "The specified resource may be in use by an SMB client."),
}
_QUEUES = {
    **_COMMON_STORAGE,
    404: ("MessageNotFound", "The specified message does not exist."),
    409: ("QueueAlreadyExists", "The specified queue already exists."),
}
_TABLES = {
    **_COMMON_STORAGE,
    404: ("ResourceNotFound", "The specified resource does not exist."),
    409: ("EntityAlreadyExists", "The specified entity already exists."),
    412: ("UpdateConditionNotSatisfied", "The update condition specified in the request was not satisfied."),
}
_TABLE_TYPE = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"


def response(answer: InjectedAnswer, path: str) -> Response:
    """The answer that the service behind `path` would give."""
    shape = answer.shape or _shape(path)
    known = _known(shape, path).get(answer.status) or _by_status(answer.status)
    code = answer.code or known[0]
    message = answer.message or (known[1] if code == known[0] else code)
    made = _made(answer.status, shape, code, message)
    if answer.status == 429:
        made.headers["retry-after"] = "1"
    for name, value in answer.headers.items():
        if value is not None:
            made.headers[name] = value
        elif name in made.headers:
            del made.headers[name]
    return made


def _shape(path: str) -> str:
    path = path.lower()
    if path.startswith(("/blobs/", "/files/", "/queues/")):
        return "storage"
    if path.startswith("/tables/"):
        return "table"
    if path.startswith("/identity/"):
        return "identity"
    return "appservice" if "/providers/microsoft.web/" in path else "arm"


def _known(shape: str, path: str) -> dict[int, tuple[str, str]]:
    if shape == "table":
        return _TABLES
    if shape == "storage":
        return _QUEUES if path.lower().startswith("/queues/") else _FILES
    return _ARM


def _made(status: int, shape: str, code: str, message: str) -> Response:
    if shape == "storage":
        return _storage(status, code, message)
    return _table(status, code, message) if shape == "table" else _json(status, shape, code, message)


def _by_status(status: int) -> tuple[str, str]:
    try:
        found = HTTPStatus(status)
    except ValueError:
        return "Error", "The request failed."
    return found.phrase.title().replace(" ", ""), found.description or found.phrase


def _json(status: int, shape: str, code: str, message: str) -> Response:
    request_id = str(uuid.uuid4())
    headers = {
        "cache-control": "no-cache",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
    }
    return JSONResponse(_body(status, shape, code, message), status, headers)


def _body(status: int, shape: str, code: str, message: str) -> dict[str, Any]:
    if shape == "identity":
        return {"statusCode": status, "message": message, "correlationId": str(uuid.uuid4())}
    if shape == "appservice":
        return AppServiceError(status, code, "", "{0}", message).body()
    return ArmError(status, code, message).body()


def _storage(status: int, code: str, message: str) -> Response:
    request_id = str(uuid.uuid4())
    headers = {"x-ms-error-code": code, "x-ms-request-id": request_id}
    body = files_errors.error_document(code, message, request_id)
    return Response(body, status, headers, media_type="application/xml")


def _table(status: int, code: str, message: str) -> Response:
    request_id = str(uuid.uuid4())
    text = files_errors.traceable(message, request_id)
    error = {"code": code, "message": {"lang": "en-US", "value": text}}
    headers = {"x-ms-request-id": request_id, "content-type": _TABLE_TYPE}
    return JSONResponse({"odata.error": error}, status, headers)
