"""One-time links, as a person in chat asks for them and opens them."""

from tests.chaos.changes import Asked, Effect, asked, changed, delete_user
from tests.chaos.registry import Refused, Registry, User

MOST_LINKS = 5
"""Clicks whose answers are lost, one after the other: no fault lasts so long."""


def first_login(registry: Registry, name: str) -> list[Asked]:
    """A new user, who has no password before the click."""
    return _click(registry, name, registry.link_for(f"user add {registry.name} {name}"))


def new_login(registry: Registry, name: str) -> list[Asked]:
    """Another password, in place of one that works until the click."""
    return _click(registry, name, registry.link_for(f"user rotate {registry.name} {name}"))


def login_again(registry: Registry, name: str) -> list[Asked]:
    """Deleted and made anew at once: the row that waits for its link takes the place of one that waits for proof."""
    return [*delete_user(registry, name), *first_login(registry, name)]


def _click(registry: Registry, name: str, link: str) -> list[Asked]:
    """Whoever has clicked and got no answer is told that the link is gone, and asks for a new one."""
    for _ in range(MOST_LINKS):
        try:
            answer = registry.ask("POST", "reveal", {"token": link})
        except Refused as refused:
            if refused.code != "RevealGone" or not refused.repeated:
                raise
            link = registry.link_for(f"user rotate {registry.name} {name}")
        else:
            user = registry.users.setdefault(name, User())
            if user.present:
                user.revoked.add(user.present)
            user.present = str(answer["password"])
            return [asked(answer, _ready(registry, link, changed(registry, name)))]
    raise AssertionError(f"{MOST_LINKS} links, and not one of them has shown a password")


def _ready(registry: Registry, link: str, effect: Effect) -> Effect:
    """The page says that the password is ready as soon as it is."""

    def ready() -> None:
        effect()
        said = registry.ask("POST", "reveal/status", {"token": link})["operation"]["status"]
        assert said == "Succeeded", f"its page says {said} of an operation that has succeeded"

    return ready
