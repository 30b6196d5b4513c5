"""Tables of fields, from the schemas of the OpenAPI document."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

type Json = dict[str, Any]

LONGEST_PATTERN = 64
"""A longer one says nothing to a reader: the field's description has to."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown. A cell that says nothing is empty."""
    lines = [_row(heads), "|" + "---|" * len(heads), *(_row(row) for row in rows)]
    return "\n".join(lines)


def answer_fields(schemas: Json, name: str, leave_out: Collection[str]) -> str:
    """What stands in an answer, but for the fields that are told elsewhere."""
    rows = [
        (code(field), takes(schema, schemas), str(schema.get("description", "")))
        for field, schema in schemas[name]["properties"].items()
        if field not in leave_out
    ]
    return table(("field", "type", ""), rows)


def takes(field: Json, schemas: Json) -> str:
    """What a field may be, in a few words."""
    merged = _without_null(field)
    if "$ref" in merged:
        return takes(schemas[merged["$ref"].rpartition("/")[2]], schemas)
    if choices := merged.get("enum") or ([merged["const"]] if "const" in merged else []):
        return " ".join(code(choice) for choice in choices if choice is not None)
    if merged.get("type") == "array":
        most = f", at most {merged['maxItems']}" if "maxItems" in merged else ""
        return f"list of {takes(merged.get('items', {}), schemas)}{most}"
    kind = str(merged.get("type"))
    return _KINDS[kind](merged) if kind in _KINDS else ""


def code(text: object) -> str:
    """As code; the bar would end a cell."""
    return f"`{text}`".replace("|", "\\|")


def _without_null(field: Json) -> Json:
    choices = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    return {**(choices[0] if len(choices) == 1 else {}), **{k: v for k, v in field.items() if k != "anyOf"}}


def _text(field: Json) -> str:
    if "format" in field:
        return _FORMATS.get(str(field["format"]), str(field["format"]))
    if "maxLength" in field:
        return f"text, at most {field['maxLength']} characters"
    pattern = str(field.get("pattern", "")).removeprefix("^(?:").removesuffix(")$")
    return code(pattern) if pattern and len(pattern) <= LONGEST_PATTERN else "text"


def _object(field: Json) -> str:
    if "properties" in field:
        return "object"
    most = f", at most {field['maxProperties']}" if "maxProperties" in field else ""
    return f"names with values{most}"


def _number(field: Json) -> str:
    ends = [str(field[end]) for end in ("minimum", "maximum") if end in field]
    return f"number, {'-'.join(ends)}" if ends else "number"


_FORMATS = {"date-time": "time", "duration": "ISO 8601 duration"}
_KINDS: dict[str, Callable[[Json], str]] = {
    "string": _text,
    "object": _object,
    "integer": _number,
    "number": _number,
    "boolean": lambda _: "`true` `false`",
}


def _row(cells: Sequence[str]) -> str:
    return "".join(f"| {cell} " for cell in cells) + "|"
