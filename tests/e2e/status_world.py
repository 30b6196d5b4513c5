"""What every test of a status needs: the operations of the OpenAPI document, and a world in which they can be asked."""

import base64
import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from shared.azure.connection import StorageConnection
from shared.azure.tables import StorageTable
from shared.domain.report.model import Report
from shared.services.reporting.archive import Archive
from shared.triggers.examples.reports import KEPT, REPORT
from tests.docs.generated import ROOT
from tests.e2e.api_client import Json
from tests.e2e.local_azure import LocalAzure
from tests.unit.chat_apps import teams_signing
from tests.unit.chat_apps.signing import SECRET

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
ADMINS = "6a1bd9c1-0d38-4b6d-8a39-70a4d1f9a3c5"
WRITES_PER_MINUTE = 8
SETTINGS = {
    "WEBSITE_AUTH_ENABLED": "True",
    "ROLE_GRANTS": json.dumps([{"principal": f"group:{ADMINS}", "role": "Admin"}]),
    "WRITES_PER_MINUTE": str(WRITES_PER_MINUTE),
    "TURN_DELAY_SECONDS": "0",
    "SLACK_SIGNING_SECRET": SECRET,
    "TEAMS_SECRET": teams_signing.TOKEN,
}
STEADY, DELETED, SLEEPING, DOOMED = "steady", "deleted", "sleeping", "doomed"
HERE = {"registry": STEADY, "username": "ci", "asset": "start.js", "report": KEPT["id"]}
NOT_HERE = {
    "registry": "absent",
    "username": "nobody",
    "asset": "absent.js",
    "operation": "absent.none",
    "report": "2000-01-01T0000Z",
}


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    name: str
    method: str
    path: str
    """Below /api/, with its parameters in braces."""
    query: Json

    def url(self, values: Json) -> str:
        return re.sub(r"{(\w+)}", lambda found: str(values[found[1]]), self.path)


def _operations() -> Iterator[tuple[Operation, list[int]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, described in methods.items():
            needed = [each["name"] for each in described["parameters"] if each.get("required")]
            query = {each: "" for each in needed if f"{{{each}}}" not in path}
            operation = Operation(described["operationId"], method.upper(), path.removeprefix("/api/"), query)
            yield operation, [int(status) for status in described["responses"]]


OPERATIONS = {operation.name: operation for operation, _ in _operations()}
PROMISES = [(operation.name, status) for operation, statuses in _operations() for status in statuses]


def signed_in(*groups: str) -> dict[str, str]:
    """Somebody whom App Service has signed in, and whom nobody has seen before: no request of theirs is counted."""
    kinds = ["http://schemas.microsoft.com/identity/claims/objectidentifier", *["groups"] * len(groups)]
    values = [str(uuid.uuid4()), *groups]
    claims = [{"typ": kind, "val": value} for kind, value in zip(kinds, values, strict=True)]
    principal = json.dumps({"auth_typ": "aad", "claims": claims}).encode()
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(principal).decode()}


class World:
    """A local Azure with a registry that is ready, two that are deleted and one that is about to be."""

    def __init__(self, local: LocalAzure) -> None:
        self.local = local
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._create, (STEADY, DELETED, SLEEPING, DOOMED)))
            list(
                pool.map(
                    self.done, [self.call("DELETE", f"registries/{name}") for name in (DELETED, SLEEPING)]
                )
            )
        self.used = str(uuid.uuid4())
        """An Operation-Id that stands for this user."""
        created = self.call("PUT", f"registries/{STEADY}/users/ci", {}, headers={"Operation-Id": self.used})
        self.call("PUT", f"registries/{STEADY}/users/leaving", {})
        self._keep_report()
        self.finished = {**HERE, "operation": self.done(created)["id"]}

    def _create(self, name: str) -> None:
        self.done(self.call("PUT", f"registries/{name}", {}))

    def _keep_report(self) -> None:
        """As the timer would, some morning."""
        connection = StorageConnection.from_env({"AzureWebJobsStorage": self.local.azure.connection_string})
        report = Report.model_validate(REPORT)
        Archive(StorageTable(connection, "health"), lambda: report.generated_at).add(report)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """A request of an administrator."""
        return self.local.api.send(
            method, path, body, headers={**signed_in(ADMINS), **(headers or {})}, **more
        )

    def done(self, answer: httpx.Response) -> Json:
        """The operation that the answer names, when it has ended, however it ended."""
        assert answer.is_success, answer.text
        return self.local.api.end_of(answer.json())

    @contextmanager
    def fault(self, **fields: Any) -> Iterator[None]:
        """While it lasts, Azure misbehaves so."""
        self.local.azure.control("POST", "faults", fields)
        try:
            yield
        finally:
            self.local.azure.control("DELETE", "faults")
