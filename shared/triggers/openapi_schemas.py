"""The JSON schemas of all requests and answers, as pydantic derives them from the models."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.domain.registries.registry_spec import SETTING, Policy
from shared.triggers.answer_models.base import View
from shared.triggers.answer_models.errors import ErrorAnswer
from shared.triggers.endpoint import Body, Endpoint

type Json = dict[str, Any]

PREFIX = "#/components/schemas/"
REF = f"{PREFIX}{{model}}"


class Schemas:
    """The schemas of all models, as pydantic derives them."""

    def __init__(self, endpoints: Sequence[Endpoint], policy: Policy) -> None:
        answers = {model for each in endpoints for body in each.answers.values() for model in models_of(body)}
        models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
            (each.asks, "validation") for each in endpoints
        ]
        models += [(answer, "serialization") for answer in answers]
        models.append((ErrorAnswer, "serialization"))
        refs, found = models_json_schema(models, by_alias=True, ref_template=REF)
        self._refs: dict[Any, dict[str, str]] = dict(refs)
        self._all: Json = found["$defs"]
        _tell_settings(self._all, policy)

    def properties_of(self, model: type[BaseModel]) -> Json:
        """Of a request."""
        properties: Json = self._at(self._refs[model, "validation"])["properties"]
        return properties

    def part(self, endpoint: Endpoint, name: str) -> Json:
        """The schema of a request's query, headers or body."""
        return self._at(self.properties_of(endpoint.asks)[name])

    def ref(self, model: type[View]) -> Json:
        """Where an answer's schema stands."""
        return {"$ref": self._refs[model, "serialization"]["$ref"]}

    def body_of(self, endpoint: Endpoint) -> Json | None:
        """What may be sent. A file has to be there, and so has whatever has a field that must be sent."""
        if not endpoint.takes_body:
            return None
        request = self._at(self._refs[endpoint.asks, "validation"])
        body = request["properties"]["body"]
        if "$ref" not in body:
            body.pop("default", None)
            return {"required": True, "content": {endpoint.media_types[0]: {"schema": body}}}
        ref = {"$ref": body["$ref"]}
        needed = {"required": True} if "body" in request.get("required", ()) else {}
        return {**needed, "content": {media_type: {"schema": ref} for media_type in endpoint.media_types}}

    def reachable_from(self, parts: list[Json]) -> Json:
        """The schemas that the document needs, in the order of their names."""
        needed, open_ends = set[str](), list(_references(parts))
        while open_ends:
            name = open_ends.pop()
            if name not in needed:
                needed.add(name)
                open_ends += _references(self._all[name])
        return {name: self._all[name] for name in sorted(needed)}

    def _at(self, holder: Json) -> Json:
        found: Json = self._all[holder["$ref"].rpartition("/")[2]]
        return found


def models_of(body: Body) -> list[type[View]]:
    """Those that an answer may be."""
    several = body if isinstance(body, tuple) else (body,)
    return [each for each in several if isinstance(each, type)]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if str(value.get("$ref", "")).startswith(PREFIX):
            yield value["$ref"].removeprefix(PREFIX)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def _tell_settings(schemas: Json, policy: Policy) -> None:
    """A field that takes one of a setting's values has them as its `enum`."""
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if setting := field.pop(SETTING, None):
                field["enum"] = [*getattr(policy, setting), None]
