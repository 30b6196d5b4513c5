"""Importing the app costs a cold start only what every function needs, and touches nothing outside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
HEAVY = [
    "aiohttp",
    "azure.core",
    "azure.data",
    "azure.identity",
    "azure.mgmt",
    "azure.storage",
    "bench",
    "cryptography",
    "h11",
    "httpcore",
    "httpx",
    "jinja2",
    "lark",
    "limits",
    "localazure",
    "msal",
    "opentelemetry",
    "prometheus_client",
    "requests",
    "slack_sdk",
    "tests",
]
PROGRAM = """
import json, os, sys

class Watched(type(os.environ)):
    asked = set()
    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)

connections = []
environ = os.environ
os.environ = Watched(environ._data, environ.encodekey, environ.decodekey, environ.encodevalue, environ.decodevalue)
sys.addaudithook(lambda event, args: connections.append(event) if event in {"socket.connect", "socket.bind"} else None)
import function_app
print(json.dumps({
    "modules": sorted(sys.modules),
    "asked": sorted(Watched.asked),
    "connections": connections,
    "functions": sorted(function.get_function_name() for function in function_app.app.get_functions()),
}))
"""
NOSY = """
import function_app, httpx, socket
os.environ.get("PROBE_KEY")
with socket.socket() as anything:
    anything.connect_ex(("127.0.0.1", 9))
"""
type Seen = dict[str, list[str]]


def run(program: str) -> Seen:
    """What `program` prints, in a process of its own without any environment variable."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen: Seen = json.loads(done.stdout)
    return seen


@pytest.fixture(scope="module")
def imported() -> Seen:
    """What importing `function_app` does."""
    return run(PROGRAM)


@pytest.mark.parametrize("package", HEAVY)
def test_importing_the_app_leaves_out(imported: Seen, package: str) -> None:
    found = [name for name in imported["modules"] if name == package or name.startswith(f"{package}.")]
    assert found == []


def test_importing_the_app_reads_no_setting(imported: Seen) -> None:
    ours = {name.upper() for name in Settings.model_fields} | {"AzureWebJobsStorage", "WEBSITE_HOSTNAME"}
    assert ours.isdisjoint(imported["asked"])


def test_importing_the_app_opens_no_connection(imported: Seen) -> None:
    assert imported["connections"] == []


def test_every_function_is_there_without_any_setting(imported: Seen) -> None:
    assert {
        "create_or_update_registry",
        "run_registry_operation",
        "sync_htpasswd",
        "reconcile",
        "sweep_health",
    } <= set(imported["functions"])


MENDS = """
import json, os, sys
os.environ |= {
    "AZURE_SUBSCRIPTION_ID": "s",
    "AZURE_RESOURCE_GROUP": "g",
    "PUBLIC_URL": "https://api.example",
    "PROBE_KEY": "p" * 32,
    "AzureWebJobsStorage": "AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net",
}
from shared.bootstrap import services
services().reconcile
print(json.dumps({"modules": sorted(sys.modules)}))
"""


def test_reconcile_imports_resource_manager_only_when_it_asks_it() -> None:
    modules = run(MENDS)["modules"]
    assert "shared.services.reconciling.orphans" in modules
    assert [name for name in modules if name.startswith("azure.mgmt")] == []


def test_these_tests_would_notice() -> None:
    """The same program sees a setting that is read and a package that is imported."""
    nosy = PROGRAM.replace("import function_app\n", NOSY)
    seen = run(nosy)
    assert "httpx" in seen["modules"]
    assert "PROBE_KEY" in seen["asked"]
    assert "socket.connect" in seen["connections"]
