"""Which tags a filter finds. What a registry may carry is in test_registries."""

import pytest

from shared.domain.registries.tags import has_tag

TAGS = {"team": "payments", "Cost:Centre": "42:a", "empty": ""}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("team:payments", True),
        ("TEAM:payments", True),
        ("team:Payments", False),
        ("team:pay", False),
        ("team", True),
        ("tea", False),
        ("team:", False),
        ("empty:", True),
        ("empty", True),
        ("Cost:Centre:42:a", True),
        ("cost:centre", True),
        ("cost", False),
        ("payments", False),
        ("", False),
    ],
)
def test_a_tag_is_asked_for_by_name_or_by_name_and_value(asked: str, found: bool) -> None:
    assert has_tag(TAGS, asked) is found
