"""One site: keeps a process running that fits the newest configuration, and says how that goes."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from localazure.sites.config import SiteConfig, SiteStartError
from localazure.sites.process import SiteProcess

logger = logging.getLogger(__name__)

STOPPED, STARTING, RUNNING, CRASHED = "Stopped", "Starting", "Running", "Crashed"


@dataclass(frozen=True)
class SiteTimes:
    """How patient a site is, in seconds."""

    first_pause: float = 1.0
    """Between a crash and the next start; doubled with every further crash."""
    longest_pause: float = 60.0
    steady_after: float = 60.0
    """A process that lived this long ended for a new reason: the pauses begin anew."""
    glance: float = 0.2
    """Between two looks at the process."""


class Site:
    """A thread per site does the work. It also starts the process, which lives no longer than the thread."""

    def __init__(
        self,
        name: str,
        launch: Callable[[SiteConfig], SiteProcess],
        answers: Callable[[str], bool],
        times: SiteTimes,
        after: "Site | None" = None,
    ) -> None:
        """`launch` starts a process or raises SiteStartError; `answers(path)`: does it serve that path?

        `after`: a closed site of the same name, which must be over before this one may begin.
        """
        self._name = name
        self._launch = launch
        self._answers = answers
        self._times = times
        self._after = after
        self._changed = threading.Condition()
        self._wanted: SiteConfig | None = None
        self._turn = 0  # one more with every change: work that belongs to an earlier turn is over
        self._settled = 0  # the last turn of which nothing is left running
        self._state = STOPPED
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=f"site-{name}", daemon=True)
        self._thread.start()

    def apply(self, config: SiteConfig) -> bool:
        """Make it run with this configuration. Returns at once; nothing to do if that is wanted already.

        False if this site is closed.
        """
        config = replace(config, app_settings=dict(config.app_settings))
        with self._changed:
            if not self._closing and config != self._wanted:
                self._change(config)
            return not self._closing

    def restart(self) -> None:
        """A new process with the same configuration. Returns at once; a stopped site stays stopped."""
        with self._changed:
            if self._wanted is not None:
                self._change(self._wanted)

    def begin_stop(self) -> None:
        """Ask for the end of the process. Returns at once; `poll` says Stopped from now on."""
        with self._changed:
            if self._wanted is not None:
                self._change(None)

    def stop(self) -> None:
        """Stop it; returns when nothing of it is left running."""
        self.begin_stop()
        with self._changed:
            turn = self._turn
            self._changed.wait_for(lambda: self._settled >= turn)

    def begin_close(self) -> None:
        """`begin_stop`, for good: its thread ends, too."""
        with self._changed:
            self._closing = True
            self.begin_stop()
            self._changed.notify_all()

    def close(self, seconds: float | None = None) -> bool:
        """Close it and wait for its end, no longer than `seconds` if given. False if it is not over then."""
        self.begin_close()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def poll(self) -> str:
        """How it is, case by case:

        Stopped: nothing is wanted to run (it may still be on its way out).
        Starting: a process is being started, or has not answered yet, or an earlier one is making room.
        Running: the process that fits the newest configuration has answered and has not ended since.
        Crashed: it ended by itself, did not answer in time, or could not be started. It is tried again after a
        pause, and stays Crashed until a process has answered.
        """
        with self._changed:
            return self._state

    def _change(self, config: SiteConfig | None) -> None:
        self._wanted = config
        self._state = STOPPED if config is None else STARTING
        self._turn += 1
        self._changed.notify_all()

    def _work(self) -> None:
        if self._after is not None:
            self._after.close()
            self._after = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._turn != self._settled or self._closing)
                if self._turn == self._settled:
                    return
                turn, config = self._turn, self._wanted
            if config is not None:
                self._keep_running(config, turn)
            with self._changed:
                self._settled = turn
                self._changed.notify_all()

    def _keep_running(self, config: SiteConfig, turn: int) -> None:
        """Start, watch, start again, until there is a new turn."""
        pause = self._times.first_pause
        while True:
            began = time.monotonic()
            self._run(config, turn)
            if time.monotonic() - began >= self._times.steady_after:
                pause = self._times.first_pause
            if self._is_over(turn):
                return
            logger.info("site %s: next start in %g s", self._name, pause)
            if self._sleep(pause, turn):
                return
            pause = min(2 * pause, self._times.longest_pause)

    def _run(self, config: SiteConfig, turn: int) -> None:
        """One process from its start to its end. Its end is certain when this returns or raises."""
        try:
            process = self._launch(config)
        except SiteStartError as error:
            logger.error("site %s: %s", self._name, error)  # noqa: TRY400 - the message says it all
            self._report(CRASHED, turn)
            return
        except Exception:
            # Whatever it is (a full disk): the thread has to live on and try again.
            logger.exception("site %s: cannot be started", self._name)
            self._report(CRASHED, turn)
            return
        try:
            self._watch(process, config, turn)
        finally:
            if process.stop(config.stop_limit) is None:
                logger.error("site %s: process %d does not end, even by SIGKILL", self._name, process.pid)

    def _watch(self, process: SiteProcess, config: SiteConfig, turn: int) -> None:
        began = time.monotonic()
        if self._await_answer(process, config, turn):
            logger.info(
                "site %s: running, process %d, %.1f s", self._name, process.pid, time.monotonic() - began
            )
            self._report(RUNNING, turn)
            while process.poll() is None and not self._sleep(self._times.glance, turn):
                pass
        if self._is_over(turn):
            return
        code = process.poll()
        if code is None:
            logger.error(
                "site %s: no 200 from %s in %g s", self._name, config.warm_up_path, config.start_limit
            )
        else:
            logger.error("site %s: ended by itself, exit code %d; its log says why", self._name, code)
        self._report(CRASHED, turn)

    def _await_answer(self, process: SiteProcess, config: SiteConfig, turn: int) -> bool:
        deadline = time.monotonic() + config.start_limit
        pause = 0.02
        while process.poll() is None and time.monotonic() < deadline and not self._sleep(pause, turn):
            if self._answers(config.warm_up_path) and process.poll() is None:
                return True
            pause = min(2 * pause, 0.5)
        return False

    def _sleep(self, seconds: float, turn: int) -> bool:
        """Wait; True, at once, if there is a new turn."""
        with self._changed:
            return self._changed.wait_for(lambda: self._turn != turn, seconds)

    def _is_over(self, turn: int) -> bool:
        with self._changed:
            return self._turn != turn

    def _report(self, state: str, turn: int) -> None:
        with self._changed:
            if self._turn == turn:
                self._state = state
