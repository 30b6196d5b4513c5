"""What configures a site, on the wire: app settings, mounts, `config/web`, publishing credentials."""

from localazure.emulator.arm import web_errors
from localazure.emulator.arm.models import site_settings
from localazure.emulator.arm.models.site_processes import SiteProcesses
from localazure.emulator.arm.models.store import Json, Resource
from localazure.emulator.arm.models.web_sites import WebSites
from localazure.emulator.arm.requests import Answer, Call, Handler

_CONFIG_DEFAULTS: Json = {
    "acrUseManagedIdentityCreds": False,
    "alwaysOn": False,
    "appCommandLine": "",
    "autoHealEnabled": False,
    "detailedErrorLoggingEnabled": False,
    "ftpsState": "FtpsOnly",
    "functionAppScaleLimit": 0,
    "http20Enabled": False,
    "httpLoggingEnabled": False,
    "linuxFxVersion": "",
    "loadBalancing": "LeastRequests",
    "logsDirectorySizeLimit": 35,
    "managedPipelineMode": "Integrated",
    "minTlsVersion": "1.2",
    "minimumElasticInstanceCount": 0,
    "numberOfWorkers": 1,
    "remoteDebuggingEnabled": False,
    "requestTracingEnabled": False,
    "scmMinTlsVersion": "1.2",
    "use32BitWorkerProcess": True,
    "vnetName": "",
    "vnetPrivatePortsCount": 0,
    "vnetRouteAllEnabled": False,
    "webSocketsEnabled": False,
}

_LAST_PRIORITY = 2147483647


class SiteConfigResponses:
    """Calls below a site."""

    def __init__(self, sites: WebSites, processes: SiteProcesses) -> None:
        self._sites = sites
        self._processes = processes

    def put_app_settings(self, call: Call) -> Answer:
        """Replace all; restarts the site if anything changed."""
        settings = call.body.get("properties") or {}
        site = self._sites.set_app_settings(call.scope, call.names["name"], settings)
        self._processes.drive(site.id.name)
        return _app_settings(site)

    def list_app_settings(self, call: Call) -> Answer:
        """The only way to read them."""
        return _app_settings(self._sites.get(call.scope, call.names["name"]))

    def put_mounts(self, call: Call) -> Answer:
        """Replace all; restarts the site if anything changed."""
        mounts = call.body.get("properties") or {}
        site = self._sites.set_mounts(call.scope, call.names["name"], mounts)
        self._processes.drive(site.id.name)
        return self._mounts(site)

    def list_mounts(self, call: Call) -> Answer:
        """The only way to read them, with the state of each."""
        return self._mounts(self._sites.get(call.scope, call.names["name"]))

    def get_web(self, call: Call) -> Answer:
        """`config/web`: the whole `siteConfig`, without what only a list shows."""
        return _web(self._sites.get(call.scope, call.names["name"]))

    def put_web(self, call: Call) -> Answer:
        """Merge; restarts the site if anything that matters to it changed."""
        config = call.body.get("properties") or {}
        site = self._sites.configure(call.scope, call.names["name"], config)
        self._processes.drive(site.id.name)
        return _web(site)

    def publishing_policy(self, which: str) -> dict[str, Handler]:
        """GET and PUT of `basicPublishingCredentialsPolicies/ftp` or `/scm`."""

        def get(call: Call) -> Answer:
            return _policy(self._sites.publishing_policy(call.scope, call.names["name"], which))

        def put(call: Call) -> Answer:
            allow = (call.body.get("properties") or {}).get("allow")
            if not isinstance(allow, bool):
                raise web_errors.invalid_parameter("allow")
            return _policy(self._sites.publishing_policy(call.scope, call.names["name"], which, allow))

        return {"GET": get, "PUT": put}

    def _mounts(self, site: Resource) -> Answer:
        mounts = {
            name: {**mount, "state": self._processes.mount_state(mount)}
            for name, mount in site_settings.mounts(site).items()
        }
        return _config(site, "azurestorageaccounts", mounts)


def _app_settings(site: Resource) -> Answer:
    return _config(site, "appsettings", site_settings.app_settings(site))


def _web(site: Resource) -> Answer:
    config = {**_CONFIG_DEFAULTS, **site_settings.site_config(site)}
    for prefix in ("", "scm"):
        name = f"{prefix}ipSecurityRestrictions" if not prefix else "scmIpSecurityRestrictions"
        config[name] = _rules(config.get(name) or [], config.get(f"{name}DefaultAction"))
    mounts = {
        name: {key: value for key, value in mount.items() if key != "accessKey"}
        for name, mount in site_settings.mounts(site).items()
    }
    return _config(site, "web", {**config, "azureStorageAccounts": mounts})


def _rules(rules: list[Json], default: str | None) -> list[Json]:
    """App Service shows the default as a last rule: deny, unless there are no rules or the default says allow."""
    if any(rule.get("priority") == _LAST_PRIORITY for rule in rules):
        return rules
    deny = default == "Deny" or (rules and default != "Allow")
    last = {
        "ipAddress": "Any",
        "action": "Deny" if deny else "Allow",
        "priority": _LAST_PRIORITY,
        "name": "Deny all" if deny else "Allow all",
        "description": "Deny all access" if deny else "Allow all access",
    }
    return [*rules, last]


def _config(site: Resource, name: str, properties: object) -> Answer:
    body = {
        "id": str(site.id.child("config", name)),
        "name": name,
        "type": f"{site.id.type}/config",
        "properties": properties,
    }
    return Answer(200, body)


def _policy(policy: Resource) -> Answer:
    body = {
        "id": str(policy.id),
        "name": policy.id.name,
        "type": policy.id.type,
        "properties": policy.properties,
    }
    return Answer(200, body)
