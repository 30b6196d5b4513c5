"""One-time links as a chat gets them, made straight in the tables of a local Azure."""

from typing import Any

from shared.azure.connection import StorageConnection
from shared.azure.queues import StorageQueue
from shared.azure.tables import StorageTable
from shared.bootstrap import LIFECYCLE_QUEUE, USERS_QUEUE, now
from shared.domain.grants import principal
from shared.domain.resources.graph import Context
from shared.domain.users.reveal import Purpose
from shared.services.capacity import Capacity
from shared.services.operations.channels import Channels
from shared.services.operations.ledger import Ledger
from shared.services.operations.lifecycle import Lifecycle
from shared.services.registries.catalog import Registries
from shared.services.requests import Caller
from shared.services.state import State
from shared.services.users.changes import UserChanges
from shared.services.users.reveal_offers import Offer, RevealOffers
from shared.settings import Settings
from tests.e2e.local_azure import LocalAzure

ANY_KEY = "f" * 64
"""The fingerprint of a key without a grant, which is Admin."""


def offer(
    local: LocalAzure, registry: str, username: str, purpose: Purpose = Purpose.ROTATE, **more: Any
) -> Offer:
    """Of somebody who may do everything, at the click, too. Its token is among what nobody else may know."""
    caller = Caller("key:test", "r-offer", kind="key", principals=frozenset({principal("key", ANY_KEY)}))
    made = _offers(local).offer(registry, username, purpose, caller, **more)
    local.api.passwords.add(made.token.partition(".")[2])
    return made


def _offers(local: LocalAzure) -> RevealOffers:
    connection = StorageConnection(local.up.ready()["storageConnectionString"])
    settings = Settings(
        azure_subscription_id="sub",
        azure_resource_group="group",
        public_url=local.api.url.removesuffix("/api/"),
        probe_key="k" * 32,
    )
    state = State(StorageTable(connection, "state"))
    ledger = Ledger(state, settings.probe_key, 3600, 60)
    channels = Channels(StorageQueue(connection, LIFECYCLE_QUEUE), StorageQueue(connection, USERS_QUEUE))
    capacity = Capacity(StorageTable(connection, "index"), now, 100)
    health, context = StorageTable(connection, "health"), Context("sub", "group")
    lifecycle = Lifecycle(state, channels, ledger, now, settings.soft_delete_days)
    registries = Registries(state, health, capacity, lifecycle, ledger, settings, context, now)
    changes = UserChanges(state, registries, channels, ledger, now)
    return RevealOffers(state, changes, settings.public_url, now)
