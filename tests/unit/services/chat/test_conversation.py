"""What each command does and says: to people who may."""

from datetime import timedelta

import pytest

from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.talk import Platform, Reply, Speaker, Tone
from shared.domain.errors import ConflictError, DependencyError
from shared.domain.health.observation import Failure
from shared.domain.names import PEOPLE
from shared.domain.operations import Kind, Operation, Status
from shared.services.requests import Caller
from tests.unit.services.chat.talking import (
    ADMIN,
    MEMBER,
    NAMED,
    NOBODY,
    OPERATOR,
    Chat,
    elsewhere,
    said,
)


@pytest.fixture
def chat() -> Chat:
    """Nothing is there yet."""
    return Chat()


@pytest.fixture
def up() -> Chat:
    """`demo` is up, and has the user `ci`."""
    chat = Chat()
    chat.add_user("ci")
    return chat


def followed(chat: Chat, reply: Reply) -> Kind:
    """What kind of work the reply tells of; it is done when this returns."""
    assert reply.follows, said(reply)
    chat.rig.drain()
    operation = chat.rig.operation(reply.follows[0])
    assert operation.status is Status.SUCCEEDED
    assert operation.asked_by == ADMIN.actor
    return operation.kind


def test_every_command_of_the_grammar_is_answered(chat: Chat) -> None:
    for command in COMMANDS:
        reply = chat.say(command.example)
        assert "failed" not in reply.text, command.name
        assert reply.text


def test_a_registry_is_created_with_what_was_said(chat: Chat) -> None:
    reply = chat.say("create demo sku=B2 tags.team=payments")
    assert reply.text == "Creating `demo` …"
    assert reply.echo == "create demo sku=B2 tags.team=payments"
    assert followed(chat, reply) is Kind.CREATE_REGISTRY
    desired = chat.rig.registry().desired
    assert (desired.sku, desired.tags) == ("B2", {"team": "payments"})


def test_what_is_as_wanted_needs_no_work(up: Chat) -> None:
    assert said(up.say("create demo")) == "`demo` is as you want it."
    reply = up.say("create demo readOnly=true")
    assert reply.text == "Changing `demo` …"
    assert followed(up, reply) is Kind.UPDATE_REGISTRY


def test_each_bad_field_is_named_with_its_fix(chat: Chat) -> None:
    one = chat.say("create demo sku=F1")
    assert one.tone is Tone.PROBLEM
    assert one.text == "sku: It is not allowed here."
    assert "Use one of: B1, B2" in one.lines[0]
    two = chat.say("create demo sku=F1 location=moon")
    assert two.text == "2 fields are not valid: location, sku."
    assert [line.split(":")[0] for line in two.lines] == ["location", "sku"]
    assert chat.rig.index_names() == []


def test_the_same_message_twice_is_the_same_operation(chat: Chat) -> None:
    first, again = (chat.say("create demo", message="m1") for _ in range(2))
    assert first.follows == again.follows
    chat.rig.drain()
    assert len(chat.rig.all_operations()) == 1


def test_a_message_id_of_another_command_starts_nothing(chat: Chat) -> None:
    chat.say("create demo", message="m1")
    reply = chat.say("create demo sku=B2", message="m1")
    assert (reply.tone, reply.follows) == (Tone.PROBLEM, ())
    assert reply.lines == ("Say it once more, as a new message.",)


def test_registries_are_listed_with_their_state(up: Chat) -> None:
    up.say("create demo-two")
    assert said(up.say("list")) == (
        "2 registries:\n"
        "`demo` up; nobody has looked at it yet · 1 user · " + str(up.rig.registry().login_server) + "\n"
        "`demo-two` being created · 0 users"
    )


def test_an_empty_list_says_how_to_begin(chat: Chat) -> None:
    assert said(chat.say("list")) == (
        "There is no registry that you may see.\nTo create one: `/registry create demo`"
    )


def test_a_registry_is_shown(up: Chat) -> None:
    shown = said(up.say("show demo"))
    assert "Login server: " in shown
    assert "B1 in westeurope, registry:2.8.3, 1 user" in shown


def test_what_is_not_there_is_answered_with_the_nearest(up: Chat) -> None:
    reply = up.say("show dem")
    assert reply.tone is Tone.PROBLEM
    assert reply.lines == ("Did you mean 'demo'? Names are case-sensitive.",)
    far = up.say("show elephants")
    assert far.lines == ("To create it: `/registry create elephants`",)


def test_deleting_says_what_happens_and_until_when_it_can_be_undone(up: Chat) -> None:
    asked = up.say("delete demo")
    assert asked.text == (
        "Stops pulls for 1 user now. Images and users are kept until 15 Jan; until then it can be undone."
    )
    assert (asked.tone, asked.follows) == (Tone.WARNING, ())
    assert [button.label for button in asked.buttons] == ["Delete", "Keep"]
    done = up.press(asked.buttons[0])
    assert done.lines == ("Undo until 15 Jan: `/registry restore demo`",)
    assert followed(up, done) is Kind.DELETE_REGISTRY


def test_what_is_deleted_is_deleted_already_and_comes_back(up: Chat) -> None:
    up.rig.soft_deleted()
    assert said(up.say("delete demo")) == (
        "`demo` is deleted already.\nUndo until 15 Jan: `/registry restore demo`"
    )
    back = up.say("restore demo")
    assert back.text == "Restoring `demo` …"
    assert followed(up, back) is Kind.RESTORE_REGISTRY
    assert said(up.say("restore demo")) == "`demo` is back already."


def test_a_registry_at_work_is_not_deleted(chat: Chat) -> None:
    created = chat.say("create demo")
    reply = chat.say("delete demo")
    assert reply.buttons == ()
    assert reply.lines == (
        f"See how far it is: `/registry operation {created.follows[0]}`. Then say it again.",
    )


def test_users_are_listed_with_their_state(up: Chat) -> None:
    up.rig.patch_user("ci", disabled=True, description="build server")
    up.rig.drain()
    up.add_user("dev", expires_after=timedelta(days=5))
    assert said(up.say("users demo")) == (
        "`demo` has 2 users.\n`ci` Disabled · build server\n`dev` Active · until 6 Jan, 00:00 UTC"
    )


def test_a_user_is_disabled_and_enabled(up: Chat) -> None:
    for word, doing in (("disable", "Disabling"), ("enable", "Enabling")):
        reply = up.say(f"user {word} demo ci")
        assert reply.text == f"{doing} `ci` in `demo` …"
        assert followed(up, reply) is Kind.PUT_USER
        assert up.say(f"user {word} demo ci").text == f"`ci` is {word}d already."


def test_a_user_is_removed_once_that_is_confirmed(up: Chat) -> None:
    asked = up.say("user remove demo ci")
    assert asked.text.startswith("Removes `ci` from `demo`")
    done = up.press(asked.buttons[0])
    assert followed(up, done) is Kind.DELETE_USER
    assert up.say("user remove demo ci").text == "There is no user named 'ci'."


def test_why_says_when_it_ended_and_who_can_mend_it(up: Chat) -> None:
    up.rig.patch_user("ci", expires_after=timedelta(days=1))
    up.rig.drain()
    up.rig.clock.advance(3 * 86400 + 100)
    assert said(up.say("why demo ci")) == (
        "`ci` expired 2 days ago (2 Jan, 00:00 UTC).\nFix: `/registry user rotate demo ci`, needs Operator"
    )


def test_why_says_what_is_left_where_nothing_stands_in_the_way(up: Chat) -> None:
    reply = up.say("why demo ci")
    assert reply.text.startswith("Nothing keeps 'ci' out.")
    assert reply.lines == ("Fix: `/registry user rotate demo ci`, needs Operator",)
    up.rig.patch_user("ci", disabled=True)
    up.rig.drain()
    reply = up.say("why demo ci")
    assert reply.text.startswith("`ci` was disabled, or changed since, ")
    assert reply.lines == ("Fix: `/registry user enable demo ci`, needs Operator",)


def test_why_without_a_name_is_about_the_own_user(up: Chat) -> None:
    up.say("use demo")
    reply = up.say("why", NAMED)
    assert reply.text == "Registry 'demo' has no user named 'jane'."
    assert reply.lines == ("Fix: `/registry login demo`",)


def test_the_channel_s_registry_stands_in(up: Chat) -> None:
    asks = up.say("users")
    assert asks.tone is Tone.PROBLEM
    assert asks.lines[0].endswith("`/registry use payments`")
    use = up.say("use demo")
    assert (use.private, use.tone) == (False, Tone.DONE)
    assert up.say("users").text == "`demo` has 1 user."
    assert up.say("users", elsewhere(ADMIN, "C0OTHER")).tone is Tone.PROBLEM
    assert "`demo` is meant" in said(up.say("help"))


def test_where_addresses_are_restricted_the_fix_can_be_said_in_a_chat(up: Chat) -> None:
    up.say("create demo allowedIpRanges=203.0.113.0/24")
    up.rig.drain()
    assert "Only from: `203.0.113.0/24`" in up.say("show demo").lines, (
        "as code: `:100:` would be an emoji in Slack"
    )
    reply = up.say("why demo ci")
    assert "Fix: `/registry create demo allowedIpRanges=RANGES`, needs Operator" in reply.lines
    assert "/api/" not in said(reply)


def test_one_word_behind_why_is_a_user(up: Chat) -> None:
    """Whoever means a registry by it hears so."""
    reply = up.say("why demo", NAMED)
    assert (
        reply.text
        == "Which registry is the user `demo` of? You named none, and this channel has none of its own."
    )
    assert reply.lines == (
        "Name both, as in `/registry why payments ci`. Or set this channel's own once: `/registry use payments`",
    )


def test_who_may_not_create_is_not_told_to(chat: Chat) -> None:
    assert chat.say("list", OPERATOR).lines == ("To create one: `/registry create demo`",)
    assert chat.say("list", MEMBER).lines == ()


def test_a_channel_s_registry_is_in_the_audit_once(up: Chat) -> None:
    for _ in range(2):
        up.say("use demo", OPERATOR)
    [entry] = [each for each in up.audited() if each.action == "UseRegistry"]
    assert (entry.actor, entry.registry, entry.details) == (OPERATOR.actor, "demo", {"channel": ["C0DEV"]})


def test_a_person_is_revoked_by_the_names_of_grant_and_id(up: Chat) -> None:
    up.add_user("jane")
    asked = up.say("revoke <@U0JANE|jane>")
    assert asked.text == "Revokes `jane` in 1 registry: demo."
    assert "ROLE_GRANTS stays" in asked.lines[0]
    done = up.press(asked.buttons[0])
    assert done.text == "Revoking `jane` everywhere …"
    assert followed(up, done) is Kind.REVOKE_USER
    assert up.rig.state.user("demo", "jane") is None


def test_both_names_of_a_person_are_revoked(up: Chat) -> None:
    for name in ("jane", "slack-t0team-u0jane"):
        up.add_user(name)
    asked = up.say("revoke <@U0JANE>")
    assert asked.lines[0] == "Revokes `slack-t0team-u0jane` in 1 registry: demo."
    done = up.press(asked.buttons[0])
    assert done.text == "Revoking `jane` and `slack-t0team-u0jane` everywhere …"
    assert {up.rig.operation(each).user for each in done.follows} == {"jane", "slack-t0team-u0jane"}
    up.rig.drain()
    assert [each.username for each in up.rig.state.users("demo")] == ["ci"]
    assert {each.user for each in up.rig.all_operations(PEOPLE)} == {"jane", "slack-t0team-u0jane"}


@pytest.mark.parametrize("error", [DependencyError("Table Storage", "away"), ConflictError("demo")])
def test_half_a_revocation_is_not_told_as_none(
    up: Chat, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for name in ("jane", "slack-t0team-u0jane"):
        up.add_user(name)
    revoke = up.rig.people.revoke

    def only_one(username: str, caller: Caller) -> Operation:
        if username != "jane":
            raise error
        return revoke(username, caller)

    question = up.say("revoke <@U0JANE>")
    monkeypatch.setattr(up.rig.people, "revoke", only_one)
    half = up.press(question.buttons[0])
    assert half.tone is Tone.PROBLEM
    assert half.text == "Revoking `jane` everywhere, but not `slack-t0team-u0jane`."
    assert half.lines[0].startswith("Say it again")
    assert [up.rig.operation(each).user for each in half.follows] == ["jane"]
    monkeypatch.undo()
    up.confirm("revoke <@U0JANE>")
    up.rig.drain()
    assert [each.username for each in up.rig.state.users("demo")] == ["ci"]


def test_who_is_nowhere_is_not_revoked(up: Chat) -> None:
    reply = up.say("revoke ghost")
    assert (reply.tone, reply.buttons) == (Tone.PROBLEM, ())
    assert "There is no user `ghost` in any registry." in reply.text


def test_health_of_one_and_of_all(up: Chat) -> None:
    assert up.say("health").text == "There is no registry here yet that was looked at and that you may read."
    assert said(up.say("health demo")) == (
        "`demo` is Unknown.\nNot looked at yet. Next look: 1 Jan, 00:05 UTC."
    )
    up.rig.confirmed_sweep()
    seen = up.say("health demo")
    assert seen.text.startswith("`demo` is Healthy since ")
    assert seen.lines[-1].startswith("Uptime: 24h 100 %")
    assert up.say("health").text == "All is well: 1 registry."
    up.rig.clock.advance(15 * 60)
    unseen = "Nothing is known to be wrong; 1 of 1 could not be looked at."
    assert up.say("health").text == unseen, "nobody has looked for a quarter of an hour"


def test_a_registry_that_is_down_says_why(up: Chat) -> None:
    up.rig.confirmed_sweep()
    up.rig.probe.failures[str(up.rig.registry().login_server)] = Failure.CONNECTION
    up.rig.confirmed_sweep()
    one, every = up.say("health demo"), up.say("health")
    assert one.tone is every.tone is Tone.WARNING
    assert one.text.startswith("`demo` is Down since ")
    assert one.lines[1].startswith("Fix: ")
    assert every.text == "1 of 1 registry needs you."


def test_a_mute_is_told_to_the_channel_and_lifted(up: Chat) -> None:
    muted = up.say("mute demo 1h moving to the new network")
    assert muted.text == "`demo` is muted until 1 Jan, 01:00 UTC: moving to the new network"
    assert (muted.private, muted.tone) == (False, Tone.DONE)
    assert "Muted until 1 Jan, 01:00 UTC: moving to the new network" in up.say("health demo").lines
    assert up.say("unmute demo").private is False
    assert "Muted" not in said(up.say("health demo"))


def test_a_mute_of_months_is_refused_as_over_http(up: Chat) -> None:
    reply = up.say("mute demo 60d a long one")
    assert reply.tone is Tone.PROBLEM
    assert "at most 30 days" in reply.text


def test_the_report_is_the_one_of_the_api(up: Chat) -> None:
    up.rig.confirmed_sweep()
    reply = up.say("report period=7d")
    assert "healthy" in said(reply).lower()
    assert "https://api.example" in said(reply)


def test_an_operation_is_shown(up: Chat) -> None:
    started = up.say("create demo readOnly=true")
    under_way = up.say(f"operation {started.follows[0]}")
    assert under_way.text == "UpdateRegistry of `demo`: NotStarted."
    up.rig.drain()
    ended = up.say(f"operation {started.follows[0]}")
    assert (ended.text, ended.tone) == ("UpdateRegistry of `demo`: Succeeded.", Tone.DONE)
    assert f"Asked for by {ADMIN.actor}" in ended.lines[0]


def test_what_was_started_is_in_the_audit_by_the_id_of_the_chat(up: Chat) -> None:
    up.say("user disable demo ci", OPERATOR)
    [entry] = [each for each in up.audited() if each.actor == OPERATOR.actor]
    assert (entry.action, entry.target, entry.outcome) == ("CreateOrUpdateUser", "demo/ci", "Accepted")


def test_a_service_that_is_away_is_said_to_be(up: Chat) -> None:
    up.rig.state_table.down = True
    reply = up.say("show demo")
    assert (reply.tone, reply.lines) == (Tone.PROBLEM, ("Say it again in a minute: it is safe to repeat.",))
    assert "does not answer" in reply.text


def test_what_nobody_foresaw_shows_nothing(
    up: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("the number is 4711")

    monkeypatch.setattr(up.rig.registries, "get", breaks)
    reply = up.say("show demo")
    assert reply.tone is Tone.PROBLEM
    assert "4711" not in said(reply)
    assert "4711" in caplog.text


def test_what_is_not_understood_is_answered_with_what_comes_nearest(chat: Chat) -> None:
    reply = chat.say("lst", NOBODY)
    assert reply.tone is Tone.PROBLEM
    assert "`/registry list`" in said(reply)


def test_help_says_what_its_reader_may(up: Chat) -> None:
    everything, little = said(up.say("help")), said(up.say("help", MEMBER))
    assert "Not open to you" not in everything
    assert "Not open to you" in little
    assert "`revoke`" in little.split("Not open to you")[1]
    assert "Example" in said(up.say("help create", MEMBER))


def test_in_teams_commands_stand_by_themselves() -> None:
    tenant = "0f8fad5b-d9cb-469f-a165-70867728950e"
    chat = Chat([{"principal": f"teams:{tenant}/19:abc@thread.tacv2", "role": "Admin"}])
    somebody = Speaker(Platform.TEAMS, tenant, "29:1abc", "19:abc@thread.tacv2")
    assert chat.say("list", somebody).lines == ("To create one: `create demo`",)


def test_a_command_leaves_the_rows_that_the_api_leaves(up: Chat) -> None:
    other = Chat()
    other.add_user("ci")
    up.say("create demo readOnly=true")
    other.rig.put(caller=Caller(ADMIN.actor, "r"), read_only=True)
    assert row_of_update(up) == row_of_update(other)


def row_of_update(chat: Chat) -> dict[str, object]:
    """But for what is never the same."""
    [row] = [each for each in chat.rig.all_operations() if each.kind is Kind.UPDATE_REGISTRY]
    return row.model_dump(exclude={"fingerprint", "id_key", "etag", "uid"})
