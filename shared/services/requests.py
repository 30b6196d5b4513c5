"""What every mutating request shares: who asks, under which condition, and the operation that it starts."""

import difflib
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ulid import ULID

from shared.domain.audit import AuditEntry
from shared.domain.errors import ApiError, precondition_failed
from shared.domain.grants import CallerKind
from shared.domain.operations import Intent, Kind, Operation
from shared.domain.records import Change
from shared.domain.registries import Registry
from shared.domain.roles import NOTHING, Access
from shared.services.state import State
from shared.telemetry.traces import telemetry

type Findings = dict[str, list[str]]
"""What the audit says besides who did what: lists of names, by kind."""


@dataclass(frozen=True)
class Caller:
    """Who asks, and from where. `operation_key` is the client's own `Operation-Id`; `payload` tells requests apart."""

    actor: str
    request_id: str
    operation_key: str | None = None
    payload: bytes = b""
    access: Access = NOTHING
    kind: CallerKind = "system"
    name: str | None = None
    """How `ROLE_GRANTS` calls it."""
    principals: frozenset[str] = frozenset()
    """What a grant may call it."""
    address: str | None = None
    """`None` when it is not known, or when it is one of our own timers."""


@dataclass(frozen=True)
class Precondition:
    """`If-Match` and `If-None-Match: *`."""

    if_match: str | None = None
    create_only: bool = False

    def check(self, version_tag: str | None) -> None:
        """Raises `ApiError` 412 unless the resource is in the version that the caller means."""
        if self.create_only and version_tag is not None:
            raise precondition_failed("If-None-Match", version_tag)
        if self.if_match is None:
            return
        wanted = {tag.strip() for tag in self.if_match.split(",")}
        if version_tag is None or not wanted & {"*", version_tag}:
            raise precondition_failed("If-Match", version_tag)


class Home(Protocol):
    """What an operation works on: a registry, or what stands for all of them."""

    @property
    def name(self) -> str:
        """Its partition."""

    @property
    def uid(self) -> str:
        """Its incarnation."""

    @property
    def users_revision(self) -> int:
        """The revision that its users are in with this operation."""


class Ledger:
    """Starts operations and recognises repeated ones. `key` makes fingerprints useless to whoever reads the table."""

    def __init__(self, state: State, key: str, timeout_seconds: float, stale_seconds: float) -> None:
        self._state, self._key = state, key
        self._timeout, self._stale = timedelta(seconds=timeout_seconds), timedelta(seconds=stale_seconds)

    def repeated(self, caller: Caller, registry: str) -> Operation | None:
        """The operation that this very request started before.

        Raises `ApiError` 409 when another request has used its `Operation-Id`.
        """
        if caller.operation_key is None:
            return None
        operation = self._state.operation(registry, caller.operation_key)
        if operation and not self.is_same(caller, operation):
            raise operation_id_reused(caller)
        return operation

    def is_same(self, caller: Caller, operation: Operation) -> bool:
        """Did this very request start the operation, with or without an `Operation-Id`?"""
        return operation.fingerprint == self.fingerprint(caller)

    def start(
        self,
        caller: Caller,
        kind: Kind,
        registry: Home,
        now: datetime,
        *,
        user: str | None = None,
        intent: Intent | None = None,
        retry_of: Operation | None = None,
        details: Findings | None = None,
        resend: Sequence[str] = (),
    ) -> tuple[Operation, list[Change]]:
        """A new operation, and the rows that begin it: they belong into the mutation's own transaction."""
        key = caller.operation_key or str(ULID())
        operation = Operation(
            registry=registry.name,
            id_key=key,
            uid=registry.uid,
            kind=kind,
            user=user,
            revision=registry.users_revision,
            deadline=now + self._stale,
            expires_at=now + self._timeout if kind.is_lifecycle else None,
            intent=intent,
            retry_of=retry_of.id if retry_of else None,
            resend=list(resend),
            fingerprint=self.fingerprint(caller),
            asked_by=caller.actor,
            traceparent=telemetry.traceparent(),
            created_at=now,
        )
        rows = [operation.save(), audit_entry(caller, kind, operation, now, details).save()]
        if retry_of:
            rows.append(retry_of.change(retried_by=operation.id).save())
        return operation, rows

    def fingerprint(self, caller: Caller) -> str:
        """Tells this request from others; nobody can guess from it what the request said."""
        return hmac.new(self._key.encode(), b"request\0" + caller.payload, hashlib.sha256).hexdigest()


def audit_entry(
    caller: Caller,
    action: str,
    operation: Operation,
    now: datetime,
    details: Findings | None = None,
) -> AuditEntry:
    """Who did that, and to what."""
    registry, user = operation.registry, operation.user
    target = f"{registry}/{user}" if user else registry
    return entry_about(caller, action, registry, now, details).change(
        target=target, operation_id=operation.id
    )


def entry_about(
    caller: Caller, action: str, registry: str, now: datetime, details: Findings | None = None
) -> AuditEntry:
    """Of what is done to a registry without an operation. Its id begins with the very time that it says."""
    return AuditEntry(
        id_key=str(ULID.from_datetime(now)),
        at=now,
        actor=caller.actor,
        address=caller.address,
        action=action,
        target=registry,
        registry=registry,
        request_id=caller.request_id,
        details=details,
    )


def operation_id_reused(caller: Caller) -> ApiError:
    """409: its `Operation-Id` stands for another request."""
    return ApiError(
        409,
        "OperationIdReused",
        f"Operation-Id {caller.operation_key} belongs to another request.",
        "Use a new id for a new request; the same id only to repeat the same request.",
        target="Operation-Id",
    )


def check_not_deleted(registry: Registry) -> None:
    """Raises `ApiError` 409 `RegistrySoftDeleted`, with both ways out, for what a soft-deleted registry can't take."""
    if not registry.is_soft_deleted:
        return
    until = f" and kept until {registry.purge_on:%Y-%m-%d %H:%M} UTC" if registry.purge_on else ""
    path = f"/api/registries/{registry.name}"
    raise ApiError(
        409,
        "RegistrySoftDeleted",
        f"Registry '{registry.name}' is deleted{until}.",
        f"To have it back with its images and users: POST {path}/restore. "
        f"To free the name, without a way back: DELETE {path}?purge=true&confirm={registry.name}",
        target=registry.name,
    )


def nearest(name: str, existing: Iterable[str]) -> str | None:
    """The existing name that looks most like `name`."""
    return next(iter(difflib.get_close_matches(name, list(existing), n=1)), None)
