"""Where the sender goes, and where never: whatever a name, a resolver or an address pretends to be."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from shared.sinks.sender import NoAnswerError, Sender, is_public

PRIVATE = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.9.9.9",
    "this host": "0.0.0.0",
    "class A": "10.0.0.4",
    "class B": "172.16.0.1",
    "class C": "192.168.1.1",
    "carrier NAT": "100.64.0.1",
    "link-local: instance metadata": "169.254.169.254",
    "Azure's platform": "168.63.129.16",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "documentation": "203.0.113.1",
    "IPv6 loopback": "::1",
    "IPv6 nowhere": "::",
    "unique local": "fd00::1",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with a zone": "fe80::1%eth0",
    "site-local": "fec0::1",
    "IPv6 multicast": "ff02::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "mapped platform": "::ffff:168.63.129.16",
    "compatible": "::127.0.0.1",
    "NAT64 of metadata": "64:ff9b::a9fe:a9fe",
    "6to4 of loopback": "2002:7f00:1::",
    "Teredo": "2001:0:7f00:1::",
}
PUBLIC = ["8.8.8.8", "13.107.6.171", "2606:4700:4700::1111", "2a01:111:f400::1"]


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_what_is_not_in_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_in_the_internet_is_public(address: str) -> None:
    assert is_public(address)


class Network:
    """Names with addresses, and every address that somebody connects to. Nothing leaves this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self.connected: list[str] = []
        self.silent: set[str] = set()
        """Where nobody answers."""
        self._real: Callable[..., Any] = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)
        monkeypatch.setattr(socket.socket, "connect", self._connect)
        monkeypatch.setattr("asyncio.selector_events.BaseSelectorEventLoop.sock_connect", self._async_connect)

    def _resolve(self, host: Any, *args: Any, **kwargs: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in self.names:
            return self._real(host, *args, **kwargs)  # type: ignore[no-any-return] # as socket has it
        self.asked.append(name)
        answers = self.names[name]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, f"s3cret {name}")
        return [_entry(address) for address in addresses]

    def _connect(self, _: socket.socket, address: tuple[Any, ...]) -> None:
        self.connected.append(address[0])
        raise ConnectionRefusedError

    async def _async_connect(self, *args: Any) -> None:
        self.connected.append(args[-1][0])
        if args[-1][0] in self.silent:
            await asyncio.sleep(60)
        raise ConnectionRefusedError


def _entry(address: str) -> Any:
    six = ":" in address
    family = socket.AF_INET6 if six else socket.AF_INET
    return family, socket.SOCK_STREAM, 6, "", (address, 443, 0, 0) if six else (address, 443)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


def reason(url: str, *allowed: str) -> str:
    with pytest.raises(NoAnswerError) as refused:
        Sender(allowed, seconds=2).post(url, {}, b"{}")
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    assert "s3cret" not in str(refused.value)
    return refused.value.reason


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "0",
    ],
)
def test_a_host_that_is_an_address_in_disguise_is_not_connected_to(network: Network, host: str) -> None:
    assert reason(f"https://{host}/s3cret") in {"address", "dns"}
    assert network.connected == []


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_a_name_that_leads_to_a_private_place_is_not_connected_to(network: Network, address: str) -> None:
    network.names["hooks.example"] = [[address]]
    assert reason("https://hooks.example/s3cret") == "address"
    assert network.connected == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(network: Network) -> None:
    network.names["hooks.example"] = [["8.8.8.8", "10.0.0.1"]]
    assert reason("https://hooks.example/s3cret") == "address"
    assert network.connected == []


def test_a_public_name_is_connected_to_at_each_of_its_addresses(network: Network) -> None:
    network.names["hooks.example"] = [["8.8.8.8", "2606:4700:4700::1111", "8.8.8.8"]]
    assert reason("https://hooks.example/s3cret") == "connection"
    assert network.connected == ["8.8.8.8", "2606:4700:4700::1111"]


def test_dns_is_asked_once_so_that_it_can_not_change_its_mind(network: Network) -> None:
    network.names["hooks.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    assert reason("https://hooks.example/s3cret") == "connection"
    assert network.asked == ["hooks.example"]
    assert network.connected == ["8.8.8.8"]


@pytest.mark.parametrize("allowed", ["hooks.internal", "HOOKS.internal"])
def test_a_host_that_somebody_allowed_may_be_private(network: Network, allowed: str) -> None:
    network.names["hooks.internal"] = [["10.0.0.4"]]
    assert reason("https://hooks.internal/s3cret", allowed) == "connection"
    assert network.connected == ["10.0.0.4"]


def test_to_allow_a_host_allows_no_other_name_of_its_address(network: Network) -> None:
    network.names["other.example"] = [["10.0.0.4"]]
    assert reason("https://other.example/s3cret", "hooks.internal", "10.0.0.5") == "address"
    assert network.connected == []


def test_a_resolver_that_hangs_holds_nobody_up_beyond_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    began = time.monotonic()
    try:
        with pytest.raises(NoAnswerError, match="timeout"):
            Sender((), seconds=0.2).post("https://hooks.example/s3cret", {}, b"{}")
        assert time.monotonic() - began < 10
    finally:
        over.set()


def test_an_address_that_never_answers_leaves_time_for_the_next_one(network: Network) -> None:
    network.names["hooks.example"] = [["8.8.8.8", "2606:4700:4700::1111"]]
    network.silent = {"8.8.8.8"}
    with pytest.raises(NoAnswerError):
        Sender((), seconds=4).post("https://hooks.example/s3cret", {}, b"{}")
    assert network.connected == ["8.8.8.8", "2606:4700:4700::1111"]


@pytest.mark.parametrize("name", ["nowhere.example", "a" * 64 + ".example"])
def test_a_name_that_leads_nowhere_says_so(network: Network, name: str) -> None:
    network.names["nowhere.example"] = [[]]
    assert reason(f"https://{name}/s3cret") == "dns"
    assert network.connected == []
