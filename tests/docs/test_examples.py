"""The examples in the OpenAPI document are what the API really answers, as far as one can tell without running it."""

import json
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest
from jsonschema import Draft202012Validator

from shared.domain.errors import ApiError
from shared.triggers.answer_models.base import View
from shared.triggers.endpoint import ENDPOINTS, Endpoint
from shared.triggers.examples.answers import EXAMPLES
from shared.triggers.examples.errors import ERRORS
from shared.triggers.openapi import document, example_of
from shared.triggers.parsing import parse
from shared.triggers.request_models.registries import PutRegistryRequest
from tests.docs.generated import DEFAULTS

DOCUMENT = document(DEFAULTS, DEFAULTS.public_url)


def media_types() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                for media_type in answer.get("content", {}).values():
                    yield f"{operation['operationId']} {status}", media_type
    for status, answer in DOCUMENT["components"]["responses"].items():
        yield status, answer["content"]["application/json"]


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_every_answer_that_is_a_model_has_an_example(endpoint: Endpoint) -> None:
    for status, body in endpoint.answers.items():
        if isinstance(body, type):
            assert example_of(endpoint, status), (
                f"add `{body.__name__}: {{...}}` to EXAMPLES in shared/triggers/examples/answers.py, "
                "then run scripts/docs"
            )


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_an_example_has_all_fields_and_no_others(model: type[View]) -> None:
    assert model.model_validate(EXAMPLES[model]).plain() == EXAMPLES[model]


@pytest.mark.parametrize("status", DOCUMENT["components"]["responses"])
def test_every_error_has_an_example(status: str) -> None:
    assert ERRORS[int(status)].status == int(status)


@pytest.mark.parametrize(
    "media_type",
    [pytest.param(found, id=where) for where, found in media_types() if "example" in found],
)
def test_an_example_is_what_its_schema_says(media_type: dict[str, Any]) -> None:
    schema = {**media_type["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        media_type["example"]
    )


def test_only_what_makes_a_secret_shows_one() -> None:
    shown = {where for where, found in media_types() if '"password"' in json.dumps(found.get("example"))}
    assert shown == {"create_or_update_user 201", "rotate_user 200", "reveal_password 200"}


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"sku": "X9", "deleteEnabled": "maybe"}', "application/json", 400),
        (b"x" * 70_123, "application/json", 413),
        (b"x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_an_error_in_the_document_is_the_one_that_a_caller_gets(
    content: bytes, media_type: str, status: int
) -> None:
    request = func.HttpRequest(
        "PUT",
        "https://berthage.example/api/registries/demo",
        headers={"Content-Type": media_type},
        params={},
        route_params={"registry": "demo"},
        body=content,
    )
    with pytest.raises(ApiError) as refused:
        parse(PutRegistryRequest, request, DEFAULTS)
    assert vars(refused.value) == vars(ERRORS[status])
