"""A registry's fields: what may be asked for, and how a request changes what is wanted."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.errors import ApiError
from shared.domain.registries.registry import Desired, StorageReplication
from shared.domain.registries.registry_spec import RegistryPatch, RegistrySpec, defaults, merge
from shared.domain.registries.tags import MAX_TAGS
from tests.unit.domain.examples import desired


@dataclass(frozen=True)
class Rules:
    """A policy with other values than the settings' defaults."""

    default_location: str = "northeurope"
    allowed_locations: tuple[str, ...] = ("northeurope", "eastus")
    default_sku: str = "B2"
    allowed_skus: tuple[str, ...] = ("B2", "S1")
    default_image: str = "registry:3.0.0"
    allowed_images: tuple[str, ...] = ("registry:3.0.0", "registry:2.8.3")
    default_storage_replication: StorageReplication = "ZRS"
    soft_delete_days: float = 3


RULES = Rules()
DEFAULT = defaults(RULES)
PRESENT = Desired(
    location="eastus",
    sku="S1",
    image="registry:2.8.3",
    storage_replication="GRS",
    delete_enabled=True,
    log_level="warn",
    allowed_ip_ranges=["198.51.100.0/24"],
    tags={"team": "payments"},
)


def spec(body: dict[str, Any]) -> RegistrySpec:
    """`body` as a request brings it: camelCase, checked against the policy."""
    return RegistrySpec.model_validate(body, context=RULES)


def patch(body: dict[str, Any]) -> RegistryPatch:
    return RegistryPatch.model_validate(body, context=RULES)


def refusal(body: dict[str, Any]) -> list[dict[str, Any]]:
    with pytest.raises(ValidationError) as refused:
        spec(body)
    return [dict(problem) for problem in refused.value.errors()]


def test_a_create_without_a_body_gets_the_policy_s_defaults() -> None:
    assert merge(spec({}), DEFAULT, DEFAULT) == Desired(
        location="northeurope",
        sku="B2",
        image="registry:3.0.0",
        storage_replication="ZRS",
        delete_enabled=False,
        placement="dedicated",
        tags={},
    )


# One row for each field: as sent, what it becomes, and what null makes of it.
FIELDS: list[tuple[str, str, Any, Any]] = [
    ("location", "location", "northeurope", "northeurope"),
    ("sku", "sku", "B2", "B2"),
    ("image", "image", "registry:3.0.0", "registry:3.0.0"),
    ("storageReplication", "storage_replication", "LRS", "ZRS"),
    ("deleteEnabled", "delete_enabled", False, False),
    ("readOnly", "read_only", True, False),
    ("logLevel", "log_level", "debug", "info"),
    ("allowedIpRanges", "allowed_ip_ranges", ["203.0.113.0/24"], None),
    ("placement", "placement", "dedicated", "dedicated"),
    ("tags", "tags", {"cost": "42"}, {}),
]


def test_every_field_stands_in_the_table() -> None:
    assert {field for _, field, _, _ in FIELDS} == set(RegistrySpec.model_fields) == set(Desired.model_fields)
    assert set(RegistryPatch.model_fields) == set(RegistrySpec.model_fields)


@pytest.mark.parametrize(("sent", "field", "value", "reset"), FIELDS, ids=[row[0] for row in FIELDS])
def test_an_absent_field_keeps_its_value_null_resets_it_and_a_value_sets_it(
    sent: str, field: str, value: Any, reset: Any
) -> None:
    assert merge(spec({}), PRESENT, DEFAULT) == PRESENT
    assert merge(spec({sent: value}), PRESENT, DEFAULT) == PRESENT.model_copy(update={field: value})
    assert merge(spec({sent: None}), PRESENT, DEFAULT) == PRESENT.model_copy(update={field: reset})


@pytest.mark.parametrize(
    ("sent", "field", "value", "reset"), FIELDS[:-1], ids=[row[0] for row in FIELDS[:-1]]
)
def test_a_patch_says_of_every_other_field_what_a_put_says(
    sent: str, field: str, value: Any, reset: Any
) -> None:
    for given_value, becomes in ((value, value), (None, reset)):
        patched = merge(patch({sent: given_value}), PRESENT, DEFAULT)
        assert patched == PRESENT.model_copy(update={field: becomes})


@pytest.mark.parametrize(
    ("changes", "tags"),
    [
        ({}, {"team": "payments"}),
        ({"cost": "42"}, {"team": "payments", "cost": "42"}),
        ({"team": "search"}, {"team": "search"}),
        ({"team": None}, {}),
        ({"team": None, "cost": "42"}, {"cost": "42"}),
        ({"never": None}, {"team": "payments"}),
        (None, {}),
    ],
)
def test_a_patch_changes_single_tags(changes: Any, tags: dict[str, str]) -> None:
    assert merge(patch({"tags": changes}), PRESENT, DEFAULT).tags == tags


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"Team": "x"}, "Team, team"),
        ({f"tag{number}": "" for number in range(MAX_TAGS)}, "16 of them"),
    ],
)
def test_a_patch_that_does_not_fit_to_the_tags_that_are_there_is_refused(changes: Any, named: str) -> None:
    with pytest.raises(ApiError) as refused:
        merge(patch({"tags": changes}), PRESENT, DEFAULT)
    assert (refused.value.status, refused.value.code, refused.value.target) == (409, "TagsDoNotFit", "tags")
    assert named in refused.value.message


def test_a_reset_takes_the_default_of_today() -> None:
    later = defaults(Rules(default_sku="S1"))
    assert merge(spec({"sku": None}), desired(sku="B2"), later).sku == "S1"


def test_tags_are_replaced_as_a_whole() -> None:
    assert merge(spec({"tags": {"cost": "42"}}), PRESENT, DEFAULT).tags == {"cost": "42"}


bodies = st.fixed_dictionaries(
    {},
    optional={
        "location": st.sampled_from([None, "northeurope", "eastus"]),
        "sku": st.sampled_from([None, "B2", "S1"]),
        "storageReplication": st.sampled_from([None, "LRS", "ZRS"]),
        "deleteEnabled": st.sampled_from([None, True, False]),
        "tags": st.none()
        | st.dictionaries(st.text("abc", min_size=1), st.text("xyz ü-", max_size=5), max_size=3),
    },
)


@given(bodies)
def test_the_same_request_again_changes_nothing(body: dict[str, Any]) -> None:
    once = merge(spec(body), PRESENT, DEFAULT)
    assert merge(spec(body), once, DEFAULT) == once


@pytest.mark.parametrize(
    ("field", "value", "setting", "allowed"),
    [
        ("location", "mars", "ALLOWED_LOCATIONS", "northeurope, eastus"),
        ("sku", "P9", "ALLOWED_SKUS", "B2, S1"),
        ("image", "evil/image:1", "ALLOWED_IMAGES", "registry:3.0.0, registry:2.8.3"),
        ("image", "registry:3.0.0 ", "ALLOWED_IMAGES", "registry:3.0.0"),
        ("image", "Registry:3.0.0", "ALLOWED_IMAGES", "registry:3.0.0"),
        ("sku", "", "ALLOWED_SKUS", "B2"),
    ],
)
def test_what_the_policy_forbids_is_refused_with_the_setting_and_what_it_allows(
    field: str, value: str, setting: str, allowed: str
) -> None:
    [problem] = refusal({field: value})
    assert problem["type"] == "NotAllowed"
    assert problem["loc"] == (field,)
    assert setting in problem["ctx"]["fix"]
    assert allowed in problem["ctx"]["fix"]


def test_every_bad_field_is_named_at_once() -> None:
    body = {
        "location": "mars", "sku": "P9", "image": "evil", "storageReplication": "RAID", "deleteEnabled": "yes",
        "placement": "cloud", "tags": {"berthage-uid": "x"}, "colour": "red",
        "readOnly": "no", "logLevel": "trace", "allowedIpRanges": "10.0.0.0/8",
    }  # fmt: skip
    assert {problem["loc"][0] for problem in refusal(body)} == set(body)


@pytest.mark.parametrize(
    "body",
    [
        {"location": 1},
        {"deleteEnabled": 1},
        {"deleteEnabled": "true"},
        {"tags": ["a"]},
        {"tags": {"a": 1}},
        {"tags": {"a": None}},
        {"sku": ["B2"]},
        {"storage_replication": "LRS", "storageReplication": "ZRS"},
    ],
)
def test_a_value_of_another_kind_is_refused(body: dict[str, Any]) -> None:
    assert refusal(body)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"team": "payments"},
        {"a": ""},
        {"n" * 128: "v" * 256},
        {"hidden-title": "x", "with space": "y", "ä": "ö"},
        {f"tag{number}": "" for number in range(MAX_TAGS)},
        {"my-berthage-tag": "x"},
    ],
)
def test_tags_that_azure_takes_are_taken(tags: dict[str, str]) -> None:
    assert spec({"tags": tags}).tags == tags


@pytest.mark.parametrize(
    ("tags", "named"),
    [
        ({"": "x"}, "can't be used"),
        ({"n" * 129: "x"}, "nnn"),
        ({"value": "v" * 257}, "value"),
        *(({f"a{character}b": "x"}, f"a{character}b") for character in "<>%&\\?/"),
        ({"berthage-uid": "x"}, "berthage-uid"),
        ({"Berthage-Registry": "x"}, "Berthage-Registry"),  # Azure does not tell case apart in names
        ({"Team": "a", "team": "b"}, "Team, team"),
        ({f"tag{number}": "" for number in range(MAX_TAGS + 1)}, "16 of them"),
    ],
)
def test_tags_that_azure_refuses_or_that_are_ours_are_refused(tags: dict[str, str], named: str) -> None:
    [problem] = refusal({"tags": tags})
    assert problem["type"] == "InvalidTags"
    assert named in problem["msg"]
    assert f"At most {MAX_TAGS}" in problem["ctx"]["fix"]
