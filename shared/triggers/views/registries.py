"""Registries, as callers see them."""

from shared.domain.resources.change_plan import ChangePlan
from shared.services.registries.catalog import RegistryAnswer
from shared.triggers.answer_models.registries import (
    DriftView,
    FieldChangeView,
    PlannedStepView,
    RegistryFields,
    RegistryPlanView,
    RegistryView,
)
from shared.triggers.views.health import health_view
from shared.triggers.views.operations import operation_link


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
        health=health_view(answer.verdict, at_work=registry.active_operation is not None),
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
