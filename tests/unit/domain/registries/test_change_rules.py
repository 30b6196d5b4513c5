"""What a registry that is up can't become."""

from typing import Any, get_args

import pytest

from shared.domain.errors import ApiError
from shared.domain.registries.change_rules import check_change
from shared.domain.registries.registry import StorageReplication
from tests.unit.domain.examples import desired, registry

UP = registry().change(provisioned=True)
CHANGES: list[tuple[dict[str, Any], str, str, list[str]]] = [
    ({"location": "northeurope"}, "PropertyChangeNotAllowed", "location", ["westeurope", "skopeo"]),
    ({"image": "registry:3.0.0"}, "ImageChangeHidesData", "image", ["3 does not see what 2", "skopeo"]),
    ({"image": "registry:latest"}, "ImageChangeHidesData", "image", ["latest does not see"]),
    (
        {"storage_replication": "ZRS"},
        "PropertyChangeNotAllowed",
        "storageReplication",
        ["stored as LRS", "to ZRS", "into availability zones", "LRS and GRS", "storageReplication ZRS"],
    ),
]


@pytest.mark.parametrize(("change", "code", "target", "said"), CHANGES)
def test_the_reason_and_the_way_out_are_said(
    change: dict[str, Any], code: str, target: str, said: list[str]
) -> None:
    with pytest.raises(ApiError) as refused:
        check_change(UP, desired(**change))
    error = refused.value
    assert (error.status, error.code, error.target) == (409, code, target)
    assert all(words in f"{error.message} {error.fix}" for words in said), (error.message, error.fix)


@pytest.mark.parametrize("change", [row[0] for row in CHANGES])
def test_what_was_never_up_has_nothing_to_lose(change: dict[str, Any]) -> None:
    check_change(registry(), desired(**change))


DIRECT = {("LRS", "GRS"), ("GRS", "LRS"), ("ZRS", "GZRS"), ("GZRS", "ZRS")}
"""Microsoft Learn, "Change how a storage account is replicated": the cells without a conversion."""
KINDS: tuple[str, ...] = get_args(StorageReplication)


@pytest.mark.parametrize("before", KINDS)
@pytest.mark.parametrize("after", KINDS)
def test_an_update_adds_and_drops_a_region_but_not_zones(before: str, after: str) -> None:
    present = registry(storage_replication=before).change(provisioned=True)
    if before == after or (before, after) in DIRECT:
        check_change(present, desired(storage_replication=after))
        return
    with pytest.raises(ApiError) as refused:
        check_change(present, desired(storage_replication=after))
    assert refused.value.target == "storageReplication"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"image": "registry:2.9.0"},
        {"sku": "S1"},
        {"delete_enabled": True},
        {"read_only": True},
        {"log_level": "debug"},
        {"allowed_ip_ranges": []},
        {"tags": {"team": "x"}},
    ],
)
def test_everything_else_may_change(change: dict[str, Any]) -> None:
    check_change(UP, desired(**change))
