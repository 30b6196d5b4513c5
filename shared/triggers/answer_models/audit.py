"""What is shown of the audit."""

from pydantic import Field

from shared.triggers.answer_models.base import Time, View


class AuditEntryView(View):
    """Who did what, or was refused: names only, never a secret."""

    id: str = Field(examples=["01KAXQ3Z6V8Y0T9M2N4P5R7S1W"])
    at: Time
    actor: str = Field(examples=["key:ci", "entra:jane@example.com", "system:reconcile"])
    address: str | None = Field(description="The caller's network address; `null` for our own timers.")
    action: str = Field(
        description="The kind of the operation that it started, or of what was refused.",
        examples=["CreateOrUpdateUser"],
    )
    target: str = Field(description="The names in its path; `?` for what can't be one.", examples=["demo/ci"])
    registry: str | None
    outcome: str = Field(
        description="`Accepted`, or the code of the error.", examples=["Accepted", "Forbidden"]
    )
    status: int | None = Field(description="Of a refusal.")
    operation_id: str | None = Field(description="How that ended says the operation.")
    request_id: str = Field(description="As in the answer's header x-ms-request-id, and in the log.")
    details: dict[str, list[str]] | None = Field(default=None, description="What was found, by kind.")
