"""What the checks of one look found, noted as they go: nothing of it is lost when the time is over."""

import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from shared.domain.health.observation import CheckName, Failure, Outcome, ProbeCheck
from shared.registry_probe.tls import BadTlsError


class CheckFailedError(Exception):
    """A check got no answer. It is noted."""


@dataclass
class Note:
    """What a check has to say so far."""

    evidence: str = ""
    is_ok: bool = True


class Notes:
    """Of one look."""

    def __init__(self) -> None:
        self.failure: Failure | None = None
        """Of the first check that got no answer."""
        self._made: dict[CheckName, ProbeCheck] = {}

    @contextmanager
    def check(self, name: CheckName) -> Iterator[Note]:
        """Notes what comes of the block. Raises `CheckFailedError`, or lets the end of the time through."""
        note, began = Note(), time.perf_counter()
        try:
            yield note
        except asyncio.CancelledError:
            note.evidence = note.evidence or name.value
            failure = Failure.DNS if name is CheckName.DNS else Failure.TIMEOUT
            self._fail(note, failure, f"no answer in {_milliseconds(began)} ms")
            raise
        except (OSError, ValueError, BadTlsError) as error:
            self._fail(note, _failure(error, name), _why(error))
            raise CheckFailedError from None
        finally:
            outcome = Outcome.OK if note.is_ok else Outcome.FAILED
            took = _milliseconds(began)
            self._made[name] = ProbeCheck(
                name=name, outcome=outcome, evidence=note.evidence, milliseconds=took
            )

    def skip(self, name: CheckName, why: str) -> None:
        """It is not made."""
        self._made[name] = ProbeCheck(name=name, outcome=Outcome.SKIPPED, evidence=why)

    def has_passed(self, name: CheckName) -> bool:
        """Was it made, and found nothing wrong?"""
        return name in self._made and self._made[name].outcome is Outcome.OK

    def all_of(self, names: Sequence[CheckName]) -> list[ProbeCheck]:
        """These, in order; what nobody came to is skipped."""
        failed = [name for name, check in self._made.items() if check.outcome is Outcome.FAILED]
        why = "no time left" if self.failure is Failure.TIMEOUT else f"{', '.join(failed)} failed"
        for name in names:
            if name not in self._made:
                self.skip(name, why)
        return [self._made[name] for name in names]

    def _fail(self, note: Note, failure: Failure, why: str) -> None:
        note.is_ok, note.evidence = False, f"{note.evidence}: {why}" if note.evidence else why
        self.failure = self.failure or failure


def _milliseconds(began: float) -> int:
    return int((time.perf_counter() - began) * 1000)


def _failure(error: Exception, name: CheckName) -> Failure:
    if name is CheckName.DNS:
        return Failure.DNS
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    return Failure.TLS if isinstance(error, BadTlsError) else Failure.CONNECTION


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return "it is no name of a host" if isinstance(error, ValueError) else str(error)
