"""What a JSON schema can't say of a request: two of its parts must agree."""

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A purge needs `confirm`, which repeats the name in the path. An htpasswd file names each user once."""
    _ = context, kwargs
    if case.path.endswith("/users/import") and isinstance(case.body, str) and not _is_wrong(case):
        case.body = "\n".join({line.partition(":")[0]: line for line in case.body.splitlines()}.values())
    if case.query.keys() & {"purge", "confirm"} and not _is_wrong(case):
        case.query |= {"purge": "true", "confirm": case.path_parameters["registry"]}


def _is_wrong(case: Any) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_negative
