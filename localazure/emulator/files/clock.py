"""The store's time: 100-nanosecond ticks since the year 1, never the same twice.

Azure's ETags and file times count in these units. A tick is never handed out twice because a registry reads
its htpasswd file again only when the modification time differs: two writes within one tick of the kernel's
own clock (some milliseconds) would otherwise look like one.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_UNIX_EPOCH_TICKS = 621_355_968_000_000_000
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)


class Clock:
    """Hands out ticks that grow strictly, from all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def tick(self) -> int:
        """The time now, or one tick after the last answer if that is later."""
        with self._lock:
            self._last = max(from_unix_ns(time.time_ns()), self._last + 1)
            return self._last


def from_unix_ns(nanoseconds: int) -> int:
    """Ticks of a time stamp of the file system."""
    return nanoseconds // 100 + _UNIX_EPOCH_TICKS


def to_unix_ns(ticks: int) -> int:
    """Ticks as a time stamp of the file system, in nanoseconds."""
    return (ticks - _UNIX_EPOCH_TICKS) * 100


def etag(ticks: int) -> str:
    """`"0x8DB084B02FC2AD8"`, quotes included."""
    return f'"0x{ticks:X}"'


def http_date(ticks: int) -> str:
    """`Mon, 06 Feb 2023 14:04:06 GMT`."""
    return format_datetime(_datetime(ticks), usegmt=True)


def iso_time(ticks: int) -> str:
    """`2023-02-06T14:04:06.8707032Z`, with Azure's seven digits."""
    return f"{_datetime(ticks):%Y-%m-%dT%H:%M:%S}.{ticks % 10_000_000:07}Z"


def _datetime(ticks: int) -> datetime:
    return _YEAR_ONE + timedelta(seconds=ticks // 10_000_000)
