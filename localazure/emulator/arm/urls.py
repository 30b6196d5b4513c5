"""The paths of Resource Manager, and who answers there."""

import re
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from localazure.emulator.arm.models.storage_services import BLOB_SERVICES, FILE_SERVICES
from localazure.emulator.arm.requests import Admit, ArmRoute, Handler, refuse_unknown
from localazure.emulator.arm.resource_ids import STORAGE, WEB
from localazure.emulator.arm.responses.long_running import OPERATION_PATHS
from localazure.emulator.arm.service import ResourceManager

_SUBSCRIPTION = "/subscriptions/{subscription}/providers/"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/"

Table = Mapping[str, Mapping[str, Handler]]


def routes(service: ResourceManager, authenticate: Callable[[str | None], str]) -> list[BaseRoute]:
    """All routes below `/subscriptions`; what is not there gets Resource Manager's own 404.

    `authenticate` takes an Authorization header and returns the principal behind it. It raises ArmError 401.
    """

    def admit(request: Request) -> dict[str, str]:
        principal = authenticate(request.headers.get("authorization"))
        return service.throttling.admit(principal, request.method, request.url.path)

    found: list[BaseRoute] = []
    for namespace, table in ((STORAGE, _storage(service)), (WEB, _web(service))):
        for path, handlers in {**table, **_operations(service, namespace)}.items():
            found.append(ArmRoute(path, namespace, admit, handlers))
    return [*found, _nothing(admit)]


def _storage(service: ResourceManager) -> Table:
    accounts, services = service.account_responses, service.storage_service_responses
    many = f"{STORAGE}/storageAccounts"
    one = f"{_GROUP}{many}/{{account}}"
    blobs, files = f"{one}/{BLOB_SERVICES}/default", f"{one}/{FILE_SERVICES}/default"
    return {
        f"{_SUBSCRIPTION}{STORAGE}/checkNameAvailability": {"POST": accounts.check_name},
        f"{_SUBSCRIPTION}{many}": {"GET": accounts.list},
        f"{_GROUP}{many}": {"GET": accounts.list},
        one: {
            "PUT": accounts.put,
            "PATCH": accounts.patch,
            "GET": accounts.get,
            "DELETE": accounts.delete,
        },
        f"{one}/listKeys": {"POST": accounts.list_keys},
        f"{one}/regenerateKey": {"POST": accounts.regenerate_key},
        blobs: services.service(BLOB_SERVICES),
        files: services.service(FILE_SERVICES),
        f"{blobs}/containers": {"GET": services.list_containers},
        f"{blobs}/containers/{{name}}": services.containers(),
        f"{files}/shares": {"GET": services.list_shares},
        f"{files}/shares/{{name}}": services.shares(),
    }


def _web(service: ResourceManager) -> Table:
    plans, sites, config = service.plan_responses, service.site_responses, service.site_config_responses
    plan, site = f"{_GROUP}{WEB}/serverfarms/{{name}}", f"{_GROUP}{WEB}/sites/{{name}}"
    policies = f"{site}/basicPublishingCredentialsPolicies"
    return {
        f"{_SUBSCRIPTION}{WEB}/checknameavailability": {"POST": sites.check_name},
        f"{_SUBSCRIPTION}{WEB}/serverfarms": {"GET": plans.list},
        f"{_GROUP}{WEB}/serverfarms": {"GET": plans.list},
        plan: {"PUT": plans.put, "GET": plans.get, "DELETE": plans.delete},
        f"{_SUBSCRIPTION}{WEB}/sites": {"GET": sites.list},
        f"{_GROUP}{WEB}/sites": {"GET": sites.list},
        site: {"PUT": sites.put, "PATCH": sites.patch, "GET": sites.get, "DELETE": sites.delete},
        f"{site}/start": {"POST": sites.start},
        f"{site}/stop": {"POST": sites.stop},
        f"{site}/restart": {"POST": sites.restart},
        f"{site}/config/appsettings": {"PUT": config.put_app_settings},
        f"{site}/config/appsettings/list": {"POST": config.list_app_settings},
        f"{site}/config/azurestorageaccounts": {"PUT": config.put_mounts},
        f"{site}/config/azurestorageaccounts/list": {"POST": config.list_mounts},
        f"{site}/config/web": {"GET": config.get_web, "PUT": config.put_web, "PATCH": config.put_web},
        f"{policies}/ftp": config.publishing_policy("ftp"),
        f"{policies}/scm": config.publishing_policy("scm"),
    }


def _operations(service: ResourceManager, namespace: str) -> Table:
    base = f"{_SUBSCRIPTION}{namespace}/locations/{{location}}"
    return {
        f"{base}/{kind}/{{operation}}": {"GET": getattr(service.long_running, method)}
        for kind, method in OPERATION_PATHS[namespace].items()
    }


def _nothing(admit: Admit) -> Route:
    """Whatever else is asked of Resource Manager."""

    async def endpoint(request: Request) -> Response:
        return await refuse_unknown(request, admit)

    route = Route("/subscriptions/{rest:path}", endpoint)
    route.methods = None
    route.path_regex = re.compile(route.path_regex.pattern, re.IGNORECASE)
    return route
