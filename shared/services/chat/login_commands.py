"""login, user add, user rotate: each answers with a one-time link. No password is made here, and none is ever said.

Where more people than the asker would see the link, it opens for the asker alone, or there is none (`public_links`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from shared.domain.chat.fields import fields
from shared.domain.chat.public_links import MayBeShown, link_for
from shared.domain.chat.talk import Reply, SecretLink
from shared.domain.errors import NotFoundError
from shared.domain.field_problems import bad_fields
from shared.domain.notices.telling import duration
from shared.domain.users.reveal import Purpose
from shared.domain.users.user_spec import RotateSpec, UserSpec
from shared.services.chat.admission import no_name
from shared.services.chat.callers import own_name
from shared.services.chat.said import Deed, Said
from shared.services.chat.times import Times
from shared.services.users.accounts import Accounts
from shared.services.users.own_user import check_lifetime
from shared.services.users.reveal_offers import RevealOffers


@dataclass(frozen=True)
class _Wanted:
    """A link to a new password of one user."""

    username: str
    purpose: Purpose
    body: UserSpec | RotateSpec


class LoginCommands:
    """Each raises `ApiError` for what its speaker can mend. `signed_in`: people sign in with Entra to open a page."""

    def __init__(self, accounts: Accounts, offers: RevealOffers, times: Times, *, signed_in: bool) -> None:
        self._accounts, self._offers, self._times = accounts, offers, times
        self._signed_in = signed_in

    @property
    def deeds(self) -> Mapping[str, Deed]:
        """By the names of commands."""
        return {
            "login": Deed("offer_login", self._login, writes=True),
            "user add": Deed("create_or_update_user", self._add, writes=True),
            "user rotate": Deed("rotate_user", self._rotate, writes=True),
        }

    def _login(self, said: Said) -> Reply:
        username = own_name(said.caller.access, said.registry)
        if username is None:
            raise no_name()
        is_new = not self._has_password(said.registry, username)
        purpose = Purpose.CREATE if is_new else Purpose.ROTATE
        text = f"Login `{username}` for {said.registry}. {_until_the_click(is_new)}"
        return self._offer(said, _Wanted(username, purpose, UserSpec()), text)

    def _add(self, said: Said) -> Reply:
        wanted = _Wanted(said.username, Purpose.CREATE, _checked(UserSpec, said))
        return self._offer(
            said, wanted, f"User `{said.username}` of {said.registry}. {_until_the_click(True)}"
        )

    def _rotate(self, said: Said) -> Reply:
        spec = _checked(RotateSpec, said)
        made = (
            "old password works until"
            if self._has_password(said.registry, said.username)
            else "password is made when"
        )
        text = f"User `{said.username}` of {said.registry}. Its {made} you click."
        if spec.overlap:
            goes_on = f"`{said.username}` goes on for {duration(spec.overlap)} from then on"
            text = f"A successor of `{said.username}` in {said.registry} is made when you click; {goes_on}."
        return self._offer(said, _Wanted(said.username, Purpose.ROTATE, spec), text)

    def _offer(self, said: Said, wanted: _Wanted, text: str) -> Reply:
        """The link, unless it may not be shown here: then no link is made."""
        shown = link_for(said.speaker, people_sign_in=self._signed_in)
        if isinstance(shown, Reply):
            return shown
        fields_set = wanted.body.model_fields_set
        check_lifetime(self._accounts, said.caller, said.registry, wanted.username, fields_set)
        return Reply(text, link=self._link(said, wanted, shown))

    def _link(self, said: Said, wanted: _Wanted, shown: MayBeShown) -> SecretLink:
        offer = self._offers.offer(
            said.registry,
            wanted.username,
            wanted.purpose,
            said.caller,
            life=_life(wanted.body),
            description=wanted.body.description if isinstance(wanted.body, UserSpec) else None,
            only_for=shown.only_for,
        )
        note = f"once, within {self._times.left(offer.until)}"
        return SecretLink("Show my password", offer.url, note, for_one=shown.only_for is not None)

    def _has_password(self, registry: str, username: str) -> bool:
        try:
            return bool(self._accounts.get(registry, username).user.password_hash)
        except NotFoundError as error:
            if error.kind != "User":
                raise
            return False


def _until_the_click(is_new: bool) -> str:
    return "It is made when you click." if is_new else "Your old password works until you click."


def _checked[S: (UserSpec, RotateSpec)](model: type[S], said: Said) -> S:
    try:
        return model.model_validate(fields(said.asked))
    except ValidationError as error:
        raise bad_fields(error.errors(include_url=False, include_input=False)) from None


def _life(body: UserSpec | RotateSpec) -> RotateSpec:
    """How long the new password is good for, and the old one goes on."""
    said = body.model_dump(include={"expires_after", "expires_on", "overlap"}, exclude_unset=True)
    return RotateSpec(**said)
