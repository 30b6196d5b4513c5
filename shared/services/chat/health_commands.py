"""health, mute, unmute, report."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shared.domain.chat.talk import Reply, Tone
from shared.domain.field_problems import bad_fields
from shared.domain.health.board import BoardEntry
from shared.domain.health.codes import HealthState, Severity
from shared.domain.health.mute import MuteSpec
from shared.domain.notices.report_summary import Item, Summary
from shared.domain.report.periods import PeriodName
from shared.domain.report.wording import percent, plural
from shared.domain.roles import Role
from shared.services.chat.said import Deed, Said
from shared.services.chat.times import Times
from shared.services.health.history import HealthHistory, RegistryHealth
from shared.services.health.mutes import Mutes
from shared.services.status.board import StatusBoard

if TYPE_CHECKING:
    from shared.services.reporting.reports import Reports

# ruff: noqa: PLC0415 - only who shows a report needs what reports are made with

MOST_LISTED = 30
MOST_LINES = 60
"""Of a report."""
_BAD = {HealthState.DOWN, HealthState.DEGRADED}


class HealthCommands:
    """Each raises `ApiError` for what its speaker can mend, `DependencyError` when the tables are away."""

    def __init__(
        self,
        history: HealthHistory,
        board: StatusBoard,
        mutes: Mutes,
        reports: Callable[[], "Reports"],
        times: Times,
    ) -> None:
        self._history, self._board, self._mutes = history, board, mutes
        self._reports, self._times = reports, times

    @property
    def deeds(self) -> Mapping[str, Deed]:
        """By the names of commands."""
        return {
            "health": Deed("get_registry_health", self._health),
            "mute": Deed("mute_registry", self._mute, writes=True),
            "unmute": Deed("unmute_registry", self._unmute, writes=True),
            "report": Deed("get_health_report", self._report),
        }

    def _health(self, said: Said) -> Reply:
        if "registry" not in said.asked.arguments:
            return self._all(said)
        found = self._history.of(said.registry)
        return Reply(
            f"`{said.registry}` is {found.state.value}{self._since(found)}.",
            tuple(self._facts(said, found)),
            Tone.WARNING if found.state in _BAD else Tone.PLAIN,
        )

    def _since(self, found: RegistryHealth) -> str:
        began = found.verdict.since if found.verdict and not found.operation else None
        return f" since {self._times.moment(began)}" if began else ""

    def _facts(self, said: Said, found: RegistryHealth) -> Iterator[str]:
        verdict = found.verdict
        if found.operation:
            yield f"At work on it: {said.say(f'operation {found.operation.id}')}"
        elif verdict and verdict.severity is not Severity.OK:
            yield f"{verdict.code.value}: {verdict.message}"
            yield f"Fix: {verdict.fix}"
        seen = f"Last looked at {self._times.ago(verdict.checked_at)}." if verdict else "Not looked at yet."
        yield seen if not found.next_check else f"{seen} Next look: {self._times.moment(found.next_check)}."
        known = {window: share for window, share in found.uptimes.items() if share is not None}
        if known:
            yield f"Uptime: {', '.join(f'{window} {percent(share)}' for window, share in known.items())}"
        if found.mute:
            yield f"Muted until {self._times.moment(found.mute.until)}: {found.mute.reason}"

    def _all(self, said: Said) -> Reply:
        seen, now = self._board.all(said.caller.access), self._times.now()
        bad = [entry for entry in seen.entries if entry.state_at(now) in _BAD]
        unknown = sum(entry.state_at(now) is HealthState.UNKNOWN for entry in seen.entries)
        lines = [self._trouble(entry) for entry in bad[:MOST_LISTED]]
        if bad[MOST_LISTED:]:
            lines.append(f"And {len(bad) - MOST_LISTED} more: {said.say('list')}")
        if seen.sweep:
            lines.append(f"Last sweep {self._times.ago(seen.sweep.started_at)}.")
        return Reply(
            _verdict(len(seen.entries), len(bad), unknown), tuple(lines), Tone.WARNING if bad else Tone.PLAIN
        )

    def _trouble(self, entry: BoardEntry) -> str:
        since = self._times.moment(entry.since)
        return f"`{entry.name}` {entry.state.value} since {since}: {entry.code.value}. {entry.fix}"

    def _mute(self, said: Said) -> Reply:
        sent = {"for": said.asked.arguments["duration"], "reason": said.asked.arguments["reason"]}
        try:
            spec = MuteSpec.model_validate(sent)
        except ValidationError as error:
            raise bad_fields(error.errors(include_url=False, include_input=False)) from None
        mute = self._mutes.mute(said.registry, spec, said.caller)
        until = self._times.moment(mute.until)
        end = f"To end it: {said.say(f'unmute {said.registry}')}"
        return Reply(
            f"`{said.registry}` is muted until {until}: {mute.reason}", (end,), Tone.DONE, private=False
        )

    def _unmute(self, said: Said) -> Reply:
        self._mutes.lift(said.registry, said.caller)
        return Reply(f"`{said.registry}` is not muted any more.", tone=Tone.DONE, private=False)

    def _report(self, said: Said) -> Reply:
        from shared.domain.report.summary import summary_of
        from shared.services.reporting.gathering import Look

        access = said.caller.access
        look = Look(access.may_read, access.everywhere(Role.READER))
        period = PeriodName(said.asked.options.get("period", PeriodName.DAY))
        summary = summary_of(self._reports().of_now(period, look))
        tone = Tone.PLAIN if summary.severity is Severity.OK else Tone.WARNING
        return Reply(summary.headline, tuple(_lines(summary))[:MOST_LINES], tone)


def _verdict(registries: int, bad: int, unknown: int) -> str:
    if not registries:
        return "There is no registry here yet that was looked at and that you may read."
    if bad:
        return (
            f"{bad} of {plural(registries, 'registry', 'registries')} {'needs' if bad == 1 else 'need'} you."
        )
    if unknown:
        return f"Nothing is known to be wrong; {unknown} of {registries} could not be looked at."
    return f"All is well: {plural(registries, 'registry', 'registries')}."


def _lines(summary: Summary) -> Iterator[str]:
    if summary.context:
        yield summary.context
    for item in summary.needs_you:
        yield _problem(item)
    for section in summary.sections:
        yield section.title
        yield from (f"• {line}" for line in section.lines)
    yield from (f"{link.title}: {link.url}" for link in summary.links)


def _problem(item: Item) -> str:
    text = f"`{item.title}` {' '.join(item.text.splitlines())}"
    return f"{text} Fix: {item.fix}" if item.fix else text
