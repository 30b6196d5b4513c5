"""Checks recorded traffic against descriptions of Azure's API (OpenAPI 2.0).

The descriptions are in the folder that ARM_SPECS_DIR names. Schemas are open, so a misspelt name would pass a plain
validator: names that no schema declares are problems of their own.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

Json = dict[str, Any]

FOLDER = Path(os.environ.get("ARM_SPECS_DIR") or Path(__file__).parents[3] / "shared" / "arm-specs")

_PAGING = {"$skiptoken"}
_OPEN_ERRORS = {"Code", "Message", "Target", "Details", "Innererror"}
"""App Service's own error shape, which its description does not have."""


class Description:
    """One document; judges the traffic of the api-version that it describes."""

    def __init__(self, document: Json) -> None:
        self._answers = _definitions(document, in_answers=True)
        self._requests = _definitions(document, in_answers=False)
        self._operations = [
            (method.upper(), re.compile(_pattern(path), re.IGNORECASE), operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
        ]

    def problems(self, entry: Json) -> list[str] | None:
        """What is wrong with this recorded request and its answer; None if the operation is not described."""
        for method, pattern, operation in self._operations:
            if method == entry["method"] and (found := pattern.fullmatch(entry["path"])):
                return [*self._request(operation, entry, found.groupdict()), *self._answer(operation, entry)]
        return None

    def _request(self, operation: Json, entry: Json, path: Json) -> Iterator[str]:
        parameters = {p["name"]: p for p in operation.get("parameters", [])}
        query = {name: p for name, p in parameters.items() if p["in"] == "query"}
        for name in entry["query"].keys() - query.keys() - _PAGING:
            yield f"query parameter {name} is not declared"
        for name, parameter in parameters.items():
            where = parameter["in"]
            value = {"query": entry["query"], "path": path}.get(where, {}).get(name)
            if where == "body":
                yield from self._check(entry["body"], parameter["schema"], self._requests, "request")
            elif value is None and parameter.get("required"):
                yield f"{where} parameter {name} is missing"
            elif value is not None:
                yield from _simple(where, name, value, parameter)

    def _answer(self, operation: Json, entry: Json) -> Iterator[str]:
        status, body = entry["status"], entry["response_body"]
        declared = operation["responses"].get(str(status))
        if declared is None and status < 400:
            yield f"status {status} is not declared"
            return
        if declared is None and isinstance(body, dict) and body.keys() == _OPEN_ERRORS:
            return
        declared = declared or operation["responses"]["default"]
        for header in declared.get("headers", {}):
            if header.lower() not in entry["response_headers"]:
                yield f"header {header} is missing from the {status}"
        if "schema" in declared:
            yield from self._check(_without_null(body), declared["schema"], self._answers, f"answer {status}")

    def _check(self, value: Any, schema: Json, definitions: Json, what: str) -> Iterator[str]:
        validator = jsonschema.Draft4Validator({"allOf": [schema], "definitions": definitions})
        for error in validator.iter_errors(value):
            yield f"{what}: {error.json_path}: {error.message[:200]}"
        for name in _undeclared(value, schema, definitions, "$"):
            yield f"{what}: {name} is not declared"


def _definitions(document: Json, *, in_answers: bool) -> Json:
    return {name: _loosened(schema, in_answers) for name, schema in document["definitions"].items()}


def _loosened(schema: Any, in_answers: bool) -> Any:
    """Enums with `modelAsString` may grow; read-only names are required, and allowed, in answers alone."""
    if isinstance(schema, list):
        return [_loosened(item, in_answers) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: _loosened(value, in_answers) for name, value in schema.items()}
    if in_answers and isinstance(schema.get("x-ms-enum"), dict) and schema["x-ms-enum"].get("modelAsString"):
        result.pop("enum", None)
    properties = schema.get("properties")
    if not in_answers and isinstance(properties, dict):
        read_only = {n for n, p in properties.items() if isinstance(p, dict) and p.get("readOnly") is True}
        result["properties"] = {n: p for n, p in result["properties"].items() if n not in read_only}
        if required := [n for n in schema.get("required", []) if n not in read_only]:
            result["required"] = required
        else:
            result.pop("required", None)
    return result


def _undeclared(value: Any, schema: Json, definitions: Json, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _undeclared(item, schema.get("items", {}), definitions, f"{path}[{index}]")
    if not isinstance(value, dict):
        return
    properties, extra = _properties(schema, definitions)
    for name, inner in value.items():
        if name in properties:
            yield from _undeclared(
                inner, _resolved(properties[name], definitions), definitions, f"{path}.{name}"
            )
        elif isinstance(extra, dict):
            yield from _undeclared(inner, _resolved(extra, definitions), definitions, f"{path}.{name}")
        elif extra is None and properties:
            yield f"{path}.{name}"


def _properties(schema: Json, definitions: Json) -> tuple[Json, Any]:
    schema = _resolved(schema, definitions)
    properties, extra = dict(schema.get("properties", {})), schema.get("additionalProperties")
    for part in schema.get("allOf", []):
        inherited, more = _properties(part, definitions)
        properties = {**inherited, **properties}
        extra = extra if extra is not None else more
    return properties, extra


def _resolved(schema: Json, definitions: Json) -> Json:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
    return schema


def _simple(where: str, name: str, value: str, parameter: Json) -> Iterator[str]:
    if "enum" in parameter and value not in parameter["enum"]:
        yield f"{where} parameter {name}: {value} is none of {parameter['enum']}"
    if not parameter.get("minLength", 0) <= len(value) <= parameter.get("maxLength", 1000):
        yield f"{where} parameter {name}: {value} has a wrong length"
    if "pattern" in parameter and not re.search(parameter["pattern"], value):
        yield f"{where} parameter {name}: {value} does not match {parameter['pattern']}"


def _without_null(value: Any) -> Any:
    """Azure writes null for what is not there."""
    if isinstance(value, dict):
        return {name: _without_null(inner) for name, inner in value.items() if inner is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def _pattern(path: str) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
