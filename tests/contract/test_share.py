"""The ports `Shares` and `Share`: on the fake, and on the emulator's Azure Files through the real SDK."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from localazure.ports import Ports
from shared.azure.resource_manager import AzureResourceManager
from shared.azure.shares import StorageShare, StorageShares
from shared.domain.errors import TemporaryError
from shared.domain.resources.resource import Ref, Type
from shared.ports import Share
from tests.contract.processes import Emulator
from tests.contract.registries import new_registry
from tests.contract.resource_managers import emulated_cloud, make_up_to
from tests.fakes import FakeShare, FakeShares

LARGEST = 4 * 1024 * 1024
"""Bytes that one request may write: https://learn.microsoft.com/rest/api/storageservices/put-range."""
_numbers = count(1)


class Account:
    """A storage account in which a test makes shares."""

    def __init__(self, manager: AzureResourceManager, name: str) -> None:
        self._manager, self._name = manager, name
        found = manager.get(Ref(Type.STORAGE_ACCOUNT, name))
        assert found is not None
        self.file_endpoint: str = found["properties"]["primaryEndpoints"]["file"]
        self.clients = ExitStack()

    def new_share(self) -> StorageShare:
        name = f"share{next(_numbers)}"
        self._manager.put(Ref(Type.FILE_SHARE, self._name, name), {"properties": {"shareQuota": 1}})
        return self.open(self.file_endpoint, name)

    def open(self, file_endpoint: str, name: str) -> StorageShare:
        share = StorageShares().open(file_endpoint, name)
        assert isinstance(share, StorageShare)
        self.clients.enter_context(share._client)
        return share


@pytest.fixture(scope="module")
def account(emulator: Emulator, manager: AzureResourceManager) -> Iterator[Account]:
    with emulated_cloud(emulator, manager) as cloud:
        registry = new_registry()
        make_up_to(cloud, registry, Type.STORAGE_ACCOUNT)
        made = Account(manager, registry.names.storage_account)
        with made.clients:
            yield made


@pytest.fixture(params=["fake", "emulator"])
def share(request: pytest.FixtureRequest) -> Share:
    """A new share without files."""
    if request.param == "fake":
        return FakeShares().open("https://account.file.example/", "config")
    account: Account = request.getfixturevalue("account")
    return account.new_share()


def put(share: Share, name: str, content: bytes) -> None:
    share.create(name)
    assert share.write(name, content)


def test_a_new_share_has_no_files(share: Share) -> None:
    assert share.names() == []
    assert share.read("htpasswd") is None


def test_a_created_file_is_empty(share: Share) -> None:
    share.create("htpasswd.a.tmp")
    assert share.names() == ["htpasswd.a.tmp"]
    assert share.read("htpasswd.a.tmp") == b""


def test_create_puts_an_empty_file_in_place_of_what_has_that_name(share: Share) -> None:
    put(share, "a", b"old")
    share.create("a")
    assert share.read("a") == b""
    assert share.names() == ["a"]


@pytest.mark.parametrize("size", [1, 511, 512, 513, 100_000, LARGEST])
def test_content_comes_back_byte_for_byte(share: Share, size: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    put(share, "a", content)
    assert share.read("a") == content


def test_a_write_that_is_repeated_ends_with_its_own_content_alone(share: Share) -> None:
    put(share, "a", b"a longer line\n")
    assert share.write("a", b"short\n")
    assert share.read("a") == b"short\n"


def test_a_write_never_creates(share: Share) -> None:
    assert not share.write("a", b"content")
    assert share.names() == []


def test_a_write_does_not_revive_a_deleted_file(share: Share) -> None:
    share.create("a")
    share.delete("a")
    assert not share.write("a", b"content")
    assert share.names() == []
    assert share.read("a") is None


def test_a_rename_moves_a_file_to_a_new_name(share: Share) -> None:
    put(share, "htpasswd.a.tmp", b"users\n")
    assert share.rename("htpasswd.a.tmp", "htpasswd")
    assert share.names() == ["htpasswd"]
    assert share.read("htpasswd") == b"users\n"
    assert share.read("htpasswd.a.tmp") is None


def test_a_rename_replaces_its_target(share: Share) -> None:
    put(share, "htpasswd", b"a rather long list of users\n")
    put(share, "htpasswd.a.tmp", b"new\n")
    assert share.rename("htpasswd.a.tmp", "htpasswd")
    assert share.names() == ["htpasswd"]
    assert share.read("htpasswd") == b"new\n"


def test_a_rename_of_a_missing_source_leaves_the_target_alone(share: Share) -> None:
    put(share, "htpasswd", b"users\n")
    assert not share.rename("htpasswd.a.tmp", "htpasswd")
    assert share.read("htpasswd") == b"users\n"
    share.create("htpasswd.a.tmp")
    share.delete("htpasswd.a.tmp")
    assert not share.rename("htpasswd.a.tmp", "htpasswd")
    assert share.read("htpasswd") == b"users\n"
    assert share.names() == ["htpasswd"]


def test_a_rename_happens_once(share: Share) -> None:
    put(share, "a", b"users\n")
    assert share.rename("a", "htpasswd")
    assert not share.rename("a", "htpasswd")
    assert share.read("htpasswd") == b"users\n"


def test_a_rename_of_a_missing_source_does_not_make_a_target(share: Share) -> None:
    assert not share.rename("a", "htpasswd")
    assert share.names() == []


def test_a_delete_takes_one_file_and_can_be_repeated(share: Share) -> None:
    put(share, "a", b"1")
    put(share, "b", b"2")
    share.delete("a")
    share.delete("a")
    share.delete("never there")
    assert share.names() == ["b"]
    assert share.read("b") == b"2"


def test_names_are_all_files(share: Share) -> None:
    names = ["htpasswd", *(f"htpasswd.01K{number:03}.tmp" for number in range(20)), "Notes of ours.txt"]
    for name in names:
        share.create(name)
    assert sorted(share.names()) == sorted(names)


def at_once(*actions: Callable[[], bool]) -> list[bool]:
    """What each of them returned, run side by side."""
    start, results = threading.Barrier(len(actions)), [False] * len(actions)

    def run(place: int, action: Callable[[], bool]) -> None:
        start.wait()
        results[place] = action()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_renames_of_one_source_exactly_one_wins(share: Share) -> None:
    put(share, "a", b"users\n")
    results = at_once(*(lambda: share.rename("a", "htpasswd") for _ in range(6)))
    assert sum(results) == 1
    assert share.read("htpasswd") == b"users\n"
    assert share.names() == ["htpasswd"]


def test_a_rename_and_a_delete_of_its_source_do_not_both_happen(share: Share) -> None:
    """The fence: who finds its source deleted has published nothing."""
    for number in range(10):
        source, content = f"htpasswd.{number}.tmp", b"%d\n" % number
        put(share, source, content)
        before = share.read("htpasswd")

        def delete(source: str = source) -> bool:
            share.delete(source)
            return True

        def rename(source: str = source) -> bool:
            return share.rename(source, "htpasswd")

        renamed, _ = at_once(rename, delete)
        assert share.read("htpasswd") == (content if renamed else before)
        assert source not in share.names()


def test_a_reader_sees_the_old_file_or_the_new_one_and_nothing_between(share: Share) -> None:
    whole = {size: bytes([65 + number]) * size for number, size in enumerate((10, 50_000, 1_000, 90_000))}
    put(share, "htpasswd", whole[10])
    seen: list[bytes | None] = []
    done = threading.Event()

    def look() -> bool:
        seen.append(share.read("htpasswd"))
        while not done.is_set():
            seen.append(share.read("htpasswd"))
        return True

    def publish() -> bool:
        try:
            for number in range(20):
                put(share, f"{number}.tmp", [*whole.values()][number % len(whole)])
                assert share.rename(f"{number}.tmp", "htpasswd")
        finally:
            done.set()
        return True

    assert at_once(look, publish) == [True, True]
    assert seen
    assert set(seen) <= set(whole.values())


@pytest.fixture(params=["fake", "emulator"])
def away(request: pytest.FixtureRequest) -> Share:
    """A share that is not there."""
    if request.param == "fake":
        share = FakeShares().open("https://account.file.example/", "config")
        share.down = True
        return share
    account: Account = request.getfixturevalue("account")
    return account.open(account.file_endpoint, "missing")


CALLS: list[Callable[[Share], object]] = [
    lambda share: share.create("a"),
    lambda share: share.names(),
    lambda share: share.write("a", b"content"),
    lambda share: share.rename("a", "b"),
    lambda share: share.delete("a"),
    lambda share: share.read("a"),
]


@pytest.mark.parametrize("call", CALLS, ids=["create", "names", "write", "rename", "delete", "read"])
def test_a_share_that_is_away_is_never_taken_for_an_empty_one(
    away: Share, call: Callable[[Share], object]
) -> None:
    with pytest.raises(TemporaryError) as caught:
        call(away)
    assert caught.value.code == "FilesUnavailable"
    assert caught.value.retry_after > 0


def test_a_service_that_does_not_answer_is_no_missing_file(account: Account) -> None:
    share = account.open(f"https://localhost:{Ports.free({}).emulator}/files/account/", "config")
    with pytest.raises(TemporaryError, match="FilesUnavailable"):
        share.read("htpasswd")


def test_folders_are_not_files(account: Account) -> None:
    share = account.new_share()
    share._client.create_directory("folder").close()
    share.create("htpasswd")
    assert share.names() == ["htpasswd"]


def test_the_site_mounts_what_was_renamed(account: Account) -> None:
    """Two clients of one share see the same files."""
    share = account.new_share()
    put(share, "a", b"users\n")
    assert share.rename("a", "htpasswd")
    assert account.open(account.file_endpoint, share._client.share_name).read("htpasswd") == b"users\n"


def test_of_a_huge_file_only_the_beginning_is_read(share: Share) -> None:
    """Whoever can write to the share must not be able to fill our memory."""
    put(share, "htpasswd", b"x" * LARGEST)
    assert len(share.read("htpasswd") or b"") == LARGEST
    if isinstance(share, StorageShare):
        share._file("htpasswd").resize_file(20 * LARGEST)
    else:
        assert isinstance(share, FakeShare)
        share.files["htpasswd"] += bytes(19 * LARGEST)
    assert share.read("htpasswd") == b"x" * LARGEST
