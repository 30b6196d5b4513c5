"""Examples of answers about operations, and an entry of the audit."""

from shared.triggers.examples.base import CREATE, UPDATE, Json, link


def _step(name: str, begin: str, end: str, attempts: int = 1) -> Json:
    started, ended = f"2026-11-25T{begin}Z", f"2026-11-25T{end}Z"
    return {"name": name, "status": "Succeeded", "startedAt": started, "endedAt": ended, "attempts": attempts}


OPERATION: Json = {
    **link(CREATE),
    "kind": "CreateRegistry",
    "registry": "demo",
    "status": "Succeeded",
    "percentComplete": 100,
    "steps": [
        _step("storageAccount", "07:00:00.000", "07:00:18.000"),
        _step("plan", "07:00:00.000", "07:00:11.000"),
        _step("blobProtection", "07:00:18.000", "07:00:19.000"),
        _step("shareProtection", "07:00:18.000", "07:00:19.000"),
        _step("blobContainer", "07:00:18.000", "07:00:19.000"),
        _step("fileShare", "07:00:18.000", "07:00:20.000"),
        _step("htpasswd", "07:00:20.000", "07:00:20.400", attempts=0),
        _step("site", "07:00:20.500", "07:00:44.000"),
        _step("probe", "07:00:44.000", "07:01:11.000", attempts=0),
        _step("scmBasicAuthOff", "07:01:11.000", "07:01:12.000"),
        _step("ftpBasicAuthOff", "07:01:11.000", "07:01:12.000"),
    ],
    "createdAt": "2026-11-25T07:00:00.000Z",
    "startedAt": "2026-11-25T07:00:00.200Z",
    "endedAt": "2026-11-25T07:01:12.000Z",
    "result": {"loginServer": "demo-1a2b3c4d.azurewebsites.net"},
}
CHANGED_OPERATION: Json = {
    **link(UPDATE),
    "kind": "UpdateRegistry",
    "registry": "demo",
    "status": "Running",
    "percentComplete": 0,
    "steps": [],
    "createdAt": "2026-11-25T07:00:00.000Z",
    "startedAt": "2026-11-25T07:00:00.200Z",
    "endedAt": None,
    "cancelRequestedAt": "2026-11-25T07:00:03.000Z",
    "operation": link(UPDATE, "Running"),
}
AUDIT_ENTRY: Json = {
    "id": "01KAXQ5T1H6B3J8W0Z4R7N2C9H",
    "at": "2026-11-25T07:01:00.000Z",
    "actor": "key:ci",
    "address": "203.0.113.7",
    "action": "CreateOrUpdateUser",
    "target": "demo/ci",
    "registry": "demo",
    "outcome": "Accepted",
    "status": None,
    "operationId": "demo.01KAXQ5T1H6B3J8W0Z4R7N2C9G",
    "requestId": "0b8f6c1e-6f0e-4a53-9d0c-3f5b6a7c8d90",
}
