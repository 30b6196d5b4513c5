"""The calls of the REST API that the demo makes, as any script would make them."""

import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from localazure.demo.report import CheckFailedError

_OPERATION_SECONDS = 60
_HEALTH_SECONDS = 20

Json = dict[str, Any]


class Api:
    """One local Azure's REST API, with its function key."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        """`ready` is the content of the ready file."""
        self._functions_url = ready["functionsUrl"]
        self._master_key = ready["masterKey"]
        self._client = httpx.Client(
            base_url=f"{self._functions_url}/api/",
            headers={"x-functions-key": ready["functionsKey"]},
            timeout=60,
            trust_env=False,  # everything is on this machine: no proxy
        )

    def call(self, method: str, path: str, *expected: int, body: Json | None = None) -> Json:
        """One request. Returns the JSON answer; raises CheckFailedError for an unexpected status."""
        answer = self._client.request(method, path, json=body)
        if answer.status_code not in expected:
            wanted = " or ".join(str(status) for status in expected)
            # An answer that is no error may hold a password.
            said = f": {answer.text[:500]}" if answer.is_error else ""
            raise CheckFailedError(f"{method} {path}: expected {wanted}, got {answer.status_code}{said}")
        content: Json = answer.json() if answer.content else {}
        return content

    def finish(self, answer: Json, on_step: Callable[[Json], None] = lambda _step: None) -> Json:
        """Wait for the operation of `answer`, telling each step whenever its status is a new one.

        Returns the operation; raises CheckFailedError if it does not succeed in time.
        """
        operation: Json = answer["operation"]
        path = f"operations/{operation['id']}?wait=1"
        seen: dict[str, str] = {}
        deadline = time.monotonic() + _OPERATION_SECONDS
        while time.monotonic() < deadline:
            operation = self.call("GET", path, 200)
            for step in operation["steps"]:
                if seen.get(step["name"]) != step["status"]:
                    seen[step["name"]] = step["status"]
                    on_step(step)
            if operation["status"] == "Succeeded":
                return operation
            if operation["status"] in {"Failed", "Canceled"}:
                break
        raise CheckFailedError(f"operation {operation['id']}: expected Succeeded, got {operation}")

    def sweep_health(self, registry: str) -> Json:
        """Run the health sweep now, as an operator would; returns the registry's verdict of that sweep."""
        before = self.call("GET", f"registries/{registry}", 200).get("health")
        url = f"{self._functions_url}/admin/functions/sweep_health"
        asked = self._client.post(url, headers={"x-functions-key": self._master_key}, json={"input": ""})
        if asked.status_code != 202:
            raise CheckFailedError(f"POST {url}: expected 202, got {asked.status_code}: {asked.text[:500]}")
        deadline = time.monotonic() + _HEALTH_SECONDS
        while time.monotonic() < deadline:
            health: Json | None = self.call("GET", f"registries/{registry}", 200).get("health")
            if health and health != before:
                return health
            time.sleep(0.1)
        raise CheckFailedError(
            f"health of {registry}: expected a verdict within {_HEALTH_SECONDS} s, got {before}"
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


_KINDS = {
    "Microsoft.Web/sites": "2025-05-01",
    "Microsoft.Web/serverfarms": "2025-05-01",
    "Microsoft.Storage/storageAccounts": "2026-09-01",
}
"""What a registry is made of, with the API versions of today's SDKs."""


def resource_names(settings: Mapping[str, str], bundle: str) -> list[str]:
    """Everything that Resource Manager lists in the app's resource group, as `type/name`.

    Signs in as the function app does: with the managed identity's endpoint.
    """
    with httpx.Client(
        verify=ssl.create_default_context(cafile=bundle), trust_env=False, timeout=30
    ) as client:
        token = client.get(
            settings["IDENTITY_ENDPOINT"],
            params={"api-version": "2019-08-01", "resource": "https://management.azure.com/"},
            headers={"X-IDENTITY-HEADER": settings["IDENTITY_HEADER"]},
        ).raise_for_status()
        group = (
            f"{settings['RESOURCE_MANAGER_URL']}/subscriptions/{settings['AZURE_SUBSCRIPTION_ID']}"
            f"/resourceGroups/{settings['AZURE_RESOURCE_GROUP']}/providers"
        )
        names = []
        for kind, version in _KINDS.items():
            answer = client.get(
                f"{group}/{kind}",
                params={"api-version": version},
                headers={"Authorization": f"Bearer {token.json()['access_token']}"},
            ).raise_for_status()
            names += [f"{kind}/{resource['name']}" for resource in answer.json()["value"]]
    return names
