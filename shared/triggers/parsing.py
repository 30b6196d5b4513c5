"""From a request to checked values: every bad field of path, query, headers and body is named at once."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.domain.errors import Problem, bad_request
from shared.domain.field_problems import field_message, field_problem
from shared.domain.registries.registry_spec import Policy
from shared.triggers.bodies import WITH_BODY, read_body
from shared.triggers.request_models.registries import DeleteRegistryRequest

API_VERSIONS = ("2026-11-01",)
_HEADERS = ("If-Match", "If-None-Match", "Operation-Id")
_WHERE_NAMED = ("Accept", "Accept-Encoding", "Cookie")
_IGNORED_QUERY = {"code", "clientId"}
"""The host's own: a key, and the name of a key."""


def parse[R: BaseModel](model: type[R], req: func.HttpRequest, policy: Policy | None = None) -> R:
    """The request as `model`. Raises `ApiError`: 400 with every bad field, 413, 415."""
    query = query_of(req)
    version = query.pop("api-version", API_VERSIONS[0])
    given: dict[str, Any] = {**req.route_params, "query": query}
    given["headers"] = {
        name: req.headers[name] for name in _looked_at(model, req.method) if name in req.headers
    }
    if req.method in WITH_BODY:
        given["body"] = read_body(model, req)
    problems = [] if version in API_VERSIONS else [_unsupported(version)]
    try:
        parsed = model.model_validate(given, context=policy)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems += [
            _problem(model, detail, str(req.route_params.get("registry", "NAME"))) for detail in found
        ]
    if problems:
        raise bad_request(problems)
    return parsed


def _looked_at(model: type[BaseModel], method: str) -> tuple[str, ...]:
    """Nothing of what only reads is under a condition. A cookie, or a format, is looked at where a request names it."""
    headers = model.model_fields["headers"].annotation
    known = headers.model_fields if isinstance(headers, type) and issubclass(headers, BaseModel) else {}
    named = tuple(name for name in _WHERE_NAMED if name.lower().replace("-", "_") in known)
    return named if method == "GET" else (*_HEADERS, *named)


def query_of(req: func.HttpRequest) -> dict[str, str]:
    """The query, with its empty values. The host leaves those out, and `?tag=$TEAM` with no team would list all."""
    empty = dict(parse_qsl(urlsplit(req.url).query, keep_blank_values=True))
    return {name: value for name, value in {**empty, **req.params}.items() if name not in _IGNORED_QUERY}


def is_purge(asked: DeleteRegistryRequest) -> bool:
    """Is everything to go? Raises `ApiError` 400 unless `purge` comes with the registry's own name as `confirm`."""
    purge, confirm = asked.query.purge, asked.query.confirm
    if purge is None and confirm is None:
        return False
    if purge is None:
        raise bad_request([_not_confirmed("purge", "It is required with confirm", asked.registry)])
    if confirm != asked.registry:
        wrong = "It is required" if confirm is None else f"'{confirm[:32]}' is another name"
        raise bad_request([_not_confirmed("confirm", wrong, asked.registry)])
    return True


def _not_confirmed(target: str, message: str, registry: str) -> Problem:
    fix = (
        f"A purge removes every image and user for good. If you mean it: ?purge=true&confirm={registry}. "
        "Without both parameters it is a delete that can be undone."
    )
    return Problem("ConfirmationRequired", target, f"{target}: {message}.", fix)


def _unsupported(version: str) -> Problem:
    return Problem(
        "UnsupportedApiVersionValue",
        "api-version",
        f"api-version '{version[:32]}' is not supported.",
        f"Use {' or '.join(API_VERSIONS)}, or leave it out.",
    )


def _problem(model: type[BaseModel], detail: ErrorDetails, registry: str) -> Problem:
    part, *rest = [str(step) for step in detail["loc"]]
    found = field_problem(detail, ".".join(rest) or part, _known(model, part))
    if part == "query" and found.target in {"purge", "confirm"}:
        return _not_confirmed(found.target, field_message(detail), registry)
    return found


def _known(model: type[BaseModel], part: str) -> str:
    inner = model.model_fields[part].annotation if part in model.model_fields else None
    if not (isinstance(inner, type) and issubclass(inner, BaseModel)) or not inner.model_fields:
        return "Remove it."
    names = (field.alias or name for name, field in inner.model_fields.items())
    return f"Remove it. Known here: {', '.join(names)}."
