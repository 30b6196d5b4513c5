"""Examples of answers about reports: one registry is down."""

from shared.triggers.examples.base import BASE, Json

_SITE = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/berthage/providers/Microsoft.Web/sites"
_BEFORE, _NOW, _SINCE = "2026-11-25T06:00:00.000Z", "2026-11-26T06:00:00.000Z", "2026-11-26T05:38:00.000Z"
_ID, _VERDICT = "2026-11-26T0600Z", "1 of 2 registries needs you"
_PROBLEM = {"registry": "search", "state": "Down", "code": "STORAGE_UNHEALTHY"}
_MESSAGE = {"message": "The registry can't reach its blobs."}


def _line(registry: str, **fields: object) -> Json:
    return {
        "registry": registry,
        "state": "Healthy",
        "code": "HEALTHY",
        "since": "2026-11-02T09:15:00.000Z",
        "uptime": 1.0,
        "latency": {"p50": 71, "p95": 310},
        "storage": {"sizeBytes": 206_000_000_000, "growthBytes": 3_000_000_000},
        "users": 6,
        "incidents": 0,
        "certificateExpires": "2027-05-21T12:00:00.000Z",
        "uptimes": [1.0, 1.0],
        **fields,
    }


def _piece(start: str, **fields: object) -> Json:
    return {
        "start": start,
        "up": 7200.0,
        "degraded": 0.0,
        "down": 0.0,
        "maintenance": 0.0,
        "latency": {"p50": 71, "p95": 310},
        "sizeBytes": 412_000_000_000,
        **fields,
    }


REPORT: Json = {
    "id": _ID,
    "generatedAt": _NOW,
    "period": {"name": "24h", "start": _BEFORE, "end": _NOW, "timeZone": "Europe/Berlin"},
    "verdict": _VERDICT,
    "severity": "critical",
    "registryCount": 2,
    "states": {"Down": 1, "Healthy": 1},
    "problems": [
        {
            **_PROBLEM,
            **_MESSAGE,
            "severity": "critical",
            "since": _SINCE,
            "seconds": 1320.0,
            "fix": "Check that the storage account exists and that its key is the one in the site's settings.",
            "evidence": "GET /v2/_catalog: 503",
            "statusUrl": f"{BASE}/status/search",
            "portalUrl": f"https://portal.azure.com/#resource{_SITE}/search-1a2b3c4d",
        }
    ],
    "todo": [
        {
            "registry": "payments",
            "code": "USERS_EXPIRING",
            "message": "ci expires in 3 days",
            "fix": 'Rotate with overlap: POST /api/registries/payments/users/ci/rotate {"overlap": "PT24H"}',
            "user": "ci",
            "due": "2026-11-29T09:00:00.000Z",
            "days": 3,
        }
    ],
    "incidents": [{**_PROBLEM, **_MESSAGE, "startedAt": _SINCE, "endedAt": None, "seconds": 1320.0}],
    "uptime": 0.9923,
    "latency": {"p50": 71, "p95": 310},
    "storage": {"sizeBytes": 412_000_000_000, "growthBytes": 6_000_000_000},
    "users": {
        "added": 4,
        "removed": 1,
        "expired": 0,
        "expiring": [{"registry": "payments", "username": "ci", "expiresOn": "2026-11-29T09:00:00.000Z"}],
    },
    "failedOperations": [],
    "drift": [
        {
            "registry": "payments",
            "at": "2026-11-25T21:04:00.000Z",
            "operationId": "payments.htpasswd-F4H6J8K0-41-5d41402abc4b",
            "what": {"file": ["edited"], "added": ["x9"]},
        }
    ],
    "refusals": {"denied": 0, "others": 0, "byActor": {}},
    "sweptAt": "2026-11-26T05:58:00.000Z",
    "sweepAgeSeconds": 120.0,
    "pieces": [_piece(_BEFORE), _piece("2026-11-26T05:00:00.000Z", up=5880.0, down=1320.0)],
    "registries": [
        _line("payments"),
        _line(
            "search",
            state="Down",
            code="STORAGE_UNHEALTHY",
            since=_SINCE,
            uptime=0.9847,
            incidents=1,
            uptimes=[1.0, 0.6333],
        ),
    ],
    "notes": [],
    "statusUrl": f"{BASE}/status",
    "reportUrl": f"{BASE}/reports/health/{_ID}?format=html",
}
"""Of its twenty-four pieces two are shown."""
KEPT: Json = {
    "id": _ID,
    "url": f"{BASE}/reports/health/{_ID}",
    "period": "24h",
    "start": _BEFORE,
    "end": _NOW,
    "generatedAt": _NOW,
    "severity": "critical",
    "verdict": _VERDICT,
}
