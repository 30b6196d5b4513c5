"""The audit as text: one JSON object a line, or a table that a spreadsheet opens and does not run."""

import csv
import io
import json
import re
from collections.abc import Sequence

from shared.triggers.answer_models.audit import AuditEntryView

JSON_LINES, CSV = "application/x-ndjson", "text/csv"

COLUMNS = tuple(field.alias or name for name, field in AuditEntryView.model_fields.items())
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What a spreadsheet takes for the beginning of a formula, in wide letters too (owasp.org, CSV Injection)."""


def json_lines(entries: Sequence[AuditEntryView]) -> str:
    """One entry a line."""
    return "".join(json.dumps(entry.plain(), ensure_ascii=False) + "\n" for entry in entries)


def table(entries: Sequence[AuditEntryView]) -> str:
    """With a line of headings, every cell quoted (RFC 4180). An apostrophe stands before what could be a formula."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for entry in entries:
        plain = entry.plain()
        writer.writerow([_cell(plain.get(column)) for column in COLUMNS])
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{said}" if _FORMULA.match(said) else said
