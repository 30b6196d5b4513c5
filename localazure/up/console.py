"""One log for several processes: each line with the name of who said it."""

import contextlib
import os
import sys
import threading
from typing import IO, TextIO

_COLOURS = {"azurite": "36", "emulator": "35", "functions-host": "33", "up": "32"}
_WIDTH = max(len(name) for name in _COLOURS)


class Console:
    """Prints whole lines to one stream, from any thread; coloured when the stream is a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colours = self._stream.isatty() and "NO_COLOR" not in os.environ
        self._lock = threading.Lock()

    def say(self, text: str, name: str = "up") -> None:
        """Print `text`, each of its lines under `name`."""
        for line in text.splitlines():
            self._print(f"{self._prefix(name)} {line}")

    def plain(self, text: str) -> None:
        """Print text without a name in front, to be copied from the terminal."""
        self._print(text)

    def follow(self, pipe: IO[bytes], name: str) -> None:
        """Print in a thread of its own what comes out of a process, until it closes its output."""
        threading.Thread(target=self._copy, args=(pipe, name), name=f"log of {name}", daemon=True).start()

    def _copy(self, pipe: IO[bytes], name: str) -> None:
        with pipe:
            for line in pipe:
                text = line.decode("utf-8", errors="replace").rstrip()
                if text:
                    self.say(text, name)

    def _prefix(self, name: str) -> str:
        text = f"{name:<{_WIDTH}} |"
        return f"\033[{_COLOURS.get(name, '0')}m{text}\033[0m" if self._colours else text

    def _print(self, text: str) -> None:
        # Nobody reads any more? That must not stop a child that still writes.
        with self._lock, contextlib.suppress(OSError, ValueError):
            print(text, file=self._stream, flush=True)
