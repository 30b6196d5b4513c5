"""Bash as a person uses it who follows the documentation: with the variables that `scripts/up` prints."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.local_azure import LocalAzure

SECONDS = 90
FAIL_LIKE_A_TEST = 'curl() { command curl --fail-with-body "$@"; }\n'
"""What people see in an answer, a test sees in the exit status."""


class Shell:
    """Runs pieces of bash in one folder, each in a process of its own."""

    def __init__(self, local: LocalAzure, folder: Path, **variables: str) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self._environment = {
            **os.environ,
            "API": local.api.url.rstrip("/"),
            "KEY": local.api.key,
            "SSL_CERT_FILE": str(local.ca_bundle),
            "REGISTRY_AUTH_FILE": str(folder / "auth.json"),
            "DOCKER_CONFIG": str(folder / "docker"),
            **variables,
        }

    def run(self, text: str, **variables: str) -> str:
        """What it printed. Every command must succeed, and every request."""
        done = self.attempt(FAIL_LIKE_A_TEST + "set -euo pipefail\n" + text, variables)
        assert done.returncode == 0, f"{text}\nstatus {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def attempt(self, script: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """The script as it is, however it ends."""
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**self._environment, **variables},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
