"""Errors of services as replies: the same message, and a way out that can be said in a chat."""

import logging

from shared.domain.chat.talk import Reply, Speaker, Tone
from shared.domain.errors import (
    ApiError,
    ConflictError,
    DependencyError,
    NotFoundError,
    OperationInProgressError,
)
from shared.telemetry.logs import bound_value

logger = logging.getLogger(__name__)

MOST_DETAILS = 10
"""Bad fields that a reply names."""


def problem(speaker: Speaker, error: ApiError, registry: str | None, username: str | None) -> Reply:
    """What is wrong, and what to say instead. `registry` and `username`: those that the command was about."""
    lines = tuple(f"{each.message} {each.fix}" for each in error.details[:MOST_DETAILS])
    many = lines if len(error.details) > 1 else (_way_out(speaker, error, registry, username),)
    return Reply(error.message, many, Tone.PROBLEM)


def failed(error: Exception) -> Reply:
    """Of what is nobody's fault here. What nobody foresaw is logged, and shows nothing."""
    if isinstance(error, DependencyError):
        logger.warning("%s", error)
        return _later(f"{error.dependency} does not answer. Nothing was changed, or all of it was.")
    if isinstance(error, ConflictError):
        return _later("Too many changes of this registry at the same time. Nothing was changed.")
    logger.error("a chat command failed", exc_info=error)
    where = f"If it fails again, look for request {bound_value('request') or 'of now'} in the logs."
    return Reply("The control plane failed; it is not the fault of what you said.", (where,), Tone.PROBLEM)


def _later(text: str) -> Reply:
    return Reply(text, ("Say it again in a minute: it is safe to repeat.",), Tone.PROBLEM)


def _way_out(speaker: Speaker, error: ApiError, registry: str | None, username: str | None) -> str:
    """An error's own one speaks HTTP."""
    if isinstance(error, OperationInProgressError):
        return f"See how far it is: {speaker.platform.spoken(f'operation {error.operation_id}')}. Then say it again."
    if isinstance(error, NotFoundError) and error.nearest:
        return error.fix
    command = _COMMANDS.get(error.code, "").format(registry=registry or "NAME", user=username or error.target)
    text = _TEXTS.get(error.code, error.fix)
    return text.format(speaker.platform.spoken(command)) if command else text


_TEXTS = {
    "RegistryNotFound": "To create it: {}",
    "UserNotFound": "To add one of that name: {}",
    "RegistrySoftDeleted": "To have it back, with its images and users: {}",
    "RegistryNotDeleted": "There is nothing to restore. How it is: {}",
    "UserExists": "Take another name. If the old password may end: {}",
    "UserDisabled": "Enable it first: {}",
    "UserPendingReveal": "For its first password leave out overlap: {}",
    "UserExpired": "Say how long the new password is for: {}",
    "ConditionNotMet": "It has changed since you were told what would happen. Say the command again.",
    "OperationNotFound": "Take the id from the answer that started it.",
    "OperationIdReused": "Say it once more, as a new message.",
}
"""By the codes of errors."""
_COMMANDS = {
    "RegistryNotFound": "create {registry}",
    "UserNotFound": "user add {registry} {user}",
    "RegistrySoftDeleted": "restore {registry}",
    "RegistryNotDeleted": "health {registry}",
    "UserExists": "user rotate {registry} {user}",
    "UserDisabled": "user enable {registry} {user}",
    "UserPendingReveal": "user rotate {registry} {user}",
    "UserExpired": "user rotate {registry} {user} expiresAfter=90d",
}
"""What to say then, in place of the braces."""
