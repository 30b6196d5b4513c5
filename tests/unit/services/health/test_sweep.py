"""The sweep looks at every registry as a client does, and cries wolf only where there is one."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import DependencyError, PermanentError, TemporaryError
from shared.domain.health.codes import Code, Severity
from shared.domain.health.daily import Size
from shared.domain.health.observation import Failure
from shared.domain.health.verdict import Verdict
from shared.domain.resources.resource import Ref, Type
from shared.domain.users.htpasswd import FILE_NAME, render
from shared.services.health.daily import MOST_PER_BATCH
from shared.services.state import State
from tests.unit.services.rig import KEY, NAME, Rig

HASH = "$2b$05$" + "a" * 53


@pytest.fixture
def rig() -> Rig:
    """A registry that is up."""
    rig = Rig()
    rig.create()
    rig.wire.calls.clear()
    return rig


def calls(rig: Rig, name: str) -> int:
    return sum(call.name == name for call in rig.wire.calls)


def server(rig: Rig, name: str = NAME) -> str:
    found = rig.registry(name).login_server
    assert found
    return found


def verdict(rig: Rig, name: str = NAME) -> Verdict:
    found = rig.registries.get(name).verdict
    assert found
    return found


def test_a_registry_that_serves_its_users_is_healthy(rig: Rig) -> None:
    rig.clock.advance(100)
    assert rig.sweep() == {"HEALTHY": 1}
    found = verdict(rig)
    assert (found.code, found.severity, found.fix) == (Code.HEALTHY, Severity.OK, "")
    assert found.checked_at == rig.clock.now


def test_many_registries_cost_one_list_and_one_look(rig: Rig) -> None:
    names = [f"reg{number:02}" for number in range(12)]
    for name in names:
        rig.create(name)
    rig.azure.stop_site(rig.registry("reg01").names.site)
    rig.probe.failures[server(rig, "reg01")] = Failure.CONNECTION
    rig.probe.failures[server(rig, "reg02")] = Failure.DNS
    rig.probe.failures[server(rig, "reg03")] = Failure.TIMEOUT
    rig.azure.crash_site(rig.registry("reg03").names.site)  # no reason to call it stopped
    rig.share("reg04").files[FILE_NAME] = b"mallory:" + HASH.encode() + b"\n"
    rig.wire.calls.clear()
    counts = rig.sweep()
    assert counts == {"HEALTHY": 9, "SITE_STOPPED": 1, "DNS_ERROR": 1, "TIMEOUT": 1, "PROBE_REFUSED": 1}
    assert calls(rig, "azure.all_of") == 1
    assert calls(rig, "azure.get") <= MOST_PER_BATCH  # the daily looks
    assert calls(rig, "probe.look") <= 2
    codes = {name: verdict(rig, name).code for name in names[:6]}
    assert codes == {
        "reg00": Code.HEALTHY,
        "reg01": Code.SITE_STOPPED,
        "reg02": Code.DNS_ERROR,
        "reg03": Code.TIMEOUT,
        "reg04": Code.PROBE_REFUSED,
        "reg05": Code.HEALTHY,
    }


def test_a_bad_verdict_says_what_to_do_and_goes_when_it_is_mended(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.probe.failures[server(rig)] = Failure.CONNECTION
    rig.sweep()
    assert verdict(rig).severity is Severity.CRITICAL
    assert verdict(rig).fix
    assert "CONNECTION_ERROR" in caplog.text
    rig.probe.failures.clear()
    rig.clock.advance(300)
    rig.sweep()
    assert verdict(rig).code is Code.HEALTHY
    assert verdict(rig).checked_at == rig.clock.now


def test_a_certificate_that_expires_soon_is_a_warning(rig: Rig) -> None:
    rig.probe.certificate_expires = rig.clock.now + timedelta(days=3)
    assert rig.sweep() == {"TLS_EXPIRING": 1}
    assert verdict(rig).severity is Severity.WARNING


@pytest.mark.parametrize(
    "error", [TemporaryError("TooManyRequests", "429", 5), PermanentError("AuthorizationFailed", "403", "x")]
)
def test_without_resource_manager_the_probes_still_tell(rig: Rig, error: Exception) -> None:
    rig.azure.errors["all_of"] = [error]
    assert rig.sweep() == {"HEALTHY": 1}
    rig.azure.errors["all_of"] = [error]
    rig.probe.failures[server(rig)] = Failure.TLS
    assert rig.sweep() == {"TLS_ERROR": 1}


def test_tables_that_are_away_fail_the_sweep_aloud(rig: Rig) -> None:
    rig.state_table.down = True
    with pytest.raises(DependencyError):
        rig.sweep()


# while we work on it ourselves


def test_a_registry_that_is_being_made_changed_or_deleted_is_not_judged() -> None:
    rig = Rig(looks=1)
    rig.put()
    rig.step()
    assert rig.sweep() == {"MAINTENANCE": 1}
    rig.drain()
    rig.put(sku="S1")
    assert rig.sweep() == {"MAINTENANCE": 1}
    rig.drain()
    assert rig.sweep() == {"HEALTHY": 1}
    rig.purge()
    assert rig.sweep() == {"MAINTENANCE": 1}
    rig.drain()
    assert rig.sweep() == {}
    rig.check_gone()


def test_a_registry_whose_update_failed_is_judged(rig: Rig) -> None:
    rig.azure.refusals[Type.PLAN] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put(sku="S1")
    rig.drain()
    assert rig.registry().provisioning_state == "Failed"
    assert rig.sweep() == {"HEALTHY": 1}


def test_a_registry_whose_create_failed_is_not(rig: Rig) -> None:
    rig.azure.refusals[Type.SITE] = [PermanentError("QuotaExceeded", "no", "ask")]
    rig.put("another")
    rig.drain()
    assert rig.sweep() == {"HEALTHY": 1}


def test_a_new_file_that_the_mount_does_not_show_yet_is_no_alarm(rig: Rig) -> None:
    rig.sweep()
    rig.probe.lag = 9
    rig.put_user("alice", password_hash=HASH)
    rig.step()
    assert rig.sweep() == {"HEALTHY": 1}
    rig.drain()
    assert rig.sweep() == {"HEALTHY": 1}


def test_a_new_file_that_the_mount_does_not_show_for_minutes_is_an_alarm(rig: Rig) -> None:
    rig.probe.stale.add(server(rig))
    rig.put_user("alice", password_hash=HASH)
    rig.drain(60)
    assert rig.sweep() == {"HEALTHY": 1}
    rig.drain(120)
    assert rig.sweep() == {"PROBE_REFUSED": 1}


def test_a_file_that_is_published_during_the_sweep_is_no_alarm(rig: Rig) -> None:
    def publish() -> None:
        rig.put_user("alice", password_hash=HASH)
        rig.drain()

    rig.wire.meanwhile("azure.all_of", lambda: rig.wire.meanwhile("probe.look", publish))
    assert rig.sweep() == {"HEALTHY": 1}


def test_a_file_whose_publisher_died_before_he_could_say_so_is_no_alarm(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    registry, users = rig.registry(), State(rig.state_table).logins(NAME)
    rig.share().files[FILE_NAME] = render(KEY, registry.uid, registry.users_revision, users)
    assert rig.confirmed_sweep() == {"HEALTHY": 1}


def test_a_registry_that_keeps_to_an_old_file_is_an_alarm(rig: Rig) -> None:
    rig.put_user("alice", password_hash=HASH)
    rig.drain()
    rig.probe.reads = lambda _: b"# an old file\n_probe:" + HASH.encode() + b"\n"
    assert rig.sweep() == {"PROBE_REFUSED": 1}


def test_a_registry_that_is_purged_during_its_first_look_leaves_nothing(rig: Rig) -> None:
    def go() -> None:
        rig.purge()
        rig.drain()

    rig.wire.meanwhile("probe.look", go)
    rig.sweep()
    rig.check_gone()


def test_a_registry_that_is_purged_during_its_daily_look_leaves_nothing(rig: Rig) -> None:
    measure, in_between = rig.containers.measure, pytest.MonkeyPatch()

    def go(*asked: Any, **limits: Any) -> Size:
        in_between.undo()
        rig.purge()
        rig.drain()
        return measure(*asked, **limits)

    in_between.setattr(rig.containers, "measure", go)
    rig.sweep()
    rig.check_gone()


def test_a_registry_that_goes_during_the_sweep_leaves_no_verdict_for_the_next_of_its_name(rig: Rig) -> None:
    def go() -> None:
        rig.probe.failures.clear()
        rig.purge()
        rig.drain()
        rig.create()

    rig.probe.failures[server(rig)] = Failure.TIMEOUT
    rig.wire.meanwhile("probe.look", lambda: rig.wire.meanwhile("health.transact", go))
    rig.sweep()
    assert rig.registries.get(NAME).verdict is None
    assert Ref(Type.SITE, rig.registry().names.site) in rig.resources()
