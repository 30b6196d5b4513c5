"""Why somebody can't log in, in the words of a chat: what stands in the way, since when, and what to say about it."""

from shared.domain.chat.command import Command
from shared.domain.chat.grammar import BY_NAME
from shared.domain.chat.talk import Reply, Tone
from shared.services.chat.callers import own_name
from shared.services.chat.said import Said
from shared.services.chat.times import Times
from shared.services.users.diagnosis import Diagnosis, Finding

_COMMANDS = {
    "RegistrySoftDeleted": "restore",
    "RegistryNotProvisioned": "create",
    "RegistryUnhealthy": "health",
    "AddressRestricted": "create",
    "UserDeleted": "user add",
    "UserNotFound": "user add",
    "UserDisabled": "user enable",
    "UserExpired": "user rotate",
    "PendingReveal": "user rotate",
    "PasswordMayBeWrong": "user rotate",
}
"""What mends each finding. For the others the finding's own fix has to do."""
_MORE = {"AddressRestricted": " allowedIpRanges=RANGES"}
"""What stands behind the command."""
_LOGS_IN = {"UserDeleted", "UserNotFound", "PendingReveal", "PasswordMayBeWrong"}
"""What a new login of one's own mends."""
_BEGAN = {
    "UserExpired": "expired",
    "UserDisabled": "was disabled, or changed since,",
    "UserDeleted": "was removed",
}


class Whys:
    """Tells a diagnosis."""

    def __init__(self, times: Times) -> None:
        self._times = times

    def reply(self, said: Said, found: Diagnosis) -> Reply:
        """What keeps the user out comes first."""
        [first, *rest] = sorted(found.findings, key=lambda finding: not finding.blocks)
        lines = [_fix(said, first)]
        for finding in rest:
            lines += [self._sentence(said, finding), _fix(said, finding)]
        tone = Tone.PLAIN if found.can_log_in else Tone.WARNING
        return Reply(self._sentence(said, first), tuple(lines), tone)

    def _sentence(self, said: Said, finding: Finding) -> str:
        """Of what began at a time: `ci` expired 2 days ago (12 Nov, 09:00 UTC)."""
        began = _BEGAN.get(finding.code)
        if began is None or finding.since is None:
            return finding.message
        return f"`{said.username}` {began} {self._times.ago(finding.since)}."


def _fix(said: Said, finding: Finding) -> str:
    if finding.operation:
        return f"Wait for it: {said.say(f'operation {finding.operation}')}"
    name = _COMMANDS.get(finding.code)
    if name is None or finding.nearest:
        return f"Fix: {finding.fix}"
    is_own = said.username == own_name(said.caller.access, said.registry)
    if is_own and finding.code in _LOGS_IN:
        return f"Fix: {said.say(f'login {said.registry}')}"
    command = BY_NAME[name]
    return f"Fix: {said.say(_whole(said, command) + _MORE.get(finding.code, ''))}, needs {command.needs.role}"


def _whole(said: Said, command: Command) -> str:
    about_user = any(each.name == "username" for each in command.arguments)
    return f"{command.name} {said.registry}" + (f" {said.username}" if about_user else "")
