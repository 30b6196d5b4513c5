"""The vocabulary of resources: where a secret goes, and that it goes nowhere else."""

import json

import pytest

from shared.domain.resources.resource import ACCOUNT_KEY, HTTP_SECRET, Placeholder, fill, has_placeholder
from tests.unit.domain.bodies import SECRETS, body, leaves, nodes
from tests.unit.domain.examples import registry


def test_no_body_shows_a_secret_and_only_the_site_has_a_place_for_one() -> None:
    for step, node in nodes().items():
        places = [path for path, value in leaves(node.body or {}) if isinstance(value, Placeholder)]
        assert len(places) == (3 if step == "site" else 0), step
        assert has_placeholder(node.body) is bool(places)


def test_secrets_go_in_on_the_way_out_and_nothing_else_changes() -> None:
    before, after = dict(leaves(body("site"))), dict(leaves(fill(body("site"), SECRETS)))
    assert set(before) == set(after)
    changed = {path: after[path] for path in after if before[path] != after[path]}
    assert sorted(changed.values()) == sorted([SECRETS[ACCOUNT_KEY]] * 2 + [SECRETS[HTTP_SECRET]])
    assert not has_placeholder(fill(body("site"), SECRETS))


def test_filling_leaves_the_plan_itself_without_secrets() -> None:
    planned = body("site")
    text = json.dumps(planned)
    fill(planned, SECRETS)
    assert json.dumps(planned) == text
    assert SECRETS[ACCOUNT_KEY] not in text


@pytest.mark.parametrize("text", [ACCOUNT_KEY.value, HTTP_SECRET.value])
def test_a_tag_that_looks_like_a_placeholder_never_becomes_a_secret(text: str) -> None:
    filled = fill(body("site", registry(tags={"mine": text})), SECRETS)
    assert filled["tags"]["mine"] == text
    assert not has_placeholder(body("storageAccount", registry(tags={"mine": text})))


def test_a_secret_that_is_missing_is_an_error_and_not_a_site_with_a_placeholder() -> None:
    with pytest.raises(KeyError):
        fill(body("site"), {ACCOUNT_KEY: "key"})
