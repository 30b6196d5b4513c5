"""Azure Files through the real SDK: shares, directories, files, listings, renames, refusals."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.fileshare import ContentSettings, FileProperties, ShareClient, ShareFileClient

from tests.localazure.files_server import ACCOUNT, BACKUP, FilesServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesServer]:
    with running(tmp_path_factory.mktemp("files")) as server:
        yield server


@pytest.fixture
def share(server: FilesServer) -> ShareClient:
    return server.new_share("registry")


def refused(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    code = getattr(error.value, "error_code", "")
    return error.value.status_code, getattr(code, "value", code)


def written_ranges(
    file: ShareFileClient, offset: int | None = None, length: int | None = None
) -> list[tuple[int, int]]:
    return [(found.start, found.end) for found in file.list_ranges(offset=offset, length=length)]


# Shares


def test_a_share_is_created_once_described_and_deleted(server: FilesServer) -> None:
    share = server.share("new-share")
    created = share.create_share(quota=7, metadata={"team": "ports"})
    properties = share.get_share_properties()
    assert (properties.quota, properties.metadata, properties.etag) == (7, {"team": "ports"}, created["etag"])
    with pytest.raises(ResourceExistsError) as error:
        share.create_share()
    assert refused(error) == (409, "ShareAlreadyExists")
    share.delete_share()
    with pytest.raises(ResourceNotFoundError) as error_gone:
        share.get_share_properties()
    assert refused(error_gone) == (404, "ShareNotFound")
    with pytest.raises(ResourceNotFoundError):
        share.delete_share()


def test_a_shares_quota_and_metadata_change(share: ShareClient) -> None:
    before = share.get_share_properties().etag
    share.set_share_quota(9)
    share.set_share_metadata({"a": "b"})
    after = share.get_share_properties()
    assert (after.quota, after.metadata) == (9, {"a": "b"})
    assert after.etag != before


def test_shares_are_listed_in_pages(server: FilesServer) -> None:
    for name in ("list-a", "list-b", "list-c", "other"):
        server.new_share(name)
    pages = server.service().list_shares(name_starts_with="list-", results_per_page=2).by_page()
    assert [[share.name for share in page] for page in pages] == [["list-a", "list-b"], ["list-c"]]


def test_a_share_made_by_the_control_plane_is_there_for_the_data_plane(server: FilesServer) -> None:
    server.store.create_share(ACCOUNT, "from-arm", 3)
    assert server.share("from-arm").get_share_properties().quota == 3


@pytest.mark.parametrize("operation", ["create_directory", "list", "create_file", "delete_file"])
def test_nothing_works_in_a_share_that_is_not_there(server: FilesServer, operation: str) -> None:
    share = server.share("nowhere")
    operations: dict[str, Callable[[], object]] = {
        "create_directory": lambda: share.create_directory("d"),
        "list": lambda: list(share.list_directories_and_files()),
        "create_file": lambda: share.get_file_client("f").create_file(1),
        "delete_file": lambda: share.get_file_client("f").delete_file(),
    }
    with pytest.raises(ResourceNotFoundError) as error:
        operations[operation]()
    assert refused(error) == (404, "ShareNotFound")


# Directories


def test_a_directory_is_created_once(server: FilesServer, share: ShareClient) -> None:
    directory = share.create_directory("auth dir", metadata={"k": "v"})
    assert (server.folder("registry") / "auth dir").is_dir()
    with pytest.raises(ResourceExistsError) as error:
        share.create_directory("auth dir")
    assert refused(error) == (409, "ResourceAlreadyExists")
    properties = directory.get_directory_properties()
    assert properties.metadata == {"k": "v"}
    assert properties.file_attributes == "Directory"
    assert (directory.exists(), share.get_directory_client("no").exists()) == (True, False)


def test_a_nested_directory_needs_its_parent(share: ShareClient) -> None:
    with pytest.raises(ResourceNotFoundError) as error:
        share.create_directory("a/b")
    assert refused(error) == (404, "ParentNotFound")
    share.create_directory("a")
    nested = share.create_directory("a/b")  # the SDK sends a%2Fb
    nested.get_file_client("f~1.txt").create_file(0)
    assert [entry.name for entry in nested.list_directories_and_files()] == ["f~1.txt"]


def test_only_an_empty_directory_is_deleted(share: ShareClient) -> None:
    directory = share.create_directory("full")
    directory.get_file_client("f").create_file(0)
    with pytest.raises(HttpResponseError) as error:
        directory.delete_directory()
    assert refused(error) == (409, "DirectoryNotEmpty")
    directory.delete_file("f")
    directory.delete_directory()
    assert not directory.exists()


def test_a_directory_is_renamed_with_what_is_inside(share: ShareClient) -> None:
    share.create_directory("old").get_file_client("f").create_file(3, data=b"abc")
    share.create_directory("taken")
    with pytest.raises(ResourceExistsError):
        share.get_directory_client("old").rename_directory("taken")
    renamed = share.get_directory_client("old").rename_directory("new")
    assert renamed.get_file_client("f").download_file().readall() == b"abc"
    assert not share.get_directory_client("old").exists()


def test_a_file_and_a_directory_do_not_replace_each_other(share: ShareClient) -> None:
    share.create_directory("d")
    share.get_file_client("f").create_file(0)
    with pytest.raises(ResourceExistsError) as over_directory:
        share.get_file_client("d").create_file(0)
    with pytest.raises(ResourceExistsError) as over_file:
        share.create_directory("f")
    assert refused(over_directory) == refused(over_file) == (409, "ResourceTypeMismatch")


# Listings


def test_a_listing_names_directories_and_files_with_what_was_asked_for(share: ShareClient) -> None:
    share.create_directory("dir")
    created = share.get_file_client("file").create_file(5)
    plain = {entry.name: entry for entry in share.list_directories_and_files()}
    assert {name: entry.is_directory for name, entry in plain.items()} == {"dir": True, "file": False}
    assert isinstance(plain["file"], FileProperties)
    assert plain["file"].size == 5
    assert not plain["file"].etag
    asked = ["timestamps", "Etag", "Attributes", "PermissionKey"]
    full = {
        entry.name: entry
        for entry in share.list_directories_and_files(include=asked, include_extended_info=True)
    }
    assert full["file"].etag == created["etag"]
    assert full["file"].last_modified == created["last_modified"]
    assert full["file"].file_id == created["file_id"]
    assert full["file"].file_attributes == "Archive"
    assert full["dir"].file_attributes == "Directory"


def test_a_listing_comes_in_pages_and_by_prefix(share: ShareClient) -> None:
    for name in ("b1", "B2", "a", "b3"):
        share.get_file_client(name).create_file(0)
    listing = share.list_directories_and_files(name_starts_with="b", results_per_page=2)
    assert [[entry.name for entry in page] for page in listing.by_page()] == [["b1", "B2"], ["b3"]]


def test_a_page_marker_survives_a_delete(share: ShareClient) -> None:
    for name in ("a", "b", "c", "d"):
        share.get_file_client(name).create_file(0)
    pages = share.list_directories_and_files(results_per_page=2).by_page()
    assert [entry.name for entry in next(pages)] == ["a", "b"]
    share.get_file_client("c").delete_file()
    assert [entry.name for entry in next(pages)] == ["d"]


def test_names_that_xml_cannot_hold_are_listed(share: ShareClient) -> None:
    names = ["a&b", "q\ufffez", "ünïcode ☃", "per%cent+plus"]
    directory = share.create_directory("x\uffff")
    for name in names:
        directory.get_file_client(name).create_file(0)
    assert sorted(entry.name for entry in directory.list_directories_and_files()) == sorted(names)
    assert [entry.name for entry in share.list_directories_and_files(name_starts_with="x\uffff")] == [
        "x\uffff"
    ]


@pytest.mark.usefixtures("share")
def test_a_listing_refuses_a_bad_page_size_and_marker(server: FilesServer) -> None:
    path = f"/files/{ACCOUNT}/registry?restype=directory&comp=list"
    assert server.send("GET", f"{path}&maxresults=0")[:2] == (400, "OutOfRangeQueryParameterValue")
    assert server.send("GET", f"{path}&maxresults=x")[:2] == (400, "InvalidQueryParameterValue")
    assert server.send("GET", f"{path}&marker=%21")[:2] == (400, "InvalidContinuationToken")


# Files


def test_a_file_is_created_with_zeroes_and_filled_by_ranges(server: FilesServer, share: ShareClient) -> None:
    file = share.get_file_client("htpasswd")
    created = file.create_file(8)
    assert (server.folder("registry") / "htpasswd").read_bytes() == bytes(8)
    written = file.upload_range(b"abc", offset=2, length=3, validate_content=True)
    assert (server.folder("registry") / "htpasswd").read_bytes() == b"\0\0abc\0\0\0"
    assert file.download_file().readall() == b"\0\0abc\0\0\0"
    assert written["etag"] != created["etag"]


def test_a_file_is_created_with_content_in_one_request(share: ShareClient) -> None:
    file = share.get_file_client("htpasswd")
    file.create_file(5, data=b"hello")
    assert file.download_file().readall() == b"hello"
    file.create_file(3, data=b"new")  # replaces
    assert file.download_file(validate_content=True).readall() == b"new"
    with pytest.raises(HttpResponseError) as error:
        file.create_file(2, data=b"too long")
    assert refused(error) == (400, "InvalidHeaderValue")


def test_a_whole_upload_comes_back(share: ShareClient) -> None:
    content = bytes(range(256)) * 40_000  # three ranges of the SDK's 4 MiB
    file = share.get_file_client("big.bin")
    file.upload_file(content)
    assert file.download_file().readall() == content
    assert file.download_file(offset=4_194_300, length=10).readall() == content[4_194_300:4_194_310]


def test_an_empty_file_has_no_range_to_download(server: FilesServer, share: ShareClient) -> None:
    file = share.get_file_client("empty")
    file.create_file(0)
    assert file.download_file().readall() == b""
    path = f"/files/{ACCOUNT}/registry/empty"
    assert server.send("GET", path, {"x-ms-range": "bytes=0-9"})[:2] == (416, "InvalidRange")
    assert server.send("GET", path) == (200, "", b"")


def test_ranges_outside_the_file_are_refused(share: ShareClient) -> None:
    file = share.get_file_client("f")
    file.create_file(4)
    with pytest.raises(HttpResponseError) as write:
        file.upload_range(b"abc", offset=2, length=3)
    with pytest.raises(HttpResponseError) as read:
        file.download_file(offset=4, length=1)
    assert refused(write) == refused(read) == (416, "InvalidRange")
    assert file.download_file(offset=3, length=100).readall() == b"\0"


def test_a_file_is_resized(server: FilesServer, share: ShareClient) -> None:
    file = share.get_file_client("f")
    file.create_file(4, data=b"abcd")
    file.resize_file(2)
    file.resize_file(6)
    assert (server.folder("registry") / "f").read_bytes() == b"ab\0\0\0\0"
    assert file.get_file_properties().size == 6


def test_properties_and_metadata(share: ShareClient) -> None:
    file = share.get_file_client("f")
    file.create_file(
        1, metadata={"revision": "7"}, content_settings=ContentSettings(content_type="text/plain")
    )
    first = file.get_file_properties()
    assert (first.metadata, first.content_settings.content_type) == ({"revision": "7"}, "text/plain")
    assert first.file_attributes == "Archive"
    file.set_file_metadata({"revision": "8"})
    file.set_http_headers(ContentSettings(cache_control="no-store", content_md5=bytearray(16)))
    second = file.get_file_properties()
    assert second.metadata == {"revision": "8"}
    assert second.content_settings.cache_control == "no-store"
    assert second.content_settings.content_type is None, "headers that are not sent are cleared"
    assert len({first.etag, second.etag}) == 2
    assert second.last_write_time == first.last_write_time, "the content did not change"
    assert file.download_file().properties.metadata == {"revision": "8"}


def test_a_file_is_deleted(server: FilesServer, share: ShareClient) -> None:
    file = share.get_file_client("f")
    file.create_file(0)
    assert file.exists()
    file.delete_file()
    assert not file.exists()
    assert list(server.folder("registry").iterdir()) == []
    with pytest.raises(ResourceNotFoundError) as error:
        file.delete_file()
    assert refused(error) == (404, "ResourceNotFound")


def test_a_file_needs_its_directory(share: ShareClient) -> None:
    with pytest.raises(ResourceNotFoundError) as error:
        share.get_file_client("no/f").create_file(0)
    assert refused(error) == (404, "ParentNotFound")
    assert not share.get_file_client("no/f").exists()


def test_written_ranges_are_listed(share: ShareClient) -> None:
    file = share.get_file_client("f")
    file.create_file(4096)
    assert written_ranges(file) == []
    file.upload_range(b"x" * 512, offset=0, length=512)
    file.upload_range(b"x" * 1024, offset=2048, length=1024)
    assert written_ranges(file) == [(0, 511), (2048, 3071)]
    file.clear_range(offset=2048, length=512)
    assert written_ranges(file) == [(0, 511), (2560, 3071)]
    assert written_ranges(file, offset=2600, length=100) == [(2600, 2699)]


def test_a_body_over_four_mebibytes_is_refused(server: FilesServer, share: ShareClient) -> None:
    share.get_file_client("f").create_file(5 * 2**20)
    headers = {"x-ms-write": "update", "x-ms-range": f"bytes=0-{4 * 2**20}"}
    path = f"/files/{ACCOUNT}/registry/f?comp=range"
    assert server.send("PUT", path, headers, bytes(4 * 2**20 + 1))[:2] == (413, "RequestBodyTooLarge")


def test_damage_on_the_way_is_noticed(server: FilesServer, share: ShareClient) -> None:
    share.get_file_client("f").create_file(3)
    headers = {"x-ms-write": "update", "x-ms-range": "bytes=0-2", "Content-MD5": "kAFQmDzST7DWlj99KOF/cg=="}
    path = f"/files/{ACCOUNT}/registry/f?comp=range"
    assert server.send("PUT", path, headers, b"abc")[0] == 201
    assert server.send("PUT", path, headers, b"abd")[:2] == (400, "Md5Mismatch")


# Renames


def test_a_rename_replaces_only_when_told_to(server: FilesServer, share: ShareClient) -> None:
    target = share.get_file_client("htpasswd")
    target.create_file(3, data=b"old", metadata={"of": "old"})
    temporary = share.get_file_client(".new")
    temporary.create_file(3, data=b"new", metadata={"of": "new"})
    with pytest.raises(ResourceExistsError) as error:
        temporary.rename_file("htpasswd")
    assert refused(error) == (409, "ResourceAlreadyExists")
    assert target.download_file().readall() == b"old"
    temporary.rename_file("htpasswd", overwrite=True)
    assert target.download_file().readall() == b"new"
    assert target.get_file_properties().metadata == {"of": "new"}
    assert [place.name for place in server.folder("registry").iterdir()] == ["htpasswd"]


def test_a_rename_of_what_is_gone_changes_nothing(share: ShareClient) -> None:
    share.get_file_client("htpasswd").create_file(3, data=b"old")
    with pytest.raises(ResourceNotFoundError) as error:
        share.get_file_client(".new").rename_file("htpasswd", overwrite=True)
    assert refused(error) == (404, "ResourceNotFound")
    assert share.get_file_client("htpasswd").download_file().readall() == b"old"


def test_a_rename_into_a_missing_directory(share: ShareClient) -> None:
    share.get_file_client("f").create_file(0)
    with pytest.raises(ResourceNotFoundError) as error:
        share.get_file_client("f").rename_file("no/f")
    assert refused(error) == (404, "ParentNotFound")


def test_a_rename_between_directories_with_an_escaped_source(share: ShareClient) -> None:
    share.create_directory("a b")
    share.get_file_client("a b/f ü").create_file(1, data=b"x")
    renamed = share.get_file_client("a b/f ü").rename_file("top level")
    assert renamed.download_file().readall() == b"x"
    assert not share.get_file_client("a b/f ü").exists()


def test_a_rename_onto_itself_keeps_the_file(share: ShareClient) -> None:
    file = share.get_file_client("f")
    file.create_file(1, data=b"x", metadata={"k": "v"})
    file.rename_file("f", overwrite=True)
    assert file.download_file().properties.metadata == {"k": "v"}


@pytest.mark.usefixtures("share")
def test_a_rename_from_another_share_is_refused(server: FilesServer) -> None:
    server.new_share("elsewhere").get_file_client("f").create_file(0)
    source = {"x-ms-file-rename-source": f"https://localhost/files/{ACCOUNT}/elsewhere/f"}
    path = f"/files/{ACCOUNT}/registry/f?comp=rename"
    assert server.send("PUT", path, source)[:2] == (400, "InvalidHeaderValue")
    assert server.send("PUT", path)[:2] == (400, "MissingRequiredHeader")


# What the registry process sees


def test_the_modification_time_changes_with_every_write(server: FilesServer, share: ShareClient) -> None:
    place = server.folder("registry") / "f"
    file = share.get_file_client("f")
    seen = []
    for number in range(20):
        file.create_file(1, data=b"x")
        seen.append(place.stat().st_mtime_ns)
        file.upload_range(b"y", offset=0, length=1)
        seen.append(place.stat().st_mtime_ns)
        share.get_file_client("t").create_file(number)
        share.get_file_client("t").rename_file("f", overwrite=True)
        seen.append(place.stat().st_mtime_ns)
    assert len(set(seen)) == 60


def test_what_the_registry_writes_itself_is_served(server: FilesServer, share: ShareClient) -> None:
    place = server.folder("registry") / "htpasswd"
    place.write_bytes(b"docker:secret")
    file = share.get_file_client("htpasswd")
    first = file.get_file_properties()
    assert (first.size, written_ranges(file)) == (13, [(0, 12)])
    file.set_file_metadata({"k": "v"})
    place.write_bytes(b"changed")
    assert file.download_file().readall() == b"changed"
    assert file.get_file_properties().etag != first.etag
    assert file.get_file_properties().metadata == {"k": "v"}


def test_the_share_folder_holds_nothing_but_the_files(server: FilesServer, share: ShareClient) -> None:
    share.create_directory("d")
    share.get_file_client("d/f").create_file(2, data=b"xy", metadata={"k": "v"})
    folder = server.folder("registry")
    assert sorted(str(place.relative_to(folder)) for place in folder.rglob("*")) == ["d", "d/f"]


# Errors on the wire


def test_an_error_says_what_azure_says(share: ShareClient) -> None:
    with pytest.raises(ResourceNotFoundError) as error:
        share.get_file_client("gone").download_file()
    assert error.value.message.startswith("The specified resource does not exist.\nRequestId:")
    response: Any = error.value.response
    assert response.headers["x-ms-error-code"] == "ResourceNotFound"
    assert response.headers["x-ms-version"] == "2026-10-06"
    assert response.headers["x-ms-request-id"] in error.value.message
    assert response.headers["x-ms-client-request-id"] == response.request.headers["x-ms-client-request-id"]


@pytest.mark.parametrize(
    "path",
    [
        "registry/../../outside",
        "registry/..%2F..%2Foutside",
        "registry/%2e%2e/%2e%2e/outside",
        "registry/a/../../b",
        "registry/..%5Coutside",
        "registry/.../outside",
        "registry/a%00b",
        "registry/a:b",
        "..%2Fregistry/f",
        "Registry/f",
        "$root/f",
    ],
)
def test_no_path_leads_out_of_the_share(server: FilesServer, share: ShareClient, path: str) -> None:
    share.create_directory("a")
    before = sorted(server.folder("registry").parent.rglob("*"))
    headers = {"x-ms-type": "file", "x-ms-content-length": "0"}
    assert server.send("PUT", f"/files/{ACCOUNT}/{path}", headers)[:2] == (400, "InvalidResourceName")
    headers["x-ms-allow-trailing-dot"] = "true"
    assert server.send("PUT", f"/files/{ACCOUNT}/{path}", headers)[0] in {201, 400, 404}
    assert {place for place in server.folder("registry").parent.rglob("*") if place not in before} <= {
        server.folder("registry") / "..." / "outside"
    }


def test_links_in_the_folder_are_not_followed(server: FilesServer, share: ShareClient) -> None:
    outside = server.folder("registry").parent.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "secret").write_text("s")
    (server.folder("registry") / "link").symlink_to(outside)
    (server.folder("registry") / "file").symlink_to(outside / "secret")
    assert not share.get_file_client("link/secret").exists()
    assert not share.get_file_client("file").exists()
    with pytest.raises(ResourceNotFoundError):
        share.get_file_client("link/new").create_file(0)
    assert list(share.list_directories_and_files()) == []


def test_trailing_dots_are_dropped_unless_allowed(server: FilesServer, share: ShareClient) -> None:
    share.get_file_client("a.").create_file(0)
    server.share("registry", allow_trailing_dot=True).get_file_client("b.").create_file(0)
    assert {place.name for place in server.folder("registry").iterdir()} == {"a", "b."}


@pytest.mark.usefixtures("share")
def test_what_is_not_built_is_refused_by_name(server: FilesServer) -> None:
    path = f"/files/{ACCOUNT}/registry"
    assert server.send("GET", f"{path}/f?comp=listhandles")[:2] == (400, "InvalidQueryParameterValue")
    assert server.send("POST", f"{path}/f")[:2] == (405, "UnsupportedHttpVerb")
    assert server.send("PUT", f"{path}/{'x' * 256}")[:2] == (400, "InvalidFileOrDirectoryPathName")
    assert server.send("PUT", f"{path}/%ff")[:2] == (400, "InvalidUri")


def test_everything_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("restart")
    with running(folder) as server:
        share = server.share("kept-share")
        share.create_share(quota=2)
        share.get_file_client("f").create_file(1, data=b"x", metadata={"k": "v"})
        before = share.get_file_client("f").get_file_properties()
    with running(folder) as server:
        assert server.share("kept-share").get_share_properties().quota == 2
        after = server.share("kept-share").get_file_client("f").get_file_properties()
        assert (after.etag, after.metadata, after.last_write_time) == (
            before.etag,
            before.metadata,
            before.last_write_time,
        )


def test_with_an_identity_all_of_it_works_too(server: FilesServer) -> None:
    share = server.share("with-token", credential=server.tokens, token_intent=BACKUP)
    share.create_share()
    share.create_directory("d")
    file = share.get_file_client("d/f")
    file.upload_file(json.dumps({"a": 1}).encode())
    renamed = file.rename_file("d/g", overwrite=True)
    assert renamed.download_file().readall() == b'{"a": 1}'
    assert [entry.name for entry in share.list_directories_and_files("d")] == ["g"]
    renamed.delete_file()
    share.delete_share()
