"""Registries that are slow, never come, die or will not stop; strangers on a port; a killed predecessor."""

import logging
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from localazure.private_files import write_private_json
from localazure.sites.behaviour import SiteBehaviour
from localazure.sites.sites import SiteConfig, SiteTimes
from tests.localazure.site_rig import Rig, registry_binary, wait_until

REAL = shlex.quote(str(registry_binary()))

SLOW, NEVER = SiteBehaviour("demo", "slow", 0.7), SiteBehaviour("demo", "never")
DIES, STUBBORN = SiteBehaviour("demo", "dies", 1.5), SiteBehaviour("demo", "stubborn")
BAD_REGISTRY = "echo this registry is broken; exit 3"
PARENT_OF_REGISTRY = f'{REAL} "$@"; exit 0'


@pytest.fixture
def rigs() -> Iterator[list[Rig]]:
    rigs: list[Rig] = []
    yield rigs
    for rig in rigs:
        rig.sites.stop_all()


def rig_with(rigs: list[Rig], folder: Path, script: str | None = None, times: SiteTimes | None = None) -> Rig:
    program = registry_binary()
    if script is not None:
        program = folder / "registry"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    rig = Rig.create(folder, program, *([times] if times else []))
    rig.write_users(alice="a password of alice's")
    rigs.append(rig)
    return rig


def group(pid: int) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _group_of(process) == pid]


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _group_of(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return -1


def test_a_slow_site_is_starting_and_then_running(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path)
    began = time.monotonic()
    rig.sites.apply("demo", rig.config(behaviour=SLOW))
    assert time.monotonic() - began < 0.5  # apply does not wait
    assert rig.sites.poll("demo") == "Starting"
    rig.wait_for("Running")
    assert time.monotonic() - began > 0.7


def test_a_site_that_never_answers_is_ended_after_its_time(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = rig_with(rigs, tmp_path, times=SiteTimes(first_pause=30))
    rig.sites.apply("demo", rig.config(behaviour=NEVER, WEBSITES_CONTAINER_START_TIME_LIMIT="1"))
    wait_until((rig.root / "run/demo.json").exists, "started")
    process = psutil.Process(rig.pid())
    rig.wait_for("Crashed")
    wait_until(lambda: not process.is_running(), "ended")
    assert "site demo: no 200 from / in 1 s" in caplog.text


def test_a_slow_start_can_be_stopped_at_once(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path)
    rig.sites.apply("demo", rig.config(behaviour=NEVER))
    wait_until((rig.root / "run/demo.json").exists, "started")
    process, began = psutil.Process(rig.pid()), time.monotonic()
    rig.sites.stop("demo")
    assert time.monotonic() - began < 3
    assert not process.is_running()


def test_a_site_that_dies_at_its_start_is_tried_again_with_pauses_that_grow(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rig = rig_with(rigs, tmp_path, BAD_REGISTRY)
    rig.sites.apply("demo", rig.config())
    wait_until(lambda: rig.log().count("this registry is broken") >= 5, "five starts")
    lines = [record.getMessage() for record in caplog.records]
    pauses = [line.removeprefix("site demo: next start in ") for line in lines if "next start" in line]
    assert pauses[:4] == ["0.1 s", "0.2 s", "0.4 s", "0.4 s"]
    assert "ended by itself, exit code 3" in caplog.text


def test_a_killed_process_is_a_crash_that_heals(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path, times=SiteTimes(first_pause=1, glance=0.02))
    rig.start(rig.config())
    before = rig.pid()
    psutil.Process(before).kill()
    rig.wait_for("Crashed")
    rig.wait_for("Running")
    assert rig.pid() != before
    assert rig.get("/v2/", ("alice", "a password of alice's")) == 200


def test_a_site_that_crashes_again_and_again_is_crashed_also_while_it_is_tried_again(
    rigs: list[Rig], tmp_path: Path
) -> None:
    rig = rig_with(rigs, tmp_path, BAD_REGISTRY)
    rig.sites.apply("demo", rig.config())
    rig.wait_for("Crashed")
    seen = set()
    while rig.log().count("this registry is broken") < 4:
        seen.add(rig.sites.poll("demo"))
    assert seen == {"Crashed"}


def test_a_change_does_not_wait_for_the_pause_after_a_crash(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path, times=SiteTimes(first_pause=60, glance=0.02))
    rig.sites.apply("demo", rig.config(command="--no-such-flag"))
    rig.wait_for("Crashed")
    rig.start(rig.config())


def test_a_site_that_dies_after_a_while_lives_that_long_each_time(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path)
    rig.start(rig.config(behaviour=DIES))
    first = group(rig.pid())
    assert rig.get("/v2/", ("alice", "a password of alice's")) == 200
    rig.wait_for("Crashed")
    wait_until(lambda: not any(process.is_running() for process in first), "all of it ended")
    rig.wait_for("Running")
    rig.wait_for("Crashed")


def test_a_site_that_ignores_sigterm_serves_until_it_is_killed_after_its_time(
    rigs: list[Rig], tmp_path: Path
) -> None:
    rig = rig_with(rigs, tmp_path)
    rig.start(rig.config(behaviour=STUBBORN, WEBSITES_CONTAINER_STOP_TIME_LIMIT="2"))
    process = psutil.Process(rig.pid())
    [registry] = process.children()
    os.killpg(process.pid, signal.SIGTERM)
    wait_until(lambda: not registry.is_running() and process.children() != [], "back again")
    wait_until(lambda: is_open(rig.port()), "serving")
    assert rig.get("/v2/", ("alice", "a password of alice's")) == 200
    began = time.monotonic()
    rig.sites.stop("demo")
    assert 2 <= time.monotonic() - began < 5
    assert not process.is_running()
    wait_until(lambda: not is_open(rig.port()), "nobody serves")


@pytest.mark.parametrize("behaviour", [SLOW, NEVER, DIES, STUBBORN], ids=lambda each: each.behaviour)
def test_when_it_is_to_behave_again_it_is_a_good_registry(
    rigs: list[Rig], tmp_path: Path, behaviour: SiteBehaviour
) -> None:
    rig = rig_with(rigs, tmp_path)
    config = rig.config(WEBSITES_CONTAINER_STOP_TIME_LIMIT="1")
    rig.sites.apply("demo", replace(config, behaviour=behaviour))
    wait_until((rig.root / "run/demo.json").exists, "started")
    before = group(rig.pid())
    rig.start(config)
    wait_until(lambda: not any(process.is_running() for process in before), "all of it ended")
    assert rig.get("/v2/", ("alice", "a password of alice's")) == 200
    assert len(group(rig.pid())) == 1


def test_children_end_with_their_site(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path, PARENT_OF_REGISTRY)
    rig.start(rig.config())
    members = group(rig.pid())
    assert len(members) == 2
    psutil.Process(rig.pid()).kill()  # the parent alone
    wait_until(lambda: not any(process.is_running() for process in members), "the child ended, too")
    rig.wait_for("Running")


def test_stop_all_does_not_wait_for_ever(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path)
    rig.start(rig.config(behaviour=STUBBORN, WEBSITES_CONTAINER_STOP_TIME_LIMIT="2"))
    began = time.monotonic()
    rig.sites.stop_all(seconds=0.3)
    assert time.monotonic() - began < 1


def test_a_stranger_on_the_port_is_named_in_the_log_and_the_site_comes_when_it_leaves(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = rig_with(rigs, tmp_path)
    port = rig.port()
    with socket.create_server(("127.0.0.1", port)):
        rig.sites.apply("demo", rig.config())
        rig.wait_for("Crashed")
        assert (
            f"site demo: port {port} belongs to this site, and another program listens on it" in caplog.text
        )
    rig.wait_for("Running")


def test_a_program_that_is_not_there_is_named(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig.create(tmp_path, tmp_path / "no-registry")
    rigs.append(rig)
    rig.sites.apply("demo", rig.config())
    rig.wait_for("Crashed")
    assert f"{tmp_path}/no-registry is no program that can be run" in caplog.text


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"REGISTRY_STORAGE_AZURE_ACCOUNTNAME": ""}, "'' is no name of a storage account"),
        ({"REGISTRY_STORAGE_AZURE_CONTAINER": "../x"}, "'../x' is no name of a storage container"),
        ({"NOTE": "a\0b"}, "cannot be started"),
    ],
)
def test_settings_that_cannot_work_are_a_crash_with_a_reason(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: dict[str, str], reason: str
) -> None:
    rig = rig_with(rigs, tmp_path)
    config = rig.config()
    rig.sites.apply("demo", SiteConfig({**config.app_settings, **settings}, config.mounts))
    rig.wait_for("Crashed")
    assert reason in caplog.text


def test_a_command_line_with_an_open_quote_is_a_crash_with_a_reason(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = rig_with(rigs, tmp_path)
    rig.sites.apply("demo", rig.config(command="/bin/sh -c 'oh"))
    rig.wait_for("Crashed")
    assert "appCommandLine cannot be split into words" in caplog.text


PREDECESSOR = """
import sys, time
from pathlib import Path
from tests.localazure.site_rig import Rig
rig = Rig.create(Path(sys.argv[1]))
rig.start(rig.config())
print(rig.pid(), flush=True)
time.sleep(60)
"""


def test_what_a_killed_predecessor_left_does_not_stay_in_the_way(rigs: list[Rig], tmp_path: Path) -> None:
    rig_with(rigs, tmp_path)
    predecessor = subprocess.Popen([sys.executable, "-c", PREDECESSOR, str(tmp_path)], stdout=subprocess.PIPE)
    assert predecessor.stdout
    left = psutil.Process(int(predecessor.stdout.readline()))
    with predecessor:
        predecessor.send_signal(signal.SIGKILL)
    rig = rig_with(rigs, tmp_path)
    assert not left.is_running()
    rig.start(rig.config())


def test_a_left_behind_process_is_ended_at_the_next_start(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as left:
        record(tmp_path, left.pid, psutil.Process(left.pid).create_time())
        rig_with(rigs, tmp_path)
        left.wait(5)
    assert f"site old: ended process {left.pid}, left behind by an earlier run" in caplog.text
    assert not (tmp_path / "sites/run/old.json").exists()


def test_a_stranger_with_the_number_of_a_left_behind_process_lives_on(
    rigs: list[Rig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        record(tmp_path, stranger.pid, psutil.Process(stranger.pid).create_time() - 30)
        rig_with(rigs, tmp_path)
        assert stranger.poll() is None
        stranger.kill()
    assert "left behind" not in caplog.text
    assert not (tmp_path / "sites/run/old.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "1", "created": 1.0}', '{"pid": 1}'])
def test_a_damaged_pid_file_is_passed_over(rigs: list[Rig], tmp_path: Path, content: str) -> None:
    (tmp_path / "sites/run").mkdir(parents=True)
    (tmp_path / "sites/run/old.json").write_text(content)
    rig_with(rigs, tmp_path)
    assert not (tmp_path / "sites/run/old.json").exists()


def record(folder: Path, pid: int, created: float) -> None:
    (folder / "sites/run").mkdir(parents=True)
    write_private_json(folder / "sites/run/old.json", {"pid": pid, "created": created})


def test_a_log_that_has_grown_is_put_aside(rigs: list[Rig], tmp_path: Path) -> None:
    rig = rig_with(rigs, tmp_path)
    log = rig.sites.log_file("demo")
    log.write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    rig.start(rig.config())
    assert log.stat().st_size < 1_000_000
    assert log.with_suffix(".log.1").stat().st_size > 10 * 1024 * 1024
