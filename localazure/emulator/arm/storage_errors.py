"""Refusals of Microsoft.Storage: its codes, statuses and messages."""

import math
from datetime import timedelta

from localazure.emulator.arm.errors import ArmError


def account_name_invalid(name: str) -> ArmError:
    """400 for a storage account's name."""
    return ArmError(
        400,
        "AccountNameInvalid",
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
        "length and use numbers and lower-case letters only.",
    )


def account_taken(name: str) -> ArmError:
    """409: another subscription has that name; names are global."""
    return ArmError(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")


def account_in_another_group(name: str) -> ArmError:
    """409: this subscription has that name in another resource group."""
    return ArmError(
        409,
        "StorageAccountInAnotherResourceGroup",
        f"The account {name} is already in another resource group in this subscription.",
    )


def account_busy() -> ArmError:
    """409: the account is being created or changed."""
    return ArmError(
        409,
        "StorageAccountOperationInProgress",
        "An operation is currently performing on this storage account that requires exclusive access.",
    )


def account_not_provisioned() -> ArmError:
    """409: keys, containers and shares are only for accounts that are ready."""
    return ArmError(
        409,
        "StorageAccountIsNotProvisioned",
        "The storage account provisioning state must be 'Succeeded' before executing the operation.",
    )


def invalid_values(*names: str) -> ArmError:
    """400 for a sku or kind that does not exist or does not fit the other."""
    return ArmError(
        400,
        "InvalidValuesForRequestParameters",
        f"Values for request parameters are invalid: {', '.join(names)}. "
        "For more information, see - https://aka.ms/storageaccounttypes",
    )


def invalid_property(name: str, value: object) -> ArmError:
    """400 for a property's value."""
    return ArmError(
        400, "InvalidRequestPropertyValue", f"The value '{value}' is not allowed for property {name}."
    )


def invalid_child_name() -> ArmError:
    """400 for the name of a container or share (Microsoft's spelling)."""
    return ArmError(400, "InvalidResourceName", "The specifed resource name contains invalid characters.")


def child_name_length() -> ArmError:
    """400 for a container's or share's name shorter than 3 or longer than 63 characters."""
    return ArmError(
        400, "OutOfRangeInput", "The specified resource name length is not within the permissible limits."
    )


def container_not_found() -> ArmError:
    """404 for a blob container."""
    return ArmError(404, "ContainerNotFound", "The specified container does not exist.")


def share_not_found() -> ArmError:
    """404 for a file share."""
    return ArmError(404, "ShareNotFound", "The specified share does not exist.")


def container_being_deleted() -> ArmError:
    """409: a container of that name was deleted a moment ago (as seen in azure-rest-api-specs#30456).

    Blob Storage itself says the same with the code `ContainerBeingDeleted`.
    """
    message = "The specified container is being deleted. Try operation later."
    return ArmError(409, "ContainerOperationFailure", message)


def share_being_deleted() -> ArmError:
    """409: a share of that name was deleted a moment ago (as seen in the tests of azurefile-csi-driver)."""
    return ArmError(409, "ShareBeingDeleted", "The specified share is being deleted. Try operation later.")


def storage_throttled(operation: str, window: float, wait: float, told: dict[str, str]) -> ArmError:
    """429 of the provider itself, after Resource Manager let the request in: `told` are the headers of that."""
    span = str(timedelta(seconds=math.ceil(window))).zfill(8)
    return ArmError(
        429,
        "TooManyRequests",
        "The request is being throttled as the limit has been reached for operation type - "
        f"{operation}_ObservationWindow_{span}. For more information, see - https://aka.ms/srpthrottlinglimits",
        {**told, "Retry-After": str(math.ceil(wait))},
    )
