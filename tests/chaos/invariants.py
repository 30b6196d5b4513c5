"""What must be true of a registry when it is at rest, whatever happened on the way.

Each is a function with a name; its docstring says what it means, and docs/reliability.md quotes it. They look at the
tables, at Azure, at the file and at the registry's own door, not at what the API says of itself alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.domain.users.htpasswd import read_header
from tests.chaos.cloud import Cloud
from tests.chaos.registry import Refused, Registry
from tests.e2e.api_client import FINAL
from tests.e2e.emulated_azure import ACCOUNTS, PLANS, SITES

Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One registry at rest: what its owner knows, and what there is."""

    registry: Registry
    rows: dict[str, Json]
    resources: list[Json]
    indexed: bool
    shown: int
    """The status of `GET /api/registries/{name}`."""
    share: Path | None

    @property
    def operations(self) -> dict[str, Json]:
        """By id."""
        keys = (key for key in self.rows if key.startswith("operation:"))
        return {f"{self.registry.name}.{key.removeprefix('operation:')}": self.rows[key] for key in keys}

    @property
    def users(self) -> dict[str, Json]:
        """The rows of users by name."""
        return {key.removeprefix("user:"): row for key, row in self.rows.items() if key.startswith("user:")}


def look(cloud: Cloud, registries: Iterable[Registry]) -> list[Seen]:
    """At all of them, with one look at Azure."""
    resources, index = cloud.resources(), cloud.index()
    found = []
    for registry in registries:
        own = [each for each in resources if belongs_to(each, registry.name)]
        accounts = [each["name"] for each in own if each["type"] == ACCOUNTS]
        found.append(
            Seen(
                registry,
                cloud.partition(registry.name),
                own,
                registry.name in index,
                cloud.api.send("GET", registry.path).status_code,
                cloud.share(accounts[0]) if accounts else None,
            )
        )
    return found


def belongs_to(resource: Json, name: str) -> bool:
    """By its tags or, should they be lost, by its name."""
    tagged = (resource.get("tags") or {}).get("berthage-registry") == name
    return tagged or resource["name"].startswith((f"{name}-", name))


def every_operation_has_ended(seen: Seen) -> None:
    """No operation hangs: each is Succeeded, Failed or Canceled within a bound."""
    moving = {key: row["status"] for key, row in seen.operations.items() if row["status"] not in FINAL}
    assert not moving, f"operations still move: {moving}"


def no_acknowledged_request_is_lost(seen: Seen) -> None:
    """Every operation that any answer of the API ever named exists in the table."""
    lost = seen.registry.acknowledged - seen.operations.keys()
    assert not lost, f"acknowledged operations that do not exist: {lost}"


def a_final_state_is_final(seen: Seen) -> None:
    """No operation ends twice: the row of one that has ended is never written again."""
    ended = seen.registry.ended
    changed = [key for key, row in seen.operations.items() if ended.get(key, row["etag"]) != row["etag"]]
    assert not changed, f"operations that were written after their end: {changed}"
    ended.update({key: row["etag"] for key, row in seen.operations.items()})


def a_failure_says_why(seen: Seen) -> None:
    """A failed operation has a code, a message and a fix; a succeeded one has no error."""
    for key, row in seen.operations.items():
        error = row.get("error")
        if row["status"] == "Succeeded":
            assert not error, f"{key} succeeded with an error: {error}"
        if row["status"] == "Failed":
            assert error, f"{key} failed and does not say why"
            parts = all(f'"{name}"' in error for name in ("code", "message", "fix"))
            assert parts, f"{key}: {error}"


def the_registry_is_as_asked(seen: Seen) -> None:
    """What was asked for last is what there is: it is up or deleted, nothing works on it, its tags are in Azure."""
    registry = seen.registry
    if not registry.exists:
        assert seen.shown == 404, f"it was deleted, and the API answers {seen.shown}"
        assert not any(key in seen.rows for key in ("registry", "htpasswd")), "its rows are still there"
        return
    row = seen.rows.get("registry")
    assert row, "there is no such registry"
    state = "SoftDeleted" if registry.is_deleted else "Succeeded"
    assert (row["provisioningState"], row.get("activeOperation")) == (state, None), row
    assert registry.is_deleted == ("purgeOn" in row), row
    for resource in seen.resources:
        has = {name: value for name, value in resource["tags"].items() if not name.startswith("berthage-")}
        assert has == registry.tags, f"{resource['name']} has the tags {has}, not {registry.tags}"


def no_orphan_is_left(seen: Seen) -> None:
    """Azure holds exactly one storage account, one plan and one site of a registry, of this incarnation; the account
    alone of one that is soft-deleted; or nothing."""
    kinds = sorted(each["type"] for each in seen.resources)
    if not seen.registry.exists:
        assert not kinds, f"left behind: {[each['name'] for each in seen.resources]}"
        assert not seen.users, f"rows of users were left behind: {list(seen.users)}"
        return
    wanted = [ACCOUNTS] if seen.registry.is_deleted else sorted([ACCOUNTS, PLANS, SITES])
    assert kinds == wanted, [each["name"] for each in seen.resources]
    uid = seen.rows["registry"]["uid"]
    assert {each["tags"]["berthage-uid"] for each in seen.resources} == {uid}, "of another incarnation"
    names = {each["name"] for each in seen.resources}
    recorded = seen.rows["registry"]["names"]
    assert all(f'"{name}"' in recorded for name in names), f"{names} is not what is recorded: {recorded}"
    assert seen.indexed, "it is not in the index"


def nothing_was_made_twice(seen: Seen) -> None:
    """No resource was ever sent under a second name, unless somebody else held the first."""
    kinds = [kind for kind, _ in seen.registry.names]
    if not seen.registry.may_change_names:
        assert len(kinds) == len(set(kinds)), f"sent under several names: {sorted(seen.registry.names)}"


def no_user_is_lost(seen: Seen) -> None:
    """The table holds exactly the users that were acknowledged, and counts them right."""
    if seen.registry.exists:
        wanted = {name for name, user in seen.registry.users.items() if user.present}
        assert set(seen.users) == wanted, f"users {sorted(seen.users)}, not {sorted(wanted)}"
        assert seen.rows["registry"]["userCount"] == len(wanted), seen.rows["registry"]["userCount"]


def the_file_is_the_table(seen: Seen) -> None:
    """The live htpasswd is intact, of the newest revision, and holds the hashes of the table; it is alone there."""
    if not seen.registry.exists:
        return
    assert seen.share, "there is no share"
    files = sorted(entry.name for entry in seen.share.iterdir())
    assert files == ["htpasswd"], f"the share holds {files}"
    content = (seen.share / "htpasswd").read_bytes()
    header, row = read_header(content), seen.rows["registry"]
    assert header, "the file is not ours"
    assert header.intact, "the file is damaged"
    assert (header.uid, header.revision) == (row["uid"], row["usersRevision"]), (header, row["usersRevision"])
    lines = content.decode().splitlines()[2:]
    expected = sorted(f"{name}:{user['passwordHash']}" for name, user in seen.users.items())
    assert lines == expected, "the file does not hold the users of the table"


def the_door_opens_for_the_right_ones(seen: Seen) -> None:
    """The registry lets every user in with the present password, and with none that was ever revoked.

    One that is soft-deleted lets nobody in.
    """
    if not seen.registry.exists:
        return
    if seen.registry.is_deleted:
        assert seen.registry.is_closed(), "it is deleted, and answers"
        return
    for name, user in seen.registry.users.items():
        if not user.is_known:
            continue
        if user.present:
            assert seen.registry.lets_in(name, user.present), f"{name} is locked out"
        for old in user.revoked:
            assert not seen.registry.lets_in(name, old), f"a revoked password of {name} gets in"


def a_link_shows_one_password(seen: Seen) -> None:
    """No one-time link that was used, or that a newer one has replaced, shows anything."""
    for link in seen.registry.links:
        try:
            seen.registry.ask("POST", "reveal", {"token": link})
        except Refused as refused:
            assert refused.code == "RevealGone", str(refused)  # noqa: PT017 - whichever way it is refused
        else:
            raise AssertionError("a link has shown a second password")
    seen.registry.links.clear()


def chat_says_how_it_ended(seen: Seen) -> None:
    """Whoever follows an operation in chat sees its true end. At most one more message about it was posted."""
    if not seen.registry.speaks:
        return
    posts = seen.registry.posts()
    lost = seen.registry.followed - {row["operation"] for row in posts}
    assert not lost, f"nobody is told of the end of {lost}"
    messages = seen.registry.cloud.channel.messages(seen.registry.name)
    for row in posts:
        assert not row.get("error"), f"a message is given up: {row['error']}"
        done = messages.get(row["message"], "").startswith("✅ Done")
        status = seen.operations[row["operation"]]["status"]
        assert done == (status == "Succeeded"), f"{status}, and chat says: {messages.get(row['message'])}"
    assert len(messages) <= 2 * len(posts), f"{len(messages)} messages about {len(posts)} operations"


def a_notice_arrives(seen: Seen) -> None:
    """Whatever is to be told arrives, at least once, and always with the same id."""
    if not seen.registry.is_worn:
        return
    notices = seen.registry.notices()
    assert notices, "there is nothing to be told of it"
    told = seen.registry.cloud.notices.told(seen.registry.name)
    ids = {event.id for event in told}
    assert len(ids) == len({(event.type, event.at) for event in told}), f"one notice, several ids: {told}"
    missing = [notice.key for notice in notices if notice.key.replace(".", "_") not in ids]
    assert not missing, f"nobody was told of {missing}"


INVARIANTS: tuple[Callable[[Seen], None], ...] = (
    every_operation_has_ended,
    no_acknowledged_request_is_lost,
    a_final_state_is_final,
    a_failure_says_why,
    the_registry_is_as_asked,
    no_orphan_is_left,
    nothing_was_made_twice,
    no_user_is_lost,
    the_file_is_the_table,
    the_door_opens_for_the_right_ones,
    a_link_shows_one_password,
    chat_says_how_it_ended,
    a_notice_arrives,
)


def violations(seen: Seen) -> list[str]:
    """What is not true, as `name: why`; every invariant is looked at."""
    found = []
    for invariant in INVARIANTS:
        try:
            invariant(seen)
        except AssertionError as error:
            found.append(f"{invariant.__name__}: {str(error).partition(chr(10))[0]}")
    return found
