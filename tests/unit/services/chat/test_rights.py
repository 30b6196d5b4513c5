"""Who may say what: a table. Whoever may not learns that, who may, and nothing else."""

import pytest

from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.talk import Platform, Reply, Speaker, Tone
from tests.unit.services.chat.talking import (
    ADMIN,
    EVERYBODY,
    MEMBER,
    NAMED,
    NOBODY,
    OPERATOR,
    READER,
    TEAM,
    Chat,
    elsewhere,
    said,
    slack,
)

KNOWN = (ADMIN, OPERATOR, READER, MEMBER, NAMED)
RUN, READ = (ADMIN, OPERATOR), (ADMIN, OPERATOR, READER)
MATRIX: dict[str, tuple[Speaker, ...]] = {
    "help": EVERYBODY,
    "login demo": (*RUN, MEMBER, NAMED),
    "login secret": (ADMIN,),
    "use demo": RUN,
    "why demo ci": READ,
    "why demo jane": (*READ, NAMED),
    "list": KNOWN,
    "show demo": KNOWN,
    "show secret": (ADMIN,),
    "create demo-two": RUN,
    "create other": (ADMIN,),
    "delete demo": RUN,
    "delete secret": (ADMIN,),
    "restore demo": RUN,
    "users demo": READ,
    "user add demo dev": RUN,
    "user add demo jane": (*RUN, NAMED),
    "user add demo slack-t0team-u0member": (*RUN, MEMBER),
    "user rotate demo jane": (*RUN, NAMED),
    "user rotate demo slack-t0team-u0member": (*RUN, MEMBER),
    "user rotate demo ci": RUN,
    "user remove demo jane": (*RUN, NAMED),
    "user remove demo ci": RUN,
    "user disable demo jane": RUN,
    "user enable demo jane": RUN,
    "revoke jane": (ADMIN,),
    "revoke <@U0JANE>": (ADMIN,),
    "health demo": READ,
    "health": READ,
    "mute demo 1h why not": RUN,
    "unmute demo": RUN,
    "report": READ,
    "operation demo.unknown": READ,
}

READ_FIRST = {"operation demo.unknown", "health"}
"""Whose user an operation is about says its row, and a channel's registry another: of those who have a role."""


@pytest.fixture(scope="module")
def chat() -> Chat:
    """`demo` is up, and has the users `ci` and `jane`."""
    chat = Chat()
    for name in ("ci", "jane"):
        chat.add_user(name)
    return chat


def away(chat: Chat, *, is_away: bool = True) -> None:
    """All tables but the audit."""
    for table in (chat.rig.state_table, chat.rig.index_table, chat.rig.health_table, chat.table):
        table.down = is_away


def refused(chat: Chat, text: str, speaker: Speaker) -> bool:
    return chat.say(text, speaker).tone is Tone.REFUSED


def test_the_table_names_every_command() -> None:
    said_first = {text.split()[0] for text in MATRIX} | {" ".join(text.split()[:2]) for text in MATRIX}
    assert [command.name for command in COMMANDS if command.name not in said_first] == []


@pytest.mark.parametrize("text", MATRIX)
def test_who_may(chat: Chat, text: str) -> None:
    allowed = [who.user for who in EVERYBODY if not refused(chat, text, who)]
    assert allowed == [who.user for who in EVERYBODY if who in MATRIX[text]]


@pytest.mark.parametrize("text", [text for text in MATRIX if MATRIX[text] != EVERYBODY])
def test_whoever_may_not_is_told_so_before_anything_is_read(chat: Chat, text: str) -> None:
    excluded = [who for who in EVERYBODY if who not in MATRIX[text]]
    away(chat)
    try:
        unsure = [who for who in excluded if not refused(chat, text, who)]
    finally:
        away(chat, is_away=False)
    assert unsure == ([MEMBER, NAMED] if text in READ_FIRST else [])


@pytest.mark.parametrize("text", ["delete {}", "show {}", "users {}", "user rotate {} ci", "why {} ci"])
def test_a_refusal_says_the_same_of_what_is_there_and_of_what_is_not(text: str) -> None:
    chat = Chat()
    chat.rig.create("there")
    about = [chat.say(text.format(name), OPERATOR) for name in ("there", "never")]
    assert about[0].tone is Tone.REFUSED
    first, second = (
        said(reply).replace(name, "X") for reply, name in zip(about, ("there", "never"), strict=True)
    )
    assert first == second


def test_a_name_that_its_reader_may_not_see_is_not_proposed(chat: Chat) -> None:
    chat.rig.put("demoniac")
    chat.rig.put("hidden")
    assert chat.say("show demoniacs", OPERATOR).lines[0].startswith("Did you mean 'demoniac'?")
    assert "hidden" not in said(chat.say("show demo-hiddn", OPERATOR))
    assert "hidden" not in said(chat.say("list", OPERATOR))


def test_a_refusal_says_what_it_takes_and_who_may(chat: Chat) -> None:
    reply = chat.say("delete demo", READER)
    assert reply.text == (
        "`delete` needs the role Operator on registry 'demo'. "
        f"You are taken for {READER.actor}, who is Reader on demo*. Nothing was done."
    )
    assert reply.who == ("U0OPS", "C0OPS", "U0ADMIN")
    assert reply.lines[0] == "Who may: boss@example.com."
    assert chat.say("delete secret", READER).who == ("U0ADMIN",)


def test_of_many_who_may_those_nearest_to_the_registry_are_asked() -> None:
    """Whoever may everywhere would be in front of its owners, and only so many are named."""
    everywhere = [{"principal": f"slack:{TEAM}/U0BOSS{number}", "role": "Admin"} for number in range(9)]
    owner = {"principal": f"slack:{TEAM}/U0OWNER", "role": "Operator", "registry": "demo"}
    reply = Chat([*everywhere, owner]).say("delete demo", NOBODY)
    assert reply.who == ("U0OWNER", "U0BOSS0", "U0BOSS1", "U0BOSS2", "U0BOSS3")


def test_a_refusal_names_nobody_of_another_workspace_and_no_key() -> None:
    others = [
        {"principal": "slack:T0ELSE/U0FAR", "role": "Admin"},
        {"principal": "key:0123456789ab", "role": "Admin"},
        {"principal": "key:ba9876543210", "role": "Admin", "name": "pipeline"},
        {"principal": "group:0f8fad5b-d9cb-469f-a165-70867728950e", "role": "Admin"},
    ]
    reply = Chat(others).say("delete demo")
    assert (reply.who, reply.buttons) == ((), ())
    assert reply.lines[0] == "Who may: pipeline."


def test_refusals_are_in_the_audit_with_the_id_of_the_chat() -> None:
    chat = Chat()
    chat.say("users demo", NOBODY)
    chat.say("user remove demo ci", READER)
    chat.say("show demo", READER)
    chat.say("restore demo", OPERATOR)
    found = [(each.actor, each.action, each.target, each.outcome) for each in chat.audited()]
    assert found == [
        (NOBODY.actor, "ListUsers", "demo", "Forbidden"),
        (READER.actor, "DeleteUser", "demo/ci", "Forbidden"),
        (OPERATOR.actor, "RestoreRegistry", "demo", "RegistryNotFound"),
    ]


def test_a_channel_gives_rights_in_it_alone(chat: Chat) -> None:
    assert refused(chat, "show demo", NOBODY)
    assert not refused(chat, "show demo", elsewhere(NOBODY, "C0TEAM"))
    assert not refused(chat, "users demo", elsewhere(NOBODY, "C0OPS"))


def test_a_channel_s_members_have_a_user_each_by_their_own_ids(chat: Chat) -> None:
    one, other = (elsewhere(slack(user), "C0TEAM") for user in ("U0ONE", "U0TWO"))
    assert "`slack-t0team-u0one`" in chat.say("login demo", one).text
    assert not refused(chat, "user rotate demo slack-t0team-u0one", one)
    assert refused(chat, "user rotate demo slack-t0team-u0one", other)
    assert refused(chat, "user remove demo slack-t0team-u0one", other)


def test_the_same_id_in_two_workspaces_is_two_people() -> None:
    """Ids of Slack's users are unique within their workspace: who shares one must not share a user."""
    here, there = slack("U0ONE", "C0HERE"), Speaker(Platform.SLACK, "T0ELSE", "U0ONE", "C0THERE")
    chat = Chat(
        [{"principal": f"slack:{each.team}/{each.channel}", "role": "Member"} for each in (here, there)]
    )
    chat.rig.create("demo")
    logins = [chat.say("login demo", each).text.split("`")[1] for each in (here, there)]
    assert logins == ["slack-t0team-u0one", "slack-t0else-u0one"]
    for speaker, (own, other) in ((here, logins), (there, logins[::-1])):
        assert not refused(chat, f"user rotate demo {own}", speaker)
        assert refused(chat, f"user rotate demo {other}", speaker)
        assert refused(chat, f"user remove demo {other}", speaker)
        assert refused(chat, f"why demo {other}", speaker)


def test_a_tenant_s_grant_is_for_people_of_that_tenant() -> None:
    here, there = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    person = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    chat = Chat([{"principal": f"teams:{here}/{person}", "role": "Reader"}])
    speakers = [
        Speaker(Platform.TEAMS, tenant, person, "19:abc", entra_id=person) for tenant in (here, there)
    ]
    assert [refused(chat, "list", each) for each in speakers] == [False, True]


def test_whom_teams_knows_by_its_own_id_alone_has_no_user_of_its_own() -> None:
    """Such an id can't be a username, and is another one in another tenant."""
    tenant = "0f8fad5b-d9cb-469f-a165-70867728950e"
    chat = Chat([{"principal": f"teams:{tenant}/19:abc", "role": "Member"}])
    chat.rig.create("demo")
    reply = chat.say("login demo", Speaker(Platform.TEAMS, tenant, "29:1abc", "19:abc"))
    assert "needs the role Operator" in reply.text


def test_a_member_is_nobody_else_s_user(chat: Chat) -> None:
    assert refused(chat, "user rotate demo jane", MEMBER)
    assert "`slack-t0team-u0member`" in chat.say("login demo", MEMBER).text


@pytest.mark.parametrize(
    "stranger",
    [
        Speaker(Platform.SLACK, "T0ELSE", "U0ADMIN", "C0DEV"),
        Speaker(Platform.TEAMS, TEAM, "U0ADMIN", "C0DEV"),
        Speaker(Platform.SLACK, TEAM, "u0admin", "C0DEV"),
        Speaker(Platform.SLACK, TEAM, "", ""),
        Speaker(Platform.SLACK, f"{TEAM}/U0ADMIN", "", ""),
        Speaker(Platform.SLACK, "", f"{TEAM}/U0ADMIN", ""),
    ],
)
def test_only_the_very_same_ids_are_somebody(chat: Chat, stranger: Speaker) -> None:
    assert refused(chat, "list", stranger)


def test_an_operation_is_shown_to_the_member_whose_user_it_is_about() -> None:
    chat = Chat()
    chat.add_user("jane")
    [change] = [each for each in chat.rig.all_operations() if each.user]
    assert chat.say(f"operation {change.id}", NAMED).tone is Tone.DONE
    theirs, unknown = (chat.say(f"operation {name}", MEMBER) for name in (change.id, "demo.unknown"))
    assert (theirs.tone, theirs.text) == (Tone.REFUSED, unknown.text)


def test_a_member_does_not_decide_how_long_it_can_log_in() -> None:
    chat = Chat()
    chat.add_user("jane")
    reply = chat.say("user rotate demo jane expiresAfter=never", NAMED)
    assert reply.text.startswith("Setting expiresAfter needs the role Operator")
    chat.rig.patch_user("jane", disabled=True)
    assert chat.say("user remove demo jane", NAMED).tone is Tone.REFUSED


def test_the_channel_s_registry_gives_nobody_a_right(chat: Chat) -> None:
    chat.say("use demo", elsewhere(ADMIN, "C0QUIET"))
    reply: Reply = chat.say("users", elsewhere(NOBODY, "C0QUIET"))
    assert reply.tone is Tone.REFUSED
    assert "demo" not in said(reply)
