"""What is wrong with a field, as whoever sent it reads it."""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic_core import ErrorDetails

from shared.domain.errors import ApiError, Problem, bad_request

MAX_TARGET = 64
"""Characters of a field's name that an answer repeats."""


def field_problem(detail: ErrorDetails, target: str, unknown_fix: str) -> Problem:
    """`target`: the field's name. `unknown_fix`: what to do about a name that no field has."""
    context, plain = detail.get("ctx", {}), _plain(detail)
    named = str(context.get("target", target))[:MAX_TARGET]
    code = detail["type"] if detail["type"][:1].isupper() else plain.code
    fix = unknown_fix if detail["type"] == "extra_forbidden" else str(context.get("fix") or plain.fix)
    return Problem(code, named, f"{named}: {field_message(detail)}.", fix)


def field_message(detail: ErrorDetails) -> str:
    """What is wrong, without the field's name."""
    return detail["msg"] if "fix" in detail.get("ctx", {}) else _plain(detail).message or detail["msg"]


def bad_fields(details: Iterable[ErrorDetails]) -> ApiError:
    """400 that names every bad field of one model."""
    return bad_request(
        [field_problem(each, ".".join(map(str, each["loc"])), "Remove it.") for each in details]
    )


class _Plain(NamedTuple):
    """A problem that the validation library finds by itself, in our words; no message = its own is good."""

    code: str
    message: str
    fix: str


_PLAIN: dict[str, _Plain] = {
    "extra_forbidden": _Plain("UnknownField", "There is no such field", ""),
    "missing": _Plain("RequiredField", "It is required", "Add it."),
    "model_type": _Plain("InvalidType", "It must be one JSON object", 'Send an object: {"name": value}'),
    "model_attributes_type": _Plain(
        "InvalidType", "It must be one JSON object", 'Send an object: {"name": value}'
    ),
    "string_type": _Plain("InvalidType", "It must be a string", 'Send a string: "..."'),
    "bool_type": _Plain("InvalidType", "It must be true or false", "Send true or false, without quotes."),
    "int_parsing": _Plain("InvalidType", "It must be a whole number", "Send a whole number: 50"),
    "float_parsing": _Plain("InvalidType", "It must be a number", "Send a number of seconds: 30"),
    "list_type": _Plain("InvalidType", "It must be a list of strings", 'Send a list: ["203.0.113.0/24"]'),
    "enum": _Plain("NotAllowed", "", "Use one of the values that the message names."),
    "dict_type": _Plain(
        "InvalidType", "It must be an object of strings", 'Send an object: {"team": "payments"}'
    ),
    "literal_error": _Plain("NotAllowed", "", "Use one of the values that the message names."),
    "string_too_long": _Plain("InvalidValue", "", "Send a shorter one."),
}


def _plain(detail: ErrorDetails) -> _Plain:
    return _PLAIN.get(detail["type"], _Plain("InvalidValue", detail["msg"], "Send a value in that range."))
