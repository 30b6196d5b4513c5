"""Names in Azure that somebody else holds: which ones a registry tries next, and when it gives up."""

from shared.domain.errors import PermanentError
from shared.domain.names import azure_names
from shared.domain.registries.registry import Registry
from shared.domain.resources.graph import Context
from shared.domain.resources.resource import Type

MAX_NAME_ATTEMPTS = 5


def next_candidate(registry: Registry, taken: Type, context: Context) -> Registry:
    """The registry with its next names. Raises `PermanentError` when there is none that it may take."""
    if registry.provisioned:
        raise _lost_name(registry, taken)
    storage, site = registry.storage_attempt, registry.site_attempt
    if taken is Type.SITE:
        site += 1
    else:
        storage += 1
    if max(storage, site) >= MAX_NAME_ATTEMPTS:
        raise PermanentError(
            "NamesTaken",
            f"{MAX_NAME_ATTEMPTS} candidates for the name of the {taken} are held by others.",
            "Choose another registry name.",
        )
    names = azure_names(context.subscription, context.group, registry.name, storage, site)
    return registry.change(storage_attempt=storage, site_attempt=site, names=names)


def _lost_name(registry: Registry, kind: Type) -> PermanentError:
    """Another account would be an empty one, and another site another login server: nobody asked for that."""
    name = registry.names.site if kind is Type.SITE else registry.names.storage_account
    return PermanentError(
        "NameTaken",
        f"{name} is gone, and its name is still reserved after its deletion or held by somebody else.",
        "Restore what was deleted (the portal lists deleted storage accounts), or wait until the name is free; "
        f"then PUT /api/registries/{registry.name} again.",
    )
