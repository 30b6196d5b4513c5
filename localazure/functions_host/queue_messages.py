"""What a queue function gets beside the text of a message."""

from datetime import UTC, datetime
from typing import Any

from localazure.functions_host.worker import json_datum, text_datum


def trigger_metadata(
    *,
    message_id: str = "",
    dequeue_count: int = 0,
    pop_receipt: str = "",
    inserted: datetime | None = None,
    expires: datetime | None = None,
    next_visible: datetime | None = None,
) -> dict[str, Any]:
    """The trigger metadata of a message, under the real host's names (QueueTriggerBinding.cs).

    Values go in as the real host sends them: texts as they are, numbers and times as JSON.
    """
    return {
        "Id": text_datum(message_id),
        "DequeueCount": json_datum(str(dequeue_count)),
        "PopReceipt": text_datum(pop_receipt),
        "InsertionTime": _time(inserted),
        "ExpirationTime": _time(expires),
        "NextVisibleTime": _time(next_visible),
    }


def _time(moment: datetime | None) -> Any:
    known = moment or datetime.max.replace(tzinfo=UTC)
    return json_datum(f'"{known.astimezone(UTC).isoformat().replace("+00:00", "Z")}"')
