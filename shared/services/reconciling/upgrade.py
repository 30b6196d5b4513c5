"""Brings the state to the version of this release, before anything else is looked at.

A step does one thing to one registry, also to one that is gone and has a history. It may be repeated and may be half
done; how far the upgrade has come is a row, so the next run goes on there. Two runs at once do the same twice: whoever
writes that row second starts again with what it finds. What a release before this one writes meanwhile is mended by
the chores, which do not rely on the version.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from shared.domain.errors import ConflictError
from shared.domain.schema import NEWEST, SchemaVersion
from shared.services.reconciling.report import Report
from shared.services.schema import Schema
from shared.services.state import State

logger = logging.getLogger(__name__)

type Step = Callable[[str], bool]
"""Works on the partition of one registry, for some seconds at most; says whether all is done there."""

PATIENCE_SECONDS = 30.0
"""For one run: the chores wait for it."""


class Upgrade:
    """`steps`: by the version that each leads to."""

    def __init__(self, state: State, schema: Schema, steps: Mapping[int, Step]) -> None:
        self._state, self._schema, self._steps = state, schema, steps

    def run(self, report: Report) -> None:
        """Raises `SchemaTooNewError`: then nothing may be done here at all."""
        until = time.monotonic() + PATIENCE_SECONDS
        with suppress(ConflictError):  # another run is at it
            self._go_on(until, report)
        self._schema.check()

    def _go_on(self, until: float, report: Report) -> None:
        row = self._schema.read()
        while row.version < NEWEST:
            step = self._steps[row.version + 1]
            for name in self._state.partitions(row.after):
                if time.monotonic() > until or not step(name):
                    report.note("upgrading", f"{row.version + 1}:{name}")
                    return
                row = self._schema.write(row.change(after=name))
            row = self._schema.write(SchemaVersion(etag=row.etag, version=row.version + 1))
            logger.info("the state has schema version %d", row.version)
            report.note("upgraded", str(row.version))
