"""What is generated in docs/ is what the code says now."""

from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.triggers.endpoint import ENDPOINTS
from shared.triggers.openapi import document
from tests.docs.generated import DEFAULTS, files


@pytest.mark.parametrize(("path", "content"), list(files()), ids=lambda value: getattr(value, "name", ""))
def test_it_is_up_to_date(path: Path, content: str) -> None:
    assert path.read_text(encoding="utf-8") == content, "run scripts/docs"


def test_the_document_is_valid_openapi_and_has_every_endpoint() -> None:
    openapi = document(DEFAULTS, DEFAULTS.public_url)
    OpenAPIV31SpecValidator(openapi).validate()
    names = [operation["operationId"] for path in openapi["paths"].values() for operation in path.values()]
    assert sorted(names) == sorted(ENDPOINTS)


def test_every_endpoint_says_in_one_sentence_what_it_does() -> None:
    for endpoint in ENDPOINTS.values():
        assert endpoint.summary.endswith("."), endpoint.name
        assert len(endpoint.summary.partition(":")[0]) < 80, endpoint.name


@pytest.mark.parametrize(
    ("path", "method", "required"),
    [
        ("/api/registries/{registry}/health/mute", "post", True),
        ("/api/registries/{registry}/users/import", "post", True),
        ("/api/registries/{registry}", "put", False),
    ],
)
def test_a_body_without_which_nothing_can_be_done_is_required(path: str, method: str, required: bool) -> None:
    body = document(DEFAULTS, DEFAULTS.public_url)["paths"][path][method]["requestBody"]
    assert body.get("required", False) is required


def test_operators_see_what_they_allow() -> None:
    mine = DEFAULTS.model_copy(update={"allowed_skus": ("B1", "P9v9")})
    spec = document(mine, DEFAULTS.public_url)["components"]["schemas"]["RegistrySpec"]
    assert spec["properties"]["sku"]["enum"] == ["B1", "P9v9", None]
