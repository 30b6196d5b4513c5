"""`misbehaving_sites.py BEHAVIOUR SECONDS COMMAND...`: a site's process that does not do as it should.

`COMMAND` is the real registry: but for its one fault such a site is as good as any other. A program of its own,
with nothing but the standard library, because it takes the registry's place in the site's session.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_DIED = 7
_SHIM = Path(__file__).parents[1] / "die_with_parent.py"


def slow_site(seconds: float, command: list[str]) -> None:
    """Answers only after so many seconds."""
    time.sleep(seconds)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted: the command is a list


def never_site(_seconds: float, _command: list[str]) -> None:
    """Runs and never listens, until somebody ends it."""
    while True:
        time.sleep(3600)


def dying_site(seconds: float, command: list[str]) -> None:
    """A good registry until so many seconds after its start; then it is gone, with what it was doing."""
    registry = _started(command)
    try:
        sys.exit(registry.wait(seconds))
    except subprocess.TimeoutExpired:
        registry.kill()
    sys.exit(_DIED)


def stubborn_site(_seconds: float, command: list[str]) -> None:
    """A good registry that is there again at once after SIGTERM, until SIGKILL.

    A program that asks for SIGTERM, as the registry does, gets it however it was started: so this one outlives it.
    """
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    while True:
        code = _started(command).wait()
        if not asked and code != -signal.SIGTERM:
            sys.exit(code)
        asked.clear()


def _started(command: list[str]) -> "subprocess.Popen[bytes]":
    """The registry, in our group and session."""
    return subprocess.Popen([sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), *command])


_SITES = {"slow": slow_site, "never": never_site, "dies": dying_site, "stubborn": stubborn_site}

if __name__ == "__main__":
    _SITES[sys.argv[1]](float(sys.argv[2]), sys.argv[3:])
