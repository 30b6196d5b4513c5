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


def test_operators_see_what_they_allow() -> None:
    mine = DEFAULTS.model_copy(update={"allowed_skus": ("B1", "P9v9")})
    spec = document(mine, DEFAULTS.public_url)["components"]["schemas"]["RegistrySpec"]
    assert spec["properties"]["sku"]["enum"] == ["B1", "P9v9", None]
