"""The port `Table`: on the fake, and on Table Storage as Azurite has it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

import pytest
from azure.data.tables import TableClient

from shared.azure.connection import StorageConnection
from shared.azure.tables import StorageTable
from shared.domain.errors import ConflictError, DependencyError
from shared.domain.records import Change, Delete, Insert, Replace, Row, Upsert, Value, key_range
from shared.ports import Table
from tests.contract.processes import Azurite
from tests.contract.unreachable import nobody_listens
from tests.fakes import FakeTable

HOME = "demo"
_numbers = count(1)


@pytest.fixture(params=["fake", "azurite"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """A table that nobody has written to: in Azurite there is none of that name."""
    if request.param == "fake":
        yield FakeTable()
        return
    stored = StorageTable(request.getfixturevalue("storage"), f"contract{next(_numbers)}")
    with stored._client:
        yield stored


def row(key: str, **values: Value) -> Row:
    return Row(key, values)


def put(table: Table, *keys: str) -> None:
    table.transact(HOME, [Insert(row(key)) for key in keys])


def keys(rows: Iterator[Row]) -> list[str]:
    return [found.key for found in rows]


def read(table: Table, key: str) -> Row:
    found = table.get(HOME, key)
    assert found is not None
    return found


def everything(table: Table, partition: str = HOME) -> list[str]:
    return keys(table.query(partition, " ", "~"))


def test_a_table_that_is_not_there_reads_as_empty(table: Table) -> None:
    assert table.get(HOME, "registry") is None
    assert everything(table) == []


@pytest.mark.parametrize("change", [Insert(row("a", n=1)), Upsert(row("a", n=1))])
def test_the_first_write_creates_the_table(table: Table, change: Change) -> None:
    table.transact(HOME, [change])
    assert read(table, "a").values == {"n": 1}


@pytest.mark.parametrize("change", [Replace(Row("a", {}, 'W/"1"')), Delete("a", 'W/"1"'), Delete("a")])
def test_a_first_write_that_expects_a_row_conflicts(table: Table, change: Change) -> None:
    with pytest.raises(ConflictError):
        table.transact(HOME, [change])
    assert everything(table) == []


def test_values_keep_their_types(table: Table) -> None:
    values: dict[str, Value] = {
        "text": "line\n'quoted' \"twice\" ü 鯨 \\ %41 +",
        "empty": "",
        "looksLikeATime": "2026-01-31T12:00:00Z",
        "looksLikeANumber": "007",
        "number": 2**31 - 1,
        "bytes": 2**40,
        "lowest": -(2**63),
        "negative": -1,
        "fraction": 0.5,
        "yes": True,
        "no": False,
        "json": '{"a":[1,2,{"b":null}]}',
        "large": "x" * 30_000,
    }
    table.transact(HOME, [Insert(Row("a", values))])
    found = read(table, "a")
    assert found.values == values
    assert {name: type(value) for name, value in found.values.items()} == {
        name: type(value) for name, value in values.items()
    }
    [queried] = table.query(HOME, "a", "b")
    assert queried == found
    assert queried.etag == found.etag


def test_an_inserted_row_can_not_be_inserted_again(table: Table) -> None:
    table.transact(HOME, [Insert(row("a", n=1))])
    with pytest.raises(ConflictError):
        table.transact(HOME, [Insert(row("a", n=2))])
    assert read(table, "a").values == {"n": 1}


def test_a_replace_needs_the_present_version_and_leaves_nothing_of_the_old_row(table: Table) -> None:
    table.transact(HOME, [Insert(row("a", n=1, old=True))])
    first = read(table, "a")
    table.transact(HOME, [Replace(Row("a", {"n": 2}, first.etag))])
    second = read(table, "a")
    assert second.values == {"n": 2}
    assert second.etag not in {"", first.etag}
    with pytest.raises(ConflictError):
        table.transact(HOME, [Replace(Row("a", {"n": 3}, first.etag))])
    assert read(table, "a") == second


def test_equal_content_is_a_new_version_all_the_same(table: Table) -> None:
    table.transact(HOME, [Insert(row("a", n=1))])
    first = read(table, "a")
    table.transact(HOME, [Replace(first)])
    with pytest.raises(ConflictError):
        table.transact(HOME, [Replace(first)])


def test_a_row_that_was_deleted_and_made_again_is_another_version(table: Table) -> None:
    table.transact(HOME, [Insert(row("a", n=1))])
    first = read(table, "a")
    table.transact(HOME, [Delete("a", first.etag)])
    assert table.get(HOME, "a") is None
    table.transact(HOME, [Insert(row("a", n=1))])
    with pytest.raises(ConflictError):
        table.transact(HOME, [Delete("a", first.etag)])
    assert read(table, "a").values == {"n": 1}


def test_a_delete_needs_the_version_that_it_names_or_any(table: Table) -> None:
    put(table, "a", "b")
    stale = read(table, "a").etag
    table.transact(HOME, [Upsert(row("a", n=1))])
    with pytest.raises(ConflictError):
        table.transact(HOME, [Delete("a", stale)])
    table.transact(HOME, [Delete("a"), Delete("b", read(table, "b").etag)])
    assert everything(table) == []


def test_an_upsert_writes_whatever_was_there(table: Table) -> None:
    table.transact(HOME, [Upsert(row("a", n=1, old=True))])
    table.transact(HOME, [Upsert(row("a", n=2))])
    assert read(table, "a").values == {"n": 2}


@pytest.mark.parametrize("place", range(5))
def test_a_transaction_with_one_conflict_writes_nothing(table: Table, place: int) -> None:
    table.transact(HOME, [Insert(row("replaced", n=1)), Insert(row("deleted")), Insert(row("taken"))])
    before = {found.key: found.etag for found in table.query(HOME, " ", "~")}
    changes: list[Change] = [
        Insert(row("new")),
        Replace(Row("replaced", {"n": 2}, before["replaced"])),
        Delete("deleted", before["deleted"]),
        Upsert(row("upserted")),
    ]
    changes.insert(place, Insert(row("taken")))
    with pytest.raises(ConflictError):
        table.transact(HOME, changes)
    assert {found.key: found.etag for found in table.query(HOME, " ", "~")} == before


def test_a_transaction_has_up_to_100_rows(table: Table) -> None:
    names = [f"user:u{number:03}" for number in range(100)]
    table.transact(HOME, [Insert(row(name, n=1)) for name in names])
    assert everything(table) == names
    table.transact(
        HOME, [Replace(Row(found.key, {"n": 2}, found.etag)) for found in table.query(HOME, " ", "~")]
    )
    assert {found.values["n"] for found in table.query(HOME, " ", "~")} == {2}


def test_a_transaction_of_100_kilobytes(table: Table) -> None:
    table.transact(HOME, [Insert(row(f"{number:02}", text="x" * 10_000)) for number in range(10)])
    assert sum(len(str(found.values["text"])) for found in table.query(HOME, " ", "~")) == 100_000


def test_partitions_do_not_see_each_other(table: Table) -> None:
    table.transact("demo", [Insert(row("a", n=1))])
    table.transact("demo2", [Insert(row("a", n=2))])
    assert read(table, "a").values == {"n": 1}
    table.transact("demo2", [Delete("a")])
    assert everything(table, "demo") == ["a"]
    assert everything(table, "dem") == []


USERNAMES = ["0", "9z", "A-b", "CI", "a.b", "a@example.com", "a_b", "ci", "jane.doe+x", "z" * 64]


def test_rows_come_in_the_order_of_their_keys_with_capitals_first(table: Table) -> None:
    wanted = [f"user:{name}" for name in USERNAMES]
    assert wanted == sorted(wanted)
    put(table, *reversed(wanted))
    assert everything(table) == wanted


def test_keys_are_case_sensitive(table: Table) -> None:
    table.transact(HOME, [Insert(row("user:ci", n=1)), Insert(row("user:CI", n=2))])
    assert (read(table, "user:ci").values, read(table, "user:CI").values) == ({"n": 1}, {"n": 2})
    assert table.get(HOME, "user:Ci") is None
    assert keys(table.query(HOME, "user:a", "user:z")) == ["user:ci"]


@pytest.mark.parametrize("name", USERNAMES)
def test_every_kind_of_username_is_a_key(table: Table, name: str) -> None:
    key = f"user:{name}"
    table.transact(HOME, [Insert(row(key, n=1)), Insert(row(f"{key}~", n=2))])
    found = read(table, key)
    assert keys(table.query(HOME, key, f"{key}!")) == [key]
    table.transact(HOME, [Replace(Row(key, {"n": 3}, found.etag))])
    table.transact(HOME, [Delete(key, read(table, key).etag)])
    assert everything(table) == [f"{key}~"]


def test_a_range_has_its_first_key_and_not_its_end(table: Table) -> None:
    put(table, "audit:1", "operation:1", "registry", "user:a", "user:b", "user:c", "userx")
    assert keys(table.query(HOME, *key_range("user:"))) == ["user:a", "user:b", "user:c"]
    assert keys(table.query(HOME, "user:a", "user:c")) == ["user:a", "user:b"]
    assert keys(table.query(HOME, "user:a!", "user:z")) == ["user:b", "user:c"]
    assert keys(table.query(HOME, "user:c", "user:c")) == []


@pytest.mark.parametrize("page", [1, 3, 10, 1000, 5000])
def test_pages_do_not_change_what_is_found(table: Table, page: int) -> None:
    names = [f"user:{number:02}" for number in range(10)]
    put(table, *names)
    assert keys(table.query(HOME, *key_range("user:"), page)) == names
    assert keys(islice(table.query(HOME, *key_range("user:"), page), 4)) == names[:4]


def test_more_rows_than_one_page_of_the_service(table: Table) -> None:
    names = [f"user:{number:04}" for number in range(1100)]
    for start in range(0, 1100, 100):
        put(table, *names[start : start + 100])
    assert keys(table.query(HOME, *key_range("user:"))) == names


def test_columns_select_rows_and_a_row_without_the_column_is_not_found(table: Table) -> None:
    table.transact(
        HOME,
        [
            Insert(row("a", final=True, hot=True, status="it's over")),
            Insert(row("b", final=False, hot=True, status="Running")),
            Insert(row("c", final=False, hot=False, status="Running")),
            Insert(row("d")),
        ],
    )

    def found(**where: bool | str) -> list[str]:
        return keys(table.query(HOME, " ", "~", where=where))

    assert found(final=False) == ["b", "c"]
    assert found(final=True) == ["a"]
    assert found(final=False, hot=True) == ["b"]
    assert found(status="it's over") == ["a"]
    assert found(status="Running", hot=False) == ["c"]
    assert found(status="running") == []
    assert found() == ["a", "b", "c", "d"]
    assert keys(table.query(HOME, " ", "~", 1, {"final": False})) == ["b", "c"]


def test_a_query_costs_nothing_until_it_is_read(table: Table) -> None:
    rows = table.query(HOME, " ", "~")
    put(table, "a")
    assert keys(rows) == ["a"]


def at_once(number: int, act: Callable[[int], None]) -> list[int]:
    """Runs `act(0) ... act(number - 1)` side by side; says which ones met no conflict."""
    start = threading.Barrier(number)

    def attempt(who: int) -> bool:
        start.wait()
        try:
            act(who)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(number) as pool:
        return [who for who, won in enumerate(pool.map(attempt, range(number))) if won]


def test_of_many_replaces_of_one_version_exactly_one_wins(table: Table) -> None:
    table.transact(HOME, [Insert(row("registry", who=-1))])
    etag = read(table, "registry").etag

    def replace(who: int) -> None:
        table.transact(HOME, [Replace(Row("registry", {"who": who}, etag)), Insert(row(f"operation:{who}"))])

    [winner] = at_once(8, replace)
    assert read(table, "registry").values == {"who": winner}
    assert everything(table) == [f"operation:{winner}", "registry"]


def test_of_many_first_inserts_exactly_one_wins_also_where_the_table_is_new(table: Table) -> None:
    [winner] = at_once(8, lambda who: table.transact(HOME, [Insert(row("registry", who=who))]))
    assert read(table, "registry").values == {"who": winner}


def test_writers_of_different_partitions_do_not_conflict(table: Table) -> None:
    assert len(at_once(8, lambda who: table.transact(f"demo{who}", [Insert(row("registry"))]))) == 8


@pytest.fixture(params=["fake", "nobody listens"])
def dead_table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """A table whose service does not answer."""
    if request.param == "fake":
        fake = FakeTable()
        fake.down = True
        yield fake
        return
    stored = StorageTable(nobody_listens(), "state")
    with stored._client:
        yield stored


@pytest.mark.parametrize(
    "call",
    [
        lambda table: table.get(HOME, "a"),
        lambda table: list(table.query(HOME, "a", "b")),
        lambda table: table.transact(HOME, [Insert(row("a"))]),
    ],
    ids=["get", "query", "transact"],
)
def test_a_service_that_does_not_answer_is_named(dead_table: Table, call: Callable[[Table], object]) -> None:
    with pytest.raises(DependencyError, match="Table Storage") as caught:
        call(dead_table)
    assert caught.value.retry_after > 0


def test_a_row_is_stored_under_the_keys_that_people_search_for(
    azurite: Azurite, storage: StorageConnection
) -> None:
    stored = StorageTable(storage, "contractlayout")
    with stored._client:
        stored.transact(HOME, [Insert(row("user:ci", revision=1))])
    with TableClient.from_connection_string(azurite.connection_string, "contractlayout") as client:
        entity = client.get_entity(HOME, "user:ci")
    assert entity == {"PartitionKey": HOME, "RowKey": "user:ci", "revision": 1}


def test_partitions_are_told_in_order_each_once(table: Table) -> None:
    assert list(table.partitions()) == []
    for name in ("web", "demo", "!schema", "api"):
        table.transact(name, [Insert(row("a")), Insert(row("b"))])
    assert list(table.partitions()) == ["!schema", "api", "demo", "web"]
    assert list(table.partitions("api")) == ["demo", "web"]
    assert list(table.partitions("b")) == ["demo", "web"]


def test_a_partition_whose_last_row_went_is_none(table: Table) -> None:
    table.transact("api", [Insert(row("a"))])
    table.transact("demo", [Insert(row("a"))])
    table.transact("api", [Delete("a")])
    assert list(table.partitions()) == ["demo"]
