"""The Azure resources of one registry: a graph of what to PUT, as data.

Bodies are Resource Manager JSON. They hold placeholders where a secret goes: `fill` puts it in on the way out, so
that no plan, log or test shows one. Sources: the settings and traps of App Service for Linux containers and of
CNCF Distribution 2.8 and 3, listed in docs/architecture.md.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.domain.names import BLOB_CONTAINER, FILE_SHARE
from shared.domain.registries import Registry


class Placeholder(StrEnum):
    """Where a secret goes. A type of its own, so that a caller's tag with the same text is never filled in."""

    ACCOUNT_KEY = "{account-key}"
    HTTP_SECRET = "{http-secret}"


ACCOUNT_KEY, HTTP_SECRET = Placeholder.ACCOUNT_KEY, Placeholder.HTTP_SECRET
MOUNT_PATH = "/mnt/berthage"
REGISTRY_TAG, UID_TAG, FINGERPRINT_TAG = "berthage-registry", "berthage-uid", "berthage-fingerprint"
FINGERPRINT_PATH = f"tags.{FINGERPRINT_TAG}"
SOFT_DELETE_DAYS = 7


class Type(StrEnum):
    """The resource types that a registry is made of."""

    STORAGE_ACCOUNT = "Microsoft.Storage/storageAccounts"
    BLOB_SERVICE = "Microsoft.Storage/storageAccounts/blobServices"
    FILE_SERVICE = "Microsoft.Storage/storageAccounts/fileServices"
    BLOB_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
    FILE_SHARE = "Microsoft.Storage/storageAccounts/fileServices/shares"
    PLAN = "Microsoft.Web/serverfarms"
    SITE = "Microsoft.Web/sites"
    PUBLISHING_POLICY = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"


@dataclass(frozen=True)
class Ref:
    """One resource in our group. `child` names it below `name` where the type has a parent."""

    type: Type
    name: str
    child: str = ""


type Json = Mapping[str, Any]


@dataclass(frozen=True)
class Node:
    """One step. `ref` is empty for the two that are not resources: `htpasswd` and `probe`."""

    step: str
    ref: Ref | None = None
    body: Json | None = None
    needs: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    """Paths into `body` that must be equal in Azure's answer; a difference means: PUT again."""
    tagged: bool = False
    """Does the resource carry our tags? Without them it is somebody else's."""


@dataclass(frozen=True)
class Context:
    """What the bodies need besides the registry itself."""

    subscription: str
    group: str


def _tagged(registry: Registry, body: dict[str, Any]) -> Json:
    """With the caller's tags and ours: only what carries ours is ours to change or delete.

    The fingerprint says what we sent last. Azure's answers can't: they leave settings out and add tags by policy.
    """
    tags = {**registry.desired.tags, REGISTRY_TAG: registry.name, UID_TAG: registry.uid}
    sent = json.dumps({**body, "tags": tags}, sort_keys=True)
    return {**body, "tags": {**tags, FINGERPRINT_TAG: hashlib.sha256(sent.encode()).hexdigest()[:16]}}


def graph(registry: Registry, context: Context) -> tuple[Node, ...]:
    """Everything a registry needs, each after what it needs itself."""
    account, *inside = _storage(registry)
    return (account, _plan(registry), *inside, *_site(registry, context))


def removal(registry: Registry) -> tuple[Node, ...]:
    """What to delete, in order: stop serving first, then the rest at once."""
    names = registry.names
    return (
        Node("siteRemoved", Ref(Type.SITE, names.site), tagged=True),
        Node("planRemoved", Ref(Type.PLAN, names.plan), needs=("siteRemoved",), tagged=True),
        Node(
            "storageAccountRemoved",
            Ref(Type.STORAGE_ACCOUNT, names.storage_account),
            needs=("siteRemoved",),
            tagged=True,
        ),
    )


def _storage(registry: Registry) -> tuple[Node, ...]:
    account, wanted = registry.names.storage_account, registry.desired
    retention = {"enabled": True, "days": SOFT_DELETE_DAYS}
    after = ("storageAccount",)
    return (
        Node(
            "storageAccount",
            Ref(Type.STORAGE_ACCOUNT, account),
            _tagged(
                registry,
                {
                    "location": wanted.location,
                    "kind": "StorageV2",
                    "sku": {"name": f"Standard_{wanted.storage_replication}"},
                    "properties": {
                        "minimumTlsVersion": "TLS1_2",
                        "supportsHttpsTrafficOnly": True,
                        "allowBlobPublicAccess": False,
                    },
                },
            ),
            watch=("sku.name", FINGERPRINT_PATH),
            tagged=True,
        ),
        Node(
            "blobProtection",
            Ref(Type.BLOB_SERVICE, account),
            {"properties": {"deleteRetentionPolicy": retention, "containerDeleteRetentionPolicy": retention}},
            after,
            ("properties.deleteRetentionPolicy.enabled", "properties.containerDeleteRetentionPolicy.enabled"),
        ),
        Node(
            "shareProtection",
            Ref(Type.FILE_SERVICE, account),
            {"properties": {"shareDeleteRetentionPolicy": retention}},
            after,
            ("properties.shareDeleteRetentionPolicy.enabled",),
        ),
        Node(
            "blobContainer",
            Ref(Type.BLOB_CONTAINER, account, BLOB_CONTAINER),
            {"properties": {"publicAccess": "None"}},
            after,
        ),
        Node(
            "fileShare", Ref(Type.FILE_SHARE, account, FILE_SHARE), {"properties": {"shareQuota": 1}}, after
        ),
        Node("htpasswd", needs=("fileShare",)),
    )


def _plan(registry: Registry) -> Node:
    return Node(
        "plan",
        Ref(Type.PLAN, registry.names.plan),
        _tagged(
            registry,
            {
                "location": registry.desired.location,
                "kind": "linux",
                "sku": {"name": registry.desired.sku, "capacity": 1},
                "properties": {"reserved": True},
            },
        ),
        watch=("sku.name", FINGERPRINT_PATH),
        tagged=True,
    )


def _site(registry: Registry, context: Context) -> tuple[Node, ...]:
    site = registry.names.site
    body = _site_body(registry, context)
    # the first start needs the file: without it Distribution invents a user and logs its password
    needs = ("plan", "blobContainer", "htpasswd")
    policies = tuple(
        Node(
            f"{name}BasicAuthOff",
            Ref(Type.PUBLISHING_POLICY, site, name),
            {"properties": {"allow": False}},
            ("probe",),  # a site that is still being created refuses them
            ("properties.allow",),
        )
        for name in ("scm", "ftp")
    )
    main = Node("site", Ref(Type.SITE, site), body, needs, (FINGERPRINT_PATH,), tagged=True)
    return (main, Node("probe", needs=("site",)), *policies)


def _site_body(registry: Registry, context: Context) -> Json:
    names, wanted = registry.names, registry.desired
    group = f"/subscriptions/{context.subscription}/resourceGroups/{context.group}"
    body: dict[str, Any] = {
        "location": wanted.location,
        "kind": "app,linux,container",
        "properties": {
            "serverFarmId": f"{group}/providers/{Type.PLAN}/{names.plan}",
            "reserved": True,
            "httpsOnly": True,
            "clientAffinityEnabled": False,
            # our host name never falls to a stranger, who would be sent our users' credentials
            "autoGeneratedDomainNameLabelScope": "TenantReuse",
            "siteConfig": {
                "linuxFxVersion": f"DOCKER|{wanted.image}",
                "alwaysOn": True,
                "minTlsVersion": "1.2",
                "scmMinTlsVersion": "1.2",
                "ftpsState": "Disabled",
                "http20Enabled": True,
                "healthCheckPath": "/",
                "appSettings": [
                    {"name": key, "value": value} for key, value in app_settings(registry).items()
                ],
                "azureStorageAccounts": {"berthage": _mount(registry)},
            },
        },
    }
    return _tagged(registry, body)


def _mount(registry: Registry) -> dict[str, str]:
    return {
        "type": "AzureFiles",
        "accountName": registry.names.storage_account,
        "shareName": FILE_SHARE,
        "mountPath": MOUNT_PATH,
        "accessKey": ACCOUNT_KEY,
        "protocol": "Smb",
    }


def app_settings(registry: Registry) -> dict[str, str]:
    """The site's settings: Distribution 2.8 and 3 both start with them."""
    return {
        "WEBSITES_PORT": "5000",
        "WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false",
        "WEBSITES_CONTAINER_START_TIME_LIMIT": "600",
        "WEBSITE_WARMUP_PATH": "/",
        "WEBSITE_WARMUP_STATUSES": "200",  # otherwise any status counts as warm
        "REGISTRY_AUTH": "htpasswd",
        "REGISTRY_AUTH_HTPASSWD_REALM": f"berthage-{registry.name}",
        "REGISTRY_AUTH_HTPASSWD_PATH": f"{MOUNT_PATH}/htpasswd",
        "REGISTRY_STORAGE": "azure",  # replaces the image's storage block: delete, cache and redirect are set again
        "REGISTRY_STORAGE_AZURE_ACCOUNTNAME": registry.names.storage_account,
        "REGISTRY_STORAGE_AZURE_ACCOUNTKEY": ACCOUNT_KEY,
        "REGISTRY_STORAGE_AZURE_CONTAINER": BLOB_CONTAINER,
        "REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE": "shared_key",  # version 3 needs it, 2.8 ignores it
        "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "inmemory",
        "REGISTRY_STORAGE_DELETE_ENABLED": str(registry.desired.delete_enabled).lower(),
        "REGISTRY_STORAGE_REDIRECT_DISABLE": "false",
        "REGISTRY_HTTP_SECRET": HTTP_SECRET,
        "REGISTRY_HTTP_RELATIVEURLS": "true",  # right upload URLs behind a front end that ends TLS
        "REGISTRY_HTTP_DRAINTIMEOUT": "20s",  # without it SIGTERM does not drain
        "REGISTRY_HEALTH_STORAGEDRIVER_ENABLED": "true",
        "REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL": "10s",
        "REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD": "3",
        "OTEL_TRACES_EXPORTER": "none",  # version 3 logs an export error a second otherwise
    }


def has_placeholder(body: Any) -> bool:
    """Does `body` need `fill`?"""
    if isinstance(body, Mapping):
        return any(has_placeholder(value) for value in body.values())
    if isinstance(body, list):
        return any(has_placeholder(value) for value in body)
    return isinstance(body, Placeholder)


def fill(body: Any, secrets: Mapping[Placeholder, str]) -> Any:
    """`body` with every placeholder replaced by its secret. Raises `KeyError` for one that `secrets` lacks."""
    if isinstance(body, Mapping):
        return {key: fill(value, secrets) for key, value in body.items()}
    if isinstance(body, list):
        return [fill(value, secrets) for value in body]
    return secrets[body] if isinstance(body, Placeholder) else body
