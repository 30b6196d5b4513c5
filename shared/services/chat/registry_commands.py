"""list, show, create, delete, restore."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared.domain.chat.fields import fields
from shared.domain.chat.talk import Reply, Tone
from shared.domain.errors import OperationInProgressError
from shared.domain.field_problems import bad_fields
from shared.domain.operations import Kind
from shared.domain.registries.registry import Registry
from shared.domain.registries.registry_spec import Policy, RegistrySpec
from shared.domain.report.wording import plural
from shared.domain.roles import Role
from shared.services.chat.said import Deed, Forewarning, Said
from shared.services.chat.times import Times
from shared.services.registries.catalog import Registries, RegistryAnswer
from shared.services.registries.soft_delete import SoftDelete
from shared.services.requests import Precondition

MOST_LISTED = 50
ALWAYS = Precondition()


class RegistryCommands:
    """Each raises `ApiError` for what its speaker can mend, `DependencyError` when the tables are away."""

    def __init__(self, registries: Registries, soft_delete: SoftDelete, policy: Policy, times: Times) -> None:
        self._registries, self._soft_delete = registries, soft_delete
        self._policy, self._times = policy, times

    @property
    def deeds(self) -> Mapping[str, Deed]:
        """By the names of commands."""
        return {
            "list": Deed("list_registries", self._list),
            "show": Deed("get_registry", self._show),
            "create": Deed("create_or_update_registry", self._create, writes=True),
            "delete": Deed("delete_registry", self._delete, writes=True, warn=self._forewarn),
            "restore": Deed("restore_registry", self._restore, writes=True),
        }

    def _list(self, said: Said) -> Reply:
        found = self._registries.list("", MOST_LISTED + 1, said.caller.access.may_see)
        if not found:
            may_create = said.caller.access.allows(Role.OPERATOR)
            hint = (f"To create one: {said.say('create demo')}",) if may_create else ()
            return Reply("There is no registry that you may see.", hint)
        lines = [_in_short(each) for each in found[:MOST_LISTED]]
        if more := found[MOST_LISTED:]:
            lines.append(f"These are the first {MOST_LISTED}; {more[0].registry.name} comes next.")
        return Reply(
            f"{plural(len(found), 'registry', 'registries')}:" if not more else "Registries:", tuple(lines)
        )

    def _show(self, said: Said) -> Reply:
        found = self._registries.get(said.registry)
        return Reply(f"`{said.registry}` is {condition(found)}.", tuple(self._facts(said, found)))

    def _facts(self, said: Said, found: RegistryAnswer) -> Iterator[str]:
        registry, wanted = found.registry, found.registry.desired
        if registry.is_soft_deleted:
            yield from self._way_back(said, registry.purge_on)
        if registry.login_server and not registry.is_soft_deleted:
            yield f"Login server: {registry.login_server}"
        yield f"{wanted.sku} in {wanted.location}, {wanted.image}, {plural(registry.user_count, 'user')}"
        if registry.is_restricted:
            ranges = ", ".join(f"`{each}`" for each in wanted.allowed_ip_ranges or ())
            yield f"Only from: {ranges or 'nowhere'}"
        if wanted.tags:
            yield f"Tags: {', '.join(f'{name}={value}' for name, value in sorted(wanted.tags.items()))}"
        if found.operation:
            yield f"At work on it: {said.say(f'operation {found.operation.id}')}"

    def _create(self, said: Said) -> Reply:
        try:
            spec = RegistrySpec.model_validate(fields(said.asked), context=self._policy)
        except ValidationError as error:
            raise bad_fields(error.errors(include_url=False, include_input=False)) from None
        found = self._registries.put(said.registry, spec, ALWAYS, said.caller)
        if found.operation is None:
            return Reply(f"`{said.registry}` is as you want it.", tone=Tone.DONE)
        creates = found.operation.kind is Kind.CREATE_REGISTRY
        return Reply(
            f"{'Creating' if creates else 'Changing'} `{said.registry}` …", follows=(found.operation.id,)
        )

    def _forewarn(self, said: Said) -> Forewarning | Reply:
        found = self._registries.get(said.registry)
        registry, active = found.registry, found.operation
        if registry.is_soft_deleted:
            return self._is_deleted(said, registry.purge_on)
        if active and not active.kind.removes:
            raise OperationInProgressError(active.id, active.kind.value, active.registry)
        if active:
            return Reply(f"`{registry.name}` is on its way out already.", follows=(active.id,))
        text = f"Stops pulls for {plural(registry.user_count, 'user')} now. {self._what_stays(registry)}"
        return Forewarning(text, "Delete", "Keep", seen=registry.version_tag)

    def _what_stays(self, registry: Registry) -> str:
        if not registry.provisioned:
            return "It never came up, so there is nothing to keep: all of it goes, and can't be undone."
        until = self._times.now() + timedelta(days=self._policy.soft_delete_days)
        return f"Images and users are kept until {self._times.day(until)}; until then it can be undone."

    def _delete(self, said: Said) -> Reply:
        removed = self._soft_delete.delete(said.registry, Precondition(said.seen or None), said.caller)
        if removed is None:
            return Reply(f"There is no registry `{said.registry}`. Nothing was done.", tone=Tone.PROBLEM)
        if removed.operation is None:
            return self._is_deleted(said, removed.purge_on)
        way_back = self._way_back(said, removed.purge_on)
        return Reply(f"Deleting `{said.registry}` …", way_back, follows=(removed.operation.id,))

    def _is_deleted(self, said: Said, until: datetime | None) -> Reply:
        return Reply(f"`{said.registry}` is deleted already.", self._way_back(said, until))

    def _way_back(self, said: Said, until: datetime | None) -> tuple[str, ...]:
        undo = said.say(f"restore {said.registry}")
        return (f"Undo until {self._times.day(until)}: {undo}",) if until else ()

    def _restore(self, said: Said) -> Reply:
        found = self._soft_delete.restore(said.registry, ALWAYS, said.caller)
        if found.operation is None:
            return Reply(f"`{said.registry}` is back already.", tone=Tone.DONE)
        return Reply(f"Restoring `{said.registry}` …", follows=(found.operation.id,))


def condition(found: RegistryAnswer) -> str:
    """How it is, in a word or two, as a sentence goes on."""
    registry, verdict = found.registry, found.verdict
    if found.operation or registry.is_soft_deleted or not registry.provisioned or verdict is None:
        return _STATES.get(registry.provisioning_state.value, "up; nobody has looked at it yet")
    why = "" if not verdict.is_shown_bad else f": {verdict.code.value}"
    return f"{verdict.state.value}{why}"


_STATES = {
    "Creating": "being created",
    "Updating": "being changed",
    "Deleting": "being deleted",
    "Restoring": "being restored",
    "SoftDeleted": "deleted",
    "Failed": "not up: its last operation has failed",
}


def _in_short(found: RegistryAnswer) -> str:
    registry = found.registry
    server = [registry.login_server] if registry.login_server else []
    return " · ".join([f"`{registry.name}` {condition(found)}", plural(registry.user_count, "user"), *server])
