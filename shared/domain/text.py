"""Text that a person wrote: any letters, but nothing that breaks a line or turns its direction round."""

import re
from typing import Any

from pydantic import Field

CHARACTER = r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
"""No control characters, no line separators, no marks that make text read backwards (Unicode TR 36)."""
_LINE = re.compile(f"{CHARACTER}*")
_NO_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Whatever is no `CHARACTER`, and halves of characters, which no UTF-8 can hold."""


def is_line(value: str) -> bool:
    """Is it one line that reads as it is written?"""
    return _LINE.fullmatch(value) is not None


def schema(pattern: str, **more: Any) -> Any:
    """What the schema of a field says about its text. The field's own check has the better message."""
    return Field(json_schema_extra={"pattern": f"^(?:{pattern})$", **more})


def one_line(value: str) -> str:
    """What is left of any text in one line that reads as it is written."""
    return " ".join(_NO_LINE.sub(" ", value).split())


def cut(value: str, most: int) -> str:
    """At most `most` characters."""
    return value if len(value) <= most else value[: most - 1] + "…"
