"""Begins the operation of a request, and recognises a request that comes again."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from ulid import ULID

from shared.domain.errors import ApiError
from shared.domain.operations import Intent, Kind, Operation
from shared.domain.records import Change
from shared.services.audit.entries import Findings, audit_entry
from shared.services.requests import Caller
from shared.services.state import State
from shared.telemetry.traces import telemetry


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


def operation_id_reused(caller: Caller) -> ApiError:
    """409: its `Operation-Id` stands for another request."""
    return ApiError(
        409,
        "OperationIdReused",
        f"Operation-Id {caller.operation_key} belongs to another request.",
        "Use a new id for a new request; the same id only to repeat the same request.",
        target="Operation-Id",
    )
