"""Resource ids: `/subscriptions/{s}/resourceGroups/{g}/providers/{namespace}/{type}/{name}...`, case-insensitive."""

from dataclasses import dataclass
from typing import Self

STORAGE = "Microsoft.Storage"
WEB = "Microsoft.Web"

STORAGE_ACCOUNTS = f"{STORAGE}/storageAccounts"
CONTAINERS = f"{STORAGE_ACCOUNTS}/blobServices/containers"
SHARES = f"{STORAGE_ACCOUNTS}/fileServices/shares"
PLANS = f"{WEB}/serverfarms"
SITES = f"{WEB}/sites"


@dataclass(frozen=True)
class Scope:
    """Where a request looks: a subscription, or one resource group in it."""

    subscription: str
    group: str = ""

    def contains(self, resource: "ResourceId") -> bool:
        """Is that resource in this subscription (and group, if one is named)?"""
        same_group = not self.group or self.group.lower() == resource.group.lower()
        return same_group and self.subscription.lower() == resource.subscription.lower()

    def resource(self, namespace: str, *segments: str) -> "ResourceId":
        """The id of a resource in this group: `scope.resource(WEB, "sites", "web1")`."""
        return ResourceId(self.subscription, self.group, namespace, segments)

    def account(self, name: str) -> "ResourceId":
        """The id of a storage account in this group."""
        return self.resource(STORAGE, "storageAccounts", name)

    def plan(self, name: str) -> "ResourceId":
        """The id of an App Service plan in this group."""
        return self.resource(WEB, "serverfarms", name)

    def site(self, name: str) -> "ResourceId":
        """The id of a site in this group."""
        return self.resource(WEB, "sites", name)


@dataclass(frozen=True)
class ResourceId:
    """One resource. `segments` alternate type and name. Two ids are the same resource if their `key` is."""

    subscription: str
    group: str
    namespace: str
    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id in any case. Raises ValueError if it is not one of a resource in a group."""
        parts = text.strip("/").split("/")
        words = [part.lower() for part in parts[0:5:2]]
        if words != ["subscriptions", "resourcegroups", "providers"] or len(parts) < 8 or len(parts) % 2:
            raise ValueError(f"not a resource id: {text}")
        return cls(parts[1], parts[3], parts[5], tuple(parts[6:]))

    def __str__(self) -> str:
        """The id as Azure writes it."""
        return "/".join(
            (
                f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{self.namespace}",
                *self.segments,
            )
        )

    @property
    def key(self) -> str:
        """Equal for ids that differ only in case."""
        return str(self).lower()

    @property
    def name(self) -> str:
        """The last name."""
        return self.segments[-1]

    @property
    def type(self) -> str:
        """`Microsoft.Web/sites`."""
        return "/".join((self.namespace, *self.segments[::2]))

    @property
    def scope(self) -> Scope:
        """The resource group that it is in."""
        return Scope(self.subscription, self.group)

    @property
    def parent(self) -> "ResourceId":
        """The top-level resource that this one belongs to (itself, if it is one)."""
        return ResourceId(self.subscription, self.group, self.namespace, self.segments[:2])

    def child(self, *segments: str) -> "ResourceId":
        """A resource below this one."""
        return ResourceId(self.subscription, self.group, self.namespace, (*self.segments, *segments))
