"""The function app in a process of its own, as a worker of the Functions host has it, with a test's settings alone."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localazure.ports import Ports
from localazure.up.environment import ROOT

Call = dict[str, Any]
SCHEDULES = {"RECONCILE_SCHEDULE": "0 * * * * *", "HEALTH_SWEEP_SCHEDULE": "0 */5 * * * *"}
"""The Functions host needs them before it loads an app."""


def settings_without_storage(**own: str) -> dict[str, str]:
    """Good settings, with those of a test's `own`; the storage account does not answer."""
    url = f"http://127.0.0.1:{Ports.free({}).table}/account"
    return {
        "AzureWebJobsStorage": f"AccountName=account;AccountKey=a2V5;TableEndpoint={url};QueueEndpoint={url};",
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-4000-8000-000000000000",
        "AZURE_RESOURCE_GROUP": "berthage",
        "PUBLIC_URL": "https://berthage.example",
        "PROBE_KEY": "k" * 32,
        **own,
    }


@dataclass(frozen=True)
class Invoked:
    """What `invoke_app` saw."""

    bindings: dict[str, list[dict[str, Any]]]
    """By function; the first one is the trigger."""
    imported: list[str]
    """Modules that were there when the app was indexed and nothing invoked yet."""
    imported_in_the_end: list[str]
    outcomes: list[dict[str, Any]]
    log: str


def invoke(calls: Sequence[Call], settings: Mapping[str, str]) -> Invoked:
    """Indexes the app and invokes it; any warning on the way is an error."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.triggers.invoke_app"],
        input=json.dumps(calls),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **SCHEDULES, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return Invoked(**json.loads(finished.stdout), log=finished.stderr)
