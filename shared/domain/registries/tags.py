"""A registry's tags: they stand on every one of its Azure resources, so they keep Azure's rules."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shared.domain.errors import ApiError
from shared.domain.text import CHARACTER, is_line

MAX_TAGS = 15
MAX_TAG_VALUE = 256
"""Characters."""
TAG_NAME = r"(?![Bb][Ee][Rr][Tt][Hh][Aa][Gg][Ee]-)[^<>%&\\?/\x00-\x1f\x7f]{1,128}"
"""Storage accounts allow 128 characters, Resource Manager forbids some, and `berthage-` is ours."""
_FIX = (
    f"At most {MAX_TAGS} tags; names of 1-128 characters without <>%&\\?/ that do not start with 'berthage-' "
    f"and differ by more than case; values up to {MAX_TAG_VALUE} characters in one line."
)


def _problem(tags: Mapping[str, str | None]) -> str | None:
    """What is wrong, as names. A value of `None` says that the tag goes."""
    same = Counter(name.lower() for name in tags)  # to Azure 'Team' and 'team' are one tag
    names = sorted(name for name in tags if not re.fullmatch(TAG_NAME, name) or same[name.lower()] > 1)
    values = sorted(name for name, value in tags.items() if value is not None and not _is_value(value))
    if names or values:
        return ", ".join([*names, *values])[:200]
    number = sum(value is not None for value in tags.values())
    return f"{number} of them" if number > MAX_TAGS else None


def _is_value(value: str) -> bool:
    return len(value) <= MAX_TAG_VALUE and is_line(value)


def _check[V: (str, str | None)](tags: dict[str, V] | None) -> dict[str, V] | None:
    if (names := _problem({**tags} if tags else {})) is not None:
        raise PydanticCustomError("InvalidTags", "Tags can't be used: {names}", {"names": names, "fix": _FIX})
    return tags


def _schema(example: Mapping[str, str | None], *other: Any) -> Any:
    value: Any = {"type": "string", "maxLength": MAX_TAG_VALUE, "pattern": f"^(?:{CHARACTER}*)$"}
    return Field(
        json_schema_extra={
            "maxProperties": MAX_TAGS,
            "propertyNames": {"pattern": f"^(?:{TAG_NAME})$"},
            "additionalProperties": {"anyOf": [value, *(dict(each) for each in other)]} if other else value,
            "examples": [dict(example)],
        }
    )


Tags = Annotated[dict[str, str] | None, AfterValidator(_check), _schema({"team": "payments"})]
TagChanges = Annotated[
    dict[str, str | None] | None,
    AfterValidator(_check),
    _schema({"team": "payments", "trial": None}, {"type": "null"}),
]


def merged(present: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """`present` after a merge patch (RFC 7396): `null` removes a tag.

    Raises `ApiError` 409 when the changes do not fit to the tags that are there.
    """
    both = {**present, **changes}
    tags = {name: value for name, value in both.items() if value is not None}
    if (names := _problem(tags)) is not None:
        message = f"With the tags that the registry has, these can't be used: {names}."
        raise ApiError(409, "TagsDoNotFit", message, f"{_FIX} null removes a tag.", target="tags")
    return tags


def has_tag(tags: Mapping[str, str], asked: str) -> bool:
    """Is there a tag `name:value`, or for a plain `name` one of that name? A name's case says nothing."""
    return any(_fits(name, value, asked) for name, value in tags.items())


def _fits(name: str, value: str, asked: str) -> bool:
    if asked.lower() == name.lower():
        return True
    before, wanted = asked[: len(name) + 1], asked[len(name) + 1 :]
    return before.lower() == f"{name.lower()}:" and wanted == value
