"""A real emulator for tests: its own state folder, a free port, TLS, and the real SDKs as clients.

Sites are `RecordingSites` unless a test brings others: they note what they were told and start nothing.
"""

import json
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from azure.core.credentials import AccessToken
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.web import WebSiteManagementClient

from localazure.certificates import CertificateAuthority
from localazure.emulator.app import Emulator
from localazure.emulator.identity.models import API_VERSION, Identity
from localazure.emulator.server import Server, listen, origin
from localazure.sites.config import SiteConfig

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
TENANT = "33333333-3333-4333-8333-333333333333"
GROUP = "berthage"
PROVIDERS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
PLAN_ID = f"{PROVIDERS}/Microsoft.Web/serverfarms/plan1"
HEADER = "identity-header-of-the-tests"
BLOB_ENDPOINT = "http://127.0.0.1:10000/devstoreaccount1"


class RecordingSites:
    """Sites that start nothing: `calls` is what they were told, `running` what would run, `crashed` what does not."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.running: dict[str, SiteConfig] = {}
        self.crashed: set[str] = set()
        self.stored: dict[tuple[str, str], dict[str, int]] = {}
        self._ports: dict[str, int] = {}

    def reserve(self, name: str) -> str:
        return f"localhost:{self._ports.setdefault(name, 40000 + len(self._ports))}"

    def apply(self, name: str, config: SiteConfig) -> None:
        if self.running.get(name) != config:
            self.calls.append(("apply", name))
        self.running[name] = config

    def restart(self, name: str) -> None:
        self.calls.append(("restart", name))

    def stop(self, name: str) -> None:
        self.calls.append(("stop", name))
        self.running.pop(name, None)

    def remove(self, name: str) -> None:
        self.calls.append(("remove", name))
        self.running.pop(name, None)

    def poll(self, name: str) -> str:
        if name in self.crashed:
            return "Crashed"
        return "Running" if name in self.running else "Stopped"

    def stop_all(self) -> None:
        self.calls.append(("stop_all",))

    def forget_account(self, account: str) -> None:
        self.calls.append(("forget_account", account))

    def blobs(self, account: str, container: str) -> dict[str, int]:
        return self.stored.get((account, container), {})

    def forget_container(self, account: str, container: str) -> None:
        self.calls.append(("forget_container", account, container))


class Running:
    """An emulator that serves, and clients for it."""

    def __init__(
        self, url: str, authority: CertificateAuthority, identity: Identity, sites: RecordingSites
    ) -> None:
        self.url = url
        self.proxies: dict[str, int] = {}
        self.sites = sites
        self.identity = identity
        self.ca_file = str(authority.ca_file)
        self._context = authority.client_context()
        options: dict[str, Any] = {"base_url": url, "connection_verify": self.ca_file, "retry_total": 0}
        # Any: tests send the JSON of the wire, where the overloads want model classes.
        self.storage: Any = StorageManagementClient(self, SUBSCRIPTION, **options)
        self.web: Any = WebSiteManagementClient(self, SUBSCRIPTION, **options)

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A credential for the SDKs: a token from the emulator's own identity."""
        resource = scopes[0].removesuffix("/.default")
        token = self.identity.issue(secret=HEADER, api_version=API_VERSION, resource=resource, who="")
        return AccessToken(token.value, token.expires_on)

    def bearer(self, resource: str = "https://management.azure.com/") -> dict[str, str]:
        """Headers for `call`."""
        return {"Authorization": f"Bearer {self.get_token(f'{resource}/.default').token}"}

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        """A plain HTTP request: status, headers in lower case, JSON (None if there is none)."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data else {}
        return self.send(method, path, data, {**sent, **(headers or {})})

    def send(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        """The same with a body of any kind."""
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=self._context), urllib.request.ProxyHandler({}), _KeepErrors()
        )
        with opener.open(request, timeout=30) as response:
            content = response.read()
            names = {name.lower(): value for name, value in response.headers.items()}
            is_json = content and "json" in names.get("content-type", "")
            return response.status, names, json.loads(content) if is_json else None

    def control(self, method: str, path: str, body: object = None) -> Any:
        """A call to `/_emulator`; must succeed."""
        status, _, answer = self.call(method, f"/_emulator{path}", body)
        assert status < 300, answer
        return answer

    def delay(self, seconds: float) -> None:
        """Every creation takes that long from now on."""
        kinds = ("Microsoft.Storage/storageAccounts", "Microsoft.Web/serverfarms", "Microsoft.Web/sites")
        self.control("PUT", "/transitions", dict.fromkeys(kinds, seconds))


def site_body(plan_id: str, **config: object) -> dict[str, Any]:
    """A Linux container's site as a client sends it."""
    return {
        "location": "westeurope",
        "kind": "app,linux,container",
        "properties": {
            "serverFarmId": plan_id,
            "reserved": True,
            "siteConfig": {"linuxFxVersion": "DOCKER|registry:3", **config},
        },
    }


ACCOUNT: dict[str, Any] = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
PLAN: dict[str, Any] = {
    "location": "westeurope",
    "kind": "linux",
    "sku": {"name": "B1"},
    "properties": {"reserved": True},
}
"""The smallest bodies that Azure takes."""


def mount(key: str, **changes: object) -> dict[str, Any]:
    """The share `auth` of the account `images1`, as a site's settings name it."""
    return {
        "type": "AzureFiles",
        "accountName": "images1",
        "shareName": "auth",
        "mountPath": "/auth",
        "accessKey": key,
        **changes,
    }


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    """An error status is an answer like any other."""

    def http_response(self, _: Any, response: Any) -> Any:
        return response

    def https_response(self, _: Any, response: Any) -> Any:
        return response


@contextmanager
def running_emulator(
    state: Path, *, port: int = 0, lifetime: int = 3600, proxied: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Running]:
    """Serve on a free port until the block ends; `proxied` maps `queues` and `tables` to Azurite's addresses."""
    authority = CertificateAuthority.load_or_create(state)
    identity = Identity(state, TENANT, HEADER, lifetime)
    sites = RecordingSites()
    listener = listen(port)
    emulator = Emulator(state, origin(listener), identity, sites)
    server = Server(emulator.app(), listener, authority.server_certificate())
    proxies = {name: Server(emulator.storage_proxy(name, url), listen(0)) for name, url in proxied.items()}
    name = f"emulator {uuid.uuid4()}"
    thread = threading.Thread(target=server.serve_in_thread, args=list(proxies.values()), name=name)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started, "the emulator did not start"
        running = Running(origin(listener), authority, identity, sites)
        running.proxies = {name: proxy.listener.getsockname()[1] for name, proxy in proxies.items()}
        with running.storage, running.web:
            yield running
    finally:
        for one in (server, *proxies.values()):
            one.should_exit = True
        thread.join(20)
        listener.close()
