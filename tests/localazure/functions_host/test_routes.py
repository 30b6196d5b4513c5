"""Route templates, and which function a request goes to."""

import pytest

from localazure.functions_host.errors import StartError
from localazure.functions_host.functions import AuthLevel, Function, HttpTrigger
from localazure.functions_host.routes import Router, RouteTemplate, decode_path


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/items", "/api/items", {}),
        ("api/items", "/API/Items/", {}),
        ("api/items", "/api/item", None),
        ("items/{id}", "/items/7", {"id": "7"}),
        ("items/{id}", "/items/", None),
        ("items/{id}", "/items/7/8", None),
        ("items/{id?}", "/items", {}),
        ("items/{id=3}", "/items", {"id": "3"}),
        ("items/{id=3}", "/items/4", {"id": "4"}),
        ("files/{*path}", "/files/a/b.c", {"path": "a/b.c"}),
        ("files/{**path}", "/files", {}),
        ("{name}.{extension}", "/report.json", {"name": "report", "extension": "json"}),
        ("{name}.{extension}", "/report", None),
        ("{a}/{b:int:min(3)}", "/x/3", {"a": "x", "b": "3"}),
        ("{a}/{b:int:min(3)}", "/x/2", None),
        ("{a:alpha}", "/abc", {"a": "abc"}),
        ("{a:alpha}", "/ab1", None),
        ("{a:length(2)}", "/abc", None),
        ("{a:length(2,4)}", "/abc", {"a": "abc"}),
        ("{a:maxlength(2)}", "/abc", None),
        ("{a:range(1,9)}", "/10", None),
        ("{a:bool}", "/True", {"a": "True"}),
        ("{a:guid}", "/2f1c7d0e-8a1b-4c3d-9e5f-0123456789ab", {"a": "2f1c7d0e-8a1b-4c3d-9e5f-0123456789ab"}),
        ("{a:guid}", "/2f1c7d0e", None),
        ("{a:regex(^[a-z]{{2}}$)}", "/ab", {"a": "ab"}),
        ("{a:regex(^[a-z]{{2}}$)}", "/abc", None),
        ("a.b/{c}", "/aXb/1", None),
    ],
)
def test_what_a_template_matches(template: str, path: str, values: dict[str, str] | None) -> None:
    assert RouteTemplate(template).match(path) == values


@pytest.mark.parametrize("template", ["{}", "{a:never}", "{a:min(x)}", "{a:min()}", "{a:int", "{a:regex([)}"])
def test_a_template_that_cannot_be_read_names_the_function(template: str) -> None:
    with pytest.raises(StartError, match="function 'broken'"):
        Router([_function("broken", template)], "api")


def test_the_first_function_by_name_wins_and_a_hidden_one_is_told() -> None:
    functions = [
        _function("a_show", "items/{id}"),
        _function("b_recent", "items/recent"),
        _function("c", "other"),
    ]
    router = Router(functions, "api")
    found = router.find("GET", "/api/items/recent")
    assert found is not None
    assert found[0].name == "a_show"
    assert [line.split(":")[0] for line in router.shadowed()] == [
        "function 'b_recent' never gets GET /api/items/recent"
    ]


def test_functions_with_other_methods_share_a_route() -> None:
    router = Router([_function("a", "items", "GET"), _function("b", "items", "PUT")], "")
    found = router.find("PUT", "/items")
    assert found is not None
    assert found[0].name == "b"
    assert router.find("DELETE", "/items") is None
    assert router.shadowed() == []


@pytest.mark.parametrize("route", ["admin/things", "Runtime/x"])
def test_the_hosts_own_paths_are_reserved(route: str) -> None:
    with pytest.raises(StartError, match="conflicts with one of the host's own"):
        Router([_function("mine", route)], "")


def test_an_encoded_slash_stays_in_its_segment() -> None:
    assert decode_path("/a%2fb/%40c%C3%BC") == "/a%2Fb/@cü"


def _function(name: str, route: str, *methods: str) -> Function:
    trigger = HttpTrigger(route, frozenset(methods) or None, AuthLevel.ANONYMOUS)
    return Function(name, name, "req", trigger)
