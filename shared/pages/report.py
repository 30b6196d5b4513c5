"""A report as one HTML file that opens wherever it is saved: no script, nothing else to fetch, and it prints well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.domain.health.codes import HealthState, Severity
from shared.domain.report.model import Piece, RegistryLine, Report, Storage
from shared.domain.report.periods import PeriodName
from shared.domain.report.summary import context, repair, zone_of
from shared.domain.report.wording import (
    MINUS,
    NONE,
    clock,
    duration,
    milliseconds,
    moment,
    percent,
    size,
    size_and_growth,
)
from shared.pages.charts import DESK, PHONE, Canvas, Chart, Share, bar_chart, ceiling, line_chart
from shared.pages.html import templates

STRIP = 124
"""Pixels of a registry's row of bars."""
_TICK, _BANG = "M5.8 10.4l2.9 2.9 5.6-6.2", "M10 5.2v5.6M10 14.2v.1"
_SIGNS = {
    Severity.OK: ("healthy", _TICK),
    Severity.INFO: ("healthy", _TICK),
    Severity.WARNING: ("degraded", _BANG),
    Severity.CRITICAL: ("down", _BANG),
}
_STATES = {
    HealthState.HEALTHY: "✓",
    HealthState.DEGRADED: "!",
    HealthState.DOWN: "✕",
    HealthState.MAINTENANCE: "◌",
    HealthState.UNKNOWN: "?",
}
"""Before the word, so that a state is found without reading."""
_KINDS = ("healthy", "degraded", "maintenance", "down")


@dataclass(frozen=True)
class Strip:
    """A registry's uptime by pieces: `(class, x, width, height)`, drawn from the ground up."""

    bars: tuple[tuple[str, float, float, float], ...]
    label: str


@dataclass(frozen=True)
class View:
    """A report with what is computed for the page."""

    report: Report
    context: str
    charts: tuple[tuple[str, Chart, Chart], ...]
    """With their headings; each for a desk and for a phone."""
    strips: dict[str, Strip]
    tone: str
    """The class of the sign before the verdict."""
    sign: str


def report_page(report: Report) -> str:
    """The whole file."""
    zone = zone_of(report)
    view = View(
        report,
        context(report),
        tuple(_charts(report, zone)),
        {line.registry: _strip(line) for line in report.registries},
        *_SIGNS[report.severity],
    )
    page = templates().get_template("report.html")
    return page.render(
        _WORDS,
        view=view,
        report=report,
        made=moment(report.generated_at, zone),
        at=lambda at: clock(at, zone, report.generated_at),
        until=lambda at: f"{at.astimezone(zone):%Y-%m-%d}" if at else NONE,
    )


def _charts(report: Report, zone: ZoneInfo) -> Iterator[tuple[str, Chart, Chart]]:
    """Without registries none, and none of what nobody has measured."""
    below = [_name(piece, report.period.name, zone) for piece in report.pieces]
    for title, draw in (("Uptime", _uptime), ("Login latency", _latency), ("Storage", _storage)):
        wide, narrow = (draw(canvas, report.pieces, below) for canvas in (DESK, PHONE))
        if wide and narrow:
            yield title, wide, narrow


def _name(piece: Piece, period: PeriodName, zone: ZoneInfo) -> str:
    """An hour in the reader's zone, or a day, which is one in UTC."""
    if period is PeriodName.DAY:
        return f"{piece.start.astimezone(zone):%H:%M}"
    return f"{piece.start.day} {piece.start:%b}"


def _uptime(canvas: Canvas, pieces: Sequence[Piece], below: Sequence[str]) -> Chart | None:
    if not pieces:
        return None
    bars = [(_told(piece, name), _shares(piece)) for piece, name in zip(pieces, below, strict=True)]
    troubled = sum(piece.down > 0 for piece in pieces)
    label = f"Uptime of all registries: {troubled} of {len(pieces)} bars have downtime."
    return bar_chart(canvas, label, bars, below)


def _shares(piece: Piece) -> list[Share]:
    amounts = (piece.up, piece.degraded, piece.maintenance, piece.down)
    return [Share(kind, amount) for kind, amount in zip(_KINDS, amounts, strict=True)]


def _told(piece: Piece, name: str) -> str:
    counted = piece.up + piece.degraded + piece.down
    said = [f"{name}: {percent((piece.up + piece.degraded) / counted) if counted else 'nobody looked'}"]
    said += [
        f"{kind} for {duration(amount)}"
        for kind, amount in (
            ("down", piece.down),
            ("degraded", piece.degraded),
            ("maintenance", piece.maintenance),
        )
        if amount
    ]
    return ", ".join(said)


def _latency(canvas: Canvas, pieces: Sequence[Piece], below: Sequence[str]) -> Chart | None:
    half, most = [piece.latency.p50 for piece in pieces], [piece.latency.p95 for piece in pieces]
    known = [value for value in most if value is not None]
    if not known:
        return None
    top = int(ceiling(known))
    label = f"How long logins took: at most {max(known)} ms at the 95th percentile."
    figures = [(0.0, "0"), (float(top), milliseconds(top))]
    return line_chart(canvas, label, [("most", "p95", most), ("half", "p50", half)], below, figures)


def _storage(canvas: Canvas, pieces: Sequence[Piece], below: Sequence[str]) -> Chart | None:
    sizes = [piece.size_bytes for piece in pieces]
    known = [value for value in sizes if value is not None]
    if not known:
        return None
    top = int(ceiling(known))
    label = f"What the images take: from {size(known[0])} to {size(known[-1])}."
    figures = [(0.0, "0"), (float(top), size(top))]
    return line_chart(canvas, label, [("size", "size", sizes)], below, figures)


def _strip(line: RegistryLine) -> Strip:
    step = STRIP / max(1, len(line.uptimes))
    bars = [
        (_kind(share), round(place * step, 1), round(step * 0.78, 1), _height(share))
        for place, share in enumerate(line.uptimes)
    ]
    known = [share for share in line.uptimes if share is not None]
    worst = f"at worst {percent(min(known))}" if known else "nobody looked"
    return Strip(tuple(bars), f"{line.registry}: {worst}")


def _kind(share: float | None) -> str:
    if share is None:
        return "unknown"
    return "healthy" if share >= 1 else "down"


def _height(share: float | None) -> float:
    """Of 20 pixels. What was not whole is lower, and never so low that it can't be seen."""
    if share is None:
        return 4
    return 20 if share >= 1 else round(4 + 12 * share, 1)


def _growth(storage: Storage) -> str:
    """With its sign; nothing where it is not known, or nothing."""
    growth = storage.growth_bytes
    return f"{MINUS if growth < 0 else '+'}{size(abs(growth))}" if growth else ""


def _spans(text: str) -> list[tuple[bool, str]]:
    """`(is a name, part)`: names stand between backticks."""
    return [(bool(number % 2), part) for number, part in enumerate(text.split("`")) if part]


_WORDS = {
    "percent": percent,
    "ms": milliseconds,
    "duration": duration,
    "size": size,
    "growth": _growth,
    "size_and_growth": size_and_growth,
    "spans": _spans,
    "repair": repair,
    "signs": _STATES,
}
"""What the template says figures with."""
