"""What Resource Manager's refusals mean: not now, never, or that somebody else holds the name."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, HttpResponseError

from shared.azure.failures import DEFAULT_RETRY_SECONDS, retry_after, summary
from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.resources.resource import Ref, Type

_FAILURES = (AzureError, json.JSONDecodeError)
"""What the SDK raises; the second for an answer of 200 that is not Resource Manager's, such as a proxy's page."""
BUSY_SECONDS = 2
"""Another operation is at work on the same resource: that does not take long."""
_BUSY = {
    "AnotherOperationInProgress",
    "StorageAccountOperationInProgress",
    "StorageAccountIsNotProvisioned",
    "RetryableError",
    "ShareBeingDeleted",
    "ContainerBeingDeleted",
}
_NAME_TAKEN = {"StorageAccountAlreadyTaken", "StorageAccountInAnotherResourceGroup"}
_FOR_NOW_OR_FOR_EVER = {"Conflict", "ContainerOperationFailure"}
"""Codes that App Service and Microsoft.Storage give both for "not now" and for "never"."""
_NOT_NOW = re.compile(
    r"in progress|try again|retry|exclusive|has web app|being deleted|operation later", re.IGNORECASE
)
_MISSING_SCOPES = {"ResourceGroupNotFound", "SubscriptionNotFound"}
_WAYS_OUT = {
    401: "Check that the app has a managed identity and that its token is accepted.",
    403: "Give the app's identity the role Contributor on the resource group, then send the same request again.",
}


@contextmanager
def refusals(ref: Ref) -> Iterator[None]:
    """What the SDK raises inside becomes `TemporaryError`, `PermanentError` or `NameTakenError` about this resource."""
    try:
        yield
    except _FAILURES as error:
        raise _translate(error, ref) from None


def check_scope(error: HttpResponseError) -> None:
    """A missing resource is an answer; a missing group or subscription is not: raises `PermanentError`."""
    code, message = _code_and_message(error)
    if code in _MISSING_SCOPES:
        raise PermanentError(
            code,
            message,
            "Check AZURE_SUBSCRIPTION_ID, create the group that AZURE_RESOURCE_GROUP names, "
            "then send the request again.",
        )


def _code_and_message(error: HttpResponseError) -> tuple[str, str]:
    """From `{"error": {"code", "message"}}` or App Service's own `{"Code", "Message"}`."""
    try:
        body = json.loads(error.response.text()) if error.response is not None else {}
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    inner = body.get("error", body)
    inner = inner if isinstance(inner, dict) else {}
    code = inner.get("code") or inner.get("Code") or summary(error)
    return str(code), str(inner.get("message") or inner.get("Message") or error.reason or "no message")


def _translate(error: Exception, ref: Ref) -> Exception:
    what = f"{ref.type.rpartition('/')[2]} {ref.child or ref.name}"
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return TemporaryError("NoAnswer", f"{what}: {type(error).__name__}", DEFAULT_RETRY_SECONDS)
    code, message = _code_and_message(error)
    if code in _NAME_TAKEN or (
        ref.type is Type.SITE and error.status_code == 409 and "already exists" in message
    ):
        return NameTakenError(ref.type)
    if _is_temporary(error.status_code, code, message):
        wait = BUSY_SECONDS if error.status_code == 409 else retry_after(error)
        return TemporaryError(code, f"{what}: {message}", wait)
    fix = _WAYS_OUT.get(error.status_code, "Mend what Azure names here, then send the same request again.")
    return PermanentError(code, f"{what}: {message}", fix)


def _is_temporary(status: int, code: str, message: str) -> bool:
    if status == 404:  # a parent that is not yet visible everywhere
        return code not in _MISSING_SCOPES
    return status in {408, 429} or status >= 500 or (status == 409 and _is_busy(code, message))


def _is_busy(code: str, message: str) -> bool:
    """Of some codes only the message tells what they mean."""
    return code in _BUSY or (code in _FOR_NOW_OR_FOR_EVER and _NOT_NOW.search(message) is not None)
