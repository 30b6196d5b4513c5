"""`python -m localazure up` and `reset`: one local Azure in the foreground."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from localazure.azurite import azurite_program, blob_endpoint, find_azurite
from localazure.certificates import CertificateAuthority
from localazure.console import Console
from localazure.environment import (
    ROOT,
    app_values,
    complete_settings,
    functions_environment,
    local_endpoints,
    local_settings,
)
from localazure.errors import LocalAzureError
from localazure.ports import Ports
from localazure.private_files import read_json, write_private_json
from localazure.probes import answers, functions_host_runs
from localazure.processes import Program, end_leftovers
from localazure.ready import Ready
from localazure.state_folder import StateFolder
from localazure.supervisor import Pids, Supervisor

DEFAULT_STATE = ROOT / ".localazure"


@dataclass(frozen=True)
class UpOptions:
    """The command line of `up`."""

    state: Path
    port: int
    app_dir: Path
    ready_file: Path | None = None
    reset: bool = False


def up(options: UpOptions, console: Console) -> None:
    """Run a local Azure until SIGINT, SIGTERM or SIGHUP. Raises LocalAzureError when it cannot."""
    if not (options.app_dir / "host.json").exists():
        raise LocalAzureError(
            f"--app-dir {options.app_dir}: there is no host.json, so this is not a function app."
        )
    state = _open(options.state, console, empty=options.reset)
    try:
        _run(options, state, console)
    finally:
        state.close()


def reset(path: Path, console: Console) -> None:
    """Delete everything a local Azure kept in `path`. Raises LocalAzureError if one is running on it."""
    state = _open(path, console, empty=True)
    state.close()
    console.say(f"{state.path} is empty now")


def _open(path: Path, console: Console, *, empty: bool) -> StateFolder:
    state = StateFolder.open_to_empty(path) if empty else StateFolder.open(path)
    try:
        end_leftovers(read_json(state.file("processes.json")), str(state.path), console)
        if empty:
            state.empty()
    except BaseException:
        state.close()
        raise
    return state


def _run(options: UpOptions, state: StateFolder, console: Console) -> None:
    ports = _ports(options, state)
    secrets = state.secrets()
    authority = CertificateAuthority.load_or_create(state.folder("emulator"))
    ready = Ready(ports, secrets, authority.ca_file, authority.bundle(), state.path)
    ready_files = [state.file("ready.json"), *([options.ready_file.absolute()] if options.ready_file else [])]
    announced = False

    def on_ready(pids: Pids) -> None:
        nonlocal announced
        for file in ready_files:
            ready.write(file, pids)
        console.plain("everything is up again\n" if announced else ready.first_steps())
        announced = True

    def on_start(pids: Pids) -> None:
        write_private_json(state.file("processes.json"), dict(pids))

    supervisor = Supervisor(_programs(options, state, ready), console, on_start=on_start, on_ready=on_ready)
    _stop_on_signals(supervisor)
    try:
        supervisor.run()
    finally:
        for file in [*ready_files, state.file("processes.json")]:
            file.unlink(missing_ok=True)
    console.say("stopped")


def _ports(options: UpOptions, state: StateFolder) -> Ports:
    if options.port == 0:
        # Login servers and saved endpoints hold port numbers: they are to be right after the next start, too.
        ports = Ports.free(read_json(state.file("ports.json")))
    else:
        ports = Ports.starting_at(options.port)
        ports.check_free("--port")
    write_private_json(state.file("ports.json"), ports.as_dict())
    return ports


def _stop_on_signals(supervisor: Supervisor) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        supervisor.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _programs(options: UpOptions, state: StateFolder, ready: Ready) -> list[Program]:
    """In the order of starting; they are stopped in the opposite one."""
    ports, secrets = ready.ports, ready.secrets
    endpoints = local_endpoints(ports, secrets, ready.bundle)
    settings = complete_settings(app_values(options.app_dir), endpoints)
    write_private_json(state.file("local.settings.json"), local_settings(settings))
    environment = functions_environment(settings, endpoints)
    azurite = azurite_program(find_azurite(ROOT), state.folder("azurite"), ports, environment)
    emulator = [
        *(sys.executable, "-m", "localazure.emulator"),
        *("--state", str(state.folder("emulator")), "--port", str(ports.emulator)),
        *("--blob-endpoint", blob_endpoint(ports)),
        *("--identity-header", secrets.identity_header, "--tenant-id", secrets.tenant_id),
    ]
    functions = [
        *(sys.executable, "-m", "localazure.functions_host"),
        *("--app-dir", str(options.app_dir.absolute()), "--state", str(state.folder("functions-host"))),
        *("--port", str(ports.functions), "--keys", str(state.keys_file)),
    ]
    return [
        azurite,
        Program(
            name="emulator",
            command=emulator,
            environment=environment,
            waits_for=f"Resource Manager at {ready.emulator_url}",
            is_ready=lambda: answers(ready.emulator_url, ready.ca_file),
            stop_seconds=15,
        ),
        Program(
            name="functions-host",
            command=functions,
            environment=environment,
            waits_for=f"the functions at {ready.functions_url}",
            is_ready=lambda: functions_host_runs(ready.functions_url, secrets.master_key),
            stop_seconds=15,
            after=("azurite", "emulator"),
        ),
    ]
