"""One visit to one node of a registry's graph: look at it, and send what is missing."""

from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.operations import Step
from shared.domain.registries.registry import Registry
from shared.domain.resources.graph import Node
from shared.domain.resources.plan import Found, assess, at
from shared.domain.resources.resource import ACCOUNT_KEY, HTTP_SECRET, Json, Ref, Type, fill, has_placeholder
from shared.domain.users import htpasswd
from shared.ports import ResourceManager
from shared.services.htpasswd.publisher import RESTRICTED, Publisher
from shared.services.registries.provisioning_turn import Turn
from shared.services.state import State

RESTARTS = {"site", "siteRestarted"}
"""Steps after which a registry that was up is about to restart."""
MAX_SENDS = 5
"""How often one resource is sent before we say that Azure does not take it."""


class Visits:
    """Both visits return what was found, and whether something was sent.

    They raise `TemporaryError`, `PermanentError`, or `NameTakenError` when somebody else holds the node's name.
    """

    def __init__(self, state: State, resources: ResourceManager, publisher: Publisher, key: str) -> None:
        self._state, self._resources, self._publisher, self._key = state, resources, publisher, key

    def provide(self, turn: Turn, node: Node) -> tuple[Found, bool]:
        if node.ref is None:
            return self._publish(turn) if node.step == "htpasswd" else self._prove(turn)
        found = self._look(turn, node)
        if found is Found.FOREIGN:
            self._refuse_foreign(turn.registry, node)
        if found is Found.MISSING and node.step in turn.wanted_back:
            raise _images_lost(turn.registry, node.ref)
        again = node.step in turn.resend and not turn.steps[node.step].attempts
        if found is Found.IN_PROGRESS or (found is Found.READY and not again):
            return found, False
        self._give_up_after_too_many(turn.steps[node.step], node, found)
        turn.may_send()
        self._resources.put(node.ref, filled(self._resources, self._key, turn.registry, node.body or {}))
        return self._look(turn, node), True

    def remove(self, turn: Turn, node: Node) -> tuple[Found, bool]:
        """Deletes what carries our tags. What is not there, or not ours, is done."""
        found = self._look(turn, node)
        if node.ref is None or found in {Found.MISSING, Found.FOREIGN}:
            return Found.READY, False
        turn.may_send()
        try:
            self._resources.delete(node.ref)
        except TemporaryError:
            if node.if_unused and self._is_used(node.ref, turn.registry.names.site):
                return Found.READY, True
            raise
        gone = self._look(turn, node) is Found.MISSING
        return Found.READY if gone else Found.IN_PROGRESS, True

    def restart(self, turn: Turn, node: Node) -> tuple[Found, bool]:
        """Restarts the site, once. One that somebody has stopped stays stopped: that was meant."""
        if node.ref is None:
            return self._prove(turn)
        found = self._look(turn, node)
        if found is Found.FOREIGN:
            self._refuse_foreign(turn.registry, node)
        if found is Found.IN_PROGRESS:
            return found, False
        _check_is_on(turn.registry, turn.seen.get(node.step))
        turn.may_send()
        self._resources.restart(node.ref.name)
        return Found.READY, True

    def _look(self, turn: Turn, node: Node) -> Found:
        seen = self._resources.get(node.ref) if node.ref else None
        if seen is not None:
            turn.seen[node.step] = seen
        return assess(node, turn.registry, seen)

    def _is_used(self, plan: Ref, own: str) -> bool:
        """Does somebody else's site run on it? Ours is gone, whatever a list still says."""
        sites = (site for site in self._resources.all_of(Type.SITE) if site["name"] != own)
        plans = (str(at(site, "properties.serverFarmId")).rpartition("/")[2] for site in sites)
        return any(each.lower() == plan.name.lower() for each in plans)

    def _publish(self, turn: Turn) -> tuple[Found, bool]:
        if self._publisher.is_live(turn.registry, turn.registry.users_revision):
            projection = self._state.projection(turn.registry.name)
            if projection and projection.published_revision >= turn.registry.users_revision:
                return Found.READY, False
        self._publisher.publish(turn.registry)
        return Found.READY, True

    def _prove(self, turn: Turn) -> tuple[Found, bool]:
        if turn.registry.provisioned and turn.sent & RESTARTS:
            return Found.IN_PROGRESS, False  # it is about to restart: what answers now is the old one
        projection = self._state.projection(turn.registry.name)
        try:
            self._publisher.prove(turn.registry, projection.published_revision if projection else 0)
        except TemporaryError as error:
            if error.code != RESTRICTED or not self._runs(turn.registry):
                raise
        return Found.READY, True

    def _runs(self, registry: Registry) -> bool:
        """Where only Resource Manager can tell: does the site run?"""
        site = self._resources.get(Ref(Type.SITE, registry.names.site))
        return site is not None and at(site, "properties.state") == "Running"

    def _refuse_foreign(self, registry: Registry, node: Node) -> None:
        if node.ref is None or registry.provisioned or node.step == "plan":
            raise PermanentError(
                "ResourceNotOurs",
                f"{node.ref.name if node.ref else node.step} exists, but does not carry this registry's tags.",
                f"Restore its tags berthage-registry={registry.name} and berthage-uid={registry.uid}, or remove it; "
                "then PUT the registry again.",
            )
        raise NameTakenError(node.ref.type)

    def _give_up_after_too_many(self, step: Step, node: Node, found: Found) -> None:
        if step.attempts >= MAX_SENDS:
            raise PermanentError(
                "ProvisioningFailed",
                f"Azure took the request for {node.step} {step.attempts} times, and it is still {found.value}.",
                f"Look at the activity log of {node.ref.name if node.ref else node.step} in the portal.",
            )


def _images_lost(registry: Registry, ref: Ref) -> PermanentError:
    path = f"/api/registries/{registry.name}"
    return PermanentError(
        "ImagesLost",
        f"The images of '{registry.name}' were in {ref.name}, which somebody has deleted in Azure.",
        "Restore it there first (portal: storage accounts, Restore; containers: Show deleted), then POST "
        f"{path}/restore. Without the images: PUT {path} makes an empty registry with the same users.",
    )


def _check_is_on(registry: Registry, site: Json | None) -> None:
    if site is None:
        raise PermanentError(
            "SiteMissing",
            f"The site {registry.names.site} is gone.",
            f"PUT /api/registries/{registry.name} with the same body makes it anew.",
        )
    if at(site, "properties.state") == "Stopped":
        raise PermanentError(
            "SiteStopped",
            f"Somebody has stopped the site {registry.names.site}: a restart would not start it.",
            f"Start it: az webapp start --name {registry.names.site} --resource-group GROUP",
        )


def filled(resources: ResourceManager, key: str, registry: Registry, body: Json) -> Json:
    """A body as it is sent, with its secrets: never kept, never logged. Raises what `account_key` raises."""
    if not has_placeholder(body):
        return body
    secrets = {
        ACCOUNT_KEY: resources.account_key(registry.names.storage_account),
        HTTP_SECRET: htpasswd.http_secret(key, registry.uid),
    }
    complete: Json = fill(body, secrets)
    return complete
