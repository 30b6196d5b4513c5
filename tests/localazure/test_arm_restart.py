"""What an emulator knew, the next one on the same state folder knows; and the emulator as a process."""

import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.web import WebSiteManagementClient

from localazure.emulator.identity.models import API_VERSION, Identity
from localazure.emulator.server import listen
from tests.localazure.emulator_fixture import (
    ACCOUNT,
    BLOB_ENDPOINT,
    GROUP,
    HEADER,
    PLAN,
    PLAN_ID,
    SUBSCRIPTION,
    TENANT,
    Running,
    mount,
    running_emulator,
    site_body,
)

REGISTRY = Path(os.environ.get("REGISTRY_BINARY") or ".tools/docker-registry/usr/bin/docker-registry")


def make_everything(storage: Any, web: Any, **settings: str) -> None:
    storage.storage_accounts.begin_create(GROUP, "images1", {**ACCOUNT, "tags": {"a": "b"}}).result()
    storage.file_shares.create(GROUP, "images1", "auth", {"properties": {"shareQuota": 2}})
    storage.blob_containers.create(GROUP, "images1", "registry", {"properties": {}})
    key = storage.storage_accounts.list_keys(GROUP, "images1").keys_property[0].value
    web.app_service_plans.begin_create_or_update(GROUP, "plan1", PLAN).result()
    body = site_body(
        PLAN_ID,
        alwaysOn=True,
        appSettings=[{"name": name, "value": value} for name, value in settings.items()],
        azureStorageAccounts={"auth": mount(key)},
    )
    web.web_apps.begin_create_or_update(GROUP, "site1", body).result()


def everything(emulator: Running) -> list[Any]:
    storage, web = emulator.storage, emulator.web
    found = [
        storage.storage_accounts.get_properties(GROUP, "images1"),
        storage.storage_accounts.list_keys(GROUP, "images1"),
        storage.file_shares.get(GROUP, "images1", "auth"),
        storage.blob_containers.get(GROUP, "images1", "registry"),
        web.app_service_plans.get(GROUP, "plan1"),
        web.web_apps.get(GROUP, "site1"),
        web.web_apps.get_configuration(GROUP, "site1"),
        web.web_apps.list_application_settings(GROUP, "site1"),
        web.web_apps.list_azure_storage_accounts(GROUP, "site1"),
    ]
    return [resource.as_dict() for resource in found]


def test_a_restart_changes_nothing_and_brings_the_sites_back(tmp_path: Path) -> None:
    with running_emulator(tmp_path) as first:
        first.delay(0)
        make_everything(first.storage, first.web, A="1")
        first.control("PUT", "/site-behaviour", [{"site": "site1", "behaviour": "slow", "seconds": 1}])
        before, config = everything(first), first.sites.running["site1"]
        port = int(first.url.rpartition(":")[2])
    assert first.sites.calls[-1] == ("stop_all",)
    with running_emulator(tmp_path, port=port) as second:
        assert everything(second) == before
        assert second.sites.running == {"site1": config}
        assert second.control("GET", "/transitions")["Microsoft.Web/sites"] == 0


def test_a_stopped_site_stays_stopped(tmp_path: Path) -> None:
    with running_emulator(tmp_path) as first:
        first.delay(0)
        make_everything(first.storage, first.web)
        first.web.web_apps.stop(GROUP, "site1")
    with running_emulator(tmp_path) as second:
        assert second.web.web_apps.get(GROUP, "site1").state == "Stopped"
        assert second.sites.running == {}


def test_an_operation_goes_on_over_a_restart(tmp_path: Path) -> None:
    with running_emulator(tmp_path) as first:
        first.delay(1.5)
        first.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)
    with running_emulator(tmp_path) as second:
        states = set()
        for _ in range(100):
            account = second.storage.storage_accounts.get_properties(GROUP, "images1")
            states.add(account.properties.provisioning_state)
            if "Succeeded" in states:
                break
            time.sleep(0.05)
        assert "Succeeded" in states


def test_state_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with running_emulator(tmp_path) as emulator:
        emulator.storage.storage_accounts.begin_create(GROUP, "images1", ACCOUNT, polling=False)
    for name in ("resource-manager.json", "identity-key.pem"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


class Process:
    """`python -m localazure.emulator` with the real registry."""

    def __init__(self, state: Path, port: int) -> None:
        self.url = f"https://localhost:{port}"
        self.ca_file = state / "ca" / "ca.pem"
        self._state = state
        self._log = (state / "emulator.log").open("a")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "localazure.emulator", "--state", str(state), "--port", str(port)),
                *("--blob-endpoint", BLOB_ENDPOINT, "--identity-header", HEADER, "--tenant-id", TENANT),
                *("--registry-binary", str(REGISTRY.resolve())),
            ],
            stderr=self._log,
        )

    def wait_until_ready(self) -> None:
        for _ in range(300):
            if "ready: https://localhost:" in (self._state / "emulator.log").read_text():
                return
            assert self._process.poll() is None, (self._state / "emulator.log").read_text()
            time.sleep(0.05)
        pytest.fail("not ready")

    def end(self, with_signal: signal.Signals) -> int:
        self._process.send_signal(with_signal)
        try:
            return self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._log.close()

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        resource = scopes[0].removesuffix("/.default")
        token = Identity(self._state, TENANT, HEADER).issue(
            secret=HEADER, api_version=API_VERSION, resource=resource, who=""
        )
        return AccessToken(token.value, token.expires_on)


def free_port() -> int:
    with listen(0) as listener:
        return int(listener.getsockname()[1])


def answers(url: str, ca_file: Path) -> bool:
    handlers = (
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)),
        urllib.request.ProxyHandler({}),
    )
    for _ in range(200):
        try:
            with urllib.request.build_opener(*handlers).open(url, timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            time.sleep(0.05)
    return False


def test_a_site_is_a_registry_that_comes_back_after_a_kill(tmp_path: Path) -> None:
    port = free_port()
    process = Process(tmp_path, port)
    try:
        process.wait_until_ready()
        options: dict[str, Any] = {"base_url": process.url, "connection_verify": str(process.ca_file)}
        storage: Any = StorageManagementClient(process, SUBSCRIPTION, **options)
        web: Any = WebSiteManagementClient(process, SUBSCRIPTION, **options)
        with storage, web:
            make_everything(
                storage,
                web,
                REGISTRY_STORAGE="azure",
                REGISTRY_STORAGE_AZURE_ACCOUNTNAME="images1",
                REGISTRY_STORAGE_AZURE_ACCOUNTKEY="a2V5",
                REGISTRY_STORAGE_AZURE_CONTAINER="registry",
            )
            host = web.web_apps.get(GROUP, "site1").default_host_name
        assert answers(f"https://{host}/v2/", process.ca_file)
    finally:
        process.end(signal.SIGKILL)
    (tmp_path / "emulator.log").write_text("")
    again = Process(tmp_path, port)
    try:
        again.wait_until_ready()
        assert answers(f"https://{host}/v2/", again.ca_file)
    finally:
        assert again.end(signal.SIGTERM) == 0
    with pytest.raises(OSError, match="refused"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{host}/", timeout=2)


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with listen(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "localazure.emulator", "--state", str(tmp_path), "--port", str(port)),
                *("--blob-endpoint", BLOB_ENDPOINT, "--identity-header", HEADER),
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {port} is in use" in done.stderr
    assert "--port" in done.stderr
