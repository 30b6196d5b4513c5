"""From view models to HTML, by templates that escape whatever they are given.

One page is one file: nothing else is fetched for it.
"""

import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.domain.health.codes import HealthState
from shared.pages.details import Details
from shared.pages.overview import Overview

if TYPE_CHECKING:
    from jinja2 import Environment

# ruff: noqa: PLC0415 - a process that never shows a page does not pay for the library

_COLOURS = {
    HealthState.HEALTHY: "#2a9465",
    HealthState.DEGRADED: "#dd9a35",
    HealthState.DOWN: "#cf3232",
    HealthState.MAINTENANCE: "#3f74c4",
    HealthState.UNKNOWN: "#7d8894",
}


@dataclass(frozen=True)
class Refused:
    """Why there is no page, and what to do."""

    status: int
    code: str
    title: str
    message: str
    fix: str
    sign_in: str = ""
    """Where one can."""
    takes_link: bool = False
    """May a link be pasted? For browsers without JavaScript, which show nobody what stands behind a `#`."""


@dataclass(frozen=True)
class Page:
    """A document, and the headers that it must be sent with."""

    html: str
    headers: dict[str, str]


def overview_page(view: Overview) -> Page:
    """All registries."""
    return _page("overview.html", view, view.verdict.state)


def details_page(view: Details) -> Page:
    """One registry."""
    return _page("details.html", view, view.registry.state)


def refused_page(view: Refused) -> Page:
    """None: it does not refresh itself."""
    return _page("refusal.html", view, HealthState.UNKNOWN, refreshes=False)


def reveal_page() -> Page:
    """The same for every link: the link's code never reaches the server with it."""
    return _page("reveal.html", None, HealthState.MAINTENANCE, refreshes=False)


def _page(template: str, view: object, state: HealthState, *, refreshes: bool = True) -> Page:
    nonce = secrets.token_urlsafe(16)
    found = templates().get_template(template)
    text = found.render(view=view, state=state, nonce=nonce, refreshes=refreshes, favicon=_favicon)
    return Page(text, _headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    """The page's own style and script are known by the nonce; nothing else runs, loads or frames it."""
    allowed = (
        "default-src 'none'",
        f"script-src 'nonce-{nonce}'",
        f"style-src 'nonce-{nonce}'",
        "img-src data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(allowed),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }


def _favicon(state: HealthState) -> str:
    """So that the tab shows it, too; the title says it in words."""
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="5" '
        f'fill="{_COLOURS[state]}"/></svg>'
    )
    return f"data:image/svg+xml,{quote(picture)}"


@cache
def templates() -> "Environment":
    """They escape whatever they are given, and refuse what they are not given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
