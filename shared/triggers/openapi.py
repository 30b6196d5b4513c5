"""The OpenAPI 3.1 document, made from the table of endpoints and from the models that check requests and build answers.

What an operator may set (which locations, plans and images are allowed) stands in it as this app has it.
"""

import re
from collections.abc import Iterator
from typing import Any

from shared.domain.registries.registry_spec import Policy
from shared.triggers.answer_models.errors import ErrorAnswer
from shared.triggers.endpoint import ENDPOINTS, Body, Endpoint
from shared.triggers.examples.answers import example
from shared.triggers.examples.errors import error_example
from shared.triggers.openapi_schemas import Schemas, models_of
from shared.triggers.parsing import API_VERSIONS

type Json = dict[str, Any]

_INTRODUCTION = """\
A control plane for private Docker registries. Every mutation can be sent twice; long work is an operation to wait for.

Two answers are the Functions host's own, with no body: `401` for a missing or wrong key, and `404` for a path or
a method that no function takes."""
_ERRORS = {
    400: "The request is not valid: every bad field is named in `details`. Nothing was changed.",
    401: "Nobody is known by the cookie or by App Service authentication. Not the host's own, which has no body.",
    403: "The caller's role does not allow this.",
    404: "There is no such thing. With an empty body it is the host's own: no function takes this path and method.",
    409: "The present state does not allow it; `error.code` says why.",
    410: "What it was about is gone.",
    412: "It is not in the version that the condition names.",
    413: "The body is too large.",
    415: "The body is not of a type that is read here.",
    429: "The caller has sent too many of these within a minute.",
    503: "Something that the control plane needs does not answer. Send the same request again.",
}
_TURNED_AWAY = {
    401: "The signature is missing, wrong or old, or it was used before. The body is empty.",
    429: "Too many of those within a minute. The body is empty.",
}
_MEANINGS = {
    200: "As asked.",
    201: "Created.",
    202: "Accepted: the operation says when it is done.",
    204: "There is nothing.",
    303: "The link's token is a cookie now; the page is where `Location` says.",
}


def document(policy: Policy, base: str) -> Json:
    """The whole document. `base` is where callers reach the app."""
    endpoints = sorted(ENDPOINTS.values(), key=lambda each: (each.route, each.method))
    schemas = Schemas(endpoints, policy)
    paths: Json = {}
    for each in endpoints:
        paths.setdefault(f"/api/{each.route}", {})[each.method.lower()] = _operation(each, schemas)
    errors = {
        str(status): {"description": meaning, **_content(ErrorAnswer, schemas, error_example(status))}
        for status, meaning in sorted(_ERRORS.items())
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Berthage", "version": API_VERSIONS[-1], "description": _INTRODUCTION},
        "servers": [{"url": base}],
        "security": [{"functionKey": []}],
        "paths": paths,
        "components": {
            "responses": errors,
            "schemas": schemas.reachable_from([paths, errors]),
            "securitySchemes": {
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: Schemas) -> Json:
    summary, _, more = endpoint.summary.partition(": ")
    operation: Json = {
        "operationId": endpoint.name,
        "tags": [endpoint.topic],
        "summary": summary.rstrip("."),
        "description": more[:1].upper() + more[1:] if more else endpoint.summary,
        "parameters": list(_parameters(endpoint, schemas)),
        "responses": dict(_responses(endpoint, schemas)),
    }
    if body := schemas.body_of(endpoint):
        operation["requestBody"] = body
    if endpoint.needs is None:
        operation["security"] = []
    return operation


def _parameters(endpoint: Endpoint, schemas: Schemas) -> Iterator[Json]:
    properties = schemas.properties_of(endpoint.asks)
    for name in re.findall(r"{(\w+)}", endpoint.route):
        yield {"name": name, "in": "path", "required": True, "schema": properties[name]}
    query = schemas.part(endpoint, "query")
    for name, schema in query.get("properties", {}).items():
        yield _parameter(name, "query", schema, required=name in query.get("required", ()))
    version = {"type": "string", "enum": list(API_VERSIONS)}
    yield _parameter(
        "api-version", "query", version | {"description": "Absent: the oldest that is supported."}
    )
    if endpoint.writes:
        for name, schema in schemas.part(endpoint, "headers").get("properties", {}).items():
            yield _parameter(name, "header", schema)


def _parameter(name: str, where: str, schema: Json, *, required: bool = False) -> Json:
    """An absent parameter is absent: `null` can't be sent in a query or a header."""
    plain = {key: value for key, value in schema.items() if key not in {"title", "default", "description"}}
    choices = [each for each in plain.pop("anyOf", []) if each.get("type") != "null"]
    merged = {**(choices[0] if choices else {}), **plain}
    found: Json = {"name": name, "in": where, "schema": merged}
    if required:
        found["required"] = True
    if description := schema.get("description"):
        found["description"] = description
    return found


def _responses(endpoint: Endpoint, schemas: Schemas) -> Iterator[tuple[str, Json]]:
    for status, body in endpoint.answers.items():
        content = _content(body, schemas, example_of(endpoint, status))
        yield str(status), {"description": _MEANINGS[status], **content, **_links(body)}
    if endpoint.needs:
        yield "401", {"description": "The host's own: the key is missing or wrong. The body is empty."}
    if endpoint.door:
        meanings = {**_TURNED_AWAY, **{status: _ERRORS[status] for status in endpoint.fails}}
        yield from ((str(status), {"description": meanings[status]}) for status in sorted(meanings))
        return
    for status in sorted({*endpoint.fails, *_errors_of_all(endpoint)}):
        yield str(status), _refusal(status, is_page=endpoint.is_page)


def _refusal(status: int, *, is_page: bool) -> Json:
    if not is_page:
        return {"$ref": f"#/components/responses/{status}"}
    return {"description": _ERRORS[status], "content": {"text/html": {"schema": _text("text/html")}}}


def _errors_of_all(endpoint: Endpoint) -> Iterator[int]:
    yield 400
    if endpoint.needs and endpoint.needs.role:
        yield from (403, 503)
    if endpoint.writes:
        yield 429
    if endpoint.takes_body:
        yield from (413, 415)


def example_of(endpoint: Endpoint, status: int) -> Json | None:
    """An answer as an example, if it is a model. Where a new thing is another status, only that one has a secret."""
    models = models_of(endpoint.answers[status])
    if not models:
        return None
    makes_one = endpoint.shows_secret and endpoint.method != "PATCH" and status == max(endpoint.answers)
    return example(models[0], shows_secret=makes_one)


def _content(body: Body, schemas: Schemas, shown: Json | None) -> Json:
    if body is None:
        return {}
    texts = [each for each in body if isinstance(each, str)] if isinstance(body, tuple) else []
    content: Json = {media_type: {"schema": _text(media_type)} for media_type in texts}
    if refs := [schemas.ref(model) for model in models_of(body)]:
        schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
        content["application/json"] = {"schema": schema} | ({"example": shown} if shown else {})
    return {"content": content}


def _links(body: Body) -> Json:
    """Where the work can be followed that the answer names."""
    if not any("operation" in model.model_fields for model in models_of(body)):
        return {}
    parameters = {"operation": "$response.body#/operation/id"}
    return {"links": {"operation": {"operationId": "get_operation", "parameters": parameters}}}


def _text(media_type: str) -> Json:
    return {"type": "object" if media_type == "application/json" else "string"}
