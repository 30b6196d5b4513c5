"""Users, as callers see them."""

from collections.abc import Sequence

from shared.domain.users.expiry import shown_duration
from shared.services.users.diagnosis import Diagnosis
from shared.services.users.directory import UserAnswer
from shared.services.users.imports import ImportAnswer
from shared.triggers.answer_models.users import (
    DiagnosisView,
    FindingView,
    ImportedUsers,
    PersonView,
    UserView,
)
from shared.triggers.views.operations import operation_link


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


def person_view(base: str, found: Sequence[UserAnswer]) -> PersonView:
    """One user in all registries."""
    return PersonView(username=found[0].user.username, registries=[user_view(base, each) for each in found])


def diagnosis_view(found: Diagnosis) -> DiagnosisView:
    """Why a user can't log in."""
    return DiagnosisView(
        registry=found.registry,
        username=found.username,
        can_log_in=found.can_log_in,
        findings=[
            FindingView(code=each.code, message=each.message, fix=each.fix, blocks=each.blocks)
            for each in found.findings
        ],
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
