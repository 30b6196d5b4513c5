"""Health over HTTP."""

import azure.functions as func

from shared.bootstrap import services
from shared.domain.roles import Role
from shared.services.requests import Caller
from shared.triggers.answer_models.health import MutedRegistry
from shared.triggers.answer_models.registry_health import RegistryHealthView
from shared.triggers.answers import Answer, base
from shared.triggers.endpoint import endpoint
from shared.triggers.metrics_text import OPEN_METRICS, PLAIN, metrics_text
from shared.triggers.request_models.health import (
    CheckRequest,
    HealthRequest,
    MetricsRequest,
    MuteRequest,
    UnmuteRequest,
)
from shared.triggers.views.health import muted_registry
from shared.triggers.views.registry_health import registry_health_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

ONE = "registries/{registry}/health"


@endpoint(bp, "GET", ONE, HealthRequest, {200: RegistryHealthView}, needs=Role.READER, fails=(404,))
def get_registry_health(asked: HealthRequest, caller: Caller) -> Answer:
    """Show how a registry fares: with `history` also how it fared.

    Nothing is looked at now: it is what the last check found, and what is kept of the checks before.
    """
    _ = caller
    found = services().health_history.of(asked.registry, asked.query.window)
    return Answer(200, registry_health_view(base(), found))


@endpoint(
    bp,
    "POST",
    f"{ONE}/check",
    CheckRequest,
    {200: RegistryHealthView},
    needs=Role.READER,
    fails=(404, 409),
)
def check_registry_health(asked: CheckRequest, caller: Caller) -> Answer:
    """Look at a registry now: the answer has what was found.

    It counts as any other check: what looks bad becomes the registry's state when a second look finds it bad, too.
    Whoever asks within five seconds of a check gets what that has found.
    """
    _ = caller
    return Answer(200, registry_health_view(base(), services().on_demand.check(asked.registry)))


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


@endpoint(bp, "GET", "metrics", MetricsRequest, {200: (PLAIN, OPEN_METRICS)}, needs=Role.READER)
def get_metrics(asked: MetricsRequest, caller: Caller) -> Answer:
    """Show figures for Prometheus: of the registries that the caller may read, and of the last sweep.

    The header `Accept` chooses between OpenMetrics and Prometheus's own text format.
    """
    return Answer(200, metrics_text(asked.headers.accept, services().metrics.read(caller.access.may_read)))
