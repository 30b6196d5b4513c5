"""Plans of Microsoft.Web on the wire."""

from localazure.emulator.arm.models.plans import Plans, tier
from localazure.emulator.arm.models.regions import REGIONS
from localazure.emulator.arm.models.store import Json, Resource, Store
from localazure.emulator.arm.requests import Answer, Call, deleted
from localazure.emulator.arm.responses.lists import Lists
from localazure.emulator.arm.responses.long_running import LongRunning


class PlanView:
    """An App Service plan as a GET shows it."""

    def __init__(self, store: Store, plans: Plans) -> None:
        self._store = store
        self._plans = plans

    def __call__(self, plan: Resource) -> Json:
        """The JSON of one plan."""
        linux = bool(plan.properties.get("reserved"))
        return {
            **plan.body,
            "id": str(plan.id),
            "name": plan.id.name,
            "type": plan.id.type,
            "kind": "linux" if linux else "app",
            "location": REGIONS[plan.body["location"]],
            "properties": {**plan.properties, "reserved": linux, **self._read_only(plan)},
        }

    def _read_only(self, plan: Resource) -> Json:
        busy = self._store.pending(plan) is not None
        sku = plan.body["sku"]
        return {
            "provisioningState": self._store.provisioning_state(plan, busy="InProgress"),
            "status": "Creating" if busy else "Ready",
            "geoRegion": REGIONS[plan.body["location"]],
            "maximumNumberOfWorkers": tier(sku["name"]).most_workers,
            "numberOfWorkers": sku["capacity"],
            "numberOfSites": len(self._plans.sites_on(plan.id)),
            "resourceGroup": plan.id.group,
            "subscription": plan.id.subscription,
        }


class PlanResponses:
    """Calls about plans."""

    def __init__(self, plans: Plans, view: PlanView, long_running: LongRunning, lists: Lists) -> None:
        self._plans = plans
        self._view = view
        self._long_running = long_running
        self._lists = lists

    def put(self, call: Call) -> Answer:
        """Create or change."""
        plan = self._plans.put(call.scope, call.names["name"], call.body)
        return self._long_running.accepted(call, plan)

    def get(self, call: Call) -> Answer:
        """Show."""
        return Answer(200, self._view(self._plans.get(call.scope, call.names["name"])))

    def list(self, call: Call) -> Answer:
        """In a group or a subscription."""
        return self._lists.page(call, self._plans.select(call.scope), self._view)

    def delete(self, call: Call) -> Answer:
        """200, or 204 if it was not there."""
        return deleted(there=self._plans.delete(call.scope, call.names["name"]))
