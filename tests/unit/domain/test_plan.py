"""Observe, plan, act, come back: every state in which a turn may find Azure is a row here."""

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.plan import Found, assess, is_ours, ready_to_go
from shared.domain.resources import FINGERPRINT_TAG, Context, Node, Type, graph, removal
from tests.unit.domain.examples import registry

REGISTRY = registry(tags={"team": "payments"})
NODES = graph(REGISTRY, Context("subscription", "group"))
REMOVAL = removal(REGISTRY)
BY_STEP = {node.step: node for node in (*NODES, *REMOVAL)}
OURS = dict((BY_STEP["storageAccount"].body or {})["tags"])


def answer(step: str, state: str | None = "Succeeded", **replaced: Any) -> dict[str, Any]:
    """What Azure answers when it holds exactly what we sent."""
    body = dict(BY_STEP[step].body or {"tags": OURS})
    properties = {**body.get("properties", {}), **({"provisioningState": state} if state else {})}
    return {"id": "/subscriptions/...", **body, "properties": properties, **replaced}


def tags(**changed: str | None) -> dict[str, str]:
    names = {"registry": "berthage-registry", "uid": "berthage-uid", "fingerprint": FINGERPRINT_TAG}
    changes = {names[name]: value for name, value in changed.items()}
    return {name: value for name, value in {**OURS, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("step", "seen", "found"),
    [
        # the first create
        ("storageAccount", None, Found.MISSING),
        ("plan", None, Found.MISSING),
        ("site", None, Found.MISSING),
        ("fileShare", None, Found.MISSING),
        # sent, Azure is at work; the words differ by provider
        ("storageAccount", answer("storageAccount", "Creating"), Found.IN_PROGRESS),
        ("storageAccount", answer("storageAccount", "ResolvingDNS"), Found.IN_PROGRESS),
        ("plan", answer("plan", "InProgress"), Found.IN_PROGRESS),
        ("plan", answer("plan", "Updating"), Found.IN_PROGRESS),
        ("site", answer("site", "Deleting"), Found.IN_PROGRESS),
        ("site", answer("site", "a word of tomorrow"), Found.IN_PROGRESS),
        (
            "site",
            answer(
                "site", None, properties={"inProgressOperationId": "00000000-0000-0000-0000-000000000001"}
            ),
            Found.IN_PROGRESS,
        ),
        ("site", answer("site", None, properties={"inProgressOperationId": None}), Found.READY),
        # done
        ("storageAccount", answer("storageAccount"), Found.READY),
        ("plan", answer("plan"), Found.READY),
        ("site", answer("site"), Found.READY),
        ("site", answer("site", None), Found.READY),
        ("fileShare", answer("fileShare", None), Found.READY),
        ("blobContainer", answer("blobContainer", None), Found.READY),
        ("blobProtection", answer("blobProtection", None), Found.READY),
        ("shareProtection", answer("shareProtection", None), Found.READY),
        ("scmBasicAuthOff", answer("scmBasicAuthOff", None), Found.READY),
        # Azure took it and could not: send again
        ("plan", answer("plan", "Failed"), Found.FAILED),
        ("storageAccount", answer("storageAccount", "Canceled"), Found.FAILED),
        ("site", answer("site", "Failed"), Found.FAILED),
        # an update, or somebody changed it by hand
        ("plan", answer("plan", sku={"name": "S1"}), Found.DIFFERENT),
        ("plan", answer("plan", sku=None), Found.DIFFERENT),
        ("storageAccount", answer("storageAccount", sku={"name": "Standard_GRS"}), Found.DIFFERENT),
        ("site", answer("site", tags=tags(fingerprint="0" * 16)), Found.DIFFERENT),
        ("site", answer("site", tags=tags(fingerprint=None)), Found.DIFFERENT),
        ("blobProtection", answer("blobProtection", None, properties={}), Found.DIFFERENT),
        (
            "shareProtection",
            answer("shareProtection", None, properties={"shareDeleteRetentionPolicy": {"enabled": False}}),
            Found.DIFFERENT,
        ),
        ("scmBasicAuthOff", answer("scmBasicAuthOff", None, properties={"allow": True}), Found.DIFFERENT),
        ("ftpBasicAuthOff", {}, Found.DIFFERENT),
        # what Azure or a policy adds is none of our business
        ("plan", answer("plan", tags={**(BY_STEP["plan"].body or {})["tags"], "policy": "x"}), Found.READY),
        ("plan", answer("plan", sku={"name": "B1", "tier": "Basic", "capacity": 3}), Found.READY),
        # somebody else's, whatever its state
        ("storageAccount", answer("storageAccount", tags=None), Found.FOREIGN),
        ("storageAccount", answer("storageAccount", tags={}), Found.FOREIGN),
        ("storageAccount", answer("storageAccount", tags={"team": "payments"}), Found.FOREIGN),
        ("storageAccount", answer("storageAccount", tags=tags(uid="0" * 26)), Found.FOREIGN),
        ("plan", answer("plan", tags=tags(registry="other")), Found.FOREIGN),
        ("plan", answer("plan", "Failed", tags={}), Found.FOREIGN),
        ("site", answer("site", "Creating", tags={}), Found.FOREIGN),
        # removal: what is there and ours is to go, however it is
        ("siteRemoved", None, Found.MISSING),
        ("siteRemoved", answer("siteRemoved"), Found.READY),
        ("planRemoved", answer("planRemoved", sku={"name": "S1"}), Found.READY),
        ("storageAccountRemoved", answer("storageAccountRemoved", "Deleting"), Found.IN_PROGRESS),
        ("storageAccountRemoved", answer("storageAccountRemoved", tags=tags(uid="0" * 26)), Found.FOREIGN),
        ("planRemoved", answer("planRemoved", tags={}), Found.FOREIGN),
    ],
)
def test_one_look_at_a_resource(step: str, seen: dict[str, Any] | None, found: Found) -> None:
    assert assess(BY_STEP[step], REGISTRY, seen) is found


@pytest.mark.parametrize("node", [node for node in NODES if node.watch], ids=lambda node: node.step)
def test_every_watched_path_stands_in_what_we_send_and_is_noticed_when_it_differs(node: Node) -> None:
    """A path that is not in the body would compare nothing with nothing."""
    for path in node.watch:
        *parents, last = path.split(".")
        spoilt = answer(node.step)
        place = spoilt
        for part in parents:
            place[part] = dict(place[part])
            place = place[part]
        assert last in place
        place[last] = "something else"
        assert assess(node, REGISTRY, spoilt) is Found.DIFFERENT


@pytest.mark.parametrize("change", [{"sku": "S1"}, {"image": "registry:3.0.0"}, {"tags": {"team": "other"}}])
def test_an_update_finds_what_the_last_one_left(change: dict[str, Any]) -> None:
    wanted = graph(registry(**{"tags": {"team": "payments"}, **change}), Context("subscription", "group"))
    different = {
        node.step
        for node in wanted
        if node.ref and assess(node, REGISTRY, answer(node.step)) is Found.DIFFERENT
    }
    assert (
        different
        == {
            "sku": {"plan"},
            "image": {"site"},
            "tags": {"storageAccount", "plan", "site"},
        }[next(iter(change))]
    )


def test_a_resource_of_an_earlier_incarnation_is_not_ours() -> None:
    assert is_ours(REGISTRY, {"tags": OURS})
    assert not is_ours(registry(uid="0" * 26), {"tags": OURS})
    assert not is_ours(registry("other"), {"tags": OURS})


FIRST = {"storageAccount", "plan"}
INSIDE = {"blobProtection", "shareProtection", "blobContainer", "fileShare"}
POLICIES = {"scmBasicAuthOff", "ftpBasicAuthOff"}
UNTIL_SITE = {*FIRST, *INSIDE, "htpasswd"}


@pytest.mark.parametrize(
    ("done", "visited", "go"),
    [
        (set(), set(), FIRST),
        # one of two is slow: what does not need it goes on
        ({"storageAccount"}, set(), {"plan", *INSIDE}),
        ({"storageAccount"}, {"plan"}, INSIDE),
        ({"plan"}, {"storageAccount"}, set()),
        # looked at in this turn already
        (set(), FIRST, set()),
        (FIRST, {*FIRST, *INSIDE}, set()),
        # the file before the site: otherwise Distribution invents a user
        ({*FIRST, "fileShare"}, set(), {"htpasswd", *INSIDE} - {"fileShare"}),
        (UNTIL_SITE - {"htpasswd"}, {"htpasswd"}, set()),
        (UNTIL_SITE - {"htpasswd"}, set(), {"htpasswd"}),
        # the container before the site: version 3 does not create it
        (UNTIL_SITE - {"blobContainer"}, {"blobContainer"}, set()),
        # the plan failed: nothing of the site may go
        (UNTIL_SITE - {"plan"}, {"plan"}, set()),
        # soft delete of blobs failed: that does not hold up the site
        (UNTIL_SITE - {"blobProtection", "shareProtection"}, {"blobProtection", "shareProtection"}, {"site"}),
        (UNTIL_SITE, set(), {"site"}),
        ({*UNTIL_SITE, "site"}, set(), {"probe"}),
        ({*UNTIL_SITE, "site"}, {"probe"}, set()),
        ({*UNTIL_SITE, "site", "probe"}, set(), POLICIES),
        ({*UNTIL_SITE, "site", "probe", "ftpBasicAuthOff"}, set(), {"scmBasicAuthOff"}),
        ({*UNTIL_SITE, "site", "probe", *POLICIES}, set(), set()),
    ],
)
def test_what_may_go_now(done: set[str], visited: set[str], go: set[str]) -> None:
    assert steps(ready_to_go(NODES, done, visited)) == go


@pytest.mark.parametrize(
    ("done", "visited", "go"),
    [
        (set(), set(), {"siteRemoved"}),
        (set(), {"siteRemoved"}, set()),
        ({"siteRemoved"}, {"siteRemoved"}, {"planRemoved", "storageAccountRemoved"}),
        ({"siteRemoved", "planRemoved"}, set(), {"storageAccountRemoved"}),
        ({"siteRemoved", "planRemoved", "storageAccountRemoved"}, set(), set()),
    ],
)
def test_a_removal_stops_serving_first(done: set[str], visited: set[str], go: set[str]) -> None:
    assert steps(ready_to_go(REMOVAL, done, visited)) == go


@given(st.sampled_from([NODES, REMOVAL]), st.randoms(use_true_random=False))
def test_whatever_finishes_first_everything_comes_to_its_end(nodes: tuple[Node, ...], random: Any) -> None:
    done: set[str] = set()
    while going := ready_to_go(nodes, done, ()):
        assert all(set(node.needs) <= done for node in going)
        done.add(random.choice(going).step)
    assert done == steps(nodes)


def test_a_graph_whose_parts_are_all_there_needs_one_turn() -> None:
    """Every node is visited once, in an order that its needs allow."""
    done: list[str] = []
    while going := ready_to_go(NODES, done, done):
        done += [node.step for node in going]
    assert len(done) == len(NODES) == len(set(done))


def test_only_what_has_tags_is_asked_for_them() -> None:
    tagged = {node.ref.type for node in (*NODES, *REMOVAL) if node.tagged and node.ref}
    assert tagged == {Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE}


def steps(nodes: Collection[Node]) -> set[str]:
    return {node.step for node in nodes}
