"""What requests over HTTP need: tables and queues, and nothing of Resource Manager."""

from __future__ import annotations

from functools import cached_property

from shared.bootstrap.core import Core, now
from shared.services.audit.reader import Audit
from shared.services.audit.refusals import Refusals
from shared.services.operations.cancel import Cancel
from shared.services.operations.lifecycle import Lifecycle
from shared.services.operations.reader import Operations
from shared.services.operations.retry import Retry
from shared.services.registries.catalog import Registries
from shared.services.registries.restart import Restart
from shared.services.registries.soft_delete import SoftDelete
from shared.services.status.links import StatusLinks
from shared.services.users.accounts import Accounts
from shared.services.users.changes import UserChanges
from shared.services.users.diagnosis import Diagnoses
from shared.services.users.imports import Imports
from shared.services.users.people import People
from shared.services.users.reveal_offers import RevealOffers
from shared.services.users.reveals import Reveals


class RequestServices(Core):
    """What requests over HTTP need: tables and queues, and nothing of Resource Manager."""

    @cached_property
    def lifecycle(self) -> Lifecycle:
        """Starts work on whole registries."""
        return Lifecycle(self.state, self.channels, self._ledger, now, self.settings.soft_delete_days)

    @cached_property
    def registries(self) -> Registries:
        """Registries over HTTP."""
        return Registries(
            self.state,
            self._health,
            self.capacity,
            self.lifecycle,
            self._ledger,
            self.settings,
            self.context,
            now,
        )

    @cached_property
    def soft_delete(self) -> SoftDelete:
        """Deletes, purges and restores registries."""
        return SoftDelete(self.state, self.registries, self.lifecycle, self._ledger)

    @cached_property
    def restart(self) -> Restart:
        """Restarts sites."""
        return Restart(self.state, self.registries, self.lifecycle, self._ledger)

    @cached_property
    def accounts(self) -> Accounts:
        """Users over HTTP."""
        return Accounts(self.state, self.registries, self.channels, self._ledger, now)

    @cached_property
    def imports(self) -> Imports:
        """Imports of users over HTTP."""
        return Imports(self.state, self.registries, self.channels, self._ledger, now)

    @cached_property
    def people(self) -> People:
        """One user in all registries."""
        return People(self.state, self.capacity, self.accounts, self.channels, self._ledger, now)

    @cached_property
    def diagnoses(self) -> Diagnoses:
        """Why a user can't log in."""
        return Diagnoses(self.state, self.registries, self.accounts, now)

    @cached_property
    def reveal_offers(self) -> RevealOffers:
        """Offers one-time links to new passwords."""
        return RevealOffers(self.state, self._user_changes, self.settings.public_url, now)

    @cached_property
    def reveals(self) -> Reveals:
        """Opens one-time links to new passwords."""
        return Reveals(self.state, self._user_changes, self.operations, self.settings.role_grants, now)

    @cached_property
    def _user_changes(self) -> UserChanges:
        """What a change of a user shares, over HTTP and by a link."""
        return UserChanges(self.state, self.registries, self.channels, self._ledger, now)

    @cached_property
    def operations(self) -> Operations:
        """Operations over HTTP."""
        return Operations(self.state, self.capacity)

    @cached_property
    def audit(self) -> Audit:
        """The audit over HTTP."""
        return Audit(self._trail, now, self.settings.audit_retention_days)

    @cached_property
    def status_links(self) -> StatusLinks:
        """Links to the status page."""
        return StatusLinks(self.settings.status_link_key, self._trail, now)

    @cached_property
    def refusals(self) -> Refusals:
        """Records who was refused."""
        return Refusals(self._trail, now)

    @cached_property
    def cancel(self) -> Cancel:
        """Cancels operations."""
        return Cancel(self.state, self.operations, self.channels, now)

    @cached_property
    def retry(self) -> Retry:
        """Repeats operations."""
        return Retry(self.state, self.operations, self.lifecycle, self.channels, self._ledger, now)
