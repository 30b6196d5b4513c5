"""Refusals of Microsoft.Web, in App Service's own shape."""

from localazure.emulator.arm.errors import AppServiceError


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
