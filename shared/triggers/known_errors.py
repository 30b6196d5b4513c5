"""Every exception as the error that its caller sees; what nobody foresaw shows nothing."""

import logging
import math

from shared.domain.errors import ApiError, ConflictError, DependencyError
from shared.settings import SettingsError
from shared.telemetry.logs import bound_value

logger = logging.getLogger(__name__)


def as_api_error(error: Exception) -> ApiError:
    """The same error with a status, a code and a way out. What is not the caller's fault is logged."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, DependencyError):
        logger.warning("%s", error)
        return _unavailable(error)
    if isinstance(error, ConflictError):
        return ApiError(
            503,
            "TooManyConcurrentChanges",
            "Too many changes of this registry at the same time. Nothing was changed.",
            "Send the same request again in a second.",
            headers={"Retry-After": "1"},
        )
    if isinstance(error, SettingsError):
        return ApiError(500, "NotConfigured", str(error), "Set them in the app's settings and restart it.")
    logger.error("request failed", exc_info=error)
    return ApiError(
        500,
        "InternalServerError",
        "The control plane failed; this is not your request's fault.",
        f"Send it again; if it fails again, look for request {bound_value('request')} in the logs.",
    )


def _unavailable(error: DependencyError) -> ApiError:
    wait = str(math.ceil(error.retry_after))
    return ApiError(
        503,
        "DependencyUnavailable",
        f"{error.dependency} does not answer ({error.reason}). Nothing was changed, or all of it was.",
        f"Send the same request again in {wait} seconds: it is safe to repeat.",
        headers={"Retry-After": wait},
    )
