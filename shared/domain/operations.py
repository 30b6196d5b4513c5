"""An operation: one piece of long work, its steps, its end. Kept when its registry is gone."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from shared.domain.names import operation_id
from shared.domain.records import Model, Nested, Record
from shared.domain.registries.registry import Desired, ProvisioningState

type Result = dict[str, str | int | dict[str, str]]
"""What a caller learns from an operation that has ended."""


class Kind(StrEnum):
    """What the operation does."""

    CREATE_REGISTRY = "CreateRegistry"
    UPDATE_REGISTRY = "UpdateRegistry"
    DELETE_REGISTRY = "DeleteRegistry"
    """A soft delete: the site goes, images and users stay."""
    PURGE_REGISTRY = "PurgeRegistry"
    """All of it goes."""
    RESTORE_REGISTRY = "RestoreRegistry"
    RESTART_REGISTRY = "RestartRegistry"
    PUT_USER = "CreateOrUpdateUser"
    ROTATE_USER = "RotateUser"
    DELETE_USER = "DeleteUser"
    IMPORT_USERS = "ImportUsers"
    REVOKE_USER = "RevokeUser"
    """Removes one user from every registry. It works on none itself: its partition is `names.PEOPLE`."""
    EXPIRE_USERS = "ExpireUsers"
    """Users whose time is over leave the file: `reconcile` starts it."""
    REPAIR_HTPASSWD = "RepairHtpasswd"
    """The file was not what we published last: `reconcile` has it published again."""

    @property
    def is_lifecycle(self) -> bool:
        """A registry has at most one active lifecycle operation; users may change at any time."""
        return self in _LIFECYCLE

    @property
    def removes(self) -> bool:
        """Does it take something away from Azure?"""
        return self in {Kind.DELETE_REGISTRY, Kind.PURGE_REGISTRY}

    @property
    def provides(self) -> bool:
        """Does it bring a registry to what is wanted?"""
        return self in {Kind.CREATE_REGISTRY, Kind.UPDATE_REGISTRY, Kind.RESTORE_REGISTRY}


_LIFECYCLE = {
    Kind.CREATE_REGISTRY,
    Kind.UPDATE_REGISTRY,
    Kind.DELETE_REGISTRY,
    Kind.PURGE_REGISTRY,
    Kind.RESTORE_REGISTRY,
    Kind.RESTART_REGISTRY,
}


class Status(StrEnum):
    """As in Microsoft's REST guidelines."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELED = "Canceled"

    @property
    def is_final(self) -> bool:
        """A final status never changes again."""
        return self in {Status.SUCCEEDED, Status.FAILED, Status.CANCELED}


class Step(Model):
    """One step as its reader sees it. `attempts` counts how often it was sent."""

    name: str
    status: Status = Status.NOT_STARTED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: int = 0

    def begun(self, now: datetime) -> Self:
        """This step from its first look on."""
        return self if self.started_at else self.model_copy(update={"started_at": now})

    def moved(self, status: Status, now: datetime, *, sent: bool = False) -> Self:
        """This step in another status."""
        return self.model_copy(
            update={
                "status": status,
                "started_at": self.started_at or now,
                "ended_at": now if status.is_final else None,
                "attempts": self.attempts + sent,
            }
        )


class OperationError(Model):
    """Why it failed, and the way out."""

    code: str
    message: str
    fix: str

    def then(self, later: Self) -> Self:
        """This reason, and what went wrong while its operation cleaned up."""
        message = f"{self.message} Cleaning up failed too: {later.code}: {later.message}"
        return type(self)(code=self.code, message=message, fix=f"{self.fix} {later.fix}")


class Intent(Model):
    """What a lifecycle operation changes: a cancel goes back to what was, a retry goes for what was wanted."""

    wanted: Desired
    was: Desired
    was_state: ProvisioningState


class Operation(Record):
    """One operation's row. `turn`, `deadline` and `claimed_by` belong to the claim of DESIGN section 5."""

    registry: str
    id_key: str
    uid: str
    """The registry's incarnation that it acts on."""
    kind: Kind
    user: str | None = None
    revision: int = 0
    """For a user's change: the `users_revision` that the registry must prove."""
    status: Status = Status.NOT_STARTED
    final: bool = False
    turn: int = 0
    deadline: datetime
    """When nothing has moved by then, `reconcile` enqueues the present turn again."""
    expires_at: datetime | None = None
    """When lifecycle work is given up. A user's change is tried for ever: it has none."""
    claimed_by: str = ""
    attempts: int = 0
    """Consecutive turns that ended in a temporary error."""
    steps: Nested[list[Step]] = Field(default_factory=list)
    error: Nested[OperationError | None] = None
    obstacle: Nested[OperationError | None] = None
    """What keeps it from moving just now; it is tried again all the same. An operation that has ended has none."""
    rolling_back: bool = False
    intent: Nested[Intent | None] = None
    asked_by: str = ""
    """Whoever started it, as the audit names it."""
    targets: Nested[list[str] | None] = None
    """The registries that a revocation everywhere has found the user in; `None` until it has looked."""
    cancel_requested_at: datetime | None = None
    """From then on it goes back, at its next turn. Written by the request, not by a turn."""
    irrevocable: bool = False
    """True from before the first thing that an update or a delete sends: too late to cancel it."""
    at_work: bool = False
    """Has a turn claimed it and not come back?"""
    retry_of: str | None = None
    """The operation that this one repeats."""
    retried_by: str | None = None
    """The operation that repeats this one."""
    result: Nested[Result | None] = None
    counts: Nested[dict[str, int] | None] = None
    """What an import has done to how many users, once all of it is applied."""
    resend: Nested[list[str]] = Field(default_factory=list)
    """Steps to send whatever is found: a repair of what a look at the resource does not show."""
    fingerprint: str = ""
    """A keyed hash of the request that made it: tells a repeat from another request."""
    traceparent: str = ""
    """The trace of the request that made it (W3C Trace Context): its turns continue it. Empty without telemetry."""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def key(self) -> str:
        return operation_key(self.id_key)

    @property
    def id(self) -> str:
        """`{registry}.{key}`."""
        return operation_id(self.registry, self.id_key)

    @property
    def percent_complete(self) -> int:
        """Steps done, in percent; 100 only for a success."""
        if self.status is Status.SUCCEEDED:
            return 100
        done = sum(step.status is Status.SUCCEEDED for step in self.steps)
        return min(99, 100 * done // max(1, len(self.steps)))

    def ended(self, status: Status, now: datetime, error: OperationError | None = None) -> Self:
        """The operation in its final status."""
        steps = [step if step.status.is_final else _last(step, status, now) for step in self.steps]
        return self.change(
            status=status,
            final=True,
            steps=steps,
            error=error,
            obstacle=None,
            started_at=self.started_at or now,
            ended_at=now,
        )


def _last(step: Step, status: Status, now: datetime) -> Step:
    if status is Status.SUCCEEDED or step.status is Status.RUNNING:
        return step.moved(status, now)
    return step


OPERATION_KEYS = "operation:"


def operation_key(key: str) -> str:
    """The row key of an operation."""
    return OPERATION_KEYS + key
