"""Health over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Role
from shared.services.requests import Caller
from shared.triggers.answer_models.health import MutedRegistry
from shared.triggers.answers import Answer
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models.health import MuteRequest, UnmuteRequest
from shared.triggers.views.health import muted_registry

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ONE = "registries/{registry}/health"


@endpoint(bp, "POST", f"{ONE}/mute", MuteRequest, {200: MutedRegistry}, needs=Role.OPERATOR, fails=(404, 409))
def mute_registry(asked: MuteRequest, caller: Caller) -> Answer:
    """Mute a registry: until then its state is looked at and kept, and nobody is told when it changes.

    In place of any mute before. When it ends and the registry is still not well, that is told then.
    """
    return Answer(
        200, muted_registry(asked.registry, services().mutes.mute(asked.registry, asked.body, caller))
    )


@endpoint(bp, "DELETE", f"{ONE}/mute", UnmuteRequest, {204: None}, needs=Role.OPERATOR, fails=(404,))
def unmute_registry(asked: UnmuteRequest, caller: Caller) -> Answer:
    """End the mute of a registry: 204, also where there is none."""
    services().mutes.lift(asked.registry, caller)
    return Answer(204)
