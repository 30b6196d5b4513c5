"""Resource Manager put together: state, behaviour and wire."""

from pathlib import Path

from localazure.emulator.arm.models.accounts import StorageAccounts
from localazure.emulator.arm.models.plans import Plans
from localazure.emulator.arm.models.ports import FileShares, Sites
from localazure.emulator.arm.models.site_processes import SiteProcesses
from localazure.emulator.arm.models.storage_services import StorageServices
from localazure.emulator.arm.models.store import Store
from localazure.emulator.arm.models.throttling import Throttling
from localazure.emulator.arm.models.web_sites import WebSites
from localazure.emulator.arm.resource_ids import PLANS, SITES, STORAGE_ACCOUNTS
from localazure.emulator.arm.responses.accounts import AccountView, StorageAccountResponses
from localazure.emulator.arm.responses.lists import Lists
from localazure.emulator.arm.responses.long_running import LongRunning, View
from localazure.emulator.arm.responses.plans import PlanResponses, PlanView
from localazure.emulator.arm.responses.site_config import SiteConfigResponses
from localazure.emulator.arm.responses.sites import SiteResponses, SiteView
from localazure.emulator.arm.responses.storage_services import StorageServiceResponses
from localazure.emulator.mount_lag import LateMounts
from localazure.sites.behaviour import SiteBehaviour


class ResourceManager:
    """The emulated Resource Manager of one state folder."""

    def __init__(self, state: Path, origin: str, sites: Sites, shares: FileShares) -> None:
        """`origin` is where clients reach it, `https://localhost:PORT`. Raises ValueError for a foreign state."""
        self.store = Store(state / "resource-manager.json")
        self.throttling = Throttling(lambda: self.store.settings.limits)
        self.accounts = StorageAccounts(self.store, shares, sites)
        self.mounts = LateMounts(state / "mounts", shares.share_path, lambda: self.store.settings.mount_lag)
        self.processes = SiteProcesses(
            self.store, sites, shares, self.accounts.keys, mount_folder=self.mounts.folder
        )
        self.storage_services = StorageServices(self.store, self.accounts, shares, sites)
        self._wire(origin)

    def _wire(self, origin: str) -> None:
        plans = Plans(self.store)
        account_view = AccountView(self.store, origin)
        plan_view, site_view = PlanView(self.store, plans), SiteView(self.store, self.processes)
        views: dict[str, View] = {STORAGE_ACCOUNTS: account_view, PLANS: plan_view, SITES: site_view}
        lists = Lists(self.store, origin)
        web_sites = WebSites(self.store, plans)
        self.long_running = LongRunning(
            self.store, origin, {key.lower(): view for key, view in views.items()}
        )
        self.account_responses = StorageAccountResponses(
            self.accounts, account_view, self.processes, self.long_running, lists
        )
        self.storage_service_responses = StorageServiceResponses(self.storage_services, lists)
        self.plan_responses = PlanResponses(plans, plan_view, self.long_running, lists)
        self.site_responses = SiteResponses(web_sites, site_view, self.processes, self.long_running, lists)
        self.site_config_responses = SiteConfigResponses(web_sites, self.processes)

    def change_mount_lag(self, seconds: float) -> None:
        """Sites see their mounts that late from now on; those that mount another folder for it restart.

        Raises ValueError for a lag that makes no sense.
        """
        self.store.change_settings(mount_lag=seconds)
        if not seconds:
            self.mounts.forget()
        self.processes.drive_all()

    def change_site_behaviour(self, behaviour: list[SiteBehaviour]) -> None:
        """Which sites misbehave from now on; those for which that is a change restart."""
        self.store.change_settings(site_behaviour=behaviour)
        self.processes.drive_all()

    def reset(self) -> None:
        """Forget every resource and end every site; settings go back to their defaults."""
        gone_sites = self.store.select(SITES)
        gone_accounts = self.store.select(STORAGE_ACCOUNTS)
        self.store.clear()
        self.mounts.forget()
        for site in gone_sites:
            self.processes.drive(site.id.name)
        for account in gone_accounts:
            self.accounts.forget(account.id.name)
