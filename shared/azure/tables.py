"""The `Table` port on Azure Table Storage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty, TableClient, TableTransactionError, UpdateMode

from shared.azure.connection import HURRY, TIMEOUTS, StorageConnection, credential
from shared.azure.failures import dependency_error
from shared.domain.errors import ConflictError
from shared.domain.records import Change, Delete, Insert, Replace, Row, Value

SERVICE = "Table Storage"
MAX_PAGE = 1000
_CONFLICTS = {404, 409, 412}


class StorageTable:
    """One table; it is created by the first write that misses it. `hurried`: better no answer than a late one."""

    def __init__(self, connection: StorageConnection, name: str, *, hurried: bool = False) -> None:
        options: dict[str, Any] = {
            "table_name": name,
            "retry_total": 1 if hurried else 2,
            "retry_backoff_factor": 0.2,
            **(HURRY if hurried else TIMEOUTS),
        }
        if connection.connection_string:
            self._client = TableClient.from_connection_string(connection.connection_string, **options)
        else:
            self._client = TableClient(connection.table_url, credential=credential(), **options)

    def get(self, partition: str, key: str) -> Row | None:
        """See `ports.Table`."""
        try:
            return _row(self._client.get_entity(partition, key))
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise dependency_error(SERVICE, error) from None

    def query(
        self,
        partition: str,
        first: str,
        end: str,
        page: int | None = None,
        where: Mapping[str, bool | str] | None = None,
    ) -> Iterator[Row]:
        """See `ports.Table`."""
        terms = ["PartitionKey eq @partition", "RowKey ge @first", "RowKey lt @end"]
        wanted = {f"where_{name}": value for name, value in (where or {}).items()}
        terms += [f"{name} eq @where_{name}" for name in where or {}]
        try:
            yield from map(
                _row,
                self._client.query_entities(
                    " and ".join(terms),
                    parameters={"partition": partition, "first": first, "end": end, **wanted},
                    results_per_page=min(page or MAX_PAGE, MAX_PAGE),
                ),
            )
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise dependency_error(SERVICE, error) from None

    def partitions(self, after: str = "") -> Iterator[str]:
        """See `ports.Table`."""
        while (found := self._next_partition(after)) is not None:
            yield found
            after = found

    def transact(self, partition: str, changes: Sequence[Change]) -> None:
        """See `ports.Table`."""
        try:
            self._submit(partition, changes)
        except TableTransactionError as error:
            if _code(error) != "TableNotFound":
                raise _failure(error) from None
            self._create()
            self.transact(partition, changes)
        except AzureError as error:
            raise _failure(error) from None

    def _next_partition(self, after: str) -> str | None:
        """The first row behind a partition: the service finds it by key, however many rows there are."""
        rows = self._client.query_entities(
            "PartitionKey gt @after",
            parameters={"after": after},
            select=["PartitionKey"],
            results_per_page=1,
        )
        try:
            return next((str(row["PartitionKey"]) for row in rows), None)
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise dependency_error(SERVICE, error) from None

    def _submit(self, partition: str, changes: Sequence[Change]) -> None:
        self._client.submit_transaction([_operation(partition, change) for change in changes])

    def _create(self) -> None:
        try:
            self._client.create_table()
        except HttpResponseError as error:
            if error.status_code != 409:
                raise dependency_error(SERVICE, error) from None


def _failure(error: AzureError) -> Exception:
    if isinstance(error, HttpResponseError) and error.status_code in _CONFLICTS:
        return ConflictError(_code(error) or str(error.status_code))
    return dependency_error(SERVICE, error)


def _row(entity: Mapping[str, Any]) -> Row:
    values: dict[str, Value] = {
        name: value.value if isinstance(value, EntityProperty) else value
        for name, value in entity.items()
        if name not in {"PartitionKey", "RowKey"}
    }
    metadata: Mapping[str, Any] = getattr(entity, "metadata", {})
    return Row(entity["RowKey"], values, metadata.get("etag", ""))


def _operation(partition: str, change: Change) -> tuple[Any, ...]:
    key = change.key if isinstance(change, Delete) else change.row.key
    entity: dict[str, Any] = {"PartitionKey": partition, "RowKey": key}
    if isinstance(change, Delete):
        return ("delete", entity, _condition(change.etag))
    entity.update({name: _typed(value) for name, value in change.row.values.items()})
    if isinstance(change, Insert):
        return ("create", entity)
    if isinstance(change, Replace):
        return ("update", entity, {"mode": UpdateMode.REPLACE, **_condition(change.row.etag)})
    return ("upsert", entity, {"mode": UpdateMode.REPLACE})


def _typed(value: Value) -> Value | EntityProperty:
    """The SDK takes an int for one of 32 bits, and refuses what does not fit; bytes of a registry do not."""
    if isinstance(value, int) and not -(2**31) <= value < 2**31:
        return EntityProperty(value, EdmType.INT64)
    return value


def _condition(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}


def _code(error: AzureError) -> str:
    return str(getattr(error, "error_code", None) or "")
