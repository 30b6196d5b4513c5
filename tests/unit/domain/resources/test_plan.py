"""The plan as tables: every state that a look at Azure can find, and every moment of a create or a delete."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.resources.graph import Context, Node, graph, removal
from shared.domain.resources.plan import Found, assess, is_ours, ready_to_go
from shared.domain.resources.resource import Json, Ref, Type
from tests.unit.domain.examples import UID, registry

DEMO = registry()
CONTEXT = Context("subscription", "group")
GRAPH = {node.step: node for node in graph(DEMO, CONTEXT)}
REMOVAL = {node.step: node for node in removal(DEMO)}
OURS = {"berthage-registry": "demo", "berthage-uid": UID}


def answer(step: str, **properties: Any) -> dict[str, Any]:
    """What Azure answers when the resource is as we sent it, with `properties` of its own."""
    body = GRAPH[step].body or {}
    return {**body, "properties": {**body.get("properties", {}), **properties}}


def retagged(step: str, **tags: str | None) -> dict[str, Any]:
    """Our resource with other tags; `None` takes one away. Underscores stand for hyphens."""
    changed = {name.replace("_", "-"): value for name, value in tags.items()}
    wanted = {**answer(step)["tags"], **changed}
    return {**answer(step), "tags": {name: value for name, value in wanted.items() if value is not None}}


LOOKS: list[Any] = [
    # nothing there: first attempt, or a repeat after somebody deleted it
    ("storageAccount", None, Found.MISSING),
    ("plan", None, Found.MISSING),
    ("blobContainer", None, Found.MISSING),
    ("site", None, Found.MISSING),
    # there and as we want it: a repeat, a late duplicate, a lost answer to our PUT
    ("storageAccount", answer("storageAccount", provisioningState="Succeeded"), Found.READY),
    ("storageAccount", answer("storageAccount"), Found.READY),
    ("plan", answer("plan", provisioningState="Succeeded"), Found.READY),
    ("site", answer("site"), Found.READY),
    ("site", answer("site", inProgressOperationId=None, state="Running"), Found.READY),
    ("blobContainer", answer("blobContainer"), Found.READY),
    ("blobContainer", {"properties": {}}, Found.READY),
    ("fileShare", {}, Found.READY),
    ("blobProtection", answer("blobProtection"), Found.READY),
    ("shareProtection", answer("shareProtection"), Found.READY),
    ("scmBasicAuthOff", answer("scmBasicAuthOff"), Found.READY),
    # Azure still works on it: never sent again
    ("storageAccount", answer("storageAccount", provisioningState="Creating"), Found.IN_PROGRESS),
    ("storageAccount", answer("storageAccount", provisioningState="ResolvingDNS"), Found.IN_PROGRESS),
    ("plan", answer("plan", provisioningState="InProgress"), Found.IN_PROGRESS),
    ("plan", answer("plan", provisioningState="Deleting"), Found.IN_PROGRESS),
    ("site", answer("site", inProgressOperationId="6c0e2f0c"), Found.IN_PROGRESS),
    ("site", answer("site", provisioningState="Succeeded", inProgressOperationId="6c0e"), Found.IN_PROGRESS),
    # in progress wins over different: what is being changed may yet become what we want
    (
        "storageAccount",
        {**answer("storageAccount", provisioningState="Updating"), "sku": {"name": "Standard_GRS"}},
        Found.IN_PROGRESS,
    ),
    # Azure tried and gave up: a 200 with `Failed` raises nothing in the SDK
    ("storageAccount", answer("storageAccount", provisioningState="Failed"), Found.FAILED),
    ("plan", answer("plan", provisioningState="Failed"), Found.FAILED),
    ("plan", answer("plan", provisioningState="Canceled"), Found.FAILED),
    ("site", answer("site", provisioningState="Failed"), Found.FAILED),
    # changed by an update of ours that has not arrived, or by hand
    ("storageAccount", {**answer("storageAccount"), "sku": {"name": "Standard_GRS"}}, Found.DIFFERENT),
    ("storageAccount", {**answer("storageAccount"), "sku": None}, Found.DIFFERENT),
    ("plan", {**answer("plan"), "sku": {"name": "S1"}}, Found.DIFFERENT),
    ("plan", {**answer("plan"), "sku": "S1"}, Found.DIFFERENT),
    ("site", retagged("site", berthage_fingerprint="0" * 16), Found.DIFFERENT),
    ("site", retagged("site", berthage_fingerprint=None), Found.DIFFERENT),
    ("storageAccount", retagged("storageAccount", berthage_fingerprint="0" * 16), Found.DIFFERENT),
    ("plan", retagged("plan", berthage_fingerprint=None), Found.DIFFERENT),
    ("blobProtection", {"properties": {"deleteRetentionPolicy": {"enabled": True}}}, Found.DIFFERENT),
    ("blobProtection", {"properties": {}}, Found.DIFFERENT),
    ("shareProtection", {"properties": {"shareDeleteRetentionPolicy": {"enabled": False}}}, Found.DIFFERENT),
    ("scmBasicAuthOff", {"properties": {"allow": True}}, Found.DIFFERENT),
    ("ftpBasicAuthOff", {"properties": None}, Found.DIFFERENT),
    # Azure and its policies add things of their own: that is no difference
    ("site", retagged("site", cost_centre="42"), Found.READY),
    ("plan", answer("plan", numberOfSites=1, status="Ready"), Found.READY),
    # somebody else's: whatever state it is in
    ("storageAccount", {"properties": {"provisioningState": "Succeeded"}}, Found.FOREIGN),
    ("storageAccount", {**answer("storageAccount"), "tags": None}, Found.FOREIGN),
    ("storageAccount", {**answer("storageAccount"), "tags": {}}, Found.FOREIGN),
    ("site", retagged("site", berthage_registry="other"), Found.FOREIGN),
    ("site", retagged("site", berthage_registry=None), Found.FOREIGN),
    ("site", retagged("site", berthage_uid=UID[::-1]), Found.FOREIGN),
    ("plan", retagged("plan", berthage_uid=None), Found.FOREIGN),
    ("plan", {"properties": {"provisioningState": "InProgress"}}, Found.FOREIGN),
    ("plan", {"properties": {"provisioningState": "Failed"}, "tags": {"team": "x"}}, Found.FOREIGN),
]


@pytest.mark.parametrize(("step", "seen", "found"), LOOKS)
def test_a_look_at_a_resource_says_what_is_to_be_done(step: str, seen: Json | None, found: Found) -> None:
    assert assess(GRAPH[step], DEMO, seen) is found


def test_every_answer_of_a_look_stands_in_the_table() -> None:
    assert {found for _, _, found in LOOKS} == set(Found)


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (None, Found.MISSING),
        (answer("site"), Found.READY),
        (answer("site", inProgressOperationId="6c0e2f0c"), Found.IN_PROGRESS),
        (answer("site", provisioningState="Failed"), Found.FAILED),
        (retagged("site", berthage_fingerprint=None), Found.READY),
        (retagged("site", berthage_uid=UID[::-1]), Found.FOREIGN),
        ({}, Found.FOREIGN),
    ],
)
def test_a_delete_looks_at_the_tags_and_not_at_the_settings(seen: Json | None, found: Found) -> None:
    assert assess(REMOVAL["siteRemoved"], DEMO, seen) is found


@pytest.mark.parametrize("step", ["storageAccount", "plan", "site"])
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"image": "registry:3.0.0"}, {"site"}),
        ({"delete_enabled": True}, {"site"}),
        ({"sku": "S1"}, {"plan"}),
        ({"storage_replication": "ZRS"}, {"storageAccount"}),
        ({"tags": {"team": "payments"}}, {"storageAccount", "plan", "site"}),
    ],
)
def test_an_update_sends_what_it_changes_and_nothing_else(
    step: str, change: Mapping[str, Any], found: set[str]
) -> None:
    wanted = {node.step: node for node in graph(registry(**change), CONTEXT)}
    now = assess(wanted[step], DEMO, answer(step, provisioningState="Succeeded"))
    assert now is (Found.DIFFERENT if step in found else Found.READY)


def test_a_registry_of_the_same_name_in_a_later_life_owns_nothing_of_the_first() -> None:
    second = registry(uid="0" * 26)
    assert is_ours(DEMO, {"tags": OURS})
    assert not is_ours(second, {"tags": OURS})
    assert not is_ours(registry("other"), {"tags": OURS})


# ready_to_go: (done, visited in this turn) -> what may be looked at now

ACCOUNT_CHILDREN = {"blobProtection", "shareProtection", "blobContainer", "fileShare"}
BEFORE_SITE = {"storageAccount", "plan", *ACCOUNT_CHILDREN, "htpasswd"}
POLICIES = {"scmBasicAuthOff", "ftpBasicAuthOff"}

MOMENTS: list[Any] = [
    pytest.param(set(), set(), {"storageAccount", "plan"}, id="first look: two roots side by side"),
    pytest.param(set(), {"storageAccount", "plan"}, set(), id="both in progress: come back later"),
    pytest.param({"plan"}, {"plan", "storageAccount"}, set(), id="the plan alone lets nothing begin"),
    pytest.param(
        {"storageAccount"},
        {"storageAccount", "plan"},
        ACCOUNT_CHILDREN,
        id="the account is there, the plan is slow: its children go out in the same turn",
    ),
    pytest.param({"storageAccount"}, set(), {"plan", *ACCOUNT_CHILDREN}, id="the next turn looks at both"),
    pytest.param(
        {"storageAccount", "plan", "fileShare"},
        {"fileShare", "blobContainer", "blobProtection", "shareProtection"},
        {"htpasswd"},
        id="the file needs its share alone",
    ),
    pytest.param(
        {"storageAccount", "plan", *ACCOUNT_CHILDREN},
        {"htpasswd"},
        set(),
        id="no site before the htpasswd file",
    ),
    pytest.param(
        BEFORE_SITE - {"blobContainer"}, {"blobContainer"}, set(), id="no site before its blob container"
    ),
    pytest.param(BEFORE_SITE - {"plan"}, {"plan"}, set(), id="no site before its plan"),
    pytest.param(
        BEFORE_SITE - {"blobProtection", "shareProtection"},
        {"blobProtection", "shareProtection"},
        {"site"},
        id="a slow protection does not hold the site up",
    ),
    pytest.param(BEFORE_SITE, set(), {"site"}, id="all that the site needs is done"),
    pytest.param(BEFORE_SITE, {"site"}, set(), id="the site is being created: no probe yet"),
    pytest.param(BEFORE_SITE | {"site"}, set(), {"probe"}, id="the site is there: the probe"),
    pytest.param(BEFORE_SITE | {"site"}, {"probe"}, set(), id="not yet up: policies wait"),
    pytest.param(BEFORE_SITE | {"site", "probe"}, set(), POLICIES, id="it serves: now the policies"),
    pytest.param(
        BEFORE_SITE | {"site", "probe", "scmBasicAuthOff"},
        set(),
        {"ftpBasicAuthOff"},
        id="one policy is left",
    ),
    pytest.param(set(GRAPH), set(), set(), id="everything is done"),
    pytest.param(set(GRAPH) - {"blobProtection"}, set(), {"blobProtection"}, id="one early step was late"),
]


@pytest.mark.parametrize(("done", "visited", "next_up"), MOMENTS)
def test_what_a_create_may_look_at_now(done: set[str], visited: set[str], next_up: set[str]) -> None:
    assert {node.step for node in ready_to_go(GRAPH.values(), done, visited)} == next_up


@pytest.mark.parametrize(
    ("done", "visited", "next_up"),
    [
        pytest.param(set(), set(), ["siteRemoved"], id="first it stops serving"),
        pytest.param(set(), {"siteRemoved"}, [], id="the site is still going"),
        pytest.param(
            {"siteRemoved"},
            {"siteRemoved"},
            ["planRemoved", "storageAccountRemoved"],
            id="then the rest at once",
        ),
        pytest.param(
            {"siteRemoved", "planRemoved"}, set(), ["storageAccountRemoved"], id="the plan went first"
        ),
        pytest.param(set(REMOVAL), set(), [], id="everything is gone"),
    ],
)
def test_what_a_delete_may_look_at_now(done: set[str], visited: set[str], next_up: list[str]) -> None:
    assert [node.step for node in ready_to_go(REMOVAL.values(), done, visited)] == next_up


@given(st.sets(st.sampled_from(sorted(GRAPH))), st.sets(st.sampled_from(sorted(GRAPH))))
def test_nothing_is_looked_at_twice_in_a_turn_or_before_what_it_needs(
    done: set[str], visited: set[str]
) -> None:
    for node in ready_to_go(GRAPH.values(), done, visited):
        assert node.step not in done | visited
        assert set(node.needs) <= done


@given(st.lists(st.sets(st.sampled_from(sorted(GRAPH))), max_size=30))
def test_however_often_steps_are_slow_a_create_comes_to_its_end(slow: list[set[str]]) -> None:
    """Each set: the steps that this turn finds unfinished. Then comes a turn that finds all of them ready."""
    done: set[str] = set()
    for unfinished in [*slow, set()]:
        visited: set[str] = set()
        while batch := ready_to_go(GRAPH.values(), done, visited):
            visited |= {node.step for node in batch}
            done |= {node.step for node in batch} - unfinished
    assert done == set(GRAPH)


def test_a_node_without_needs_is_ready_and_one_with_an_unknown_need_never() -> None:
    free, stuck = Node("free", Ref(Type.PLAN, "p")), Node("stuck", needs=("nowhere",))
    assert ready_to_go([free, stuck], set(), set()) == [free]
