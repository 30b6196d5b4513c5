"""The in-memory `ResourceManager`: the resources of one group, and what Azure adds to them or hides."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.resources.account_keys import all_valid
from shared.domain.resources.resource import Json, Ref, Type
from shared.domain.resources.site_drift import differing
from shared.domain.users.htpasswd import FILE_NAME

if TYPE_CHECKING:
    from tests.fakes import FakeShares

SLOW = {Type.STORAGE_ACCOUNT, Type.PLAN, Type.SITE}
"""Creating one of these is a long-running operation."""
GLOBAL = {Type.STORAGE_ACCOUNT, Type.SITE}
"""Names of these are unique in the world."""
IN_ACCOUNT = {Type.BLOB_SERVICE, Type.FILE_SERVICE, Type.BLOB_CONTAINER, Type.FILE_SHARE}
SKUS = {
    Type.STORAGE_ACCOUNT: {"Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"},
    Type.PLAN: {"B1", "B2", "B3", "S1", "S2", "S3", "P0v3", "P1v3", "P2v3", "P3v3"},
}
BORN_WITH_PARENT: dict[Type, dict[str, Any]] = {
    Type.BLOB_SERVICE: {"deleteRetentionPolicy": {"enabled": False}},
    Type.FILE_SERVICE: {"shareDeleteRetentionPolicy": {"enabled": True, "days": 7}},
    Type.PUBLISHING_POLICY: {"allow": True},
}
_BUSY_SECONDS = 2


class _Keys(dict[str, list[str]]):
    def __missing__(self, account: str) -> list[str]:
        return self.setdefault(account, [f"key-of-{account}", f"other-key-of-{account}"])


@dataclass
class FakeResourceManager:
    """Resources that need some looks until they are ready.

    `looks`: how many GETs show a new account, plan or site in progress; `held`: names that somebody else holds;
    `keeps_names`: those of deleted accounts and sites are held from then on;
    `refusals`: what the next PUT of a type raises, once for each entry; `errors`: what the next call of a method
    raises, once for each entry.
    """

    looks: int = 0
    held: set[str] = field(default_factory=set)
    keeps_names: bool = False
    refusals: dict[Type, list[Exception]] = field(default_factory=dict)
    errors: dict[str, list[Exception]] = field(default_factory=dict)
    resources: dict[Ref, dict[str, Any]] = field(default_factory=dict)
    """Bodies as they were sent, with what Azure adds; `get` hides what Azure hides."""
    calls: list[tuple[str, Ref]] = field(default_factory=list)
    """Every PUT, DELETE and restart, refused ones too."""
    keys: dict[str, list[str]] = field(default_factory=_Keys)
    """Both keys of each account."""
    shares: FakeShares | None = None
    """Where an account's shares lie: for `file_behind`."""
    _left: dict[Ref, int] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def get(self, ref: Ref) -> Json | None:
        with self._lock:
            self._fail("get")
            parent = _parent(ref)
            if parent and parent not in self.resources:
                return None
            if parent and parent.type is Type.STORAGE_ACCOUNT:
                self._refuse_while_in_progress(parent)
            found = self.resources.get(ref) or _born(ref)
            shown = None if found is None else _shown(ref, found, busy=self._is_in_progress(ref))
            self._left[ref] = max(0, self._left.get(ref, 0) - 1)
            return shown

    def put(self, ref: Ref, body: Json) -> None:
        with self._lock:
            self.calls.append(("put", ref))
            self._fail("put")
            if self.refusals.get(ref.type):
                raise self.refusals[ref.type].pop(0)
            self._check(ref, body)
            if ref.type in SLOW and ref not in self.resources:
                self._left[ref] = self.looks
            sent = copy.deepcopy(dict(body))
            properties = {**sent.get("properties", {}), **_told(ref)}
            self.resources[ref] = {**sent, "name": ref.child or ref.name, "properties": properties}

    def delete(self, ref: Ref) -> None:
        with self._lock:
            self.calls.append(("delete", ref))
            self._fail("delete")
            if ref not in self.resources:
                return
            if ref.type is not Type.PLAN:
                self._refuse_while_in_progress(ref)
            elif any(_plan(body) == ref for each, body in self.resources.items() if each.type is Type.SITE):
                raise TemporaryError("Conflict", f"{ref.name}: there are sites on it", _BUSY_SECONDS)
            if self.keeps_names and ref in self.resources:
                self.held.add(ref.name)
            for gone in [each for each in self.resources if ref in {each, _parent(each)}]:
                del self.resources[gone]
            if ref.type is Type.STORAGE_ACCOUNT and self.shares:
                self.shares.by_endpoint.pop(file_endpoint(ref.name), None)

    def restart(self, site: str) -> None:
        with self._lock:
            ref = Ref(Type.SITE, site)
            self.calls.append(("restart", ref))
            self._fail("restart")
            if ref not in self.resources:
                raise PermanentError("SiteMissing", f"{site}: there is no such site.", "PUT the registry.")

    def account_key(self, account: str) -> str:
        with self._lock:
            self._fail("account_key")
            ref = Ref(Type.STORAGE_ACCOUNT, account)
            if ref not in self.resources:
                raise TemporaryError("ResourceNotFound", "no such account", 1)
            self._refuse_while_in_progress(ref)
            return self.keys[account][0]

    def differences(self, site: str, body: Json) -> list[str]:
        with self._lock:
            self._fail("differences")
            return differing(body, *self._settings_and_mounts(site))

    def mounted_key_is_valid(self, site: str, account: str) -> bool | None:
        with self._lock:
            self._fail("mounted_key_is_valid")
            settings, mounts = self._settings_and_mounts(site)
            self.account_key(account)
            return all_valid(account, settings, mounts, self.keys[account])

    def all_of(self, kind: Type) -> Iterator[Json]:
        with self._lock:
            self._fail("all_of")
            kept = [(ref, body) for ref, body in self.resources.items() if ref.type is kind]
            found = [_shown(ref, body, busy=self._is_in_progress(ref)) for ref, body in kept]
        yield from found

    def site_config(self, name: str) -> dict[str, Any]:
        """Settings and mounts as they are, for a test to change behind our back."""
        config: dict[str, Any] = self.resources[Ref(Type.SITE, name)]["properties"]["siteConfig"]
        return config

    def regenerate_key(self, account: str, number: int = 1) -> None:
        """As somebody does in the portal: the site that holds that key is shut out."""
        self.keys[account][number - 1] += "-again"

    def stop_site(self, name: str) -> None:
        """As somebody does in the portal."""
        self.resources[Ref(Type.SITE, name)]["properties"]["state"] = "Stopped"

    def crash_site(self, name: str) -> None:
        """It is meant to run, and its registry ends by itself again and again."""
        self.resources[Ref(Type.SITE, name)]["properties"]["state"] = "Crashed"

    def file_behind(self, login_server: str) -> bytes | None:
        """The htpasswd file that a site's registry sees through its mount: for `FakeProbe`."""
        site = self.resources.get(Ref(Type.SITE, login_server.partition(".")[0]))
        if site is None or self.shares is None:
            return None
        [mount] = site["properties"]["siteConfig"]["azureStorageAccounts"].values()
        account = mount["accountName"]
        share = self.shares.by_endpoint.get(file_endpoint(account))
        good = share and mount["accessKey"] in self.keys[account]
        return share.files.get(FILE_NAME, b"no file") if good and share else b"no mount"

    def _settings_and_mounts(self, site: str) -> tuple[dict[str, str], dict[str, Any]]:
        if Ref(Type.SITE, site) not in self.resources:
            raise TemporaryError("NotFound", f"{site}: no such site", _BUSY_SECONDS)
        config = self.site_config(site)
        settings = {pair["name"]: pair["value"] for pair in config["appSettings"]}
        return settings, config["azureStorageAccounts"]

    def _check(self, ref: Ref, body: Json) -> None:
        if ref.type in GLOBAL and ref.name in self.held and ref not in self.resources:
            raise NameTakenError(ref.type)
        sku = body.get("sku", {}).get("name")
        if sku is not None and sku not in SKUS[ref.type]:
            code = "BadRequest" if ref.type is Type.PLAN else "InvalidValuesForRequestParameters"
            raise PermanentError(code, f"{ref.name}: no such sku", "Use another one.")
        needed = {parent} if (parent := _parent(ref)) else set()
        if ref.type is Type.SITE:
            needed = {_plan(body)}
        if not needed <= self.resources.keys():
            raise TemporaryError("NotFound", f"{ref.name}: what it needs is not there", _BUSY_SECONDS)
        for each in {ref, *needed}:
            self._refuse_while_in_progress(each)

    def _fail(self, method: str) -> None:
        if self.errors.get(method):
            raise self.errors[method].pop(0)

    def _is_in_progress(self, ref: Ref) -> bool:
        return ref in self.resources and self._left.get(ref, 0) > 0

    def _refuse_while_in_progress(self, ref: Ref) -> None:
        if self._is_in_progress(ref):
            raise TemporaryError("Conflict", f"{ref.name}: an operation is in progress", _BUSY_SECONDS)


def file_endpoint(account: str) -> str:
    """Where an account's files are."""
    return f"https://{account}.file.example/"


def blob_endpoint(account: str) -> str:
    """Where an account's blobs are."""
    return f"https://{account}.blob.example/"


def _parent(ref: Ref) -> Ref | None:
    if ref.type in IN_ACCOUNT:
        return Ref(Type.STORAGE_ACCOUNT, ref.name)
    return Ref(Type.SITE, ref.name) if ref.type is Type.PUBLISHING_POLICY else None


def _plan(site: Json) -> Ref:
    return Ref(Type.PLAN, site["properties"]["serverFarmId"].rpartition("/")[2])


def _born(ref: Ref) -> dict[str, Any] | None:
    properties = BORN_WITH_PARENT.get(ref.type)
    return None if properties is None else {"name": ref.child or "default", "properties": properties}


def _told(ref: Ref) -> dict[str, Any]:
    """What Azure adds to its answer."""
    if ref.type is Type.STORAGE_ACCOUNT:
        endpoints = {"blob": blob_endpoint(ref.name), "file": file_endpoint(ref.name)}
        return {"primaryEndpoints": endpoints, "provisioningState": "Succeeded"}
    if ref.type is Type.PLAN:
        return {"provisioningState": "Succeeded"}
    if ref.type is Type.SITE:
        return {"defaultHostName": f"{ref.name}.example", "state": "Running"}
    return {}


def _shown(ref: Ref, body: dict[str, Any], *, busy: bool) -> Json:
    """A site hides its settings and mounts, and says with an operation's id that it is being created."""
    shown = copy.deepcopy(body)
    properties = shown["properties"]
    if ref.type is Type.SITE:
        config = properties.get("siteConfig", {})
        properties["siteConfig"] = {"linuxFxVersion": config.get("linuxFxVersion", "")}
        if busy:
            properties["inProgressOperationId"] = "an-operation"
    elif busy:
        properties["provisioningState"] = "InProgress" if ref.type is Type.PLAN else "Creating"
    return shown
