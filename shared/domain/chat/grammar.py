"""The commands that can be said in chat.

Where a registry may be left out, the channel's own stands in (`use`). What takes away for good names its registry:
`delete`, `restore` and `user remove` never rely on what somebody else has set for the channel.
"""

from typing import get_args

from shared.domain.chat.command import Argument, Command, Kind, Option
from shared.domain.chat.talk import CONFIRM
from shared.domain.registries.registry import LogLevel, StorageReplication
from shared.domain.report.periods import PeriodName
from shared.domain.roles import Need, Role

_REGISTRY = Argument("registry", Kind.REGISTRY)
_REGISTRY_OR_CHANNEL_S = Argument("registry", Kind.REGISTRY, optional=True)
_USERNAME = Argument("username", Kind.USERNAME)

_CONFIRM = Option(CONFIRM, Kind.CODE, "CODE")
_EXPIRES_AFTER = Option("expiresAfter", Kind.DURATION, "90d", words={"never": None})
_EXPIRES_ON = Option("expiresOn", Kind.MOMENT, "2027-01-31T18:00:00Z", words={"never": None})
_ANYBODY: dict[str, list[str] | None] = {"anyone": None, "nobody": []}

_ONLY_OWN = Need(Role.OPERATOR, own=True)
_SEES, _READS, _RUNS = Need(Role.MEMBER), Need(Role.READER), Need(Role.OPERATOR)

COMMANDS: tuple[Command, ...] = (
    Command(
        "help",
        "Says what can be said, or explains one command.",
        "help create",
        Need(),
        (Argument("command", Kind.COMMAND, optional=True, rest=True),),
    ),
    Command(
        "login",
        "Gives you a login of your own, by a link that shows the password once.",
        "login payments",
        _ONLY_OWN,
        (_REGISTRY_OR_CHANNEL_S,),
        answers_with_link=True,
    ),
    Command("use", "Makes a registry this channel's own.", "use payments", _RUNS, (_REGISTRY,)),
    Command(
        "why",
        "Says why a user can't log in, and what to do. One word is a username; without any it is about your own user.",
        "why payments ci",
        Need(Role.READER, own=True),
        (_REGISTRY_OR_CHANNEL_S, Argument("username", Kind.USERNAME, optional=True)),
    ),
    Command("list", "Lists the registries.", "list", _SEES),
    Command("show", "Shows a registry.", "show payments", _SEES, (_REGISTRY_OR_CHANNEL_S,)),
    Command(
        "create",
        "Creates a registry, or changes one.",
        "create payments sku=B1 tags.team=payments",
        _RUNS,
        (_REGISTRY,),
        (
            Option("sku", Kind.WORD, "B1"),
            Option("location", Kind.WORD, "westeurope"),
            Option("image", Kind.WORD, "registry:2.8.3"),
            Option("storageReplication", Kind.CHOICE, "ZRS", choices=get_args(StorageReplication)),
            Option("deleteEnabled", Kind.FLAG, "true"),
            Option("readOnly", Kind.FLAG, "true"),
            Option("logLevel", Kind.CHOICE, "warn", choices=get_args(LogLevel)),
            Option("allowedIpRanges", Kind.RANGES, "203.0.113.0/24,2001:db8::/32", words=_ANYBODY),
            Option("tags.*", Kind.TEXT, "payments"),
        ),
    ),
    Command(
        "delete",
        "Takes a registry down. Its images and users are kept for a while: restore brings them back.",
        "delete payments",
        _RUNS,
        (_REGISTRY,),
        (_CONFIRM,),
        asks_first=True,
    ),
    Command("restore", "Brings a deleted registry back.", "restore payments", _RUNS, (_REGISTRY,)),
    Command("users", "Lists a registry's users.", "users payments", _READS, (_REGISTRY_OR_CHANNEL_S,)),
    Command(
        "user add",
        "Adds a user, whose password is shown once by a link.",
        'user add payments ci expiresAfter=90d description="build server"',
        _ONLY_OWN,
        (_REGISTRY_OR_CHANNEL_S, _USERNAME),
        (_EXPIRES_AFTER, _EXPIRES_ON, Option("description", Kind.TEXT, '"build server"')),
        answers_with_link=True,
    ),
    Command(
        "user remove",
        "Removes a user: the registry refuses it.",
        "user remove payments ci",
        _ONLY_OWN,
        (_REGISTRY, _USERNAME),
        (_CONFIRM,),
        asks_first=True,
    ),
    Command(
        "user rotate",
        "Gives a user a new password by a link. Until somebody opens it the old one works.",
        "user rotate payments ci overlap=24h",
        _ONLY_OWN,
        (_REGISTRY_OR_CHANNEL_S, _USERNAME),
        (Option("overlap", Kind.DURATION, "24h"), _EXPIRES_AFTER, _EXPIRES_ON),
        answers_with_link=True,
    ),
    Command(
        "user disable",
        "Locks a user out until it is enabled again.",
        "user disable payments ci",
        _RUNS,
        (_REGISTRY_OR_CHANNEL_S, _USERNAME),
    ),
    Command(
        "user enable",
        "Lets a disabled user in again, with the same password.",
        "user enable payments ci",
        _RUNS,
        (_REGISTRY_OR_CHANNEL_S, _USERNAME),
    ),
    Command(
        "revoke",
        "Removes a person's user from every registry.",
        "revoke jane",
        Need(Role.ADMIN, everywhere=True),
        (Argument("person", Kind.PERSON),),
        (_CONFIRM,),
        asks_first=True,
    ),
    Command(
        "health",
        "Says how a registry is. Without a name, and where the channel has none, how all are.",
        "health payments",
        _READS,
        (_REGISTRY_OR_CHANNEL_S,),
    ),
    Command(
        "mute",
        "Tells nobody of a registry's changes for a while.",
        "mute payments 1h moving to the new network",
        _RUNS,
        (
            _REGISTRY_OR_CHANNEL_S,
            Argument("duration", Kind.DURATION),
            Argument("reason", Kind.TEXT, rest=True),
        ),
    ),
    Command("unmute", "Ends a mute.", "unmute payments", _RUNS, (_REGISTRY_OR_CHANNEL_S,)),
    Command(
        "report",
        "Shows the health report.",
        "report period=7d",
        _READS,
        (),
        (Option("period", Kind.CHOICE, "7d", choices=tuple(map(str, PeriodName))),),
    ),
    Command(
        "operation",
        "Shows how far an operation is.",
        "operation payments.01JDTX3Z5M9W4K7QF2B8C6N1RA",
        Need(Role.READER, own=True, by_row=True),
        (Argument("id", Kind.OPERATION),),
    ),
)
"""In the order in which help shows them."""

BY_NAME = {command.name: command for command in COMMANDS}
