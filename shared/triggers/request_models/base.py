"""What requests have in common: conditions, operation ids, pages."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from shared.domain.names import OPERATION_KEY
from shared.domain.text import schema
from shared.services.requests import Precondition


def _operation_key(value: str | None) -> str | None:
    if value is not None and not OPERATION_KEY.fullmatch(value):
        raise PydanticCustomError(
            "InvalidOperationId",
            "An Operation-Id has 1 to 64 letters, digits and hyphens",
            {"fix": "Send a UUID, or leave the header out."},
        )
    return value


OperationKey = Annotated[str | None, AfterValidator(_operation_key), schema(OPERATION_KEY.pattern)]
_TOKEN = re.compile(r"[A-Za-z0-9._@-]*")
"""What the names in our lists are made of."""


def list_token(pattern: re.Pattern[str]) -> AfterValidator:
    """A field that takes only what a list has given out as the way to its next page."""

    def known(value: str) -> str:
        if not pattern.fullmatch(value):
            raise PydanticCustomError(
                "InvalidValue", "No list has given out this token", {"fix": "Follow nextLink as it is."}
            )
        return value

    return AfterValidator(known)


class Part(BaseModel):
    """Part of a request. What it does not name is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Headers(Part):
    """The request's conditions and its own operation id."""

    if_match: str | None = Field(default=None, alias="If-Match")
    if_none_match: Literal["*"] | None = Field(default=None, alias="If-None-Match")
    operation_id: OperationKey = Field(default=None, alias="Operation-Id")

    @property
    def precondition(self) -> Precondition:
        """Both conditions."""
        return Precondition(self.if_match, create_only=self.if_none_match == "*")


class OperationHeaders(Part):
    """An operation has no version: conditions make no sense there."""

    operation_id: OperationKey = Field(default=None, alias="Operation-Id")


class NoQuery(Part):
    """No query parameter but `api-version` and the host's own."""


class Page(Part):
    """One page of a list. `after` is the last name of the page before."""

    size: int = Field(default=100, alias="maxpagesize", ge=1, le=1000)
    after: Annotated[str, list_token(_TOKEN), schema(_TOKEN.pattern)] = Field(
        default="", alias="$skiptoken", max_length=128
    )


class NoBody(Part):
    """An empty object, or nothing."""


class NoHeaders(Part):
    """No header that says what to do: neither a condition nor an operation id."""


class Form(Part):
    """A body as a browser sends it that needs no script for it."""


class Request(Part):
    """What every request has, besides the names in its path."""

    headers: Headers
    query: NoQuery
    body: NoBody = NoBody()


class PlainRequest(Request):
    """Nothing but the path."""


class AssetRequest(Request):
    """One file of the documentation's page."""

    asset: Annotated[
        str, Field(json_schema_extra={"enum": ["start.js", "swagger-ui.css", "swagger-ui-bundle.js"]})
    ]
