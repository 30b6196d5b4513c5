"""The processes of our own: the emulator of Azure's services, the double of Slack, the host of the function app."""

import sys
from collections.abc import Mapping
from pathlib import Path

from localazure.azurite import blob_endpoint
from localazure.slack.names import BOT_TOKEN, SIGNING_SECRET
from localazure.up.probes import answers, functions_host_runs
from localazure.up.processes import Program
from localazure.up.ready import Ready

# Registries get eight seconds to end their transfers, running invocations ten.
_STOP_SECONDS = 15


def emulator_program(folder: Path, ready: Ready, environment: Mapping[str, str]) -> Program:
    """Resource Manager, managed identity and Azure Files, with their state in `folder`."""
    return Program(
        name="emulator",
        command=[
            *(sys.executable, "-m", "localazure.emulator"),
            *("--state", str(folder), "--port", str(ready.ports.emulator)),
            *("--blob-endpoint", blob_endpoint(ready.ports)),
            *("--identity-header", ready.secrets.identity_header, "--tenant-id", ready.secrets.tenant_id),
            *_proxy("--queue-proxy", ready.ports.queue_proxy, ready.ports.queue),
            *_proxy("--table-proxy", ready.ports.table_proxy, ready.ports.table),
        ],
        environment=environment,
        waits_for=f"Resource Manager at {ready.emulator_url}",
        is_ready=lambda: answers(ready.emulator_url, ready.ca_file),
        stop_seconds=_STOP_SECONDS,
    )


def _proxy(option: str, port: int | None, upstream: int) -> list[str]:
    return [] if port is None else [option, str(port), f"http://127.0.0.1:{upstream}"]


def slack_program(ready: Ready, environment: Mapping[str, str]) -> Program:
    """The double of Slack. What it signs with is in its environment: a command line has readers."""
    secrets = ready.secrets
    return Program(
        name="slack",
        command=[
            *(sys.executable, "-m", "localazure.slack"),
            *("--port", str(ready.ports.slack), "--app", ready.functions_url),
        ],
        environment={
            **environment,
            SIGNING_SECRET: secrets.slack_signing_secret,
            BOT_TOKEN: secrets.slack_bot_token,
        },
        waits_for=f"the double of Slack at {ready.slack_url}",
        is_ready=lambda: answers(ready.slack_url),
        stop_seconds=_STOP_SECONDS,
    )


def functions_host_program(
    app_dir: Path, folder: Path, keys_file: Path, ready: Ready, environment: Mapping[str, str]
) -> Program:
    """The Functions host with the app in `app_dir` and what it keeps in `folder`."""
    return Program(
        name="functions-host",
        command=[
            *(sys.executable, "-m", "localazure.functions_host"),
            *("--app-dir", str(app_dir.absolute()), "--state", str(folder)),
            *("--port", str(ready.ports.functions), "--keys", str(keys_file)),
        ],
        environment=environment,
        waits_for=f"the functions at {ready.functions_url}",
        is_ready=lambda: functions_host_runs(ready.functions_url, ready.secrets.master_key),
        stop_seconds=_STOP_SECONDS,
        after=("azurite", "emulator"),
    )
