"""A site is shut out when a key that it holds is none of its account's two; what it does not show says nothing."""

import pytest

from shared.domain.resources.account_keys import ACCOUNT_SETTING, KEY_SETTING, all_valid

ACCOUNT, KEYS = "images", ["first", "second"]


def mount(key: object, account: str = ACCOUNT) -> dict[str, object]:
    return {"accountName": account, "accessKey": key, "mountPath": "/mnt/berthage"}


def settings(key: str, account: str = ACCOUNT) -> dict[str, str]:
    return {ACCOUNT_SETTING: account, KEY_SETTING: key, "WEBSITES_PORT": "5000"}


@pytest.mark.parametrize(
    ("given", "mounts", "valid"),
    [
        (settings("first"), {"a": mount("first")}, True),
        (settings("second"), {"a": mount("second")}, True),
        (settings("first"), {"a": mount("second")}, True),
        (settings("gone"), {"a": mount("first")}, False),
        (settings("first"), {"a": mount("gone")}, False),
        (settings("first"), {"a": mount("first"), "b": mount("gone")}, False),
        # of another account nothing is known here
        (settings("first"), {"a": mount("theirs", "other")}, True),
        (settings("theirs", "other"), {"a": mount("first")}, True),
        (settings("theirs", "other"), {"a": mount("theirs", "other")}, None),
        # not shown
        (settings("first"), {"a": mount(None)}, True),
        (settings("first"), {"a": mount("")}, True),
        (settings("@Microsoft.KeyVault(SecretUri=https://v.example/s)"), {"a": mount("first")}, True),
        (settings(""), {"a": mount(None)}, None),
        ({}, {}, None),
    ],
)
def test_each_key_that_is_shown_must_be_one_of_the_accounts(
    given: dict[str, str], mounts: dict[str, dict[str, object]], valid: bool | None
) -> None:
    assert all_valid(ACCOUNT, given, mounts, KEYS) is valid
