"""One example per answer model: the OpenAPI document and docs/api.md show them.

They are plain data, so that nothing here keeps the app from starting; a test holds each against its schema.
"""

from typing import Any

from shared.triggers.answer_models.audit import AuditEntryView
from shared.triggers.answer_models.base import Collection, View
from shared.triggers.answer_models.callers import WhoamiView
from shared.triggers.answer_models.health import Alive, MutedRegistry
from shared.triggers.answer_models.operations import ChangedOperationView, OperationView
from shared.triggers.answer_models.registries import RegistryView, RemovedRegistry
from shared.triggers.answer_models.registry_health import RegistryHealthView
from shared.triggers.answer_models.reports import KeptReportView, ReportView
from shared.triggers.answer_models.reveal import RevealedView, RevealStatusView
from shared.triggers.answer_models.status import StatusLinkView
from shared.triggers.answer_models.users import (
    DiagnosisView,
    ImportedUsers,
    PersonView,
    RemovedUser,
    UserView,
)
from shared.triggers.health_examples import HEALTH as HEALTH_NOW
from shared.triggers.health_examples import MUTED
from shared.triggers.report_examples import KEPT, REPORT

type Json = dict[str, Any]

_BASE = "https://berthage.example/api"
UID = "01KAXQ3Z4TB6C8D0E2F4H6J8K0"
_ETAG = f'"{UID[-8:]}.1"'
CREATE, _UPDATE = "demo.01KAXQ3Z6V8Y0T9M2N4P5R7S1W", "demo.01KAXR0C4T7N1V5Q8X2M6P9K3D"


def _link(operation_id: str, status: str = "") -> Json:
    link = {"id": operation_id, "url": f"{_BASE}/operations/{operation_id}"}
    return {**link, "status": status} if status else link


def _step(name: str, begin: str, end: str, attempts: int = 1) -> Json:
    started, ended = f"2026-11-25T{begin}Z", f"2026-11-25T{end}Z"
    return {"name": name, "status": "Succeeded", "startedAt": started, "endedAt": ended, "attempts": attempts}


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
    "etag": _ETAG,
    "createdAt": "2026-11-25T07:00:00.000Z",
    "updatedAt": "2026-11-25T07:00:00.000Z",
    "operation": None,
}
USER: Json = {
    "registry": "demo",
    "username": "ci",
    "state": "Active",
    "syncing": False,
    "description": "builds",
    "expiresOn": "2027-02-23T07:06:00.000Z",
    "expiresAfter": "P90D",
    "etag": _ETAG,
    "createdAt": "2026-11-25T07:01:00.000Z",
    "updatedAt": "2026-11-25T07:01:00.000Z",
    "secretChangedAt": "2026-11-25T07:01:00.000Z",
    "operation": None,
}
SECRET: Json = {
    "password": "w7Qk2vXh9TzPpLr4sNfD6bYcGm3JtKe8",
    "syncing": True,
    "operation": _link("demo.01KAXQ5T1H6B3J8W0Z4R7N2C9G", "NotStarted"),
}
"""What an answer that shows a user's secret has in place of, or besides, the above."""
OPERATION: Json = {
    **_link(CREATE),
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
    **_link(_UPDATE),
    "kind": "UpdateRegistry",
    "registry": "demo",
    "status": "Running",
    "percentComplete": 0,
    "steps": [],
    "createdAt": "2026-11-25T07:00:00.000Z",
    "startedAt": "2026-11-25T07:00:00.200Z",
    "endedAt": None,
    "cancelRequestedAt": "2026-11-25T07:00:03.000Z",
    "operation": _link(_UPDATE, "Running"),
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

EXAMPLES: dict[type[View], Json] = {
    RegistryView: REGISTRY,
    UserView: USER,
    OperationView: OPERATION,
    ChangedOperationView: CHANGED_OPERATION,
    AuditEntryView: AUDIT_ENTRY,
    RemovedRegistry: {
        "name": "demo",
        "purgeOn": "2026-12-09T07:30:00.000Z",
        "operation": _link("demo.01KAXS7D2M5Y8Q1T4V6N9B3X0K", "NotStarted"),
    },
    RemovedUser: {
        "username": "ci",
        "operation": _link("demo.01KAXS1F8J3R6W9Z2C5H7K0P4T", "NotStarted"),
    },
    DiagnosisView: {
        "registry": "demo",
        "username": "ci",
        "canLogIn": False,
        "findings": [
            {
                "code": "UserNotFound",
                "message": "Registry 'demo' has no user named 'ci'.",
                "fix": "Did you mean 'CI'? Names are case-sensitive.",
                "blocks": True,
            }
        ],
    },
    PersonView: {"username": "ci", "registries": [USER]},
    ImportedUsers: {
        "registry": "demo",
        "lines": 10000,
        "mode": "merge",
        "operation": _link("demo.01KAXT2B6G9L3P5S8V1Y4A7D0F", "NotStarted"),
    },
    Alive: {"status": "Healthy"},
    RegistryHealthView: HEALTH_NOW,
    MutedRegistry: MUTED,
    ReportView: REPORT,
    KeptReportView: KEPT,
    StatusLinkView: {
        "url": f"{_BASE}/status#WyIqIiwxNzcxODMyNzYwXQ.c2lnbmF0dXJlLW9mLXRoaXMtZXhhbXBsZQ",
        "registry": "*",
        "expiresOn": "2027-02-23T07:06:00.000Z",
    },
    RevealedView: {
        "registry": "demo",
        "username": "dev",
        "password": SECRET["password"],
        "loginServer": REGISTRY["loginServer"],
        "operation": SECRET["operation"],
    },
    RevealStatusView: {
        "loginServer": REGISTRY["loginServer"],
        "operation": {**SECRET["operation"], "status": "Succeeded"},
    },
    WhoamiView: {
        "actor": "key:ci",
        "kind": "key",
        "name": "ci",
        "roles": [{"role": "Operator", "registry": "payments-*"}],
    },
}
"""By the model of the answer. Every answer that is a model has one; a test says which is missing."""

_NEXT: dict[type[View], str] = {
    RegistryView: "registries?maxpagesize=1&$skiptoken=demo",
    UserView: "registries/demo/users?maxpagesize=1&$skiptoken=ci",
}
"""Of a list: where there is more. What is not named here shows its last page."""


def example(model: type[View], *, shows_secret: bool = False) -> Json | None:
    """Of an answer; `None` if there is none. A list shows one of what it lists."""
    if issubclass(model, Collection):
        [listed] = model.__pydantic_generic_metadata__["args"]
        one = example(listed)
        more = {"nextLink": f"{_BASE}/{_NEXT[listed]}"} if listed in _NEXT else {}
        return {"value": [one], **more} if one else None
    found = EXAMPLES.get(model)
    return found | SECRET if found and shows_secret and "password" in model.model_fields else found
