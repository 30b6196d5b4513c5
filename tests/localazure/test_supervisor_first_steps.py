"""The lines that `up` prints, pasted into a shell."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from localazure.up.environment import ROOT
from tests.localazure.up_process import Up


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_they_create_a_registry_and_a_user_and_log_in(tmp_path: Path) -> None:
    up = Up(tmp_path, ROOT).start()
    try:
        lines = up.log.read_text().partition("In another terminal:")[2].partition("Ctrl-C stops")[0]
        shell = subprocess.run(
            ["bash", "-eu"],
            input=lines,
            env={**os.environ, "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert shell.returncode == 0, shell.stdout + shell.stderr
        assert "Login Succeeded!" in shell.stdout
    finally:
        assert up.stop() == 0
