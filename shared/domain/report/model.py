"""A report as data: what `?format=json` answers, what is kept, and all that is ever rendered of it.

Names, codes and sentences, and never a secret: whoever gets the report needs no login.
"""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, PlainSerializer, WithJsonSchema

from shared.domain.health.codes import Code, HealthState, Severity
from shared.domain.operations import Kind
from shared.domain.records import Model
from shared.domain.report.periods import PeriodName
from shared.domain.times import shown_at

Moment = Annotated[
    datetime,
    PlainSerializer(shown_at, return_type=str, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-25T07:00:00.000Z"]}),
]
"""UTC, with milliseconds, as the API shows all times."""


class Part(Model):
    """Part of a report. Fields of a later release are ignored: a report is kept for longer than a release."""

    model_config = ConfigDict(extra="ignore")


class Period(Part):
    """The time that the report is about."""

    name: PeriodName
    start: Moment
    end: Moment
    time_zone: str = Field(
        description="In which the text of the report says its times.", examples=["Europe/Berlin"]
    )


class Percentiles(Part):
    """How long the probe's logins took, in milliseconds; `null` where there was none."""

    p50: int | None = None
    p95: int | None = None


class Storage(Part):
    """Of the blobs, in bytes. `growth` counts the registries that were counted at both ends of the period."""

    size_bytes: int | None = None
    growth_bytes: int | None = None


class Problem(Part):
    """A registry that needs somebody now."""

    registry: str
    state: HealthState
    code: Code
    severity: Severity
    since: Moment
    seconds: float = Field(description="How long it has lasted.")
    message: str
    fix: str
    evidence: str
    status_url: str
    portal_url: str


class Todo(Part):
    """Something to do that is not urgent."""

    registry: str | None = Field(description="`null`: it concerns no single registry.")
    code: str = Field(description="A health code, `MUTED` or `NOT_DELIVERED`.", examples=["USERS_EXPIRING"])
    message: str
    fix: str
    user: str | None = None
    due: Moment | None = Field(default=None, description="When it is too late.")
    days: int | None = Field(default=None, description="Whole days until then.")


class ReportIncident(Part):
    """A registry's bad time, as long as all of it was, the part outside of the period included."""

    registry: str
    started_at: Moment
    ended_at: Moment | None = Field(description="`null`: it is not over.")
    seconds: float
    state: HealthState
    code: Code
    message: str


class ExpiringUser(Part):
    """A user whose login ends soon."""

    registry: str
    username: str
    expires_on: Moment


class UserChanges(Part):
    """What became of users in the period."""

    added: int = 0
    removed: int = 0
    expired: int = 0
    expiring: list[ExpiringUser] = Field(default_factory=list)


class FailedOperation(Part):
    """Work that ended in an error."""

    id: str
    registry: str | None = Field(description="`null`: it was about a user in all registries.")
    kind: Kind
    user: str | None
    ended_at: Moment
    code: str
    message: str
    fix: str


class Drift(Part):
    """What somebody changed behind our back, and we put right."""

    registry: str
    at: Moment
    operation_id: str | None
    what: dict[str, list[str]] = Field(
        description="Names only, by kind: `added`, `removed`, `changed`, `drift`."
    )


class Refusals(Part):
    """Requests that were told no."""

    denied: int = Field(default=0, description="For want of a role.")
    others: int = Field(default=0, description="Changes that were refused for another reason.")
    by_actor: dict[str, int] = Field(default_factory=dict, description="Who was denied most: at most five.")


class Piece(Part):
    """An hour or a day of all registries together, in seconds. What is missing is time in which nobody looked."""

    start: Moment
    up: float
    degraded: float
    down: float
    maintenance: float
    latency: Percentiles
    size_bytes: int | None


class RegistryLine(Part):
    """One registry."""

    registry: str
    state: HealthState
    code: Code
    since: Moment | None
    uptime: float | None = Field(description="Between 0 and 1; `null` when nothing is known that counts.")
    latency: Percentiles
    storage: Storage
    users: int
    incidents: int
    certificate_expires: Moment | None = Field(description="Of the login server; `null`: none was seen yet.")
    uptimes: list[float | None] = Field(description="By pieces of the period, the oldest first.")


class Report(Part):
    """Everything about one period."""

    id: str | None = Field(description="Of a kept report.", examples=["2026-11-26T0600Z"])
    generated_at: Moment
    period: Period
    verdict: str = Field(examples=["1 of 40 registries needs you"])
    severity: Severity
    registry_count: int
    states: dict[HealthState, int] = Field(description="How many registries are in which state.")
    problems: list[Problem]
    todo: list[Todo]
    incidents: list[ReportIncident]
    uptime: float | None = Field(description="Over all registries; between 0 and 1.")
    latency: Percentiles
    storage: Storage
    users: UserChanges
    failed_operations: list[FailedOperation]
    drift: list[Drift]
    refusals: Refusals
    swept_at: Moment | None = Field(description="When the last sweep ended.")
    sweep_age_seconds: float | None
    pieces: list[Piece]
    registries: list[RegistryLine]
    notes: list[str] = Field(description="What this report does not say, and why.")
    status_url: str
    report_url: str | None = Field(description="Where this report is kept.")
