"""Examples of answers about health."""

from typing import Any

type Json = dict[str, Any]

MUTED: Json = {
    "registry": "demo",
    "until": "2026-11-25T09:00:00.000Z",
    "reason": "the network moves",
    "by": "key:ci",
    "mutedAt": "2026-11-25T07:00:00.000Z",
    "operation": None,
}
