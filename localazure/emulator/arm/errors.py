"""The errors of Resource Manager and of the resource providers behind it: codes, messages and both body shapes.

Messages are the ones seen in public bug reports (azure-cli, azure-powershell, terraform-provider-azurerm), because
people search for them. Where a code could not be confirmed, the docstring says so.
"""

import math
from datetime import timedelta
from typing import Any

Json = dict[str, Any]


class ArmError(Exception):
    """A refusal by Resource Manager or by Microsoft.Storage: `{"error": {"code", "message"}}`."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def body(self) -> Json:
        """The JSON that the caller gets."""
        return {"error": {"code": self.code, "message": self.message}}


class AppServiceError(ArmError):
    """A refusal by Microsoft.Web, in its own capitalised shape with an `ExtendedCode`."""

    def __init__(self, status: int, code: str, extended: str, template: str, *parameters: str) -> None:
        super().__init__(status, code, template.format(*parameters))
        self.extended = extended
        self.template = template
        self.parameters = parameters

    def body(self) -> Json:
        """The JSON that the caller gets."""
        entity = {
            "ExtendedCode": self.extended,
            "MessageTemplate": self.template,
            "Parameters": list(self.parameters),
            "Code": self.code,
            "Message": self.message,
        }
        return {
            "Code": self.code,
            "Message": self.message,
            "Target": None,
            "Details": [{"Message": self.message}, {"Code": self.code}, {"ErrorEntity": entity}],
            "Innererror": None,
        }


# --- Resource Manager itself


def resource_not_found(resource_type: str, name: str, group: str) -> ArmError:
    """404 for a resource that is not there."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def location_required() -> ArmError:
    """400 for a tracked resource without a location."""
    return ArmError(400, "LocationRequired", "The location property is required for this definition.")


def location_not_available(location: str, resource_type: str, regions: list[str]) -> ArmError:
    """400 for a region that does not exist or does not offer the type."""
    return ArmError(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{location}' is not available for resource type '{resource_type}'. "
        f"List of available regions for the resource type is '{','.join(regions)}'.",
    )


def invalid_resource_location(name: str, group: str, has: str, wanted: str) -> ArmError:
    """409 for a PUT that would move a resource to another region."""
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{has}' in resource group '{group}'. "
        f"A resource with the same name cannot be created in location '{wanted}'. Please select a new resource name.",
    )


def invalid_request_content(reason: str) -> ArmError:
    """400 for a body that is no JSON object."""
    return ArmError(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{reason}'.",
    )


def unsupported_media_type(media_type: str) -> ArmError:
    """415 for a body that does not call itself JSON."""
    return ArmError(
        415,
        "UnsupportedMediaType",
        f"The content media type '{media_type}' is not supported. Only 'application/json' is supported.",
    )


def invalid_resource_type(resource_type: str, namespace: str, api_version: str, known: list[str]) -> ArmError:
    """404 for a type, or a list of a type, that the namespace does not have in this api-version."""
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{resource_type}' could not be found in the namespace '{namespace}' for api version "
        f"'{api_version}'. The supported api-versions are '{','.join(known)}'.",
    )


def no_registered_provider(resource_type: str, location: str, api_version: str, known: list[str]) -> ArmError:
    """400 for a single resource in an api-version that does not exist."""
    return ArmError(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{api_version}' for type "
        f"'{resource_type}'. The supported api-versions are '{', '.join(known)}'.",
    )


def missing_api_version() -> ArmError:
    """400 without `?api-version=`."""
    return ArmError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def invalid_api_version(api_version: str, known: list[str]) -> ArmError:
    """400 for an api-version that is no date."""
    return ArmError(
        400,
        "InvalidApiVersionParameter",
        f"The api-version '{api_version}' is invalid. The supported versions are '{','.join(known)}'.",
    )


def invalid_subscription(subscription: str) -> ArmError:
    """400 for a subscription that is no GUID."""
    return ArmError(
        400,
        "InvalidSubscriptionId",
        f"The provided subscription identifier '{subscription}' is malformed or invalid.",
    )


def method_not_allowed(method: str, allowed: list[str]) -> ArmError:
    """405 [?]: the code is not confirmed."""
    return ArmError(
        405,
        "HttpMethodNotSupported",
        f"The http method '{method}' is not supported for the requested resource.",
        {"Allow": ", ".join(allowed)},
    )


def operation_not_found(operation: str) -> ArmError:
    """404 for the status of an operation that was never started, or long ago."""
    return ArmError(404, "ResourceNotFound", f"The operation '{operation}' was not found.")


def subscription_throttled(kind: str, subscription: str, principal: str, wait: float) -> ArmError:
    """429: the caller's bucket of `read`, `write` or `delete` tokens is empty for `wait` seconds."""
    seconds = math.ceil(wait)
    return ArmError(
        429,
        "SubscriptionRequestsThrottled",
        f"Number of '{kind}' requests for subscription '{subscription}' actor '{principal}' exceeded. Please try "
        f"again after '{seconds}' seconds after additional tokens are available. Refer to "
        "https://aka.ms/arm-throttling for additional information.",
        {"Retry-After": str(seconds)},
    )


def unauthorized(code: str, message: str, challenge: str) -> ArmError:
    """401 with the challenge that Resource Manager sends."""
    header = (
        f'Bearer authorization_uri="https://login.windows.net/", error="invalid_token", '
        f'error_description="{challenge}"'
    )
    return ArmError(401, code, message, {"WWW-Authenticate": header})


# --- Microsoft.Storage


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


# --- Microsoft.Web


def site_name_taken(name: str) -> AppServiceError:
    """409: another site of the same name, anywhere."""
    return AppServiceError(409, "Conflict", "54001", "Website with given name {0} already exists.", name)


def plan_missing(name: str) -> AppServiceError:
    """404 for a site on a plan that is not there."""
    return AppServiceError(404, "NotFound", "51004", "Cannot find {0} with name {1}.", "ServerFarm", name)


def plan_in_use(name: str, sites: list[str]) -> AppServiceError:
    """409 for deleting a plan that has sites."""
    template = "Server farm '{0}' cannot be deleted because it has web app(s) {1} assigned to it."
    return AppServiceError(409, "Conflict", "11003", template, name, ", ".join(sites))


def invalid_parameter(name: str) -> AppServiceError:
    """400 for a parameter's value."""
    return AppServiceError(400, "BadRequest", "01007", "The parameter {0} has an invalid value.", name)


def always_on_not_allowed() -> AppServiceError:
    """409 for alwaysOn on a Free or Shared plan."""
    reason = (
        "AlwaysOn cannot be set for this site as the plan does not allow it. "
        "For more information on pricing and features, please see: https://aka.ms/appservicepricingdetails "
    )
    return AppServiceError(409, "Conflict", "01020", "There was a conflict. {0}", reason)


def site_busy(operation: str, created: str) -> AppServiceError:
    """409: the site is being created. The ExtendedCode is not confirmed [?]; the message is."""
    template = "Cannot modify this site because another operation is in progress. Details: {0}"
    details = f"Id: {operation}, OperationName: Create, CreatedTime: {created}, RequestId: {operation}, EntityType: 3"
    return AppServiceError(409, "Conflict", "59203", template, details)


def plan_busy(operation: str, created: str) -> AppServiceError:
    """409: the plan is being created."""
    template = "Cannot modify this web hosting plan because another operation is in progress. Details: {0}"
    details = f"Id: {operation}, OperationName: Create, CreatedTime: {created}, RequestId: {operation}, EntityType: 9"
    return AppServiceError(409, "Conflict", "59205", template, details)
