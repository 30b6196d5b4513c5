"""What is shown of one registry's health, now and before."""

from datetime import date
from typing import Literal

from pydantic import Field

from shared.domain.health.codes import Code, HealthState, Severity
from shared.domain.health.observation import CheckName, Outcome
from shared.domain.health.windows import Window
from shared.domain.operations import Kind
from shared.triggers.answer_models.base import OperationLink, Time, View
from shared.triggers.answer_models.health import MuteView

SHARE = "Between 0 and 1; `null` when nothing is known that counts."


class HealthFinding(View):
    """One thing that the last look found."""

    code: Code
    severity: Severity
    message: str
    fix: str | None
    evidence: str | None = Field(description="What was seen: statuses, dates, milliseconds.")


class ProbeCheckView(View):
    """One of the checks that the last look made."""

    name: CheckName
    outcome: Outcome
    evidence: str | None
    milliseconds: int


class MaintenanceView(OperationLink):
    """The operation of ours that is at work."""

    kind: Kind
    steps_done: int = Field(examples=[2])
    steps_total: int = Field(description="As far as they are known yet.", examples=[3])


class UptimeView(View):
    """Time `Healthy` or `Degraded`, of all time in which it was one of these or `Down`."""

    day: float | None = Field(alias=Window.DAY.value, description=SHARE)
    week: float | None = Field(alias=Window.WEEK.value, description=SHARE)
    month: float | None = Field(alias=Window.MONTH.value, description=SHARE)
    quarter: float | None = Field(alias=Window.QUARTER.value, description=SHARE)


class CheckView(View):
    """What one look found."""

    at: Time
    state: HealthState
    code: Code
    latency_milliseconds: int | None = Field(description="Of the login; `null` if there was none.")


class DayView(View):
    """One day in UTC. What `seconds` does not hold of it is `Unknown`."""

    day: date
    seconds: dict[HealthState, int] = Field(description="How long it was in which state.")
    uptime: float | None = Field(description=SHARE)
    p50_milliseconds: int | None = Field(description="Half of the logins took no longer. Two digits.")
    p95_milliseconds: int | None
    size_bytes: int | None = Field(description="Of its blobs, when they were last counted on this day.")
    blobs: int | None


class IncidentView(View):
    """From the first bad look to the first good one; the state and the code are the worst of it."""

    started_at: Time
    ended_at: Time | None = Field(description="`null`: it is not over.")
    seconds: int = Field(description="How long it has lasted.")
    state: HealthState
    code: Code
    message: str
    fix: str | None
    evidence: str | None


class HistoryView(View):
    """What was, the newest first."""

    window: Literal["24h", "7d", "90d"]
    since: Time
    checks: list[CheckView] | None = Field(default=None, description="Of `24h`.")
    days: list[DayView] | None = Field(
        default=None, description="Of the others; days without a look are not there."
    )
    incidents: list[IncidentView] = Field(description="Those that had not ended before `since`.")


class RegistryHealthView(View):
    """How a registry fares: the state that is confirmed, and what the last check found."""

    registry: str = Field(examples=["demo"])
    state: HealthState = Field(description="`Unknown`: we could not look, or have not looked yet.")
    since: Time | None = Field(description="When it came into this state; `null` before the first check.")
    code: Code | None = Field(
        description="The gravest finding of the last check; `null` before the first. A bad one becomes the state "
        "only when a second check, half a minute later, is bad too."
    )
    severity: Severity | None
    message: str
    fix: str | None
    evidence: str | None
    findings: list[HealthFinding] = Field(description="Of the last check, the gravest first.")
    checks: list[ProbeCheckView] = Field(description="That the last check was made of.")
    suspected_at: Time | None = Field(
        description="When the first check was that found something bad, while that is not confirmed."
    )
    latency_milliseconds: int | None = Field(description="Of the last check's login.")
    checked_at: Time | None
    next_check: Time | None = Field(
        description="When the next sweep is due; `null` if it leaves the registry out."
    )
    maintenance: MaintenanceView | None
    muted: MuteView | None
    uptime: UptimeView
    history: HistoryView | None = Field(default=None, description="If `history` was asked for.")
