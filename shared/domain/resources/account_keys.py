"""The storage keys that a site holds: in its mounts, and in the settings of the registry's storage driver.

A regenerated key shuts the site out of its account; either of the account's two keys is as good as the other.
"""

from collections.abc import Collection, Iterator, Mapping

ACCOUNT_SETTING, KEY_SETTING = "REGISTRY_STORAGE_AZURE_ACCOUNTNAME", "REGISTRY_STORAGE_AZURE_ACCOUNTKEY"
_REFERENCE = "@Microsoft.KeyVault("
"""A setting that says where the key is, and not what it is."""


def all_valid(
    account: str,
    settings: Mapping[str, str],
    mounts: Mapping[str, Mapping[str, object]],
    keys: Collection[str],
) -> bool | None:
    """Is each key of `account` that the site holds one of the account's `keys`? `None`: it shows none."""
    held = list(_held(account, settings, mounts))
    return all(key in keys for key in held) if held else None


def _held(
    account: str, settings: Mapping[str, str], mounts: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    """What is empty is not shown: a list may leave keys out."""
    shown = [mount.get("accessKey") for mount in mounts.values() if mount.get("accountName") == account]
    if settings.get(ACCOUNT_SETTING) == account:
        shown.append(settings.get(KEY_SETTING))
    return (str(key) for key in shown if key and not str(key).startswith(_REFERENCE))
