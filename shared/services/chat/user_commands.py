"""users, user remove, user disable, user enable, why."""

from collections.abc import Iterator, Mapping

from shared.domain.chat.talk import Reply, Tone
from shared.domain.report.wording import plural
from shared.domain.users.user_spec import UserSpec
from shared.services.chat.said import Deed, Forewarning, Said
from shared.services.chat.times import Times
from shared.services.chat.whys import Whys
from shared.services.requests import Precondition
from shared.services.users.accounts import Accounts
from shared.services.users.diagnosis import Diagnoses
from shared.services.users.directory import UserAnswer
from shared.services.users.own_user import check_removal

MOST_LISTED = 50
ALWAYS = Precondition()


class UserCommands:
    """Each raises `ApiError` for what its speaker can mend, `DependencyError` when the tables are away."""

    def __init__(self, accounts: Accounts, diagnoses: Diagnoses, times: Times) -> None:
        self._accounts, self._diagnoses, self._times = accounts, diagnoses, times
        self._whys = Whys(times)

    @property
    def deeds(self) -> Mapping[str, Deed]:
        """By the names of commands."""
        return {
            "users": Deed("list_users", self._list),
            "why": Deed("diagnose_user", self._why),
            "user remove": Deed("delete_user", self._remove, writes=True, warn=self._forewarn),
            "user disable": Deed("update_user", self._disable, writes=True),
            "user enable": Deed("update_user", self._enable, writes=True),
        }

    def _list(self, said: Said) -> Reply:
        found = self._accounts.list(said.registry, "", MOST_LISTED + 1)
        if not found:
            add = said.say(f"user add {said.registry} ci")
            return Reply(f"`{said.registry}` has no user.", (f"To add one: {add}",))
        lines = [" · ".join(self._facts(each)) for each in found[:MOST_LISTED]]
        if more := found[MOST_LISTED:]:
            lines.append(f"These are the first {MOST_LISTED}; `{more[0].user.username}` comes next.")
            return Reply(f"`{said.registry}` has many users.", tuple(lines))
        return Reply(f"`{said.registry}` has {plural(len(found), 'user')}.", tuple(lines))

    def _facts(self, found: UserAnswer) -> Iterator[str]:
        user = found.user
        yield f"`{user.username}` {user.state.value}"
        if user.expires_on:
            over = user.expiry.is_over(self._times.now())
            yield f"{'since' if over else 'until'} {self._times.moment(user.expires_on)}"
        if found.syncing:
            yield "on its way to the registry"
        if user.description:
            yield user.description

    def _why(self, said: Said) -> Reply:
        may_read = said.caller.access.may_read(said.registry)
        found = self._diagnoses.of(said.registry, said.username, names_others=may_read)
        return self._whys.reply(said, found)

    def _forewarn(self, said: Said) -> Forewarning:
        check_removal(self._accounts, said.caller, said.registry, said.username)
        found = self._accounts.get(said.registry, said.username)
        return Forewarning(
            f"Removes `{said.username}` from `{said.registry}`: its password is refused within a minute or so.",
            "Remove",
            "Keep",
            ("It can't be undone: a user of that name made anew has another password.",),
            found.user.version_tag,
        )

    def _remove(self, said: Said) -> Reply:
        check_removal(self._accounts, said.caller, said.registry, said.username)
        condition = Precondition(said.seen or None)
        operation = self._accounts.delete(said.registry, said.username, condition, said.caller)
        if operation is None:
            return Reply(
                f"`{said.registry}` has no user `{said.username}`. Nothing was done.", tone=Tone.PROBLEM
            )
        return Reply(f"Removing `{said.username}` from `{said.registry}` …", follows=(operation.id,))

    def _disable(self, said: Said) -> Reply:
        return self._switch(said, UserSpec(disabled=True), "Disabling", "disabled")

    def _enable(self, said: Said) -> Reply:
        return self._switch(said, UserSpec(disabled=False), "Enabling", "enabled")

    def _switch(self, said: Said, spec: UserSpec, doing: str, done: str) -> Reply:
        found = self._accounts.patch(said.registry, said.username, spec, ALWAYS, said.caller)
        warning = (found.warning,) if found.warning else ()
        if found.operation is None:
            return Reply(f"`{said.username}` is {done} already.", warning, Tone.DONE)
        return Reply(
            f"{doing} `{said.username}` in `{said.registry}` …", warning, follows=(found.operation.id,)
        )
