"""A site lets in whom its access rules let in, and answers others as App Service does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localazure.emulator.arm.models.site_settings import admits
from tests.localazure.site_rig import Rig

OTHERS = {"ipAddress": "203.0.113.0/24", "action": "Allow", "priority": 100}
US = {"ipAddress": "127.0.0.0/8", "action": "Allow", "priority": 200}
NOT_US = {"ipAddress": "127.0.0.1/32", "action": "Deny", "priority": 150}
LAST = {"ipAddress": "Any", "action": "Allow", "priority": 2147483647}


@pytest.mark.parametrize(
    ("rules", "default", "is_admitted"),
    [
        ([], None, True),
        ([], "Allow", True),
        ([], "Deny", False),
        ([OTHERS], None, False),
        ([OTHERS], "Allow", True),
        ([OTHERS, US], "Deny", True),
        ([US, NOT_US], "Deny", False),
        ([OTHERS, LAST], None, True),
        ([{**OTHERS, "ipAddress": "203.0.113.0/24,127.0.0.1/32"}], None, True),
        ([{"ipAddress": "::/0", "action": "Allow", "priority": 1}], None, False),
    ],
)
def test_the_first_rule_that_fits_decides(
    rules: list[dict[str, Any]], default: str | None, is_admitted: bool
) -> None:
    config: dict[str, Any] = {"ipSecurityRestrictions": rules}
    if default:
        config["ipSecurityRestrictionsDefaultAction"] = default
    assert admits(config, "127.0.0.1") is is_admitted


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig.create(tmp_path)
    rig.write_users(alice="wonderland")
    yield rig
    rig.sites.stop_all()


def test_who_is_not_let_in_gets_the_page_of_app_service_until_the_rules_change(rig: Rig) -> None:
    alice = ("alice", "wonderland")
    rig.start(replace(rig.config(), admits_us=False))
    for user in (None, alice):
        status, headers = rig.answer("/v2/", user)
        assert (status, headers["x-ms-forbidden-ip"], headers["Content-Type"]) == (
            403,
            "127.0.0.1",
            "text/html",
        )
    rig.start(rig.config())
    assert (rig.get("/v2/"), rig.get("/v2/", alice)) == (401, 200)
