"""A command's options as the fields of a request's body: the product's own models then check them."""

from collections.abc import Mapping

from shared.domain.chat.command import Kind, Option
from shared.domain.chat.grammar import BY_NAME
from shared.domain.chat.talk import CONFIRM, Asked

type Field = str | bool | list[str] | Mapping[str, str] | None


def fields(asked: Asked) -> dict[str, Field]:
    """By the names of JSON: `{"expiresAfter": "P90D", "tags": {"team": "payments"}}`. What is not said is not there."""
    found: dict[str, Field] = {}
    for name, value in asked.options.items():
        option = BY_NAME[asked.command].option(name)
        outer, dot, inner = name.partition(".")
        if option is None or option.name == CONFIRM:
            continue
        if dot:
            nested = found.get(outer)
            found[outer] = {**nested, inner: value} if isinstance(nested, Mapping) else {inner: value}
        else:
            found[name] = _field(option, value)
    return found


def _field(option: Option, value: str) -> Field:
    if value in option.words:
        return option.words[value]
    if option.kind is Kind.FLAG:
        return value == "true"
    return value.split(",") if option.kind is Kind.RANGES else value
