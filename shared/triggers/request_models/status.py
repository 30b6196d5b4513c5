"""Requests of the status page."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.domain.names import RegistryName
from shared.services.status.links import StatusLinkSpec
from shared.triggers.request_models.base import Form, NoHeaders, NoQuery, Part, Request

STATUS_PATH = "/api/status"
Token = Annotated[
    str,
    AfterValidator(lambda given: given.strip().rpartition("#")[2]),
    Field(max_length=1000, description="What stands behind the # in the link, or the link as a whole."),
]


class PageHeaders(Part):
    """What the browser knows of an earlier visit, and how it takes a page."""

    cookie: str | None = Field(default=None, alias="Cookie")
    accept_encoding: str = Field(default="", alias="Accept-Encoding")


class StatusQuery(Part):
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

    headers: PageHeaders  # type: ignore[assignment] # each request has its own headers
    query: StatusQuery  # type: ignore[assignment] # each request has its own parameters


class RegistryStatusRequest(Request):
    """One registry's status page."""

    registry: RegistryName
    headers: PageHeaders  # type: ignore[assignment] # each request has its own headers
    query: NoQuery


class OpenedLink(Form):
    """A link that somebody has opened, as the page's form sends it."""

    token: Token
    to: str = Field(
        default=STATUS_PATH,
        max_length=1000,
        pattern=rf"^{STATUS_PATH}(/[a-z0-9-]+)?(\?[A-Za-z0-9%:._~+&=*-]*)?$",
        description="The page to lead to: the one on which the link was opened.",
        examples=[f"{STATUS_PATH}?tag=team%3Apayments"],
    )


class StatusVisitRequest(Request):
    """The token comes in the body: no log of addresses has it."""

    headers: NoHeaders  # type: ignore[assignment] # each request has its own headers
    query: NoQuery
    body: OpenedLink  # type: ignore[assignment] # each request has its own kind of body


class StatusLinkRequest(Request):
    """A new link to the status page."""

    headers: NoHeaders  # type: ignore[assignment] # each request has its own headers
    query: NoQuery
    body: StatusLinkSpec = StatusLinkSpec()  # type: ignore[assignment] # each request has its own kind of body
