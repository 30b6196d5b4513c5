"""The state folder: one local Azure at a time, private, and emptied without touching anything else."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from localazure.errors import LocalAzureError
from localazure.private_files import read_json, write_private
from localazure.up.state_folder import MARKER, StateFolder


def test_two_at_once_on_one_folder_are_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    folder = StateFolder.open(tmp_path / "state")
    with pytest.raises(LocalAzureError, match=f"running \\(process {os.getpid()}\\)"):
        StateFolder.open(tmp_path / "state")
    folder.close()
    StateFolder.open(tmp_path / "state").close()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = f"from localazure.up.state_folder import *; StateFolder.open(Path({str(tmp_path)!r})); os.abort()"
    killed = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert killed.returncode < 0
    assert (tmp_path / MARKER).exists()
    StateFolder.open(tmp_path).close()


def test_secrets_stay_the_same_and_differ_between_folders(tmp_path: Path) -> None:
    first = StateFolder.open(tmp_path / "a")
    assert first.secrets() == first.secrets()
    assert first.secrets() != StateFolder.open(tmp_path / "b").secrets()


def test_keys_are_in_the_form_of_the_functions_host_and_private(tmp_path: Path) -> None:
    folder = StateFolder.open(tmp_path / "state")
    secrets = folder.secrets()
    assert read_json(folder.keys_file) == {
        "masterKey": secrets.master_key,
        "functionKeys": {"default": secrets.function_key},
    }
    for file in (folder.keys_file, folder.file("secrets.json")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_function_keys_that_somebody_added_stay(tmp_path: Path) -> None:
    folder = StateFolder.open(tmp_path / "state")
    secrets = folder.secrets()
    keys = read_json(folder.keys_file)
    keys["functionKeys"]["ci"] = "another-key"
    write_private(folder.keys_file, json.dumps(keys))
    assert folder.secrets() == secrets
    assert read_json(folder.keys_file) == keys


def test_emptying_forgets_the_secrets_and_leaves_other_files(tmp_path: Path) -> None:
    folder = StateFolder.open(tmp_path)
    before = folder.secrets()
    (folder.folder("azurite") / "table.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    folder.empty()
    assert not (tmp_path / "azurite").exists()
    assert (tmp_path / "notes.txt").exists()
    assert folder.secrets() != before


def test_a_folder_of_somebody_else_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "azurite").mkdir()
    with pytest.raises(LocalAzureError, match="Nothing was deleted"):
        StateFolder.open_to_empty(tmp_path)
    with pytest.raises(LocalAzureError, match="already holds azurite"):
        StateFolder.open(tmp_path)
    assert (tmp_path / "azurite").exists()
    assert not (tmp_path / MARKER).exists()


def test_a_state_that_cannot_be_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalAzureError, match=r"--state .*file"):
        StateFolder.open(tmp_path / "file")


def test_private_files_are_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
