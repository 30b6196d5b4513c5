"""Every minute: what has stopped moving is set in motion again, what somebody else changed is put right.

Each registry is visited by every chore. What goes wrong with one registry, or in one chore, stops no other; the run
says in one line of the log what it did.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from pydantic import ValidationError

from shared.domain.errors import ConflictError, PermanentError, TemporaryError
from shared.domain.operations import Operation
from shared.domain.registries.registry import Registry
from shared.domain.schema import SchemaTooNewError
from shared.domain.users.htpasswd import Projection
from shared.services.capacity import Capacity
from shared.services.health.rows import HealthRows, Known
from shared.services.reconciling.report import Report
from shared.services.state import State
from shared.telemetry.logs import bound
from shared.telemetry.threads import ContextThreadPool

logger = logging.getLogger(__name__)

CONCURRENCY = 8
"""How many registries are visited at a time."""
ACTOR = "system:reconcile"
"""Who it is in the audit."""
EXPECTED = (TemporaryError, PermanentError, ConflictError, ValidationError)
"""Passes, or somebody has to mend it: the next run looks again. A `ValidationError` is a row of another release."""


@dataclass(frozen=True)
class Seen:
    """One registry as the run sees it. The unfinished operations were read first, the projection last."""

    name: str
    indexed_at: datetime
    unfinished: Sequence[Operation]
    registry: Registry | None
    projection: Projection | None
    known: Known | None
    """What was found out about it from outside; `None` without a registry."""


class Chore(Protocol):
    """Looks at one registry after the other and puts one kind of thing right."""

    def visit(self, seen: Seen, report: Report) -> None:
        """Whatever it raises stops no other chore and no other registry."""


class Survey(Protocol):
    """Looks at what concerns all registries together."""

    def run(self, report: Report) -> None:
        """Whatever it raises stops no other survey."""


class Reconcile:
    """The timer's work. Two runs at the same time do no harm."""

    def __init__(
        self,
        state: State,
        health: HealthRows,
        capacity: Capacity,
        chores: Sequence[Chore],
        surveys: Sequence[Survey],
        upgrade: Survey,
    ) -> None:
        self._state, self._health, self._capacity = state, health, capacity
        self._chores, self._surveys, self._upgrade = chores, surveys, upgrade

    def run(self) -> int:
        """Visits all registries; says how many operations were enqueued again.

        Raises `DependencyError`, or what nobody foresaw, after everything else has been looked at; and at once
        `SchemaTooNewError`, because then nothing may be touched.
        """
        report, began = Report(), time.monotonic()
        before = self._attempt("upgrade", partial(self._upgrade.run, report), report)
        for failure in before:
            if isinstance(failure, SchemaTooNewError):
                raise failure
        entries = list(self._capacity.names())
        with ContextThreadPool(CONCURRENCY) as pool:
            visits = pool.map(partial(self._visit, report), entries)
            failures = before + [failure for found in visits for failure in found]
        for survey in self._surveys:
            failures += self._attempt("survey", partial(survey.run, report), report)
        seconds = time.monotonic() - began
        logger.info("reconcile registries=%d seconds=%.2f %s", len(entries), seconds, report.line())
        if failures:
            raise failures[0]
        return report.count("requeued")

    def _visit(self, report: Report, entry: tuple[str, datetime]) -> list[Exception]:
        found: list[Seen] = []
        with bound(registry=entry[0]):
            failures = self._attempt(entry[0], lambda: found.append(self._see(*entry)), report)
            for seen in found:
                for chore in self._chores:
                    failures += self._attempt(seen.name, partial(chore.visit, seen, report), report)
        return failures

    def _see(self, name: str, indexed_at: datetime) -> Seen:
        unfinished = list(self._state.unfinished(name))
        registry = self._state.registry(name)
        known = self._health.read(registry) if registry else None
        return Seen(name, indexed_at, unfinished, registry, self._state.projection(name), known)

    def _attempt(self, name: str, action: Callable[[], object], report: Report) -> list[Exception]:
        """What it raised and nobody expected."""
        try:
            action()
        except EXPECTED as error:
            logger.warning("reconcile: %s: %s", name, error)
            report.note("failed", name)
        except Exception as error:  # noqa: BLE001 - raised at the end of the run
            report.note("failed", name)
            return [error]
        return []
