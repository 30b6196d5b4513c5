"""Examples of answers about registries."""

from shared.triggers.examples.base import ETAG, UID, Json, link

HEALTH: Json = {
    "state": "Healthy",
    "since": "2026-11-25T07:05:00.000Z",
    "code": "HEALTHY",
    "severity": "ok",
    "message": "The registry refuses strangers and lets the right user in.",
    "fix": None,
    "latencyMilliseconds": 41,
    "checkedAt": "2026-11-25T07:05:00.000Z",
}
REGISTRY: Json = {
    "name": "demo",
    "location": "westeurope",
    "sku": "B1",
    "image": "registry:2.8.3",
    "storageReplication": "LRS",
    "deleteEnabled": False,
    "readOnly": False,
    "logLevel": "info",
    "allowedIpRanges": None,
    "placement": "dedicated",
    "tags": {"team": "payments"},
    "provisioningState": "Succeeded",
    "loginServer": "demo-1a2b3c4d.azurewebsites.net",
    "health": HEALTH,
    "drift": None,
    "userCount": 1,
    "deletedOn": None,
    "purgeOn": None,
    "uid": UID,
    "etag": ETAG,
    "createdAt": "2026-11-25T07:00:00.000Z",
    "updatedAt": "2026-11-25T07:00:00.000Z",
    "operation": None,
}
REMOVED: Json = {
    "name": "demo",
    "purgeOn": "2026-12-09T07:30:00.000Z",
    "operation": link("demo.01KAXS7D2M5Y8Q1T4V6N9B3X0K", "NotStarted"),
}
