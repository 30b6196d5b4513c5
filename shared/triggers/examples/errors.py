"""One example per status of an error, as the code raises it: the OpenAPI document and docs/api.md show them."""

from shared.domain.errors import (
    ApiError,
    OperationInProgressError,
    Problem,
    bad_request,
    not_found,
    precondition_failed,
)
from shared.domain.operations import Kind
from shared.domain.roles import Access, Need, Right, Role
from shared.services.authorization import forbidden
from shared.services.requests import Caller
from shared.services.status.links import link_needed
from shared.triggers.examples.base import CREATE, UID, Json
from shared.triggers.views.errors import error_view

ERRORS: dict[int, ApiError] = {
    400: bad_request(
        (
            Problem(
                "NotAllowed",
                "sku",
                "sku: It is not allowed here.",
                "Use one of: B1, B2, B3, S1, P0v3, P1v3. Setting: ALLOWED_SKUS.",
            ),
            Problem(
                "InvalidType",
                "deleteEnabled",
                "deleteEnabled: It must be true or false.",
                "Send true or false, without quotes.",
            ),
        )
    ),
    401: link_needed(),
    403: forbidden(
        Need(Role.OPERATOR),
        Caller("key:ci", "", access=Access((Right(Role.READER, "payments-*"),))),
        "delete_registry",
        "payments-eu",
    ),
    404: not_found("Registry", "demmo", "demo", ""),
    409: OperationInProgressError(CREATE, Kind.CREATE_REGISTRY, "demo"),
    410: ApiError(
        410,
        "UserDeleted",
        "The user 'ci' of registry 'demo' was deleted: nothing is left to bring.",
        "To have the user again: PUT /api/registries/demo/users/ci",
        target="ci",
    ),
    412: precondition_failed("If-Match", f'"{UID[-8:]}.2"'),
    413: ApiError(
        413,
        "RequestBodyTooLarge",
        "The body has 70123 bytes; at most 65536 are read.",
        "Send only the fields that you want to set.",
    ),
    415: ApiError(
        415,
        "UnsupportedMediaType",
        "The body is sent as 'application/x-www-form-urlencoded', not as JSON.",
        "Add the header Content-Type: application/json (curl: -H 'Content-Type: application/json').",
        target="Content-Type",
    ),
    429: ApiError(
        429,
        "TooManyRequests",
        "Caller key:1f3a9c0b7d52 has sent 600 writes in the last 60 seconds, as many as WRITES_PER_MINUTE "
        "allows. Nothing was done.",
        "Send the same request again in 12 seconds. An operator can raise WRITES_PER_MINUTE.",
        target="WRITES_PER_MINUTE",
    ),
    503: ApiError(
        503,
        "DependencyUnavailable",
        "Table Storage does not answer (ServiceRequestError). Nothing was changed, or all of it was.",
        "Send the same request again in 5 seconds: it is safe to repeat.",
    ),
}
"""What each status looks like. Others have the same form."""


def error_example(status: int) -> Json | None:
    """The body of an error of that status."""
    return error_view(ERRORS[status]).plain() if status in ERRORS else None
