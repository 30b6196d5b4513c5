"""Callers, as they see themselves."""

from shared.domain.roles import Right, Role
from shared.services.requests import Caller
from shared.triggers.answer_models.callers import RightView, WhoamiView


def whoami_view(caller: Caller) -> WhoamiView:
    """The caller itself."""
    named = {"name": caller.name} if caller.name else {}
    rights = [_right(caller, right) for right in caller.access.rights]
    return WhoamiView(actor=caller.actor, kind=caller.kind, roles=rights, **named)


def _right(caller: Caller, right: Right) -> RightView:
    own = right.username or caller.access.login
    is_somebody = right.role is Role.MEMBER and own
    return RightView(role=right.role, registry=right.registry, **({"username": own} if is_somebody else {}))
