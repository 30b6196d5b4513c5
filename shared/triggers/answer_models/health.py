"""What is shown of health."""

from pydantic import Field

from shared.domain.health.codes import Code, Severity
from shared.triggers.answer_models.base import Time, View


class HealthView(View):
    """The last verdict on a registry."""

    code: Code
    severity: Severity
    message: str
    fix: str | None
    latency_milliseconds: int | None
    checked_at: Time


class Alive(View):
    """The control plane can read its state."""

    status: str = Field(examples=["Healthy"])
