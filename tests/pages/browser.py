"""Drives Debian's Chromium: `browser.mjs` does it, by axe and Playwright from npm."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Literal

from tests.pages.served import Served

PAGES = ("/api/status", "/api/status/search")


def chromium() -> str:
    """The setting `CHROMIUM`, or what is installed."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "there is no Chromium: scripts/install installs it; CHROMIUM names another one"
    return found


def browse(page: Served, what: Literal["check", "picture"], folder: Path | None = None) -> dict[str, Any]:
    """What the browser saw of the status page. Pictures go into `folder`."""
    return drive("browser.mjs", folder, what=what, link=page.link, origin=page.origin, pages=PAGES)


def drive(program: str, folder: Path | None, **job: object) -> dict[str, Any]:
    """What one of the programs beside this file has found. Pictures go into `folder`."""
    given = {**job, "chromium": chromium(), "folder": str(folder) if folder else None}
    done = subprocess.run(
        ["node", str(Path(__file__).with_name(program))],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    findings: dict[str, Any] = json.loads(done.stdout)
    return findings
