"""What carries our tags and belongs to nobody is told and never deleted; a registry without index entry gets one."""

import logging

import pytest

from shared.domain.errors import TemporaryError
from shared.domain.records import Delete
from shared.domain.resources.resource import Ref, Type
from tests.unit.services.rig import DRIFT_CHECK, NAME, Rig


@pytest.fixture
def rig(caplog: pytest.LogCaptureFixture) -> Rig:
    """A registry that is up."""
    caplog.set_level("INFO")
    rig = Rig()
    rig.create()
    rig.reconcile.run()
    return rig


def look(rig: Rig) -> None:
    rig.clock.advance(DRIFT_CHECK + 1)
    rig.reconcile.run()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    return sorted(line.split()[1].rstrip(":") for line in lines if line.startswith("orphan "))


def leave_behind(rig: Rig, name: str, uid: str) -> None:
    """A plan, which costs money whether or not a site runs on it."""
    tags = {"berthage-registry": name, "berthage-uid": uid}
    rig.azure.put(Ref(Type.PLAN, "left"), {"sku": {"name": "B1"}, "tags": tags, "properties": {}})


@pytest.mark.parametrize(
    ("name", "uid"), [("gone", "01GONE"), (NAME, "01ANOTHER"), ("not a\nname", "01GONE"), (NAME, "")]
)
def test_what_belongs_to_no_registry_is_told_with_a_way_out_and_stays(
    rig: Rig, caplog: pytest.LogCaptureFixture, name: str, uid: str
) -> None:
    leave_behind(rig, name, uid)
    look(rig)
    assert told(caplog) == [], "a list may lag behind a delete"
    look(rig)
    assert told(caplog) == ["Microsoft.Web/serverfarms/left"]
    assert "az resource delete --resource-type Microsoft.Web/serverfarms --name left" in caplog.text
    assert "orphans=1:Microsoft.Web/serverfarms/left" in caplog.text
    assert Ref(Type.PLAN, "left") in rig.resources()


def test_an_abandoned_name_of_a_registry_that_is_there_is_an_orphan(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    leave_behind(rig, NAME, rig.registry().uid)
    look(rig)
    look(rig)
    assert told(caplog) == ["Microsoft.Web/serverfarms/left"]


def test_what_is_in_use_or_being_made_or_nobody_of_ours_is_no_orphan(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig(looks=500)
    rig.azure.put(Ref(Type.PLAN, "theirs"), {"sku": {"name": "B1"}, "properties": {}})
    rig.put()
    rig.drain(600)
    assert rig.count(Type.PLAN) == 2
    for _ in range(3):
        look(rig)
    assert told(caplog) == []


def test_what_is_gone_at_the_second_look_is_forgotten(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    leave_behind(rig, "gone", "01GONE")
    look(rig)
    rig.azure.delete(Ref(Type.PLAN, "left"))
    look(rig)
    leave_behind(rig, "gone", "01GONE")
    look(rig)
    assert told(caplog) == []


def test_it_costs_three_lists_an_hour(rig: Rig) -> None:
    rig.wire.calls.clear()
    for _ in range(59):
        rig.clock.advance(60)
        rig.reconcile.run()
    assert [call for call in rig.wire.calls if call.name == "azure.all_of"] == []
    rig.clock.advance(120)
    rig.reconcile.run()
    assert sum(call.name == "azure.all_of" for call in rig.wire.calls) == 3


def test_a_refusal_is_tried_again_soon_and_stops_nothing_else(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    leave_behind(rig, "gone", "01GONE")
    look(rig)
    rig.azure.errors["all_of"] = [TemporaryError("TooManyRequests", "429", 17)]
    look(rig)
    assert told(caplog) == []
    assert "failed=1:survey" in caplog.text
    rig.clock.advance(301)
    rig.reconcile.run()
    assert told(caplog) == ["Microsoft.Web/serverfarms/left"]


def test_a_registry_that_is_not_in_the_index_is_found_by_its_resources(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.index_table.transact("registries", [Delete(NAME)])
    look(rig)
    assert rig.index_names() == [NAME]
    assert rig.index_count() == 1
    assert f"index_entries_added=1:{NAME}" in caplog.text
