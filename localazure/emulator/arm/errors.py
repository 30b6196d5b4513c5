"""The errors of Resource Manager itself, and both body shapes that providers behind it use: codes and messages.

Messages are the ones seen in public bug reports (azure-cli, azure-powershell, terraform-provider-azurerm), because
people search for them. Where a code could not be confirmed, the docstring says so.
"""

import math
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
