"""A wire between the services and their ports that counts calls and can be cut at any of them."""

import threading
from collections.abc import Callable
from typing import NamedTuple, cast

from shared.ports import Share
from tests.fakes import FakeShares


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Call(NamedTuple):
    """`name` is the port and its method: `state.transact`."""

    name: str
    args: tuple[object, ...]


class Wire:
    """Every call to a port goes through here by its name, such as `state.transact`: counted, and cut on demand."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.dead = False
        self._kill_at: int | None = None
        self._before: dict[str, list[BaseException]] = {}
        self._after: dict[str, list[BaseException]] = {}
        self._meanwhile: dict[str, Callable[[], object]] = {}
        self._interrupt: tuple[int, Callable[[], object]] | None = None
        self._lock = threading.Lock()

    def kill(self, at: int) -> None:
        """The process dies before call number `at`, counted from now: that is, after call number `at - 1`."""
        self.calls.clear()
        self._kill_at = at

    def refuse(self, name: str, *errors: BaseException) -> None:
        """The next calls of `name` raise, one `error` each, and have no effect."""
        self._before.setdefault(name, []).extend(errors)

    def forgive(self, name: str) -> None:
        """No more refusals of `name`."""
        self._before.pop(name, None)

    def lose_answer(self, name: str, *errors: BaseException) -> None:
        """The next calls of `name` have their effect, and then raise."""
        self._after.setdefault(name, []).extend(errors)

    def meanwhile(self, name: str, action: Callable[[], object]) -> None:
        """Just before the next call of `name` takes effect, somebody else does `action`."""
        self._meanwhile[name] = action

    def interrupt(self, at: int, action: Callable[[], object]) -> None:
        """Just before call number `at`, counted from now, takes effect, somebody else does `action`."""
        self.calls.clear()
        self._interrupt = (at, action)

    def revive(self) -> None:
        """A new process starts."""
        self.dead, self._kill_at = False, None

    def around[P](self, name: str, port: P) -> P:
        """`port`, with every call on this wire."""
        return cast("P", _Wired(self, name, port))

    def call(self, name: str, method: Callable[..., object], *args: object, **kwargs: object) -> object:
        with self._lock:
            self._live_or_die(name)
            self.calls.append(Call(name, args))
            action = self._meanwhile.pop(name, None) or self._due()
            self._raise_one(self._before, name)
        if action:
            action()
        result = method(*args, **kwargs)
        with self._lock:
            self._raise_one(self._after, name)
        return result

    def _due(self) -> Callable[[], object] | None:
        if self._interrupt and self._interrupt[0] == len(self.calls) - 1:
            action, self._interrupt = self._interrupt[1], None
            return action
        return None

    def _live_or_die(self, name: str) -> None:
        if self.dead or self._kill_at == len(self.calls):
            self.dead = True
            raise Killed(f"before call {len(self.calls)}: {name}")

    def _raise_one(self, errors: dict[str, list[BaseException]], name: str) -> None:
        if waiting := errors.get(name):
            raise waiting.pop(0)


class _Wired:
    def __init__(self, wire: Wire, name: str, port: object) -> None:
        self._wire, self._name, self._port = wire, name, port

    def __getattr__(self, method: str) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            return self._wire.call(f"{self._name}.{method}", getattr(self._port, method), *args, **kwargs)

        return call


class WiredShares:
    """Opening a share is no call; using it is."""

    def __init__(self, wire: Wire, shares: FakeShares) -> None:
        self._wire, self._shares = wire, shares

    def open(self, file_endpoint: str, share: str) -> Share:
        return self._wire.around("share", self._shares.open(file_endpoint, share))
