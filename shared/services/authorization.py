"""May this caller? Asked before anything is read: a refusal says the same of what is there and of what is not."""

from shared.domain.errors import ApiError, NotFoundError
from shared.domain.roles import Access, Need, Role
from shared.services.requests import Caller

SHOWN = 5
"""Rights of a caller that a refusal repeats."""


def authorize(need: Need, caller: Caller, what: str, registry: str | None, username: str | None) -> None:
    """Raises `ApiError` 403 unless the caller may do `what` there."""
    if not need.met_by(caller.access, registry, username):
        raise forbidden(need, caller, what, registry)


def forbidden(need: Need, caller: Caller, what: str, registry: str | None) -> ApiError:
    """Which role is needed for what, who the caller is taken for, and what it can do about it."""
    own = ", or Member if it is about the user of your own name" if need.own else ""
    return ApiError(
        403,
        "Forbidden",
        f"{what} needs {_needed(need.role)} on {_where(need, registry)}{own}. "
        f"You are taken for {caller.actor}, who is {_held(caller.access)}. Nothing was done.",
        "GET /api/whoami shows what you may do. Whoever keeps the setting ROLE_GRANTS can grant you more.",
        target=registry[:64] if registry else None,
    )


def veiled(error: ApiError, caller: Caller, registry: str | None) -> ApiError:
    """A 404 names the nearest name that there is, but none that its reader may not know."""
    if not isinstance(error, NotFoundError) or error.nearest is None:
        return error
    access, is_registry = caller.access, error.kind == "Registry"
    knows = access.may_see(error.nearest) if is_registry else _reads(access, registry)
    return error if knows else error.without_nearest()


def _reads(access: Access, registry: str | None) -> bool:
    return access.may_read(registry) if registry else access.everywhere(Role.READER)


def _needed(role: Role | None) -> str:
    return "a role" if role in {None, Role.MEMBER} else f"the role {role}"


def _where(need: Need, registry: str | None) -> str:
    if need.everywhere:
        return "all registries"
    return f"registry '{registry[:32]}'" if registry else "at least one registry"


def _held(access: Access) -> str:
    held = [f"{right.role} on {right.registry}" for right in access.rights]
    return ", ".join(held[:SHOWN]) + (", ..." if held[SHOWN:] else "") if held else "nobody here"
