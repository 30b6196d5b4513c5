"""What a JSON schema can't say of a request: two of its parts must agree, a time lies ahead, a duration ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
AHEAD = {
    "expiresOn": TOMORROW,
    "expiresAfter": "P90D",
    "overlap": "PT24H",
    "until": TOMORROW,
    "for": "PT24H",
}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A purge needs `confirm`, which repeats the name in the path. An htpasswd file names each user once."""
    _ = context, kwargs
    if _is_wrong(case):
        return
    if case.path.endswith("/users/import") and isinstance(case.body, str):
        case.body = "\n".join({line.partition(":")[0]: line for line in case.body.splitlines()}.values())
    if case.query.keys() & {"purge", "confirm"}:
        case.query |= {"purge": "true", "confirm": case.path_parameters["registry"]}
    if isinstance(case.body, dict):
        case.body |= {name: value for name, value in AHEAD.items() if isinstance(case.body.get(name), str)}


def _is_wrong(case: Any) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_negative
