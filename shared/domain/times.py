"""Times as the API writes them."""

from datetime import UTC, datetime


def shown_at(moment: datetime) -> str:
    """In UTC, with milliseconds: `2026-11-25T07:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
