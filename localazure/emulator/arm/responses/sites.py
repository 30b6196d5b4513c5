"""Sites of Microsoft.Web on the wire."""

from localazure.emulator.arm.models.regions import REGIONS
from localazure.emulator.arm.models.site_processes import SiteProcesses, is_enabled
from localazure.emulator.arm.models.site_settings import site_config
from localazure.emulator.arm.models.store import Json, Resource, Store
from localazure.emulator.arm.models.web_sites import WebSites
from localazure.emulator.arm.requests import Answer, Call, deleted
from localazure.emulator.arm.resource_ids import ResourceId
from localazure.emulator.arm.responses.lists import Lists
from localazure.emulator.arm.responses.long_running import LongRunning
from localazure.sites.site import CRASHED

_SITE_DEFAULTS: Json = {
    "clientAffinityEnabled": True,
    "clientCertEnabled": False,
    "clientCertMode": "Required",
    "containerSize": 0,
    "dailyMemoryTimeQuota": 0,
    "hostNamesDisabled": False,
    "httpsOnly": False,
    "hyperV": False,
    "isXenon": False,
    "keyVaultReferenceIdentity": "SystemAssigned",
    "redundancyMode": "None",
    "scmSiteAlsoStopped": False,
    "storageAccountRequired": False,
}

_SHOWN_CONFIG: Json = {
    "numberOfWorkers": 1,
    "linuxFxVersion": "",
    "acrUseManagedIdentityCreds": False,
    "alwaysOn": False,
    "http20Enabled": False,
    "functionAppScaleLimit": 0,
    "minimumElasticInstanceCount": 0,
}
"""What App Service shows of `siteConfig` in a GET of the site; everything else only in GET `config/web`.

So does `az webapp show` before it merges the two. A client that compares settings has to read `config/web`.
"""


class SiteView:
    """A site as a GET shows it: without its app settings and mounts."""

    def __init__(self, store: Store, processes: SiteProcesses) -> None:
        self._store = store
        self._processes = processes

    def __call__(self, site: Resource) -> Json:
        """The JSON of one site."""
        return {
            **site.body,
            "id": str(site.id),
            "name": site.id.name,
            "type": site.id.type,
            "kind": site.body.get("kind", "app"),
            "location": REGIONS[site.body["location"]],
            "properties": {
                **_SITE_DEFAULTS,
                **site.properties,
                **self._read_only(site),
                "siteConfig": _shown_config(site),
            },
        }

    def _read_only(self, site: Resource) -> Json:
        host = self._processes.host(site.id.name)
        state = self._state(site)
        operation = self._store.pending(site)
        plan = self._store.get(ResourceId.parse(site.properties["serverFarmId"]))
        return {
            # App Service says nothing of a site's provisioning, unless it went wrong [?].
            **({"provisioningState": "Failed"} if self._store.failed(site) else {}),
            "state": state,
            "enabled": is_enabled(site),
            "availabilityState": "Limited" if operation or state == CRASHED else "Normal",
            "usageState": "Normal",
            "inProgressOperationId": operation.id if operation else None,
            "defaultHostName": host,
            "hostNames": [host],
            "enabledHostNames": [host],
            "hostNameSslStates": [{"name": host, "sslState": "Disabled", "hostType": "Standard"}],
            "lastModifiedTimeUtc": site.changed,
            "repositorySiteName": site.id.name,
            "reserved": True,
            "resourceGroup": site.id.group,
            "sku": plan.body["sku"]["tier"] if plan else None,
        }

    def _state(self, site: Resource) -> str:
        """`Stopped` or `Running` says the switch, as on App Service; `Crashed` is ours.

        The Web API (2025-05-01) calls `state` the "current state of the app" and names no values. People who
        run containers report that App Service goes on saying `Running` while one fails to start again and again [?]:
        the switch is all that it shows. We say more because nobody should have to guess here. So a client may rely
        on `Stopped` alone: anything else says that the site is meant to run, not that it answers.
        `availabilityState: Limited` beside it is a value that the API has; that App Service gives it then is not
        verified [?].
        """
        if not is_enabled(site):
            return "Stopped"
        return CRASHED if self._processes.poll(site.id.name) == CRASHED else "Running"


class SiteResponses:
    """Calls about sites themselves."""

    def __init__(
        self,
        sites: WebSites,
        view: SiteView,
        processes: SiteProcesses,
        long_running: LongRunning,
        lists: Lists,
    ) -> None:
        self._sites = sites
        self._view = view
        self._processes = processes
        self._long_running = long_running
        self._lists = lists

    def put(self, call: Call) -> Answer:
        """Create, or replace."""
        site = self._sites.put(call.scope, call.names["name"], call.body)
        self._processes.drive(site.id.name)
        return self._long_running.accepted(call, site)

    def patch(self, call: Call) -> Answer:
        """Change."""
        site = self._sites.patch(call.scope, call.names["name"], call.body)
        self._processes.drive(site.id.name)
        return Answer(200, self._view(site))

    def get(self, call: Call) -> Answer:
        """Show."""
        return Answer(200, self._view(self._sites.get(call.scope, call.names["name"])))

    def list(self, call: Call) -> Answer:
        """In a group or a subscription."""
        return self._lists.page(call, self._sites.select(call.scope), self._view)

    def delete(self, call: Call) -> Answer:
        """200, or 204 if it was not there. Takes the plan along if that is then empty and not told otherwise."""
        name = call.names["name"]
        keep_plan = call.query.get("deleteEmptyServerFarm", "true").lower() == "false"
        there = self._sites.delete(call.scope, name, with_empty_plan=not keep_plan)
        if there:
            self._processes.drive(name)
        return deleted(there=there)

    def start(self, call: Call) -> Answer:
        """Run it."""
        return self._switch(call, on=True)

    def stop(self, call: Call) -> Answer:
        """End its process."""
        return self._switch(call, on=False)

    def restart(self, call: Call) -> Answer:
        """End its process and run it again."""
        site = self._sites.get(call.scope, call.names["name"])
        self._processes.drive(site.id.name, restart=True)
        return Answer(200)

    def check_name(self, call: Call) -> Answer:
        """May a new site have this name?"""
        problem = self._sites.unavailable(call.body.get("name"))
        if problem is None:
            return Answer(200, {"nameAvailable": True, "reason": "", "message": ""})
        reason = "AlreadyExists" if problem.status == 409 else "Invalid"
        return Answer(200, {"nameAvailable": False, "reason": reason, "message": problem.message})

    def _switch(self, call: Call, *, on: bool) -> Answer:
        site = self._sites.switch(call.scope, call.names["name"], on=on)
        self._processes.drive(site.id.name)
        return Answer(200)


def _shown_config(site: Resource) -> Json:
    config = site_config(site)
    shown = {name: config.get(name, default) for name, default in _SHOWN_CONFIG.items()}
    return {**shown, "appSettings": None, "connectionStrings": None, "azureStorageAccounts": None}
