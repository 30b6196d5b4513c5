"""What can go wrong, said so that its reader knows what to do next.

`ApiError` answers an HTTP request. `TemporaryError` and `PermanentError` end one turn of an operation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_DETAILS = 50


@dataclass(frozen=True)
class Problem:
    """One bad field of a request: what is wrong with it, and the `fix`."""

    code: str
    target: str
    message: str
    fix: str


class ApiError(Exception):
    """An HTTP answer of the form `{"error": {...}}`. `headers` go out with it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fix: str,
        *,
        target: str | None = None,
        details: Sequence[Problem] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fix = status, code, message, fix
        self.target, self.details, self.headers = target, tuple(details), headers or {}


class OperationInProgressError(ApiError):
    """409: another operation works on this registry. The endpoint adds its URL."""

    def __init__(self, operation_id: str, kind: str, registry: str) -> None:
        super().__init__(
            409,
            "OperationInProgress",
            f"Operation {operation_id} ({kind}) is still working on registry '{registry}'.",
            f"Wait for it: GET /api/operations/{operation_id}?wait=30. Then send the request again.",
            target=operation_id,
        )
        self.operation_id = operation_id


def bad_request(problems: Sequence[Problem]) -> ApiError:
    """400 that names every bad field at once; of a flood of them the first `MAX_DETAILS`."""
    if len(problems) == 1:
        only = problems[0]
        return ApiError(400, only.code, only.message, only.fix, target=only.target, details=problems)
    named = ", ".join(problem.target for problem in problems[:MAX_DETAILS])
    more = ", ..." if len(problems) > MAX_DETAILS else ""
    return ApiError(
        400,
        "InvalidRequest",
        f"{len(problems)} fields are not valid: {named}{more}.",
        "Mend each field named in details and send the request again. Nothing was changed.",
        details=problems[:MAX_DETAILS],
    )


class NotFoundError(ApiError):
    """404 that names the `nearest` existing name, or else how to `create` one."""

    def __init__(self, kind: str, name: str, nearest: str | None, create: str) -> None:
        fix = f"Did you mean '{nearest}'? Names are case-sensitive." if nearest else create
        super().__init__(
            404, f"{kind}NotFound", f"There is no {kind.lower()} named '{name}'.", fix, target=name
        )
        self.kind, self.name, self.nearest, self.create = kind, name, nearest, create

    def without_nearest(self) -> "NotFoundError":
        """For whoever may not know that name."""
        return NotFoundError(self.kind, self.name, None, self.create)


def not_found(kind: str, name: str, nearest: str | None, create: str) -> ApiError:
    """404 that names the nearest existing name, or else how to create one."""
    return NotFoundError(kind, name, nearest, create)


def precondition_failed(header: str, actual: str | None) -> ApiError:
    """412: the resource is not in the version that the caller named."""
    now = f"its etag is {actual}" if actual else "it does not exist"
    return ApiError(
        412,
        "ConditionNotMet",
        f"The {header} condition does not hold: {now}. Nothing was changed.",
        "GET the resource, look at what changed, and send the request again with its present etag.",
        target=header,
    )


class DependencyError(Exception):
    """A service that we need did not answer. Over HTTP this is 503; in a turn it is temporary."""

    def __init__(self, dependency: str, reason: str, retry_after: float = 5) -> None:
        super().__init__(f"{dependency}: {reason}")
        self.dependency, self.reason, self.retry_after = dependency, reason, retry_after


class ConflictError(Exception):
    """A row is not in the version that a transaction expected: read again, decide again."""


class TemporaryError(Exception):
    """Not now. The operation takes its next turn in `retry_after` seconds."""

    def __init__(self, code: str, message: str, retry_after: float) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.retry_after = code, message, retry_after


class PermanentError(Exception):
    """No. The operation ends `Failed` with this code and message, and `fix` is the way out."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.fix = code, message, fix


class NameTakenError(Exception):
    """Somebody else holds an Azure name that must be unique: take the next candidate."""
