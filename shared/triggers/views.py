"""Records as callers see them. Hashes and row versions stay inside."""

from datetime import datetime
from typing import Any

from shared.domain.operations import Operation
from shared.services.accounts import UserAnswer
from shared.services.registries import RegistryAnswer, shown_at

type Json = dict[str, Any]


def operation_url(base: str, operation_id: str) -> str:
    """Absolute, so that a script can follow it."""
    return f"{base}/api/operations/{operation_id}"


def operation_link(base: str, operation: Operation | None) -> Json | None:
    """The operation inside another answer."""
    if operation is None:
        return None
    return {"id": operation.id, "url": operation_url(base, operation.id), "status": operation.status.value}


def _link(base: str, operation_id: str | None) -> Json | None:
    return {"id": operation_id, "url": operation_url(base, operation_id)} if operation_id else None


def operation_view(base: str, operation: Operation) -> Json:
    """The operation itself."""
    view = {
        "id": operation.id,
        "url": operation_url(base, operation.id),
        "kind": operation.kind.value,
        "registry": operation.registry,
        "user": operation.user,
        "status": operation.status.value,
        "percentComplete": operation.percent_complete,
        "steps": [
            {
                "name": step.name,
                "status": step.status.value,
                "startedAt": _time(step.started_at),
                "endedAt": _time(step.ended_at),
                "attempts": step.attempts,
            }
            for step in operation.steps
        ],
        "createdAt": _time(operation.created_at),
        "startedAt": _time(operation.started_at),
        "endedAt": _time(operation.ended_at),
        "cancelRequestedAt": _time(operation.cancel_requested_at),
        "retryOf": _link(base, operation.retry_of),
        "retriedBy": _link(base, operation.retried_by),
        "error": operation.error.model_dump() if operation.error else None,
        "obstacle": operation.obstacle.model_dump() if operation.obstacle else None,
        "result": operation.result,
    }
    optional = {"user", "cancelRequestedAt", "retryOf", "retriedBy", "error", "obstacle", "result"}
    return {name: value for name, value in view.items() if value is not None or name not in optional}


def registry_view(base: str, answer: RegistryAnswer) -> Json:
    """A registry. Its login server is there as soon as Azure has named it."""
    registry, wanted = answer.registry, answer.registry.desired
    found, drift = answer.verdict, answer.drift
    return {
        "name": registry.name,
        **wanted.model_dump(mode="json", by_alias=True),
        "provisioningState": registry.provisioning_state.value,
        "loginServer": registry.login_server,
        "health": {
            "code": found.code.value,
            "severity": found.severity.value,
            "message": found.message,
            "fix": found.fix or None,
            "latencyMilliseconds": found.latency_ms,
            "checkedAt": _time(found.checked_at),
        }
        if found
        else None,
        "drift": {"found": drift.found, "checkedAt": _time(drift.checked_at)} if drift else None,
        "userCount": registry.user_count,
        "uid": registry.uid,
        "etag": registry.version_tag,
        "createdAt": _time(registry.created_at),
        "updatedAt": _time(registry.updated_at),
        "operation": operation_link(base, answer.operation),
    }


def user_view(base: str, answer: UserAnswer) -> Json:
    """A user; `password` is there once, in the answer that made it."""
    user = answer.user
    once = {
        "password": answer.password,
        "warning": answer.warning,
        "secretAlreadyShown": answer.already_shown,
    }
    return {
        "registry": answer.registry,
        "username": user.username,
        **{name: value for name, value in once.items() if value},
        "state": user.state.value,
        "syncing": answer.syncing,
        "description": user.description,
        "etag": user.version_tag,
        "createdAt": _time(user.created_at),
        "updatedAt": _time(user.updated_at),
        "secretChangedAt": _time(user.secret_changed_at),
        "operation": operation_link(base, answer.operation),
    }


def _time(moment: datetime | None) -> str | None:
    return shown_at(moment) if moment else None
