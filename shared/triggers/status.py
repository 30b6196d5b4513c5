"""The status page. It is for people with a link, and for those whom Entra knows; a function key opens nothing here."""

from typing import TYPE_CHECKING

import azure.functions as func

from shared.bootstrap import now, services
from shared.domain.roles import Access, Need, Role
from shared.services.requests import Caller
from shared.services.status.links import link_needed
from shared.triggers.answer_models.status import StatusLinkView
from shared.triggers.answers import Answer, base
from shared.triggers.endpoint import endpoint
from shared.triggers.html import HTML, shown_page
from shared.triggers.request_models.status import (
    STATUS_PATH,
    PageHeaders,
    RegistryStatusRequest,
    StatusLinkRequest,
    StatusRequest,
    StatusVisitRequest,
)

if TYPE_CHECKING:
    from shared.pages.times import Times

# ruff: noqa: PLC0415 - a process that never shows a page does not pay for making it

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the SDK has no types there

COOKIE = "berthage_status"
ADMIN_OF_ALL = Need(Role.ADMIN, everywhere=True)
PAGE = {200: (HTML,)}


@endpoint(bp, "GET", "status", StatusRequest, PAGE, needs=None, is_page=True, fails=(401, 503))
def get_status(asked: StatusRequest, caller: Caller) -> Answer:
    """Show the status page: all registries that the link or the Entra user may read, as HTML."""
    from shared.pages.html import overview_page
    from shared.pages.overview import Asked, overview

    query = asked.query
    seen = services().status_board.all(_reader(asked.headers, caller))
    found = overview_page(overview(seen.entries, seen.sweep, Asked(query.tag or None, query.sort), _times()))
    return shown_page(found, asked.headers.accept_encoding)


@endpoint(
    bp,
    "GET",
    "status/{registry}",
    RegistryStatusRequest,
    PAGE,
    needs=None,
    is_page=True,
    fails=(401, 404, 503),
)
def get_registry_status(asked: RegistryStatusRequest, caller: Caller) -> Answer:
    """Show one registry's status page: what is wrong, what to do, and its last 90 days, as HTML."""
    from shared.pages.details import details
    from shared.pages.html import details_page

    entry, sweep = services().status_board.one(asked.registry, _reader(asked.headers, caller))
    found = details_page(details(entry, sweep, services().context, _times()))
    return shown_page(found, asked.headers.accept_encoding)


@endpoint(
    bp,
    "POST",
    "status",
    StatusVisitRequest,
    {303: None},
    needs=None,
    is_page=True,
    fails=(401,),
)
def open_status_link(asked: StatusVisitRequest, caller: Caller) -> Answer:
    """Open a link to the status page: its token becomes a cookie, and the browser is led to the page."""
    _ = caller
    link = services().status_links.open(asked.body.token)
    if link is None:
        raise link_needed()
    seconds = max(1, int((link.expires_on - now()).total_seconds()))
    cookie = f"{COOKIE}={link.token}; Path={STATUS_PATH}; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
    return Answer(303, None, {"Location": asked.body.to, "Set-Cookie": cookie})


@endpoint(
    bp,
    "POST",
    "status/links",
    StatusLinkRequest,
    {201: StatusLinkView},
    needs=ADMIN_OF_ALL,
    fails=(409,),
    shows_secret=True,
)
def create_status_link(asked: StatusLinkRequest, caller: Caller) -> Answer:
    """Make a link to the status page: read-only, for a while, without a login."""
    link = services().status_links.make(asked.body, caller)
    url = f"{base()}{STATUS_PATH}#{link.token}"
    return Answer(201, StatusLinkView(url=url, registry=link.registry, expires_on=link.expires_on))


def _reader(headers: PageHeaders, caller: Caller) -> Access:
    """Whoever reads: what the link shows, and what Entra's user may. Raises `ApiError` 401 if that is nothing."""
    by_link = services().status_links.access(_token(headers.cookie))
    access = Access((*caller.access.rights, *by_link.rights))
    if not access.allows(Role.READER):
        raise link_needed()
    return access


def _token(cookie: str | None) -> str | None:
    """As RFC 6265 reads a cookie header: what other cookies hold must not hide ours."""
    pairs = (part.strip().partition("=") for part in (cookie or "").split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), None)


def _times() -> "Times":
    from shared.pages.times import Times

    return Times(now(), services().settings.display_time_zone)
