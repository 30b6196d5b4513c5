"""What is shown of health."""

from pydantic import Field

from shared.domain.health.codes import Code, HealthState, Severity
from shared.triggers.answer_models.base import OperationLink, Time, View


class HealthView(View):
    """What the last check of a registry found, and the state that is confirmed."""

    state: HealthState
    since: Time | None = Field(description="When it came into this state.")
    code: Code
    severity: Severity
    message: str
    fix: str | None
    latency_milliseconds: int | None
    checked_at: Time


class MuteView(View):
    """A mute: until then nobody is told of the registry's changes of state."""

    until: Time
    reason: str = Field(examples=["the network moves"])
    by: str = Field(description="Whoever muted it, as the audit names it.", examples=["key:ci"])


class MutedRegistry(MuteView):
    """A registry that nobody hears of for a while."""

    registry: str = Field(examples=["demo"])
    muted_at: Time
    operation: OperationLink | None = Field(description="`null`: it is done.")


class Alive(View):
    """The control plane can read its state."""

    status: str = Field(examples=["Healthy"])
