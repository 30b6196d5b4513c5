"""A revocation that does not become effective is an alarm, until the registry proves it."""

import logging

import pytest

from shared.domain.health.codes import Code
from shared.domain.health.observation import Failure
from shared.domain.health.verdict import Verdict
from shared.domain.users.htpasswd import FILE_NAME
from tests.unit.domain.examples import HASH
from tests.unit.services.rig import HTPASSWD_STALE, NAME, Rig, up


@pytest.fixture
def rig() -> Rig:
    """A registry with one user, that is healthy."""
    rig = up("alice")
    rig.sweep()
    return rig


def revoke_in_vain(rig: Rig) -> None:
    rig.probe.stale.add(rig.login_server)
    rig.delete_user("alice")


def wait(rig: Rig, seconds: float) -> None:
    """With `reconcile` every minute."""
    for _ in range(int(seconds // 60)):
        rig.drain(60)
        rig.reconcile.run()


def verdict(rig: Rig) -> Verdict:
    found = rig.registries.get(NAME).verdict
    assert found
    return found


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_revocation_that_is_not_proven_in_time_is_an_alarm(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    revoke_in_vain(rig)
    wait(rig, HTPASSWD_STALE)
    assert verdict(rig).code is Code.HEALTHY
    assert errors(caplog) == []
    wait(rig, 60)
    found = verdict(rig)
    assert found.code is Code.HTPASSWD_STALE
    assert "DeleteUser alice" in found.message
    assert "RegistryReadsOldFile" in found.message, "the obstacle tells where to look"
    [line] = errors(caplog)
    assert "HTPASSWD_STALE: registry demo: DeleteUser alice" in line


def test_it_is_over_when_the_change_is_proven(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    revoke_in_vain(rig)
    wait(rig, HTPASSWD_STALE + 60)
    rig.probe.stale.clear()
    wait(rig, 60)
    assert verdict(rig).code is Code.HEALTHY
    assert "HTPASSWD_STALE is over: registry demo" in caplog.text
    rig.check_up()


def test_a_sweep_does_not_hide_it(rig: Rig) -> None:
    revoke_in_vain(rig)
    wait(rig, HTPASSWD_STALE + 60)
    rig.probe.failures[rig.login_server] = Failure.TIMEOUT
    rig.sweep()
    assert verdict(rig).code is Code.HTPASSWD_STALE


def test_only_a_registry_without_any_lock_is_worse(rig: Rig) -> None:
    revoke_in_vain(rig)
    wait(rig, HTPASSWD_STALE + 60)
    last = rig.health_table.rows[NAME]["last"]
    rig.health_table.rows[NAME]["last"] = type(last)(
        last.key, {**last.values, "code": "AUTH_NOT_REQUIRED"}, last.etag
    )
    assert verdict(rig).code is Code.AUTH_NOT_REQUIRED


def test_many_changes_are_one_line(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    revoke_in_vain(rig)
    for number in range(8):
        rig.put_user(f"user{number}", password_hash=HASH)
    wait(rig, HTPASSWD_STALE + 60)
    [line] = errors(caplog)
    assert line.count("operation ") == 5
    assert line.endswith(f"and 4 more registry={NAME}")


def test_users_of_a_registry_that_is_still_being_made_wait_without_an_alarm() -> None:
    rig = Rig(looks=200)
    rig.put()
    rig.put_user("alice", password_hash=HASH)
    wait(rig, 2 * HTPASSWD_STALE)
    assert rig.unfinished()
    assert rig.registries.get(NAME).verdict is None


def test_a_changed_file_is_an_alarm_until_the_repaired_one_is_proven(rig: Rig) -> None:
    rig.share().files[FILE_NAME] += f"mallory:{HASH}\n".encode()
    rig.probe.stale.add(rig.login_server)
    rig.reconcile.run()
    wait(rig, 60)
    assert verdict(rig).code is Code.HTPASSWD_DRIFT
    wait(rig, HTPASSWD_STALE)
    assert verdict(rig).code is Code.HTPASSWD_STALE
    rig.probe.stale.clear()
    wait(rig, 60)
    assert verdict(rig).code is Code.HEALTHY


def test_the_alarm_of_a_registry_that_was_deleted_is_not_that_of_the_next(rig: Rig) -> None:
    revoke_in_vain(rig)
    wait(rig, HTPASSWD_STALE + 60)
    rows = dict(rig.health_table.rows[NAME])
    rig.purge()
    rig.drain()
    assert not rig.health_table.rows[NAME]
    rig.probe.stale.clear()
    rig.create()
    rig.health_table.rows[NAME] = rows
    assert rig.registries.get(NAME).verdict is None
