"""One-time links over HTTP: a page that changes nothing, and what its script sends when somebody clicks."""

import asyncio

import azure.functions as func

from shared.bootstrap import services
from shared.services.requests import Caller
from shared.triggers.answer_models.reveal import RevealedView, RevealStatusView
from shared.triggers.answers import Answer, Text, base, waiting
from shared.triggers.endpoint import endpoint
from shared.triggers.html import HTML
from shared.triggers.request_models.base import PlainRequest
from shared.triggers.request_models.reveal import RevealRequest
from shared.triggers.views.operations import operation_link

# ruff: noqa: PLC0415 - a process that never shows a page does not pay for making it

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

WAIT_SECONDS = 20.0
"""So long the answer about an activation is held back."""


@endpoint(bp, "GET", "reveal", PlainRequest, {200: (HTML,)}, needs=None, is_page=True)
def get_reveal_page(asked: PlainRequest, caller: Caller) -> Answer:
    """Show the page of a one-time link: it is the same for every link, and opening it changes nothing."""
    from shared.pages.html import reveal_page

    _ = asked, caller
    found = reveal_page()
    return Answer(200, Text(found.html, HTML), found.headers)


@endpoint(
    bp,
    "POST",
    "reveal",
    RevealRequest,
    {200: RevealedView},
    needs=None,
    fails=(403, 410, 503),
    shows_secret=True,
)
def reveal_password(asked: RevealRequest, caller: Caller) -> Answer:
    """Use up a one-time link: its password is made now, is in this answer, and nowhere else."""
    found = services().reveals.reveal(asked.body.token, caller)
    view = RevealedView(
        registry=found.registry,
        username=found.username,
        password=found.password,
        login_server=found.login_server,
        operation=operation_link(base(), found.operation),
    )
    return Answer(200, view, waiting(found.operation))


@endpoint(bp, "POST", "reveal/status", RevealRequest, {200: RevealStatusView}, needs=None, fails=(410, 503))
async def get_reveal_status(asked: RevealRequest, caller: Caller) -> Answer:
    """Say how far the password of a used link is: the answer comes when it is ready, after 20 seconds at the latest."""
    _ = caller
    started = await asyncio.to_thread(services().reveals.activation, asked.body.token)
    operation = await services().operations.wait(started.operation.id, WAIT_SECONDS)
    link = operation_link(base(), operation)
    return Answer(200, RevealStatusView(login_server=started.login_server, operation=link))
