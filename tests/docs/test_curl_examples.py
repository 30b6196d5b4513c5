"""Every HTTP function has an example in bash that calls it. tests/e2e/test_documentation.py runs them."""

import pytest

from shared.triggers.endpoint import ENDPOINTS, Endpoint
from tests.docs.curl_examples import HEADING, SOURCE, CurlExample, curl_examples, preamble


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_every_endpoint_has_an_example_that_calls_it(endpoint: Endpoint) -> None:
    request = f'curl ... -X {endpoint.method} "$API/{endpoint.route}"'
    say = (
        f"docs/{SOURCE.name} needs a section `{HEADING}{endpoint.name}` with {request}, then run scripts/docs"
    )
    assert endpoint.name in curl_examples(), say
    assert curl_examples()[endpoint.name].calls(endpoint.method, endpoint.route), say


def test_no_example_is_left_of_a_function_that_is_gone() -> None:
    assert curl_examples().keys() <= ENDPOINTS.keys()


def test_they_begin_with_what_authorizes_them() -> None:
    assert preamble() == 'auth=(-H "x-functions-key: $KEY" -H "Content-Type: application/json")'


@pytest.mark.parametrize(
    ("text", "method", "route"),
    [
        ('curl -sS "$API/health"', "GET", "health"),
        ("curl -X PUT \"$API/registries/demo?dryRun=true\" -d '{}'", "PUT", "registries/{registry}"),
        ('id=$(jq -r .id a)\ncurl "$API/operations/$id?wait=3"', "GET", "operations/{operation}"),
        ('curl "$API/x" | cat\ncurl -X POST \\\n  "$API/y/z/w"', "POST", "y/{name}/w"),
    ],
)
def test_a_request_is_found_in_an_example(text: str, method: str, route: str) -> None:
    assert CurlExample("it", text).calls(method, route)


@pytest.mark.parametrize(
    "text",
    [
        'curl "$API/registries/demo"',
        'curl -X PUT "$API/registries"',
        'curl -X PUT "$API/registries/a/users/b"',
    ],
)
def test_another_request_is_none(text: str) -> None:
    assert not CurlExample("it", text).calls("PUT", "registries/{registry}")
