"""Drives Debian's Chromium: `browser.mjs` does it, by axe and Playwright from npm."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Literal

from tests.pages.served import Served

PROGRAM = Path(__file__).with_name("browser.mjs")
PAGES = ("/api/status", "/api/status/search")


def chromium() -> str:
    """The setting `CHROMIUM`, or what is installed."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "there is no Chromium: scripts/install installs it; CHROMIUM names another one"
    return found


def browse(page: Served, what: Literal["check", "picture"], folder: Path | None = None) -> dict[str, Any]:
    """What the browser saw. Pictures go into `folder`."""
    job = {
        "what": what,
        "link": page.link,
        "origin": page.origin,
        "pages": PAGES,
        "chromium": chromium(),
        "folder": str(folder) if folder else None,
    }
    done = subprocess.run(
        ["node", str(PROGRAM)], input=json.dumps(job), capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    findings: dict[str, Any] = json.loads(done.stdout)
    return findings
