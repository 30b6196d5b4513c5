"""A registry whose address rules keep the control plane out: it is changed, and what can be known is said."""

from typing import Any

import pytest

from shared.domain.health.codes import Code
from shared.domain.operations import Kind, Status
from tests.unit.services.rig import NAME, Rig

ELSEWHERE: dict[str, Any] = {"allowedIpRanges": ["203.0.113.0/24"]}


@pytest.fixture
def rig() -> Rig:
    """Closed to us."""
    rig = Rig()
    rig.create()
    rig.put_user("alice")
    rig.drain()
    rig.probe.restricted.add(rig.login_server)
    rig.put(**ELSEWHERE)
    return rig


def test_an_update_that_shuts_us_out_succeeds_by_what_resource_manager_says(rig: Rig) -> None:
    rig.drain()
    assert rig.last(Kind.UPDATE_REGISTRY).status is Status.SUCCEEDED
    site = rig.azure.site_config(rig.registry().names.site)
    assert site["ipSecurityRestrictionsDefaultAction"] == "Deny"


def test_it_waits_for_a_site_that_does_not_run(rig: Rig) -> None:
    rig.step()
    rig.azure.crash_site(rig.registry().names.site)
    rig.drain(60)
    assert rig.last(Kind.UPDATE_REGISTRY).status is Status.RUNNING


def test_a_users_change_ends_with_the_file_as_its_proof(rig: Rig) -> None:
    rig.drain()
    rig.delete_user("alice")
    rig.drain()
    ended = rig.last(Kind.DELETE_USER)
    assert (ended.status, ended.result) == (Status.SUCCEEDED, {"proof": "file"})
    assert rig.names_in_file() == []


def test_its_health_is_restricted_and_never_green(rig: Rig) -> None:
    rig.drain()
    assert rig.sweep() == {Code.RESTRICTED: 1}
    verdict = rig.registries.get(NAME).verdict
    assert verdict is not None
    assert (verdict.severity, bool(verdict.fix)) == ("warning", True)


def test_open_again_it_proves_itself(rig: Rig) -> None:
    rig.drain()
    rig.probe.restricted.clear()
    rig.put(allowedIpRanges=None)
    rig.drain()
    rig.check_up()
