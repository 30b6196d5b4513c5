"""`python -m localazure up` and `reset`: one local Azure in the foreground."""

import signal
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from localazure.azurite import azurite_program, find_azurite
from localazure.certificates import CertificateAuthority
from localazure.errors import LocalAzureError
from localazure.ports import Ports
from localazure.private_files import read_json, write_private_json
from localazure.sites.process import end_leftover
from localazure.up.console import Console
from localazure.up.environment import (
    ROOT,
    app_settings,
    base_environment,
    functions_environment,
    local_endpoints,
    local_settings,
    slack_settings,
)
from localazure.up.processes import Program, end_leftovers
from localazure.up.programs import emulator_program, functions_host_program, slack_program
from localazure.up.ready import Ready
from localazure.up.state_folder import StateFolder
from localazure.up.supervisor import Pids, Supervisor

DEFAULT_STATE = ROOT / ".localazure"


@dataclass(frozen=True)
class UpOptions:
    """The command line of `up`."""

    state: Path
    port: int
    app_dir: Path
    ready_file: Path | None = None
    reset: bool = False
    functions_host: bool = True
    """False leaves the app to a host of the user's own, `func start`."""
    storage_faults: bool = False
    """True puts the emulator's proxies in front of Azurite's queues and tables: faults reach these, too."""


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
            _end_registries(state)
            state.empty()
    except BaseException:
        state.close()
        raise
    return state


def _end_registries(state: StateFolder) -> None:
    # The emulator ends those of a killed predecessor, but not once their files are gone.
    for pid_file in state.folder("emulator").rglob("run/*.json"):
        end_leftover(pid_file, seconds=5)


def _run(options: UpOptions, state: StateFolder, console: Console) -> None:
    ports = _ports(options, state)
    authority = CertificateAuthority.load_or_create(state.folder("emulator"))
    ready = Ready(ports, state.secrets(), authority.ca_file, authority.bundle(), state.path)
    ready_files = _ready_files(options, state)
    programs = _programs(options, state, ready)
    hold = state.folder("hold")
    announced = False

    def on_ready(pids: Pids) -> None:
        nonlocal announced
        for file in ready_files:
            ready.write(file, pids)
        if not announced:
            console.plain(ready.first_steps(own_host=not options.functions_host))
        elif len(pids) == len(programs):
            console.say("everything is up again")
        announced = True

    def on_start(pids: Pids) -> None:
        write_private_json(state.file("processes.json"), dict(pids))

    supervisor = Supervisor(
        programs,
        console,
        on_start=on_start,
        on_ready=on_ready,
        is_held=lambda name: (hold / name).exists(),
    )
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
        ports = Ports.free(read_json(state.file("ports.json")), proxies=options.storage_faults)
    else:
        ports = Ports.starting_at(options.port, proxies=options.storage_faults)
        ports.check_free("--port")
    write_private_json(state.file("ports.json"), ports.as_dict())
    return ports


def _ready_files(options: UpOptions, state: StateFolder) -> list[Path]:
    files = [state.file("ready.json")]
    if options.ready_file:
        files.append(options.ready_file.absolute())
    for file in files:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)  # of a run that was killed: who waits for the file must not see it
        except OSError as error:
            raise LocalAzureError(f"--ready-file {file}: {error.strerror}") from error
    return files


def _stop_on_signals(supervisor: Supervisor) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        supervisor.request_stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, stop)


def _programs(options: UpOptions, state: StateFolder, ready: Ready) -> list[Program]:
    """In the order of starting; they are stopped in the opposite one."""
    endpoints = local_endpoints(ready.ports, ready.secrets, ready.bundle)
    settings = app_settings(options.app_dir)
    settings |= slack_settings(settings, ready.ports, ready.secrets) | endpoints
    write_private_json(state.file("local.settings.json"), local_settings(settings))
    programs = [
        azurite_program(find_azurite(ROOT), state.folder("azurite"), ready.ports, base_environment()),
        emulator_program(state.folder("emulator"), ready, base_environment()),
        slack_program(ready, base_environment()),
    ]
    if options.functions_host:
        environment = functions_environment(settings, endpoints)
        folder = state.folder("functions-host")
        programs.append(functions_host_program(options.app_dir, folder, state.keys_file, ready, environment))
    return programs
