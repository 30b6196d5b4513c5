"""From what the services return to the models that callers see."""

from collections.abc import Sequence

from shared.domain.audit import AuditEntry
from shared.domain.change_plan import ChangePlan
from shared.domain.errors import ApiError
from shared.domain.expiry import shown_duration
from shared.domain.health.verdict import Verdict
from shared.domain.operations import Operation, OperationError
from shared.domain.roles import Right, Role
from shared.services.accounts import UserAnswer
from shared.services.diagnosis import Diagnosis
from shared.services.imports import ImportAnswer
from shared.services.registries import RegistryAnswer
from shared.services.requests import Caller
from shared.triggers.answer_models import (
    AuditEntryView,
    ChangedOperationView,
    DiagnosisView,
    DriftView,
    ErrorAnswer,
    ErrorView,
    FieldChangeView,
    FindingView,
    HealthView,
    ImportedUsers,
    Link,
    OperationLink,
    OperationView,
    PersonView,
    PlannedStepView,
    ProblemView,
    Reason,
    RegistryFields,
    RegistryPlanView,
    RegistryView,
    RightView,
    StepView,
    UserView,
    WhoamiView,
)


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


def audit_entry_view(entry: AuditEntry) -> AuditEntryView:
    """One entry. Details are there where something was found."""
    found = entry.model_dump(exclude={"etag", "id_key", "details"})
    details = {"details": entry.details} if entry.details else {}
    return AuditEntryView.model_validate({**found, **details, "id": entry.id_key})


def plan_view(base: str, answer: RegistryAnswer, plan: ChangePlan) -> RegistryPlanView:
    """What a change would do."""
    registry = answer.registry
    return RegistryPlanView(
        dry_run=True,
        creates=answer.created,
        changes=[FieldChangeView(**vars(change)) for change in plan.fields],
        steps=[
            PlannedStepView(
                step=each.step, type=each.ref.type.value, resource=each.ref.child or each.ref.name
            )
            for each in plan.steps
        ],
        certain=plan.certain,
        restarts=list(plan.restarts),
        registry=RegistryFields(name=registry.name, **dict(registry.desired)),
        etag=None if answer.created else registry.version_tag,
        operation=operation_link(base, answer.operation) if answer.operation else None,
    )


def registry_view(base: str, answer: RegistryAnswer) -> RegistryView:
    """A registry. Its login server is there as soon as Azure has named it."""
    registry, drift = answer.registry, answer.drift
    optional = {} if answer.plan is None else {"restarts": list(answer.plan.restarts)}
    return RegistryView(
        name=registry.name,
        **dict(registry.desired),
        provisioning_state=registry.provisioning_state,
        login_server=registry.login_server,
        health=_health(answer.verdict),
        drift=DriftView(found=drift.found, checked_at=drift.checked_at) if drift else None,
        user_count=registry.user_count,
        deleted_on=registry.deleted_on,
        purge_on=registry.purge_on,
        uid=registry.uid,
        etag=registry.version_tag,
        created_at=registry.created_at,
        updated_at=registry.updated_at,
        operation=operation_link(base, answer.operation) if answer.operation else None,
        **optional,
    )


def _health(found: Verdict | None) -> HealthView | None:
    if found is None:
        return None
    return HealthView(
        code=found.code,
        severity=found.severity,
        message=found.message,
        fix=found.fix or None,
        latency_milliseconds=found.latency_ms,
        checked_at=found.checked_at,
    )


def user_view(base: str, answer: UserAnswer) -> UserView:
    """A user; `password` is there once, in the answer that made it."""
    user = answer.user
    told = {
        "password": answer.password,
        "warning": answer.warning,
        "secret_already_shown": answer.already_shown or None,
        "expires_after": shown_duration(user.expires_after) if user.expires_after else None,
        "replaces": user.replaces,
        "replaced_by": user.replaced_by,
        "overlap_ends_on": answer.overlap_ends_on,
    }
    return UserView(
        registry=answer.registry,
        username=user.username,
        state=user.state,
        syncing=answer.syncing,
        description=user.description,
        expires_on=user.expires_on,
        etag=user.version_tag,
        created_at=user.created_at,
        updated_at=user.updated_at,
        secret_changed_at=user.secret_changed_at,
        operation=operation_link(base, answer.operation) if answer.operation else None,
        **{name: value for name, value in told.items() if value},
    )


def whoami_view(caller: Caller) -> WhoamiView:
    """The caller itself."""
    named = {"name": caller.name} if caller.name else {}
    rights = [_right(caller, right) for right in caller.access.rights]
    return WhoamiView(actor=caller.actor, kind=caller.kind, roles=rights, **named)


def _right(caller: Caller, right: Right) -> RightView:
    own = right.username or caller.access.login
    is_somebody = right.role is Role.MEMBER and own
    return RightView(role=right.role, registry=right.registry, **({"username": own} if is_somebody else {}))


def person_view(base: str, found: Sequence[UserAnswer]) -> PersonView:
    """One user in all registries."""
    return PersonView(username=found[0].user.username, registries=[user_view(base, each) for each in found])


def diagnosis_view(found: Diagnosis) -> DiagnosisView:
    """Why a user can't log in."""
    return DiagnosisView(
        registry=found.registry,
        username=found.username,
        can_log_in=found.can_log_in,
        findings=[FindingView(**vars(each)) for each in found.findings],
    )


def import_view(base: str, answer: ImportAnswer) -> ImportedUsers:
    """An import that was accepted."""
    once = {"warning": answer.warning} if answer.warning else {}
    return ImportedUsers(
        registry=answer.registry,
        lines=answer.lines,
        mode=answer.mode,
        operation=operation_link(base, answer.operation),
        **once,
    )


def error_view(error: ApiError) -> ErrorAnswer:
    """What is wrong, and what to do."""
    optional: dict[str, object] = {}
    if error.target:
        optional["target"] = error.target
    if error.details:
        optional["details"] = [ProblemView(**vars(problem)) for problem in error.details]
    return ErrorAnswer(error=ErrorView(code=error.code, message=error.message, fix=error.fix, **optional))
