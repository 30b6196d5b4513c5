"""Which ports a local Azure takes, and what it says when one is taken."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from localazure.errors import LocalAzureError
from localazure.ports import SHARE_SETTING, Ports, is_free, ours


@contextmanager
def listening(port: int, address: str = "127.0.0.1") -> Iterator[int]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as server:
        server.bind((address, port))
        server.listen()
        yield server.getsockname()[1]


def test_the_default_ports_follow_each_other() -> None:
    assert Ports.starting_at(7071).as_dict() == {
        "functions": 7071,
        "emulator": 7072,
        "blob": 7073,
        "queue": 7074,
        "table": 7075,
        "slack": 7076,
    }


def test_the_proxies_of_storage_get_ports_only_where_there_are_some() -> None:
    ports = Ports.starting_at(7071, proxies=True)
    assert (ports.queue_proxy, ports.table_proxy) == (7077, 7078)
    assert Ports.free(ports.as_dict()).queue_proxy is None
    assert len(set(Ports.free({}, proxies=True).as_dict().values())) == 8
    assert Ports.starting_at(65528, proxies=True).table_proxy == 65535
    with pytest.raises(LocalAzureError, match="8 ports"):
        Ports.starting_at(65529, proxies=True)


@pytest.mark.parametrize("first", [-1, 65531, 70000])
def test_ports_that_do_not_exist_are_refused(first: int) -> None:
    with pytest.raises(LocalAzureError, match=f"--port {first}"):
        Ports.starting_at(first)


def test_a_port_in_use_is_named_with_its_purpose_and_the_setting() -> None:
    free = Ports.free({})
    with listening(free.queue), pytest.raises(LocalAzureError) as error:
        free.check_free("--port")
    assert f"port {free.queue} (for Azurite's queues) is in use" in str(error.value)
    assert "--port N" in str(error.value)
    assert str(free.table) not in str(error.value)


def test_free_ports_can_be_used_and_differ() -> None:
    ports = Ports.free({})
    ports.check_free("--port")
    assert len(set(ports.as_dict().values())) == 6


def test_who_starts_at_the_same_moment_takes_ports_of_another_share(monkeypatch: pytest.MonkeyPatch) -> None:
    every, shares = range(15000, 15010), []
    for number in (1, 2, 3):
        monkeypatch.setenv(SHARE_SETTING, f"{number}/3")
        shares.append(ours(every))
        assert set(Ports.free({}).as_dict().values()) <= set(ours(range(15000, 20000)))
    assert sorted(port for share in shares for port in share) == list(every)
    monkeypatch.delenv(SHARE_SETTING)
    assert ours(every) == every


def test_kept_ports_come_back_when_they_are_free() -> None:
    kept = Ports.free({})
    assert Ports.free(kept.as_dict()) == kept


def test_only_a_kept_port_that_is_taken_is_replaced() -> None:
    kept = Ports.free({})
    with listening(kept.blob):
        again = Ports.free(kept.as_dict())
    assert again.blob != kept.blob
    assert {**again.as_dict(), "blob": 0} == {**kept.as_dict(), "blob": 0}


def test_a_port_taken_on_ipv6_alone_is_not_free() -> None:
    try:
        with listening(0, "::1") as port:
            assert not is_free(port)
    except OSError:
        pytest.skip("no IPv6 on this machine")
