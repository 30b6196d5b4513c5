"""Who may ask: Shared Key with one of the account's keys, or a bearer token with backup intent."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from localazure.emulator.files import signature
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.request import FileRequest
from localazure.emulator.files.service import FilesService

_SHARED_KEY = re.compile(r"SharedKey (?P<name>[^:]+):(?P<signature>\S+)")
_BEARER = re.compile(r"Bearer (?P<token>\S+)")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK_SKEW = timedelta(minutes=15)
_INTENT = "x-ms-file-request-intent"


def authorize(request: FileRequest, service: FilesService) -> None:
    """Returns if the request is allowed.

    Raises StorageError with the code that Azure gives: AuthenticationFailed, NoAuthenticationInformation,
    InvalidAuthenticationInfo, MissingRequiredHeader, InvalidHeaderValue; ResourceNotFound where on Azure the
    host name of the account would not resolve.
    """
    keys = service.account_keys(request.account)
    if keys is None:
        raise StorageError("ResourceNotFound")
    if not _VERSION.fullmatch(version := request.required("x-ms-version")):
        raise StorageError("InvalidHeaderValue", HeaderName="x-ms-version", HeaderValue=version)
    header = request.headers.get("authorization", "")
    if shared_key := _SHARED_KEY.fullmatch(header):
        _check_date(request)
        _check_signature(request, shared_key["name"], shared_key["signature"], keys)
    elif bearer := _BEARER.fullmatch(header):
        _check_token(request, bearer["token"], service)
    else:
        raise StorageError("NoAuthenticationInformation")


def _check_signature(request: FileRequest, name: str, given: str, keys: list[str]) -> None:
    text = signature.string_to_sign(request, name)
    path_style_name = f"{request.prefix.strip('/')}/{request.account}"
    if name not in {request.account, path_style_name} or not signature.is_signed(text, given, keys):
        detail = (
            f"The MAC signature found in the HTTP request '{given}' is not the same as any computed "
            f"signature. Server used following string to sign: '{text}'."
        )
        raise StorageError("AuthenticationFailed", AuthenticationErrorDetail=detail)


def _check_date(request: FileRequest) -> None:
    value = request.headers.get("x-ms-date") or request.headers.get("date", "")
    try:
        age = datetime.now(UTC) - parsedate_to_datetime(value).astimezone(UTC)
    except ValueError:
        age = timedelta.max
    if abs(age) > _CLOCK_SKEW:
        detail = f"Request date header not specified or too old: '{value}'."
        raise StorageError("AuthenticationFailed", AuthenticationErrorDetail=detail)


def _check_token(request: FileRequest, token: str, service: FilesService) -> None:
    if not service.check_token(token):
        raise StorageError(
            "InvalidAuthenticationInfo", AuthenticationErrorDetail="Signature validation failed."
        )
    if (intent := request.required(_INTENT)).lower() != "backup":
        raise StorageError("InvalidHeaderValue", HeaderName=_INTENT, HeaderValue=intent)
