"""Operations, as callers see them."""

from shared.domain.operations import Operation, OperationError
from shared.triggers.answer_models.base import Link, OperationLink, Reason
from shared.triggers.answer_models.operations import ChangedOperationView, OperationView, StepView


def operation_url(base: str, operation_id: str) -> str:
    """Absolute, so that a script can follow it."""
    return f"{base}/api/operations/{operation_id}"


def operation_link(base: str, operation: Operation) -> OperationLink:
    """The operation inside another answer."""
    return OperationLink(id=operation.id, url=operation_url(base, operation.id), status=operation.status)


def operation_view(base: str, operation: Operation) -> OperationView:
    """The operation itself."""
    return OperationView.model_validate(_operation(base, operation))


def changed_operation_view(base: str, operation: Operation) -> ChangedOperationView:
    """The operation as the answer to a request that changed it."""
    return ChangedOperationView.model_validate(
        _operation(base, operation) | {"operation": operation_link(base, operation)}
    )


def _operation(base: str, operation: Operation) -> dict[str, object]:
    optional = {
        "user": operation.user,
        "cancel_requested_at": operation.cancel_requested_at,
        "retry_of": _link(base, operation.retry_of),
        "retried_by": _link(base, operation.retried_by),
        "error": _reason(operation.error),
        "obstacle": _reason(operation.obstacle),
        "result": operation.result,
    }
    steps = [
        StepView(
            name=step.name,
            status=step.status,
            started_at=step.started_at,
            ended_at=step.ended_at,
            attempts=step.attempts,
        )
        for step in operation.steps
    ]
    return {
        "id": operation.id,
        "url": operation_url(base, operation.id),
        "kind": operation.kind,
        "registry": operation.registry,
        "status": operation.status,
        "percent_complete": operation.percent_complete,
        "steps": steps,
        "created_at": operation.created_at,
        "started_at": operation.started_at,
        "ended_at": operation.ended_at,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _link(base: str, operation_id: str | None) -> Link | None:
    return Link(id=operation_id, url=operation_url(base, operation_id)) if operation_id else None


def _reason(error: OperationError | None) -> Reason | None:
    return Reason(code=error.code, message=error.message, fix=error.fix) if error else None
