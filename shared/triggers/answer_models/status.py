"""Links to the status page."""

from pydantic import Field

from shared.triggers.answer_models.base import Time, View


class StatusLinkView(View):
    """A new link. It is shown once: whoever has it sees what it shows."""

    url: str = Field(
        description="To be opened in a browser, which then knows it by a cookie.",
        examples=["https://berthage.example/api/status#WyIqIiwxNzcxODMyNzYwXQ.c2lnbmF0dXJl"],
    )
    registry: str = Field(description="The registries that it shows: a name, or a pattern.", examples=["*"])
    expires_on: Time
