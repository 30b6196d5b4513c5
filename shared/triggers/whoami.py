"""Who am I? For whoever was refused, and for scripts that want to know before they start."""

import azure.functions as func

from shared.domain.roles import Need
from shared.services.requests import Caller
from shared.triggers.answer_models.callers import WhoamiView
from shared.triggers.answers import Answer
from shared.triggers.endpoint import endpoint
from shared.triggers.request_models.base import PlainRequest
from shared.triggers.views.callers import whoami_view

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there


@endpoint(bp, "GET", "whoami", PlainRequest, {200: WhoamiView}, needs=Need())
def get_whoami(asked: PlainRequest, caller: Caller) -> Answer:
    """Show who the caller is taken for, and its roles."""
    _ = asked
    return Answer(200, whoami_view(caller))
