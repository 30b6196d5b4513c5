"""The shares on disk: names, listing, removal, and what a killed process leaves behind."""

from pathlib import Path

import pytest

from localazure.emulator.files import FileStore
from localazure.emulator.files.errors import StorageError


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path)


def test_a_share_is_created_once(store: FileStore) -> None:
    assert not store.has_share("account1", "registry")
    assert store.create_share("account1", "registry", 5)
    assert store.has_share("account1", "registry")
    assert not store.create_share("account1", "registry", 6)
    assert store.share_info("account1", "registry").quota_gib == 5
    assert not store.has_share("account2", "registry")


def test_shares_are_listed_by_account(store: FileStore) -> None:
    assert store.list_shares("account1") == []
    for account, share in [("account1", "b-share"), ("account1", "a-share"), ("account2", "c-share")]:
        store.create_share(account, share, 1)
    assert store.list_shares("account1") == ["a-share", "b-share"]
    store.delete_account("account1")
    assert store.list_shares("account1") == []
    assert store.list_shares("account2") == ["c-share"]


def test_a_new_share_of_an_old_name_is_empty(store: FileStore, tmp_path: Path) -> None:
    store.create_share("account1", "registry", 1)
    store.share("account1", "registry").create_file(("f",), 1, b"x", headers={}, metadata={"k": "v"})
    assert store.delete_share("account1", "registry")
    assert not store.delete_share("account1", "registry")
    assert not [place for place in tmp_path.rglob("*") if place.is_file()]
    store.create_share("account1", "registry", 1)
    assert list(store.share_path("account1", "registry").iterdir()) == []


@pytest.mark.parametrize(
    ("account", "share"),
    [("..", "registry"), ("account1", ".."), ("account1", "a/b"), ("a/b", "registry"), ("", "registry")]
    + [
        ("account1", name) for name in ("", "ab", "Upper", "two--hyphens", "-edge", "edge-", "x" * 64, "a\nb")
    ],
)
def test_names_that_azure_would_not_take_never_reach_the_disk(
    store: FileStore, account: str, share: str
) -> None:
    for call in (store.share_path, store.create_share):
        with pytest.raises(ValueError, match="is no name of a"):
            call(account, share)
    assert not store.has_share(account, share)
    assert not store.delete_share(account, share)
    store.delete_account(account if account != "account1" else "../x")


def test_an_operation_on_a_removed_share_says_so(store: FileStore) -> None:
    store.create_share("account1", "registry", 1)
    share = store.share("account1", "registry")
    store.delete_share("account1", "registry")
    with pytest.raises(StorageError) as error:
        share.create_file(("f",), 0, b"", headers={}, metadata={})
    assert error.value.code == "ShareNotFound"


def test_what_a_killed_process_was_making_is_cleared_away(tmp_path: Path) -> None:
    FileStore(tmp_path)
    (tmp_path / "staging" / "half-made").write_text("x")
    FileStore(tmp_path)
    assert list((tmp_path / "staging").iterdir()) == []


def test_a_removal_that_was_cut_short_leaves_no_old_properties(store: FileStore) -> None:
    store.create_share("account1", "registry", 1, {"old": "yes"})
    store.share_path("account1", "registry").rmdir()  # as if killed before the properties went
    assert not store.has_share("account1", "registry")
    assert store.create_share("account1", "registry", 1)
    assert store.share_info("account1", "registry").metadata == {}


def test_what_was_replaced_or_deleted_leaves_no_properties_behind(store: FileStore, tmp_path: Path) -> None:
    store.create_share("account1", "registry", 1)
    share = store.share("account1", "registry")
    for _ in range(5):
        share.create_file(("htpasswd",), 0, b"", headers={}, metadata={})
        share.create_file((".new",), 0, b"", headers={}, metadata={})
        share.rename((".new",), ("htpasswd",), directory=False, overwrite=True)
    share.create_directory(("d",), {})
    share.delete_directory(("d",))
    noted = list((tmp_path / "properties" / "account1" / "registry").iterdir())
    assert len(noted) == 2, "the share's own and the file's"
