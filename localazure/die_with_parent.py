"""`die_with_parent.py PARENT_PID COMMAND...`: become a program that is asked to stop when its parent dies.

A supervisor that is killed with SIGKILL cannot stop its children itself. On Linux the kernel does it: see
`PR_SET_PDEATHSIG` in prctl(2); the setting outlives exec and dies with the process. Elsewhere nothing happens
here, and the next `up` on the same state folder stops what it finds. This is a program of its own rather than
subprocess's `preexec_fn`, which is not safe in a process with threads. The process id stays the same.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Never returns."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could say that we care
            sys.exit("the parent process is gone")
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted: the command is a list


if __name__ == "__main__":
    main()
