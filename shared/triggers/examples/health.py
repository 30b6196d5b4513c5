"""Examples of answers about health."""

from shared.triggers.examples.base import Json

_FIX = "Check that the storage account exists and that its key is the one in the site's settings."
_TOLD: Json = {
    "message": "The registry can't reach its blobs.",
    "fix": _FIX,
    "evidence": "GET / answered 503",
}

MUTED: Json = {
    "registry": "demo",
    "until": "2026-11-25T09:00:00.000Z",
    "reason": "the network moves",
    "by": "key:ci",
    "mutedAt": "2026-11-25T07:00:00.000Z",
    "operation": None,
}
HEALTH: Json = {
    "registry": "demo",
    "state": "Down",
    "since": "2026-11-25T06:38:00.000Z",
    "code": "STORAGE_UNHEALTHY",
    "severity": "critical",
    **_TOLD,
    "findings": [
        {
            "code": "STORAGE_UNHEALTHY",
            "severity": "critical",
            **_TOLD,
        }
    ],
    "checks": [
        {"name": "login", "outcome": "ok", "evidence": "GET /v2/ answered 200", "milliseconds": 41},
        {"name": "storage", "outcome": "failed", "evidence": "503", "milliseconds": 12},
    ],
    "suspectedAt": None,
    "latencyMilliseconds": 41,
    "checkedAt": "2026-11-25T07:00:02.000Z",
    "nextCheck": "2026-11-25T07:05:00.000Z",
    "maintenance": None,
    "muted": {"until": "2026-11-25T09:00:00.000Z", "reason": "the network moves", "by": "key:ci"},
    "uptime": {"24h": 0.9847, "7d": 0.9978, "30d": 0.9995, "90d": 0.9998},
    "history": {
        "window": "24h",
        "since": "2026-11-24T07:01:00.000Z",
        "checks": [
            {
                "at": "2026-11-25T07:00:02.000Z",
                "state": "Down",
                "code": "STORAGE_UNHEALTHY",
                "latencyMilliseconds": 41,
            }
        ],
        "incidents": [
            {
                "startedAt": "2026-11-25T06:38:00.000Z",
                "endedAt": None,
                "seconds": 1380,
                "state": "Down",
                "code": "STORAGE_UNHEALTHY",
                **_TOLD,
            }
        ],
    },
}
