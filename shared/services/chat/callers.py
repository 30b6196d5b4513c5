"""Who speaks in chat, as the services know callers: rights by `ROLE_GRANTS`, and by nothing that a person can change.

A person is known by the ids that the platform has signed: workspace and user, and the channel in which it speaks. A
display name says nothing here, nor does a mail address in a profile: whoever changes its own would become somebody
else. So the login of a Member whose grant names none is made of ids, too: Slack's of its users are unique within their
workspace alone, so that one is part of it; an object id of Entra is unique by itself.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from shared.domain.chat.talk import Asked, Platform, Speaker
from shared.domain.grants import CallerKind, Grant, Identity, principal, recognise
from shared.domain.names import USERNAME
from shared.domain.roles import Access, Need, Role
from shared.services.requests import Caller
from shared.telemetry.logs import bound_value

MOST_NAMED = 5
"""People, channels and names in a sentence that says who may."""


@dataclass(frozen=True)
class Entitled:
    """Who may. `ids`: people and channels of the speaker's own workspace; `names`: whoever is known by another name."""

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Callers:
    """Makes callers of speakers."""

    def __init__(self, grants: Sequence[Grant]) -> None:
        self._grants = grants

    def of(self, speaker: Speaker, key: str) -> Caller:
        """Whoever speaks, with its rights here. `key`: the `Operation-Id` of what it starts."""
        identity = _identity(speaker)
        known = recognise(identity, self._grants)
        return Caller(
            known.actor,
            bound_value("request") or str(uuid4()),
            key,
            access=known.access,
            kind=identity.kind,
            name=known.name,
            principals=identity.principals,
        )

    def usernames(self, speaker: Speaker, person: str) -> list[str]:
        """What the person with this id, whom the speaker mentions, is called in registries: by grants and by its id."""
        access = self._access(speaker, person)
        named = [right.username for right in access.rights if right.username]
        return list(dict.fromkeys([*named, *filter(None, [access.login])]))

    def has_role(self, speaker: Speaker, person: str) -> bool:
        """Has that person a grant of its own?"""
        return bool(self._access(speaker, person).rights)

    def name_of(self, speaker: Speaker, person: str, registry: str) -> str | None:
        """What that person is called in one registry."""
        return own_name(self._access(speaker, person), registry)

    def _access(self, speaker: Speaker, person: str) -> Access:
        """What the person with this id may do by grants of its own."""
        identity = _identity(replace(speaker, user=person, channel=person, entra_id=None))
        return recognise(identity, self._grants).access

    def entitled(self, need: Need, registry: str | None, speaker: Speaker) -> Entitled:
        """Whoever has a grant that is enough for it, the grants that are about one's own user alone left aside.

        First those whose grant is about this registry, or some like it: they are the ones who look after it.
        """
        whole = replace(need, own=False, by_row=False)
        grants = [grant for grant in self._grants if whole.met_by(Access((grant.right,)), registry, None)]
        grants.sort(key=lambda grant: grant.right.everywhere)
        here = principal(speaker.platform, f"{speaker.team}/")
        ids = (grant.principal.removeprefix(here) for grant in grants if grant.principal.startswith(here))
        names = (_name(grant) for grant in grants if not grant.principal.startswith(here))
        return Entitled(_first(ids), _first(name for name in names if name))


def own_name(access: Access, registry: str) -> str | None:
    """The caller's own username there: the one that its Member's grant names, else the one of its id, if it has one."""
    members = (right for right in access.rights if right.role is Role.MEMBER and right.covers(registry))
    return next((right.username for right in members if right.username), access.login or None)


def same_request(caller: Caller, speaker: Speaker, asked: Asked) -> Caller:
    """The caller with what tells this request from others: who said what, where."""
    parts = ["chat", speaker.actor, speaker.channel, asked.unconfirmed.echo]
    return replace(caller, payload="\0".join(parts).encode())


def operation_key(speaker: Speaker, message_id: str) -> str:
    """The `Operation-Id` of what this message starts: the same message starts nothing twice."""
    parts = ["message", speaker.platform, speaker.team, speaker.user, message_id]
    return "chat-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def _identity(speaker: Speaker) -> Identity:
    places = {speaker.user, speaker.channel, speaker.entra_id or ""} - {""}
    principals = {principal(speaker.platform, f"{speaker.team}/{place}") for place in places}
    kind: CallerKind = "slack" if speaker.platform is Platform.SLACK else "teams"
    return Identity(kind, speaker.actor, frozenset(principals), _login(speaker))


def _login(speaker: Speaker) -> str:
    """`slack-t012ab3cd-u045ef6gh`; `teams-` and an object id. Nothing for an id that can not be in a username."""
    user = speaker.entra_id or speaker.user
    within = f"{speaker.team}-" if speaker.platform is Platform.SLACK else ""
    name = f"{speaker.platform}-{within}{user}".lower()
    return name if user and USERNAME.fullmatch(name) else ""


def _name(grant: Grant) -> str | None:
    """Nothing for whom nobody would recognise: the fingerprint of a key, an object id."""
    kind, _, name = grant.principal.partition(":")
    return grant.name or (name if kind == "user" and "@" in name else None)


def _first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MOST_NAMED]
