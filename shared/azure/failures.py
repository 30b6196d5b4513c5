"""What a failed call says of itself. Never the request: its headers hold tokens, its body may hold keys."""

from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError

from shared.domain.errors import DependencyError

DEFAULT_RETRY_SECONDS = 5.0
MAX_RETRY_SECONDS = 300.0


def retry_after(error: AzureError) -> float:
    """Seconds that the service asks for, or a default."""
    return seconds_asked_for(getattr(error, "response", None))


def seconds_asked_for(response: Any) -> float:
    """The same of an answer; the default if there is none."""
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(value), MAX_RETRY_SECONDS) if str(value).isdigit() else DEFAULT_RETRY_SECONDS


def summary(error: AzureError) -> str:
    """Status and code, or the kind of failure."""
    if isinstance(error, HttpResponseError) and error.status_code:
        return f"{error.status_code} {getattr(error, 'error_code', None) or error.reason or ''}".strip()
    return type(error).__name__


def dependency_error(service: str, error: AzureError) -> DependencyError:
    """The service did not do what it should have done."""
    return DependencyError(service, summary(error), retry_after(error))
