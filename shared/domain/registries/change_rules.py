"""What a registry that is up can't become, why, and the way there all the same."""

from shared.domain.errors import ApiError
from shared.domain.registries.registry import Desired, Registry, major_version

_ZONAL = {"ZRS", "GZRS"}
_ANEW = "Create another registry {0}, copy the images with 'skopeo sync', then delete this one."


def check_change(present: Registry, desired: Desired) -> None:
    """Raises `ApiError` 409 for what Azure refuses, and for what would hide images."""
    if not present.provisioned:
        return
    _check_location(present, desired)
    _check_replication(present, desired)
    _check_image(present, desired)


def _check_location(present: Registry, desired: Desired) -> None:
    if desired.location != present.desired.location:
        raise ApiError(
            409,
            "PropertyChangeNotAllowed",
            f"Registry '{present.name}' is in {present.desired.location}; Azure can't move it.",
            _ANEW.format("there"),
            target="location",
        )


def _check_replication(present: Registry, desired: Desired) -> None:
    """An update may add and drop the second region, not the zones: that is a conversion, which takes days to begin.

    Source: Microsoft Learn, "Change how a storage account is replicated".
    """
    before, after = present.desired.storage_replication, desired.storage_replication
    if (before in _ZONAL) == (after in _ZONAL):
        return
    easy = "ZRS and GZRS" if before in _ZONAL else "LRS and GRS"
    raise ApiError(
        409,
        "PropertyChangeNotAllowed",
        f"The images of '{present.name}' are stored as {before}. From there to {after} Azure has to move them "
        f"{'out of' if before in _ZONAL else 'into'} availability zones, which an update of the account can't do; "
        f"it can go between {easy}.",
        _ANEW.format(f"with storageReplication {after}"),
        target="storageReplication",
    )


def _check_image(present: Registry, desired: Desired) -> None:
    before, after = major_version(present.desired.image), major_version(desired.image)
    if before != after:
        raise ApiError(
            409,
            "ImageChangeHidesData",
            f"Distribution {after} does not see what {before} stored in Azure blobs: every image would vanish.",
            _ANEW.format("with the new image"),
            target="image",
        )
