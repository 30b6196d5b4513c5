"""What configures a site: app settings and mounts (never shown by a GET), and the rest of `siteConfig`."""

import ipaddress
import re
from typing import Any

from localazure.emulator.arm import web_errors
from localazure.emulator.arm.models.store import Json, Resource

APP_SETTINGS = "appSettings"
MOUNTS = "azureStorageAccounts"
CONNECTION_STRINGS = "connectionStrings"

_MOST_MOUNTS = 5
_LAST_PRIORITY = 2147483647
_RESERVED_PATHS = ("/", "/home", "/tmp")  # noqa: S108 - not a file of ours: a path that App Service refuses
_MOUNT_PATH = re.compile(r"/[^\0]+")
_CONTAINER = re.compile(r"DOCKER\|\S+", re.IGNORECASE)


def apply_site_config(site: Resource, config: Any) -> None:
    """Merge a `siteConfig` as sent into the site. What is not sent, or null, stays. Raises ArmError 400."""
    if not isinstance(config, dict):
        raise web_errors.invalid_parameter("SiteConfig")
    sent = {name: value for name, value in config.items() if value is not None}
    if APP_SETTINGS in sent:
        replace_app_settings(site, _pairs(sent.pop(APP_SETTINGS)))
    if MOUNTS in sent:
        replace_mounts(site, sent.pop(MOUNTS))
    if CONNECTION_STRINGS in sent:
        site.secrets[CONNECTION_STRINGS] = sent.pop(CONNECTION_STRINGS)
    site_config(site).update(sent)


def site_config(site: Resource) -> Json:
    """The site's `siteConfig` without its secret parts."""
    config: Json = site.properties.setdefault("siteConfig", {})
    return config


def app_settings(site: Resource) -> dict[str, str]:
    """The environment of the container."""
    settings: dict[str, str] = site.secrets.get(APP_SETTINGS, {})
    return settings


def mounts(site: Resource) -> dict[str, Json]:
    """The mounted shares, by the name of the mount."""
    found: dict[str, Json] = site.secrets.get(MOUNTS, {})
    return found


def replace_app_settings(site: Resource, settings: Any) -> None:
    """All app settings at once. Raises ArmError 400 if they are not names and texts."""
    if not isinstance(settings, dict) or not all(isinstance(value, str) for value in settings.values()):
        raise web_errors.invalid_parameter("AppSettings")
    site.secrets[APP_SETTINGS] = dict(settings)


def replace_mounts(site: Resource, wanted: Any) -> None:
    """All mounts at once. Raises ArmError 400 for what App Service cannot mount (FACTS: five, not over /home)."""
    if not isinstance(wanted, dict) or len(wanted) > _MOST_MOUNTS:
        raise web_errors.invalid_parameter("AzureStorageAccounts")
    for mount in wanted.values():
        _check_mount(mount)
    # An accessKey that is not sent stays what it was: a list does not have to be read to be sent back.
    before = mounts(site)
    site.secrets[MOUNTS] = {
        name: {"accessKey": before.get(name, {}).get("accessKey"), **mount} for name, mount in wanted.items()
    }


def check_container(site: Resource) -> None:
    """A Linux container needs an image: `linuxFxVersion: DOCKER|image`. Raises ArmError 400."""
    if not _CONTAINER.fullmatch(str(site_config(site).get("linuxFxVersion"))):
        raise web_errors.invalid_parameter("LinuxFxVersion")


def admits(config: Json, address: str) -> bool:
    """Do the access rules let that address in? The first that fits decides, in the order of their priorities.

    https://learn.microsoft.com/azure/app-service/app-service-ip-restrictions
    """
    rules = config.get("ipSecurityRestrictions") or []
    for rule in sorted(rules, key=lambda each: int(each.get("priority", _LAST_PRIORITY))):
        if _fits(rule, address):
            return str(rule.get("action", "Allow")) == "Allow"
    return str(config.get("ipSecurityRestrictionsDefaultAction", "Deny" if rules else "Allow")) == "Allow"


def _fits(rule: Json, address: str) -> bool:
    ranges = str(rule.get("ipAddress", "")).split(",")
    return "Any" in ranges or any(
        ipaddress.ip_address(address) in ipaddress.ip_network(each.strip(), strict=False)
        for each in ranges
        if "/" in each
    )


def _check_mount(mount: Any) -> None:
    if not isinstance(mount, dict) or mount.get("type") not in ("AzureFiles", "AzureBlob"):
        raise web_errors.invalid_parameter("AzureStorageAccounts.Type")
    for name in ("accountName", "shareName"):
        if not isinstance(mount.get(name), str) or not mount[name]:
            raise web_errors.invalid_parameter(f"AzureStorageAccounts.{name[0].upper()}{name[1:]}")
    path = mount.get("mountPath")
    good = isinstance(path, str) and _MOUNT_PATH.fullmatch(path) and path.rstrip("/") not in _RESERVED_PATHS
    if not good:
        raise web_errors.invalid_parameter("AzureStorageAccounts.MountPath")


def _pairs(settings: Any) -> Any:
    """`[{"name", "value"}]` of a site's PUT as the mapping that `config/appsettings` takes."""
    if not isinstance(settings, list) or not all(isinstance(pair, dict) for pair in settings):
        raise web_errors.invalid_parameter("AppSettings")
    return {pair.get("name", ""): pair.get("value", "") for pair in settings}
