"""Every answer that is not a success."""

from pydantic import Field

from shared.triggers.answer_models.base import View


class ProblemView(View):
    """One bad field of a request."""

    code: str = Field(examples=["NotAllowed"])
    target: str = Field(examples=["sku"])
    message: str
    fix: str


class ErrorView(View):
    """What is wrong, and what to do."""

    code: str = Field(
        description="Stable; also in the header x-ms-error-code.", examples=["RegistryNotFound"]
    )
    message: str
    fix: str
    target: str | None = None
    details: list[ProblemView] | None = Field(default=None, description="Every bad field of the request.")


class ErrorAnswer(View):
    """Every answer that is not a success, but for those of the Functions host itself."""

    error: ErrorView
