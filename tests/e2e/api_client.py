"""The REST API as a script uses it. Remembers every password that went through, for the search at the end."""

import time
from collections.abc import Mapping
from typing import Any, Self

import httpx

Json = dict[str, Any]

FINAL = {"Succeeded", "Failed", "Canceled"}
OPERATION_SECONDS = 60.0


class Api:
    """One control plane, called with its function key. Safe to use from several threads."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self.url = f"{ready['functionsUrl']}/api/"
        self.passwords: set[str] = set()
        """What was sent or handed out: nobody else may know it."""
        self._admin_url = f"{ready['functionsUrl']}/admin/"
        self._master_key = {"x-functions-key": ready["masterKey"]}
        self.key: str = ready["functionsKey"]
        key = {"x-functions-key": self.key}
        self._client = httpx.Client(base_url=self.url, headers=key, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Any request, whatever the answer. `path` may be absolute, as a `nextLink` is."""
        if isinstance(body, dict):
            self._remember(body)
        answer = self._client.request(
            method, path, json=body, content=content, headers=headers, params=params
        )
        if (
            answer.is_success
            and answer.content
            and answer.headers.get("Content-Type", "").startswith("application/json")
        ):
            self._remember(answer.json())
        return answer

    def call(
        self,
        method: str,
        path: str,
        expected: int,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """A request with an answer of that status; returns its body."""
        answer = self.send(method, path, body, headers=headers)
        assert answer.status_code == expected, f"{method} {path}: {answer.status_code}\n{answer.text}"
        content: Json = answer.json() if answer.content else {}
        return content

    def end_of(self, answer: Json, seconds: float = OPERATION_SECONDS) -> Json:
        """The operation that `answer` names, when it has ended, however it ended."""
        deadline = time.monotonic() + seconds
        while True:
            operation = self.call("GET", f"operations/{answer['operation']['id']}?wait=10", 200)
            if operation["status"] in FINAL:
                return operation
            assert time.monotonic() < deadline, f"not ended after {seconds} s: {operation}"

    def finish(self, answer: Json, seconds: float = OPERATION_SECONDS) -> Json:
        """The operation that `answer` names, when it has succeeded."""
        operation = self.end_of(answer, seconds)
        assert operation["status"] == "Succeeded", operation
        return operation

    def settle(self, name: str) -> None:
        """Waits until nothing works on the registry any more, however that ends."""
        answer = self.send("GET", f"registries/{name}")
        if answer.is_success and answer.json()["operation"]:
            self.end_of(answer.json())

    def create_registry(self, name: str, body: Json | None = None) -> Json:
        """A new registry, when it is ready."""
        self.finish(self.call("PUT", f"registries/{name}", 201, body or {}))
        return self.call("GET", f"registries/{name}", 200)

    def create_user(self, registry: str, name: str, body: Json | None = None) -> str:
        """A new user, when the registry knows it; returns the password."""
        answer = self.call("PUT", f"registries/{registry}/users/{name}", 201, body or {})
        self.finish(answer)
        return str(answer["password"])

    def delete_registry(self, name: str) -> Json:
        """No registry of that name and nothing of it any more. Returns the operation."""
        path = f"registries/{name}?purge=true&confirm={name}"
        return self.finish(self.call("DELETE", path, 202))

    def run_now(self, function: str) -> None:
        """What an operator does with a timer function that is not due."""
        answer = httpx.post(
            f"{self._admin_url}functions/{function}",
            json={"input": ""},
            headers=self._master_key,
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text

    def _remember(self, body: Json) -> None:
        password = body.get("password")
        if isinstance(password, str) and len(password) >= 12:  # a shorter one is refused
            self.passwords.add(password)


def assert_refused(answer: httpx.Response, status: int, code: str) -> Json:
    """An error as the API promises it: stable code, message and a way out. Returns the error."""
    assert (answer.status_code, answer.headers.get("x-ms-error-code")) == (status, code), answer.text
    error: Json = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["fix"]
    assert answer.headers["x-ms-request-id"]
    return error
