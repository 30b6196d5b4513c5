"""Writing, clearing and resizing byte ranges, compared with a bytearray and a set of written positions."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.fileshare import ShareFileClient
from hypothesis import given, settings
from hypothesis import strategies as st

from localazure.emulator.files import FileStore
from localazure.emulator.files.errors import StorageError
from localazure.emulator.files.share import Share
from tests.localazure.files_server import FilesServer, running

SIZE = 2048
PATH = ("htpasswd",)


@dataclass(frozen=True)
class Change:
    """`data` empty and `length` 0 = resize to `start`; `data` empty = clear."""

    start: int
    length: int
    data: bytes = b""


@dataclass
class Model:
    """What the file should be."""

    content: bytearray = field(default_factory=lambda: bytearray(SIZE))
    written: set[int] = field(default_factory=set)

    def apply(self, change: Change) -> bool:
        """False if the service has to refuse it."""
        end = change.start + change.length
        if not change.length:
            self.content = self.content[: change.start].ljust(change.start, b"\0")
            self.written = {position for position in self.written if position < change.start}
            return True
        if end > len(self.content):
            return False
        self.content[change.start : end] = change.data or bytes(change.length)
        touched = set(range(change.start, end))
        pages = {page for page in range(0, SIZE * 2, 512) if page >= change.start and page + 512 <= end}
        freed = {position for page in pages for position in range(page, page + 512)}
        self.written = self.written | touched if change.data else (self.written | touched) - freed
        return True

    @property
    def ranges(self) -> list[tuple[int, int]]:
        starts = sorted(position for position in self.written if position - 1 not in self.written)
        ends = sorted(position for position in self.written if position + 1 not in self.written)
        return list(zip(starts, ends, strict=True))


_START = st.integers(0, SIZE + 10) | st.sampled_from([0, 511, 512, 513, 1024])
_WRITES = st.builds(
    lambda start, data: Change(start, len(data), data), _START, st.binary(min_size=1, max_size=1200)
)
_RESIZES = st.builds(Change, _START, st.just(0))
_CLEARS = st.builds(Change, _START, st.integers(1, SIZE))
_PAGES = st.integers(0, 4).map(lambda pages: pages * 512)
_WHOLE_PAGE_CLEARS = st.builds(Change, _PAGES, _PAGES.filter(bool))  # the SDK takes no others


@given(st.lists(_WRITES | _RESIZES | _CLEARS | _WHOLE_PAGE_CLEARS, max_size=8))
@settings(deadline=None)
def test_a_share_agrees_with_the_model(changes: list[Change]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = FileStore(Path(folder))
        store.create_share("account", "registry", 1)
        share, place = (
            store.share("account", "registry"),
            store.share_path("account", "registry") / "htpasswd",
        )
        share.create_file(PATH, SIZE, b"", headers={}, metadata={})
        model = Model()
        for change in changes:
            before = place.stat().st_mtime_ns
            accepted = _apply(share, change)
            assert accepted == model.apply(change)
            assert place.read_bytes() == model.content
            assert [(a, b - 1) for a, b in share.file(PATH).properties.ranges] == model.ranges
            assert (place.stat().st_mtime_ns != before) == accepted


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShareFileClient]:
    with running(tmp_path_factory.mktemp("files")) as server:
        yield _new_file(server)


def _new_file(server: FilesServer) -> ShareFileClient:
    return server.new_share("registry").get_file_client("htpasswd")


@given(changes=st.lists(_WRITES | _RESIZES | _WHOLE_PAGE_CLEARS, max_size=8))
@settings(deadline=None, max_examples=15)
def test_the_sdk_agrees_with_the_model(file: ShareFileClient, changes: list[Change]) -> None:
    file.create_file(SIZE)
    model = Model()
    for change in changes:
        accepted = _send(file, change)
        assert accepted == model.apply(change)
    assert file.download_file().readall() == model.content
    assert [(found.start, found.end) for found in file.list_ranges()] == model.ranges


def test_time_moves_on_even_if_the_files_clock_does_not(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.create_share("account", "registry", 1)
    share, place = store.share("account", "registry"), store.share_path("account", "registry") / "htpasswd"
    share.create_file(PATH, 1, b"", headers={}, metadata={})
    seen = set()
    for number in range(200):
        share.write(PATH, 0, bytes([number]))
        seen.add(place.stat().st_mtime_ns)
    assert len(seen) == 200


def _apply(share: Share, change: Change) -> bool:
    try:
        if not change.length:
            share.update(PATH, directory=False, size=change.start)
        elif change.data:
            share.write(PATH, change.start, change.data)
        else:
            share.clear(PATH, change.start, change.start + change.length)
    except StorageError as error:
        return error.code != "InvalidRange"
    return True


def _send(file: ShareFileClient, change: Change) -> bool:
    try:
        if not change.length:
            file.resize_file(change.start)
        elif change.data:
            file.upload_range(change.data, change.start, change.length)
        else:
            file.clear_range(change.start, change.length)
    except HttpResponseError as error:
        return error.status_code != 416
    return True
