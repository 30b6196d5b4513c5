"""A registry and its resources, for suites that need real bodies."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from shared.domain.names import azure_names
from shared.domain.registries.registry import Desired, Registry
from shared.domain.resources.graph import Context, Node, graph
from shared.domain.resources.resource import ACCOUNT_KEY, HTTP_SECRET, Json, Ref, Type, fill

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
GROUP = "berthage"
ANY_KEY = base64.b64encode(b"k" * 64).decode()
_numbers = count(1)


def new_registry(**desired: Any) -> Registry:
    """A registry that no other test has."""
    name = f"contract{next(_numbers)}"
    now = datetime(2026, 1, 31, tzinfo=UTC)
    wanted = {"location": "westeurope", "sku": "B1", "image": "registry:2.8.3", "storage_replication": "LRS"}
    return Registry(
        name=name,
        uid=f"01K{name.upper()}",
        desired=Desired(**{**wanted, **desired}),
        names=azure_names(SUBSCRIPTION, GROUP, name),
        created_at=now,
        updated_at=now,
    )


@dataclass(frozen=True)
class Resource:
    """One resource with the body that the product sends."""

    node: Node
    ref: Ref
    body: Json


class Resources:
    """What `graph` says about a registry, by type; every placeholder filled."""

    def __init__(self, registry: Registry, account_key: str = ANY_KEY) -> None:
        self.registry = registry
        self._account_key = account_key

    def of(self, kind: Type) -> Resource:
        """The first one of that type."""
        return self.all(kind)[0]

    def all(self, kind: Type) -> list[Resource]:
        """Every one of that type."""
        nodes = graph(self.registry, Context(SUBSCRIPTION, GROUP))
        secrets = {ACCOUNT_KEY: self._account_key, HTTP_SECRET: "a secret of the registry"}
        return [
            Resource(node, node.ref, fill(node.body or {}, secrets))
            for node in nodes
            if node.ref and node.ref.type is kind
        ]
