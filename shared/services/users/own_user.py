"""What whoever may only look after the user of its own name may not do with it: decide how long that can log in."""

from collections.abc import Set

from pydantic.alias_generators import to_camel

from shared.domain.roles import Need, Role
from shared.services.authorization import forbidden
from shared.services.requests import Caller
from shared.services.users.accounts import Accounts

LIFETIME_FIELDS = {"expires_after", "expires_on", "disabled", "overlap"}


def check_lifetime(
    accounts: Accounts, caller: Caller, registry: str, username: str, fields: Set[str]
) -> None:
    """Raises `ApiError` 403 where a Member sets one of these `fields`, or renews what has expired."""
    if caller.access.allows(Role.OPERATOR, registry):
        return
    decides = fields & LIFETIME_FIELDS
    if decides or accounts.is_over(registry, username):
        what = (
            f"Setting {', '.join(map(to_camel, sorted(decides)))}" if decides else "Renewing an expired user"
        )
        raise forbidden(Need(Role.OPERATOR), caller, what, registry)


def check_removal(accounts: Accounts, caller: Caller, registry: str, username: str) -> None:
    """Raises `ApiError` 403 where a Member removes what is disabled or expires: made anew it would be neither."""
    if not caller.access.allows(Role.OPERATOR, registry) and accounts.is_limited(registry, username):
        what = "Removing a user that is disabled or expires"
        raise forbidden(Need(Role.OPERATOR), caller, what, registry)
