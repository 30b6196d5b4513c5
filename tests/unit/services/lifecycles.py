"""Registries in the states that tests of lifecycle work begin with, and what such work has sent."""

from shared.domain.errors import PermanentError
from shared.domain.names import azure_names
from shared.domain.operations import Kind, Status
from shared.domain.resources.resource import Ref, Type
from shared.services.reconciling.stale_operations import ORPHAN_AGE
from tests.unit.services.rig import NAME, Rig

ONE_OF_EACH = {
    Type.STORAGE_ACCOUNT: 1,
    Type.BLOB_SERVICE: 1,
    Type.BLOB_CONTAINER: 1,
    Type.FILE_SHARE: 1,
    Type.PLAN: 1,
    Type.SITE: 1,
    Type.PUBLISHING_POLICY: 2,
}
"""What a create sends. File services protect shares from their birth."""


def counts(rig: Rig) -> dict[Type, int]:
    found = [ref.type for ref in rig.azure.resources]
    return {type_: found.count(type_) for type_ in set(found)}


def deleted(rig: Rig) -> list[Ref]:
    return [ref for verb, ref in rig.azure.calls if verb == "delete"]


def refused(code: str = "AzureSaysNo") -> PermanentError:
    return PermanentError(code, "Azure's own words", "Azure's way out")


def expect_up(rig: Rig) -> None:
    rig.check_up()
    assert counts(rig) == ONE_OF_EACH


def crowded() -> Rig:
    """Others hold the first names."""
    rig = Rig()
    names = azure_names("sub", "group", NAME)
    rig.azure.held |= {names.storage_account, names.site}
    return rig


def running() -> Rig:
    rig = Rig(looks=1)
    rig.create()
    rig.sweep()
    return rig


def change(rig: Rig) -> object:
    return rig.put(sku="S1", deleteEnabled=True, tags={"team": "x"})


def expect_changed(rig: Rig) -> None:
    expect_up(rig)
    site = rig.azure.resources[Ref(Type.SITE, rig.registry().names.site)]
    settings = {each["name"]: each["value"] for each in site["properties"]["siteConfig"]["appSettings"]}
    assert settings["REGISTRY_STORAGE_DELETE_ENABLED"] == "true"
    plan = rig.azure.resources[Ref(Type.PLAN, rig.registry().names.plan)]
    assert plan["sku"]["name"] == "S1"
    assert plan["tags"]["team"] == "x"


def expect_gone(rig: Rig) -> None:
    rig.clock.advance(ORPHAN_AGE.total_seconds() + 1)
    rig.reconcile.run()
    rig.check_gone()
    assert rig.azure.resources == {}


def hopeless() -> Rig:
    """A first create that Azure refuses at the end."""
    rig = Rig(looks=1)
    rig.azure.refusals[Type.SITE] = [refused()] * 100
    return rig


def failure(rig: Rig, kind: Kind) -> PermanentError:
    """Why the last operation of this kind failed."""
    operation = rig.last(kind)
    assert operation.status is Status.FAILED
    assert operation.error
    return PermanentError(**operation.error.model_dump())
