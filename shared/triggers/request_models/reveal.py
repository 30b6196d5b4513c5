"""Requests of one-time links."""

from pydantic import Field

from shared.domain.records import Body
from shared.triggers.request_models.base import NoHeaders, NoQuery, Request

MOST_CHARACTERS = 128
"""A token has 50 at most."""


class RevealSpec(Body):
    """Which link."""

    token: str = Field(
        max_length=MOST_CHARACTERS,
        description="What stands behind the # in the link.",
        examples=["demo.q1W2e3R4t5Y6u7I8o9P0aA"],
    )


class RevealRequest(Request):
    """The link's code comes in the body, so that no log of addresses has it."""

    headers: NoHeaders  # type: ignore[assignment] # each request has its own headers
    query: NoQuery
    body: RevealSpec  # type: ignore[assignment] # each request has its own kind of body
