"""Several writers at once: a reader sees whole files, and exactly one of two renames wins."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.fileshare import ShareClient, ShareFileClient

from tests.localazure.files_server import FilesServer, running

ROUNDS = 15


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesServer]:
    with running(tmp_path_factory.mktemp("files")) as server:
        yield server


@pytest.fixture
def share(server: FilesServer) -> ShareClient:
    return server.new_share("registry")


def outcome(call: Callable[[], object]) -> str:
    """`ok`, or the error code."""
    try:
        call()
    except HttpResponseError as error:
        code = getattr(error, "error_code", "")
        return str(getattr(code, "value", code))
    return "ok"


def at_once(*calls: Callable[[], object]) -> Counter[str]:
    """The outcomes of calls that start together."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> str:
        barrier.wait(timeout=10)
        return outcome(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def test_a_reader_of_the_mount_sees_one_whole_file_or_the_other(
    server: FilesServer, share: ShareClient
) -> None:
    share.get_file_client("htpasswd").create_file(4, data=b"none")
    place = server.folder("registry") / "htpasswd"
    contents = {letter * 3000 for letter in (b"a", b"b")}
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(place.read_bytes())

    def write(content: bytes) -> None:
        mine = server.share("registry")
        for number in range(ROUNDS):
            temporary = mine.get_file_client(f".htpasswd-{content[:1].decode()}-{number}")
            temporary.create_file(0)
            temporary.resize_file(len(content))
            temporary.upload_range(content, 0, len(content))
            temporary.rename_file("htpasswd", overwrite=True)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, contents))
    finally:
        stop.set()
        reader.join()
    assert seen - {b"none"} <= contents
    assert place.read_bytes() in contents
    assert [entry.name for entry in share.list_directories_and_files()] == ["htpasswd"]


def test_of_two_renames_of_one_file_one_wins(server: FilesServer, share: ShareClient) -> None:
    one, two = server.share("registry"), server.share("registry")
    for number in range(ROUNDS):
        share.get_file_client("source").create_file(0)
        outcomes = at_once(
            lambda: one.get_file_client("source").rename_file("htpasswd", overwrite=True),
            lambda: two.get_file_client("source").rename_file("htpasswd", overwrite=True),
        )
        assert outcomes == {"ok": 1, "ResourceNotFound": 1}, number


def test_of_two_renames_to_one_free_name_one_wins(server: FilesServer, share: ShareClient) -> None:
    one, two = server.share("registry"), server.share("registry")
    for number in range(ROUNDS):
        share.get_file_client("s1").create_file(1, data=b"1")
        share.get_file_client("s2").create_file(1, data=b"2")
        outcomes = at_once(
            lambda number=number: one.get_file_client("s1").rename_file(f"target{number}"),  # type: ignore[misc]
            lambda number=number: two.get_file_client("s2").rename_file(f"target{number}"),  # type: ignore[misc]
        )
        assert outcomes == {"ok": 1, "ResourceAlreadyExists": 1}, number
        left = {entry.name for entry in share.list_directories_and_files(name_starts_with="s")}
        won = share.get_file_client(f"target{number}").download_file().readall().decode()
        assert left == {"s1", "s2"} - {f"s{won}"}


def test_whoever_lost_its_temporary_file_cannot_publish(share: ShareClient) -> None:
    share.get_file_client("htpasswd").create_file(3, data=b"new")
    asleep = share.get_file_client(".slow")
    asleep.create_file(3)
    asleep.delete_file()  # by a newer writer
    steps: list[Callable[[ShareFileClient], object]] = [
        lambda file: file.resize_file(3),
        lambda file: file.upload_range(b"old", 0, 3),
        lambda file: file.rename_file("htpasswd", overwrite=True),
    ]
    for step in steps:
        with pytest.raises(ResourceNotFoundError):
            step(asleep)
    assert share.get_file_client("htpasswd").download_file().readall() == b"new"


def test_a_delete_and_a_rename_of_one_file_do_not_both_happen(
    server: FilesServer, share: ShareClient
) -> None:
    one, two = server.share("registry"), server.share("registry")
    for number in range(ROUNDS):
        share.get_file_client("source").create_file(0)
        outcomes = at_once(
            lambda: one.get_file_client("source").delete_file(),
            lambda: two.get_file_client("source").rename_file("htpasswd", overwrite=True),
        )
        assert outcomes == {"ok": 1, "ResourceNotFound": 1}, number


def test_writes_while_the_share_is_removed_are_done_or_refused(server: FilesServer) -> None:
    writer = server.share("short-lived")
    for _ in range(ROUNDS):
        owner = server.new_share("short-lived")
        outcomes = at_once(
            lambda: [writer.get_file_client(f"f{number}").create_file(1) for number in range(10)],
            owner.delete_share,
        )
        assert set(outcomes) <= {"ok", "ShareNotFound"}
        assert not server.folder("short-lived").exists()
