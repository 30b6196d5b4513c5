"""A registry comes, changes and goes, whatever Azure says and whenever the process dies."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.htpasswd import FILE_NAME, probe_password
from shared.domain.names import azure_names
from shared.domain.operations import Kind, Status
from shared.domain.resources import Json, Ref, Type
from shared.services import provisioning
from shared.services.provisioning import MAX_NAME_ATTEMPTS
from shared.services.reconciling.stale_operations import ORPHAN_AGE
from shared.services.visits import MAX_SENDS
from tests.fakes import FakeResourceManager
from tests.unit.services.rig import KEY, NAME, STALE_SECONDS, Rig
from tests.unit.services.wire import Killed

STEPS = {
    "storageAccount": (),
    "plan": (),
    "blobProtection": ("storageAccount",),
    "shareProtection": ("storageAccount",),
    "blobContainer": ("storageAccount",),
    "fileShare": ("storageAccount",),
    "htpasswd": ("fileShare",),
    "site": ("plan", "blobContainer", "htpasswd"),
    "probe": ("site",),
    "scmBasicAuthOff": ("probe",),
    "ftpBasicAuthOff": ("probe",),
}
ONE_OF_EACH = {
    Type.STORAGE_ACCOUNT: 1,
    Type.BLOB_SERVICE: 1,
    Type.BLOB_CONTAINER: 1,
    Type.FILE_SHARE: 1,
    Type.PLAN: 1,
    Type.SITE: 1,
    Type.PUBLISHING_POLICY: 2,
}
"""What a create sends. File services protect shares from their birth."""


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same calls in the same order in every run."""
    monkeypatch.setattr(provisioning, "CONCURRENCY", 1)


def counts(rig: Rig) -> dict[Type, int]:
    found = [ref.type for ref in rig.azure.resources]
    return {type_: found.count(type_) for type_ in set(found)}


def sent(rig: Rig) -> dict[Type, int]:
    found = [ref.type for verb, ref in rig.azure.calls if verb == "put"]
    return {type_: found.count(type_) for type_ in set(found)}


def deleted(rig: Rig) -> list[Ref]:
    return [ref for verb, ref in rig.azure.calls if verb == "delete"]


def refused(code: str = "AzureSaysNo") -> PermanentError:
    return PermanentError(code, "Azure's own words", "Azure's way out")


# creating


@pytest.mark.parametrize("looks", range(4))
def test_a_create_sends_each_resource_once_and_each_after_what_it_needs(looks: int) -> None:
    rig = Rig(looks=looks)
    rig.create()
    rig.check_up()
    assert counts(rig) == sent(rig) == ONE_OF_EACH
    steps = {step.name: step for step in rig.last(Kind.CREATE_REGISTRY).steps}
    assert steps.keys() == STEPS.keys()
    for name, needs in STEPS.items():
        step = steps[name]
        assert step.status is Status.SUCCEEDED
        assert step.started_at
        assert step.ended_at
        assert all((steps[need].ended_at or rig.clock.now) <= step.started_at for need in needs), name


def test_the_file_is_in_place_before_the_site_is_sent() -> None:
    rig = Rig()
    rig.create()
    calls = [(call.name, *call.args[:1]) for call in rig.wire.calls]
    site = ("azure.put", Ref(Type.SITE, rig.registry().names.site))
    renamed = next(number for number, call in enumerate(calls) if call[0] == "share.rename")
    assert renamed < calls.index(site)


def test_independent_resources_go_out_in_the_same_turn() -> None:
    rig = Rig(looks=1)
    rig.put()
    rig.step()
    assert {ref.type for ref in rig.azure.resources} == {Type.STORAGE_ACCOUNT, Type.PLAN}


def test_where_azure_is_ready_at_once_a_create_takes_one_turn() -> None:
    rig = Rig()
    rig.put()
    rig.step()
    rig.check_up()
    assert len(rig.host.history) == 1


def test_a_create_tells_how_far_it_is() -> None:
    rig = Rig(looks=2)
    rig.put()
    seen = []
    while rig.host.waiting:
        rig.step()
        seen.append(rig.last(Kind.CREATE_REGISTRY).percent_complete)
    assert seen == sorted(seen)
    assert seen[0] < 50
    assert seen[-1] == 100
    assert len(set(seen)) >= 3


def test_nobody_learns_a_login_server_that_azure_has_not_named() -> None:
    rig = Rig(looks=1)
    rig.put()
    while not rig.count(Type.SITE):
        assert rig.registry().login_server is None
        rig.step()
    rig.drain()
    assert rig.registry().login_server == f"{rig.registry().names.site}.example"


def test_the_end_of_a_create_says_where_to_log_in() -> None:
    rig = Rig()
    server = rig.create().login_server
    assert rig.last(Kind.CREATE_REGISTRY).result == {"loginServer": server}


def everything_written(rig: Rig) -> str:
    """All tables, messages, and what Azure was sent, the site apart."""
    tables = [rig.state_table.rows, rig.health_table.rows, rig.index_table.rows]
    bodies = [body for ref, body in rig.azure.resources.items() if ref.type is not Type.SITE]
    messages = [delivery.message.encode() for delivery in rig.host.history]
    return repr([tables, bodies, messages])


def test_secrets_are_in_the_sites_body_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    rig = Rig(looks=1)
    rig.put()
    password = rig.put_user("alice").password
    rig.drain()
    registry = rig.registry()
    site = repr(rig.azure.resources[Ref(Type.SITE, registry.names.site)])
    settings = rig.azure.resources[Ref(Type.SITE, registry.names.site)]["properties"]["siteConfig"][
        "appSettings"
    ]
    [http_secret] = [each["value"] for each in settings if each["name"] == "REGISTRY_HTTP_SECRET"]
    account_key = rig.azure.account_key(registry.names.storage_account)
    assert account_key in site
    assert "{" not in http_secret
    assert password
    probes = [probe_password(KEY, registry.uid, revision) for revision in range(3)]
    for secret in [account_key, http_secret, password, KEY, *probes]:
        assert secret not in everything_written(rig) + caplog.text
    for secret in [password, KEY, *probes]:
        assert secret not in site


def test_users_that_come_during_a_create_are_in_the_first_file() -> None:
    rig = Rig(looks=2)
    rig.put()
    rig.put_user("alice")
    rig.drain()
    rig.check_up()
    assert rig.names_in_file() == ["alice"]


# processes that die


def expect_up(rig: Rig) -> None:
    rig.check_up()
    assert counts(rig) == ONE_OF_EACH


def fresh() -> Rig:
    return Rig(looks=1)


def crowded() -> Rig:
    """Others hold the first names."""
    rig = Rig()
    names = azure_names("sub", "group", NAME)
    rig.azure.held |= {names.storage_account, names.site}
    return rig


def running() -> Rig:
    rig = Rig(looks=1)
    rig.create()
    rig.sweep()
    return rig


def change(rig: Rig) -> object:
    return rig.put(sku="S1", deleteEnabled=True, tags={"team": "x"})


def expect_changed(rig: Rig) -> None:
    expect_up(rig)
    site = rig.azure.resources[Ref(Type.SITE, rig.registry().names.site)]
    settings = {each["name"]: each["value"] for each in site["properties"]["siteConfig"]["appSettings"]}
    assert settings["REGISTRY_STORAGE_DELETE_ENABLED"] == "true"
    plan = rig.azure.resources[Ref(Type.PLAN, rig.registry().names.plan)]
    assert plan["sku"]["name"] == "S1"
    assert plan["tags"]["team"] == "x"


def expect_gone(rig: Rig) -> None:
    rig.clock.advance(ORPHAN_AGE.total_seconds() + 1)
    rig.reconcile.run()
    rig.check_gone()
    assert rig.azure.resources == {}


def create(rig: Rig) -> object:
    return rig.put()


def purge(rig: Rig) -> object:
    return rig.purge()


def hopeless() -> Rig:
    """A first create that Azure refuses at the end."""
    rig = Rig(looks=1)
    rig.azure.refusals[Type.SITE] = [refused()] * 100
    return rig


def expect_rolled_back(rig: Rig) -> None:
    assert rig.azure.resources == {}
    assert rig.unfinished() == []
    error = rig.last(Kind.CREATE_REGISTRY).error
    assert error
    assert error.code == "AzureSaysNo"


def soft_deleted() -> Rig:
    """A registry that is soft-deleted, with a user."""
    rig = running()
    rig.put_user("alice", password_hash="$2b$04$" + "a" * 53)
    rig.drain()
    rig.soft_deleted()
    return rig


def expect_soft_deleted(rig: Rig) -> None:
    rig.check_soft_deleted()
    assert rig.last(Kind.DELETE_REGISTRY).status is Status.SUCCEEDED


def expect_restored(rig: Rig) -> None:
    rig.check_up()
    assert rig.names_in_file() == ["alice"]
    assert (rig.registry().deleted_on, rig.registry().purge_on) == (None, None)


STORIES: dict[str, tuple[Callable[[], Rig], Callable[[Rig], object], Callable[[Rig], None]]] = {
    "create": (fresh, create, expect_up),
    "create with other names": (crowded, create, expect_up),
    "create that rolls back": (hopeless, create, expect_rolled_back),
    "update": (running, change, expect_changed),
    "purge": (running, purge, expect_gone),
    "soft delete": (running, Rig.delete, expect_soft_deleted),
    "restore": (soft_deleted, Rig.restore, expect_restored),
    "purge of what is soft-deleted": (soft_deleted, purge, expect_gone),
}


def tell(rig: Rig, act: Callable[[Rig], object]) -> None:
    """The request and all its turns; a client whose request broke off sends it again."""
    try:
        act(rig)
        rig.drain()
    except Killed:
        check_that_nothing_is_forgotten(rig)
        rig.host.waiting.clear()
        rig.wire.revive()
        if not rig.unfinished():
            act(rig)


def check_that_nothing_is_forgotten(rig: Rig) -> None:
    """Whatever exists in Azure bears a name that the registry's row knows."""
    if not rig.azure.resources:
        return
    names = rig.registry().names
    known = {names.storage_account, names.plan, names.site}
    assert {ref.name for ref in rig.azure.resources} <= known


def length(story: str) -> int:
    """How many calls the whole story takes when nothing happens."""
    start, act, _ = STORIES[story]
    rig = start()
    rig.wire.calls.clear()
    tell(rig, act)
    return len(rig.wire.calls)


@pytest.mark.parametrize("story", STORIES)
def test_a_process_that_dies_at_any_call_changes_nothing_about_the_end(story: str) -> None:
    start, act, expect = STORIES[story]
    for at in range(length(story)):
        rig = start()
        rig.wire.kill(at)
        tell(rig, act)
        rig.mend()
        expect(rig)


# names that others hold


def candidates() -> list[str]:
    return [azure_names("sub", "group", NAME, attempt, attempt).site for attempt in range(MAX_NAME_ATTEMPTS)]


@pytest.mark.parametrize("taken", range(1, MAX_NAME_ATTEMPTS))
def test_a_held_name_gives_the_next_candidate(taken: int) -> None:
    rig = Rig()
    rig.azure.held |= set(candidates()[:taken])
    rig.create()
    rig.check_up()
    assert rig.registry().names.site == candidates()[taken]


def test_a_candidate_is_recorded_before_it_is_used() -> None:
    rig = crowded()
    put, unrecorded = rig.azure.put, []

    def watched(ref: Ref, body: Json) -> None:
        names = rig.registry().names
        if ref.name not in {names.storage_account, names.plan, names.site}:
            unrecorded.append(ref)
        put(ref, body)

    rig.azure.put = watched  # type: ignore[method-assign] # a look over its shoulder
    rig.create()
    assert unrecorded == []
    assert (rig.registry().storage_attempt, rig.registry().site_attempt) == (1, 1)


def test_a_registry_made_again_while_its_old_names_are_reserved_takes_the_next_ones() -> None:
    rig = Rig()
    rig.azure.keeps_names = True
    for attempt in range(3):
        rig.create()
        rig.check_up()
        assert rig.registry().names.site == candidates()[attempt]
        rig.purge()
        rig.drain()
    assert rig.azure.resources == {}


@pytest.mark.parametrize("kind", [Type.STORAGE_ACCOUNT, Type.SITE])
def test_a_registry_that_lost_its_name_does_not_move_to_another(kind: Type) -> None:
    """With another account its images would be gone for good, with another site its login server."""
    rig = running()
    names = rig.registry().names
    gone = Ref(kind, names.site if kind is Type.SITE else names.storage_account)
    rig.azure.keeps_names = True
    rig.azure.delete(gone)
    rig.put(tags={"team": "x"})
    rig.drain()
    error = failure(rig, Kind.UPDATE_REGISTRY)
    assert (error.code, gone.name in error.message) == ("NameTaken", True)
    assert "PUT /api/registries/demo" in error.fix
    assert rig.registry().names == names
    rig.azure.held.clear()
    rig.put(tags={"team": "x"})
    rig.drain()
    rig.check_up()


def test_when_all_candidates_are_held_nothing_is_left() -> None:
    rig = Rig()
    rig.azure.held |= set(candidates())
    rig.put()
    rig.drain()
    error = failure(rig, Kind.CREATE_REGISTRY)
    assert error.code == "NamesTaken"
    assert "another registry name" in error.fix
    assert rig.azure.resources == {}


def test_a_site_of_our_group_that_is_not_ours_is_left_alone_and_gives_the_next_candidate() -> None:
    rig = Rig()
    foreign = stranger(Type.SITE, candidates()[0])
    rig.azure.resources |= foreign
    rig.create()
    rig.check_up()
    assert rig.registry().names.site == candidates()[1]
    rig.purge()
    rig.drain()
    assert rig.azure.resources == foreign


def test_a_plan_that_is_not_ours_ends_a_create_and_is_left_alone() -> None:
    rig = Rig()
    foreign = stranger(Type.PLAN, azure_names("sub", "group", NAME).plan)
    rig.azure.resources |= foreign
    rig.put()
    rig.drain()
    assert failure(rig, Kind.CREATE_REGISTRY).code == "ResourceNotOurs"
    assert rig.azure.resources == foreign


def stranger(type_: Type, name: str) -> dict[Ref, dict[str, object]]:
    return {Ref(type_, name): {"name": name, "properties": {"theirs": True, "serverFarmId": "/their-plan"}}}


def failure(rig: Rig, kind: Kind) -> PermanentError:
    """Why the last operation of this kind failed."""
    operation = rig.last(kind)
    assert operation.status is Status.FAILED
    assert operation.error
    return PermanentError(**operation.error.model_dump())


# what Azure refuses


REFUSABLE = [*ONE_OF_EACH]


@pytest.mark.parametrize("type_", REFUSABLE)
def test_a_refused_create_leaves_nothing_says_why_and_can_be_repeated(type_: Type) -> None:
    rig = Rig(looks=1)
    rig.azure.refusals[type_] = [refused()]
    rig.put()
    rig.put_user("alice")
    rig.drain(600)
    assert vars(failure(rig, Kind.CREATE_REGISTRY)) == vars(refused())
    assert rig.azure.resources == {}
    registry = rig.registry()
    assert (registry.provisioning_state, registry.login_server, registry.file_endpoint) == (
        "Failed",
        None,
        None,
    )
    rig.put()
    rig.drain()
    assert rig.registry().provisioning_state == "Succeeded"
    assert rig.names_in_file() == ["alice"]
    assert counts(rig) == ONE_OF_EACH


@pytest.mark.parametrize("type_", REFUSABLE)
def test_the_step_that_failed_says_so(type_: Type) -> None:
    rig = Rig()
    rig.azure.refusals[type_] = [refused()]
    rig.put()
    rig.drain()
    steps = {step.name: step.status for step in rig.last(Kind.CREATE_REGISTRY).steps}
    made = {name: status for name, status in steps.items() if not name.endswith("Removed")}
    assert Status.FAILED in made.values()
    assert Status.RUNNING not in made.values()


def test_a_refused_create_can_be_repeated_with_other_values() -> None:
    rig = Rig()
    rig.azure.refusals[Type.PLAN] = [refused("QuotaExceeded")]
    rig.put()
    rig.drain()
    rig.put(sku="S1", location="northeurope")
    rig.drain()
    rig.check_up()
    assert rig.azure.resources[Ref(Type.PLAN, rig.registry().names.plan)]["location"] == "northeurope"


@pytest.mark.parametrize("type_", [Type.PLAN, Type.STORAGE_ACCOUNT, Type.SITE])
def test_a_refused_update_takes_nothing_away(type_: Type) -> None:
    rig = running()
    before = rig.resources()
    rig.azure.refusals[type_] = [refused()]
    change(rig)
    rig.drain()
    assert failure(rig, Kind.UPDATE_REGISTRY).code == "AzureSaysNo"
    assert rig.resources() == before
    assert deleted(rig) == []
    assert rig.registry().login_server
    rig.put()
    rig.drain()
    expect_changed(rig)


def test_a_resource_that_azure_takes_and_never_makes_is_given_up() -> None:
    rig = Rig(azure=BrokenPlans())
    rig.put()
    rig.drain()
    error = failure(rig, Kind.CREATE_REGISTRY)
    assert error.code == "ProvisioningFailed"
    assert "plan" in error.message
    assert rig.sends(Type.PLAN) == MAX_SENDS
    assert rig.azure.resources == {}


class BrokenPlans(FakeResourceManager):
    """Every plan fails after it was taken."""

    def get(self, ref: Ref) -> Json | None:
        found = super().get(ref)
        if found is None or ref.type is not Type.PLAN:
            return found
        return {**found, "properties": {"provisioningState": "Failed"}}


def test_trouble_that_passes_does_not_show_in_the_end() -> None:
    rig = Rig(looks=1)
    for method in ("get", "put", "account_key"):
        rig.azure.errors[method] = [TemporaryError("TooManyRequests", "429", 10)] * 3
    rig.create()
    rig.check_up()
    assert counts(rig) == ONE_OF_EACH


# updating


@pytest.mark.parametrize(
    ("fields", "types"),
    [
        ({"sku": "S1"}, {Type.PLAN}),
        ({"deleteEnabled": True}, {Type.SITE}),
        ({"storageReplication": "GRS"}, {Type.STORAGE_ACCOUNT}),
        ({"allowedIpRanges": ["203.0.113.0/24"], "readOnly": True}, {Type.SITE}),
        ({"tags": {"team": "x"}}, {Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE}),
    ],
)
def test_an_update_sends_only_what_changes(fields: dict[str, Any], types: set[Type]) -> None:
    rig = running()
    rig.azure.calls.clear()
    rig.put(**fields)
    rig.drain()
    rig.check_up()
    assert sent(rig) == dict.fromkeys(types, 1)


def test_the_old_process_does_not_prove_a_new_site() -> None:
    rig = running()
    rig.put(deleteEnabled=True)
    looked = len(rig.probe.looked)
    rig.step()
    assert rig.sends(Type.SITE) == 2
    assert len(rig.probe.looked) == looked
    rig.drain()
    assert len(rig.probe.looked) == looked + 1


def test_an_update_restores_what_somebody_removed() -> None:
    rig = running()
    names = rig.registry().names
    rig.azure.delete(Ref(Type.SITE, names.site))
    del rig.share().files[FILE_NAME]
    rig.put(deleteEnabled=True)
    rig.drain()
    rig.check_up()


@pytest.mark.parametrize("type_", [Type.STORAGE_ACCOUNT, Type.SITE])
def test_a_resource_that_lost_our_tags_is_neither_changed_nor_deleted(type_: Type) -> None:
    rig = running()
    [ref] = [ref for ref in rig.azure.resources if ref.type is type_]
    tags = rig.azure.resources[ref].pop("tags")
    before = rig.resources()
    rig.put(deleteEnabled=True, storageReplication="GRS")
    rig.drain()
    error = failure(rig, Kind.UPDATE_REGISTRY)
    assert error.code == "ResourceNotOurs"
    assert ref.name in error.message
    assert rig.registry().uid in error.fix
    assert rig.resources() == before
    assert deleted(rig) == []
    rig.azure.resources[ref]["tags"] = tags
    rig.put()
    rig.drain()
    rig.check_up()


# deleting


def test_a_delete_takes_its_own_registry_and_no_other() -> None:
    rig = Rig(looks=1)
    rig.create("other")
    others = rig.resources()
    rig.create()
    rig.purge()
    rig.drain()
    rig.check_gone()
    rig.check_up("other")
    assert rig.resources() == others


def test_a_delete_stops_serving_before_it_removes_images() -> None:
    rig = running()
    rig.purge()
    rig.drain()
    assert next(ref.type for ref in deleted(rig)) is Type.SITE


@pytest.mark.parametrize("type_", [Type.STORAGE_ACCOUNT, Type.PLAN])
def test_a_delete_leaves_what_is_not_ours_any_more(type_: Type) -> None:
    rig = running()
    [ref] = [ref for ref in rig.azure.resources if ref.type is type_]
    rig.azure.resources[ref]["tags"]["berthage-uid"] = "another incarnation"
    rig.purge()
    rig.drain()
    assert rig.last(Kind.PURGE_REGISTRY).status is Status.SUCCEEDED
    assert ref in rig.azure.resources
    assert ref not in deleted(rig)


def test_a_plan_that_carries_somebody_elses_site_ends_a_delete_with_that_reason() -> None:
    rig = running()
    names = rig.registry().names
    del rig.azure.resources[Ref(Type.SITE, names.site)]["tags"]
    rig.purge()
    rig.drain()
    assert "there are sites on it" in failure(rig, Kind.PURGE_REGISTRY).message
    assert {Ref(Type.SITE, names.site), Ref(Type.PLAN, names.plan)} <= rig.resources()


def test_a_delete_that_azure_refuses_fails_and_can_be_repeated() -> None:
    rig = running()
    rig.azure.errors["delete"] = [PermanentError("ScopeLocked", "a lock", "remove the lock")]
    rig.purge()
    rig.drain()
    assert failure(rig, Kind.PURGE_REGISTRY).code == "ScopeLocked"
    assert rig.registry().provisioning_state == "Failed"
    rig.purge()
    rig.drain()
    expect_gone(rig)


def test_a_delete_of_a_create_that_failed_leaves_nothing() -> None:
    rig = hopeless()
    rig.put()
    rig.drain()
    rig.purge()
    rig.drain()
    expect_gone(rig)


@pytest.mark.parametrize("users", [1, 250])
def test_a_delete_ends_what_waits_for_users_and_forgets_them(users: int) -> None:
    rig = running()
    for number in range(users):
        rig.put_user(f"user{number}", password_hash="$2b$04$" + "a" * 53)
    waiting = {operation.id for operation in rig.unfinished()}
    rig.purge()
    while rig.last(Kind.PURGE_REGISTRY).status is not Status.SUCCEEDED:
        rig.deliver(next(each for each in rig.host.waiting if each.lifecycle))
        rig.host.waiting = [each for each in rig.host.waiting if each.message.turn or not each.lifecycle]
    assert len(waiting) == users
    for operation in map(rig.operation, waiting):
        assert operation.status is Status.FAILED
        assert operation.error
        assert operation.error.code == "RegistryDeleted"
    rig.drain()
    rig.check_gone()


def test_a_user_of_an_earlier_registry_is_not_in_a_later_one_of_that_name() -> None:
    rig = running()
    rig.put_user("alice")
    rig.drain()
    rig.purge()
    rig.drain()
    rig.create()
    rig.check_up()
    assert rig.names_in_file() == []


# turns that sleep through a delete


def asleep(rig: Rig, story: Callable[[], object]) -> Callable[[], None]:
    """What happens while a turn sleeps: the registry comes, goes, and then `story`."""

    def meanwhile() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        rig.drain()
        rig.purge()
        rig.drain()
        story()

    return meanwhile


def test_a_turn_that_slept_through_a_delete_and_a_create_tells_the_new_registry_nothing() -> None:
    rig = Rig()
    rig.put()

    def again() -> None:
        rig.azure.held.add(azure_names("sub", "group", NAME).storage_account)
        rig.create()
        rig.check_up()

    rig.wire.meanwhile("azure.put", lambda: rig.wire.meanwhile("state.get", asleep(rig, again)))
    rig.deliver(rig.host.waiting.pop())
    rig.drain()
    assert rig.registry().storage_attempt == 1
    assert rig.registry().names.storage_account in str(rig.registry().file_endpoint)


def test_a_turn_that_slept_through_a_delete_and_a_create_does_not_take_its_next_name() -> None:
    rig = Rig()
    rig.put()

    def again() -> None:
        rig.put()
        rig.wire.refuse("azure.put", NameTakenError(Type.STORAGE_ACCOUNT))

    rig.wire.meanwhile("azure.get", asleep(rig, again))
    rig.deliver(rig.host.waiting.pop())
    assert rig.registry().storage_attempt == 0


@pytest.mark.parametrize("turns", range(1, 9))
def test_a_turn_that_slept_through_others_forgets_nothing_that_they_found_out(turns: int) -> None:
    rig = Rig(looks=1)
    rig.put()

    def others() -> None:
        rig.clock.advance(STALE_SECONDS + 1)
        rig.reconcile.run()
        for _ in range(turns):
            if rig.host.waiting:
                rig.step()

    rig.wire.meanwhile("azure.put", lambda: rig.wire.meanwhile("state.get", others))
    rig.deliver(rig.host.waiting.pop())
    rig.drain()
    rig.check_up()
    registry = rig.registry()
    assert registry.login_server
    assert registry.file_endpoint
    assert rig.operation(str(registry.last_operation)).result == {"loginServer": registry.login_server}
