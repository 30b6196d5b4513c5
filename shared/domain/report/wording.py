"""Figures as people read them."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.notices import telling
from shared.domain.text import cut, one_line

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
NONE = "\u2013"
"""A dash: stands where there is no figure."""
MINUS = "\u2212"
MOST_CHARACTERS = 300
"""Of a text that comes from outside."""


def quoted(text: str) -> str:
    """A text from outside as a part of one line. A backtick would begin a name in it."""
    return cut(one_line(text).replace("`", "'"), MOST_CHARACTERS)


def name(text: str) -> str:
    """A name between backticks: every reader of these texts either renders them or reads past them."""
    return f"`{quoted(text)}`"


def duration(seconds: float) -> str:
    """`40 s`, `22 min`, `1 h 5 min`, `3 days 2 h`."""
    return telling.duration(timedelta(seconds=seconds))


def plural(number: int, thing: str, things: str = "") -> str:
    """`1 day`, `2 days`."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or thing + 's'}"


def percent(share: float | None) -> str:
    """`99.96 %`. Cut off, not rounded: what was down for a second is never `100 %`."""
    if share is None:
        return NONE
    hundredths = math.floor(share * 10_000 + 1e-9)
    return f"{hundredths / 100:.2f} %" if hundredths < 10_000 else "100 %"


def size(size_bytes: int | None) -> str:
    """`412 GB`; a thousand bytes are a kilobyte, as Azure counts prices."""
    if size_bytes is None:
        return NONE
    unit = _unit(size_bytes)
    return f"{_scaled(size_bytes, unit)} {_UNITS[unit]}"


def size_and_growth(size_bytes: int | None, growth: int | None) -> str:
    """`412 GB (+6)`; a growth in another unit says which: `412 GB (+600 MB)`."""
    if size_bytes is None or growth is None:
        return size(size_bytes)
    sign, unit, own = MINUS if growth < 0 else "+", _unit(size_bytes), _unit(abs(growth))
    named = "" if own == unit or not growth else f" {_UNITS[own]}"
    return f"{size(size_bytes)} ({sign}{_scaled(abs(growth), own)}{named})"


def milliseconds(latency: int | None) -> str:
    """`310 ms`."""
    return NONE if latency is None else f"{latency} ms"


def in_days(days: int) -> str:
    """`within a day`, `in 1 day`, `in 3 days`."""
    return f"in {plural(days, 'day')}" if days > 0 else "within a day"


def whole_days(until: datetime, now: datetime) -> int:
    """How many days are left, in whole days: less than one is 0."""
    return max(0, (until - now) // timedelta(days=1))


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`Mon 2 Mar 2026, 07:00 CET`: a report may be read long after."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def day(at: datetime, zone: ZoneInfo) -> str:
    """`25 Nov`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b}"


def clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`06:38` on the same day, `Mon 06:38` less than a week before or after it, else `12 Nov 06:38`."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    recent = abs(today.date() - local.date()) < timedelta(days=7)
    return f"{local:%a %H:%M}" if recent else f"{day(at, zone)} {local:%H:%M}"


def _unit(size_bytes: int) -> int:
    """The first in which it has three digits at most."""
    fitting = (unit for unit in range(len(_UNITS)) if size_bytes / 1000**unit < 999.5)
    return next(fitting, len(_UNITS) - 1)


def _scaled(size_bytes: int, unit: int) -> str:
    """Three digits at most before a unit, and one decimal where there is only one."""
    value = size_bytes / 1000**unit
    return f"{value:.1f}".removesuffix(".0") if value < 10 and unit else f"{value:.0f}"
