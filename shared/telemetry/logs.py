"""What every log line says besides its message: the request, the operation, the turn and the registry it is about.

The Functions worker formats a record by itself and gives the host its text, so the fields are part of the text:
`Succeeded after 5 turns operation=demo.01M8 turn=5 registry=demo`. They are attributes of the record too
(`berthage.operation`), which an exporter keeps as columns. Both hold for the loggers of libraries as well.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import override

MAX_VALUE = 128
"""Characters."""
PREFIX = "berthage."

_fields: ContextVar[Mapping[str, str]] = ContextVar("fields", default=MappingProxyType({}))


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Every line written inside has these fields too. `None` is no value."""
    given = {name: plain(value) for name, value in fields.items() if value is not None}
    token = _fields.set({**_fields.get(), **given})
    try:
        yield
    finally:
        _fields.reset(token)


def bound_value(name: str) -> str:
    """The value of a field, or nothing."""
    return _fields.get().get(name, "")


def attributes_of_work() -> dict[str, str]:
    """The fields by the names that exporters see."""
    return {PREFIX + name: value for name, value in _fields.get().items()}


def plain(value: object) -> str:
    """One word of printable ASCII, whoever wrote it: no line of its own, no field of its own, no end."""
    text = str(value)[:MAX_VALUE]
    return "".join(char if "!" <= char <= "~" and char != "=" else "?" for char in text)


class Record(logging.LogRecord):
    """A record with the fields of the work that wrote it, wherever it is formatted."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        vars(self).update(attributes_of_work())

    @override
    def getMessage(self) -> str:
        found = ((name, value) for name, value in vars(self).items() if name.startswith(PREFIX))
        fields = (f"{name.removeprefix(PREFIX)}={value}" for name, value in found)
        return " ".join([super().getMessage(), *fields])


def install() -> None:
    """From now on every logger of this process makes such records."""
    logging.setLogRecordFactory(Record)
