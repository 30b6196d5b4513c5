"""What the fakes do beyond their ports' contracts: they fail, lag and stop on demand."""

import pytest

from shared.domain.errors import TemporaryError
from shared.domain.health.observation import Failure, Observation
from shared.domain.resources.resource import Ref, Type
from shared.domain.users.htpasswd import FILE_NAME, probe_password, render
from tests.contract.registries import Resources, new_registry
from tests.fakes import FakeProbe, FakeResourceManager, FakeShare, FakeShares

KEY, UID, SERVER = "k" * 32, "01K", "demo.example"


def publish(share: FakeShare, revision: int) -> None:
    share.files[FILE_NAME] = render(KEY, UID, revision, [])


def member(probe: FakeProbe, revision: int, server: str = SERVER) -> int | None:
    [seen] = probe.look([(server, probe_password(KEY, UID, revision))])
    return seen.member


@pytest.fixture
def share() -> FakeShare:
    share = FakeShare()
    publish(share, 1)
    return share


def test_a_lagging_mount_shows_the_old_file_for_so_many_looks(share: FakeShare) -> None:
    probe = FakeProbe.of({SERVER: share})
    probe.lag = 2
    assert member(probe, 1) == 200
    publish(share, 2)
    assert [member(probe, 2) for _ in range(3)] == [401, 401, 200]
    publish(share, 3)
    assert [member(probe, 2), member(probe, 3), member(probe, 3)] == [200, 401, 200]


def test_a_stale_registry_keeps_the_file_that_it_saw_first(share: FakeShare) -> None:
    probe = FakeProbe.of({SERVER: share})
    probe.stale.add(SERVER)
    assert member(probe, 1) == 200
    publish(share, 2)
    assert (member(probe, 1), member(probe, 2)) == (200, 401)
    probe.stale.clear()
    assert (member(probe, 1), member(probe, 2)) == (401, 200)


def test_a_stopped_site_and_a_failing_one(share: FakeShare) -> None:
    probe = FakeProbe.of({SERVER: share, "other.example": share})
    probe.stopped.add(SERVER)
    probe.failures["other.example"] = Failure.TLS
    seen = probe.look([(SERVER, ""), ("other.example", ""), ("unknown.example", "")])
    assert seen == [
        Observation(stranger=403, root=403),
        Observation(failure=Failure.TLS),
        Observation(failure=Failure.CONNECTION),
    ]
    assert probe.looked == [SERVER, "other.example", "unknown.example"]


def test_a_site_reads_the_file_of_the_share_that_it_mounts() -> None:
    shares = FakeShares()
    azure = FakeResourceManager(shares=shares)
    probe = FakeProbe(azure.file_behind)
    registry = new_registry()
    key = f"key-of-{registry.names.storage_account}"
    for kind in (Type.STORAGE_ACCOUNT, Type.PLAN, Type.FILE_SHARE, Type.SITE):
        resource = Resources(registry, key).of(kind)
        azure.put(resource.ref, resource.body)
    account = azure.get(Ref(Type.STORAGE_ACCOUNT, registry.names.storage_account))
    site = azure.get(Ref(Type.SITE, registry.names.site))
    assert account is not None
    assert site is not None
    server = site["properties"]["defaultHostName"]
    share = shares.open(account["properties"]["primaryEndpoints"]["file"], "config")
    assert member(probe, 1, server) == 400
    publish(share, 1)
    assert member(probe, 1, server) == 200
    azure.delete(Ref(Type.SITE, registry.names.site))
    assert member(probe, 1, server) is None


def test_a_site_with_a_wrong_key_has_no_mount() -> None:
    shares = FakeShares()
    azure = FakeResourceManager(shares=shares)
    registry = new_registry()
    for kind in (Type.STORAGE_ACCOUNT, Type.PLAN, Type.FILE_SHARE, Type.SITE):
        resource = Resources(registry, "another key").of(kind)
        azure.put(resource.ref, resource.body)
    account = azure.get(Ref(Type.STORAGE_ACCOUNT, registry.names.storage_account))
    assert account is not None
    publish(shares.open(account["properties"]["primaryEndpoints"]["file"], "config"), 1)
    assert member(FakeProbe(azure.file_behind), 1, f"{registry.names.site}.example") == 400


def test_planned_errors_are_raised_once_and_refused_calls_are_recorded() -> None:
    azure = FakeResourceManager(errors={"get": [TemporaryError("ServerBusy", "busy", 1)]})
    plan = Resources(new_registry()).of(Type.PLAN)
    azure.refusals[Type.PLAN] = [TemporaryError("ServerBusy", "busy", 1)]
    with pytest.raises(TemporaryError):
        azure.get(plan.ref)
    assert azure.get(plan.ref) is None
    with pytest.raises(TemporaryError):
        azure.put(plan.ref, plan.body)
    assert azure.resources == {}
    azure.put(plan.ref, plan.body)
    assert azure.calls == [("put", plan.ref)] * 2
