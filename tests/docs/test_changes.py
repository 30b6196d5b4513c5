"""The columns `changeable?` and `restarts the site?` of docs/api.md say what the rules and the plan say."""

import pytest

from tests.docs.changes import change_of
from tests.docs.generated import DEFAULTS

BOOLEAN = {"anyOf": [{"type": "boolean"}, {"type": "null"}]}
TAGS = {"anyOf": [{"type": "object"}, {"type": "null"}]}


def one_of(*values: str) -> dict[str, object]:
    return {"anyOf": [{"type": "string"}, {"type": "null"}], "enum": [*values, None]}


@pytest.mark.parametrize(
    ("name", "field", "changeable", "restarts"),
    [
        ("location", one_of("westeurope", "northeurope"), "no", None),
        ("sku", one_of("B1", "S1"), "yes", True),
        ("image", one_of("registry:2.8.3", "registry:3.0.0"), "within one major version", True),
        ("image", one_of("registry:2.8.3"), "yes", True),
        (
            "storageReplication",
            one_of("LRS", "ZRS", "GRS", "GZRS"),
            "only among `GRS` `LRS`; or `GZRS` `ZRS`",
            False,
        ),
        ("deleteEnabled", BOOLEAN, "yes", True),
        ("tags", TAGS, "yes", False),
    ],
)
def test_it_says_of_a_field(
    name: str, field: dict[str, object], changeable: str, restarts: bool | None
) -> None:
    change = change_of(DEFAULTS, name, field)
    assert (change.changeable, change.restarts) == (changeable, restarts)
