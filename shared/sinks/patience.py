"""How long a receiver asks to be left alone."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_SECONDS = 3600
"""Whatever it asks for: as the longest pause between attempts."""


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds, `MOST_SECONDS` at most; a date or a number (RFC 9110, 10.2.3). `None` for anything else."""
    try:
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
            return min(float(value), MOST_SECONDS)
        asked = parsedate_to_datetime(value)
    except ValueError:
        return None
    seconds = ((asked if asked.tzinfo else asked.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(0, math.ceil(seconds)), MOST_SECONDS)
