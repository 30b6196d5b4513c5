"""Everything that one registry needs, as a graph of resources to PUT: data, without a call."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.names import BLOB_CONTAINER, FILE_SHARE
from shared.domain.registries.registry import Registry
from shared.domain.resources.resource import Json, Ref, Type
from shared.domain.resources.site import site_body

REGISTRY_TAG, UID_TAG, FINGERPRINT_TAG = "berthage-registry", "berthage-uid", "berthage-fingerprint"
ACCOUNT_REMOVED = "storageAccountRemoved"
"""The step after which there are no images any more."""
HOLDS_IMAGES = frozenset({"storageAccount", "blobContainer"})
"""Azure can restore these when they were deleted, but not once another of the same name has been made."""
FINGERPRINT_PATH = f"tags.{FINGERPRINT_TAG}"
RETENTION_DAYS = 7
"""How long Azure keeps blobs, containers and shares that somebody deletes in an account that is still there."""


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
    if_unused: bool = False
    """To be removed only if nobody else uses it."""


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


def withdrawal(registry: Registry) -> tuple[Node, ...]:
    """What a soft delete takes away: what serves, and costs. Images, users and their file stay where they are."""
    return (
        Node("siteRemoved", Ref(Type.SITE, registry.names.site), tagged=True),
        Node(
            "planRemoved",
            Ref(Type.PLAN, registry.names.plan),
            needs=("siteRemoved",),
            tagged=True,
            if_unused=True,
        ),
    )


def removal(registry: Registry) -> tuple[Node, ...]:
    """What to delete, in order: stop serving first, then the rest at once."""
    site, plan = withdrawal(registry)
    account = Ref(Type.STORAGE_ACCOUNT, registry.names.storage_account)
    return (
        site,
        replace(plan, if_unused=False),
        Node(ACCOUNT_REMOVED, account, needs=("siteRemoved",), tagged=True),
    )


def restarting(registry: Registry) -> tuple[Node, ...]:
    """A new process for the site, which then proves itself."""
    site = Node("siteRestarted", Ref(Type.SITE, registry.names.site), tagged=True)
    return (site, Node("probe", needs=("siteRestarted",)))


def _storage(registry: Registry) -> tuple[Node, ...]:
    account, wanted = registry.names.storage_account, registry.desired
    retention = {"enabled": True, "days": RETENTION_DAYS}
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
    group = f"/subscriptions/{context.subscription}/resourceGroups/{context.group}"
    body = _tagged(registry, site_body(registry, group))
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
