"""Lists of operations: every one once, in one order, and no look at a registry that nobody asked about."""

import pytest

from shared.domain.operations import Operation, Status
from shared.services.operations.reader import MOST_REGISTRIES
from tests.unit.services.rig import Rig


@pytest.fixture
def rig() -> Rig:
    """Three registries; `bravo` has more to tell."""
    rig = Rig()
    for name in ("alpha", "bravo", "charlie"):
        rig.create(name)
    rig.put("bravo", sku="S1")
    rig.drain()
    rig.put("charlie", sku="S1")
    return rig


def everything(
    rig: Rig,
    size: int,
    registry: str | None = None,
    status: Status | None = None,
    hidden: str = "",
) -> list[Operation]:
    found, after = list[Operation](), ""
    while True:
        page, then = rig.operations.page(after, size, lambda name: name != hidden, registry, status)
        assert len(page) <= size
        found += page
        if then is None:
            return found
        assert then != after, "it goes on for ever"
        after = then


def places(found: list[Operation]) -> list[tuple[str, str]]:
    return [(each.registry, each.kind.value) for each in found]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_all_of_them_come_once_by_registry(rig: Rig, size: int) -> None:
    found = everything(rig, size)
    assert [each.id for each in found] == sorted(each.id for each in found)
    assert [each.registry for each in found] == ["alpha", "bravo", "bravo", "charlie", "charlie"]


@pytest.mark.parametrize("size", [1, 100])
def test_one_registrys_come_alone(rig: Rig, size: int) -> None:
    found = everything(rig, size, "bravo")
    assert sorted(places(found)) == [("bravo", "CreateRegistry"), ("bravo", "UpdateRegistry")]
    assert everything(rig, size, "nowhere") == []


@pytest.mark.parametrize("size", [1, 100])
def test_they_can_be_asked_by_status(rig: Rig, size: int) -> None:
    assert places(everything(rig, size, status=Status.NOT_STARTED)) == [("charlie", "UpdateRegistry")]
    assert len(everything(rig, size, status=Status.SUCCEEDED)) == 4
    assert everything(rig, size, status=Status.FAILED) == []


def test_what_may_not_be_read_is_not_there(rig: Rig) -> None:
    assert {each.registry for each in everything(rig, 1, hidden="bravo")} == {"alpha", "charlie"}
    assert everything(rig, 1, "bravo", hidden="bravo") == []


def test_many_registries_are_more_than_one_page(rig: Rig) -> None:
    for number in range(MOST_REGISTRIES):
        rig.capacity.remember(f"aa-{number}")
    page, after = rig.operations.page("", 100, lambda _: True)
    assert (page, bool(after)) == ([], True)
    assert len(everything(rig, 100)) == 5


@pytest.mark.parametrize("token", [".", "a.b.c", "@@", "bravo.", ".x", "zulu", "_users.x"])
@pytest.mark.parametrize("registry", [None, "bravo"])
def test_any_token_is_a_place(rig: Rig, token: str, registry: str | None) -> None:
    page, _ = rig.operations.page(token, 100, lambda _: True, registry)
    assert len(page) <= 5
