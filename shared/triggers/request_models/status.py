"""Requests of the status page."""

from typing import Literal

from pydantic import Field

from shared.domain.names import RegistryName
from shared.services.status_links import StatusLinkSpec
from shared.triggers.request_models.base import NoQuery, Part, Request


class CookieHeader(Part):
    """What the browser knows of an earlier visit."""

    cookie: str | None = Field(default=None, alias="Cookie")


class NoHeaders(Part):
    """Each link is a new one: no header makes a repeat of it."""


class Arrival(Part):
    """How a link is opened."""

    token: str | None = Field(
        default=None,
        description="Of a link. The answer makes it a cookie, and leads to the same page without it.",
    )


class StatusQuery(Arrival):
    """What is shown, and in which order."""

    tag: str | None = Field(
        default=None,
        max_length=400,
        description="Only registries with this tag: `team:payments`, or `team` with any value.",
        examples=["team:payments"],
    )
    sort: Literal["problems", "name"] = Field(
        default="problems", description="`problems`: the worst first, then by name."
    )


class StatusRequest(Request):
    """The status page."""

    headers: CookieHeader  # type: ignore[assignment] # each request has its own headers
    query: StatusQuery  # type: ignore[assignment] # each request has its own parameters


class RegistryStatusRequest(Request):
    """One registry's status page."""

    registry: RegistryName
    headers: CookieHeader  # type: ignore[assignment] # each request has its own headers
    query: Arrival  # type: ignore[assignment] # each request has its own parameters


class StatusLinkRequest(Request):
    """A new link to the status page."""

    headers: NoHeaders  # type: ignore[assignment] # each request has its own headers
    query: NoQuery
    body: StatusLinkSpec = StatusLinkSpec()  # type: ignore[assignment] # each request has its own kind of body
