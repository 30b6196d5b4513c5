"""One-time links: who gets one for whom, and that no password and no link is anywhere else."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.chat.talk import Platform, Reply, SecretLink, Speaker, Tone
from shared.domain.operations import Kind
from shared.domain.users.user import UserState
from shared.services.chat.times import Times
from shared.services.requests import Caller
from tests.unit.services.chat.talking import ADMIN, MEMBER, NAMED, NOBODY, OPERATOR, Chat, elsewhere, said

TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"
ENTRA_ID = "11111111-2222-4333-8444-555555555555"
IN_TEAMS = Speaker(Platform.TEAMS, TENANT, "29:bob", "19:abc@thread.tacv2", entra_id=ENTRA_ID)
TEAMS_GRANTS = [{"principal": f"teams:{TENANT}/19:abc@thread.tacv2", "role": "Member"}]
ANYBODY = Caller("anonymous", "r1", kind="anonymous")


@pytest.fixture
def chat() -> Chat:
    """`demo` is up, and has the user `ci`."""
    chat = Chat()
    chat.add_user("ci")
    return chat


def token(reply: Reply) -> str:
    assert reply.link is not None, said(reply)
    return reply.link.url.partition("#")[2]


def open_link(chat: Chat, reply: Reply) -> str:
    """The password that the click shows."""
    return chat.rig.reveals.reveal(token(reply), ANYBODY).password


def test_login_gives_a_link_to_a_user_of_the_own_name(chat: Chat) -> None:
    reply = chat.say("login demo", NAMED)
    assert reply.text == "Login `jane` for demo. It is made when you click."
    assert reply.private
    assert reply.link is not None
    assert reply.link.url.startswith("https://api.example/api/reveal#")
    assert (reply.link.label, reply.link.note) == ("Show my password", "once, within 15 min")
    user = chat.rig.state.user("demo", "jane")
    assert user is not None
    assert user.state is UserState.PENDING_REVEAL
    open_link(chat, reply)
    chat.rig.drain()
    assert chat.say("users demo").lines[1] == "`jane` Active"


def test_who_has_no_password_yet_is_not_told_of_an_old_one(chat: Chat) -> None:
    chat.say("user add demo new")
    assert chat.say("user rotate demo new").text == "User `new` of demo. Its password is made when you click."
    assert (
        chat.say("user rotate demo ci").text == "User `ci` of demo. Its old password works until you click."
    )


def test_what_stands_in_the_way_of_an_overlap_is_said_with_the_user_s_name(chat: Chat) -> None:
    chat.say("user add demo new")
    pending = chat.say("user rotate demo new overlap=24h")
    assert pending.lines == ("For its first password leave out overlap: `/registry user rotate demo new`",)
    chat.rig.patch_user("ci", disabled=True)
    disabled = chat.say("user rotate demo ci overlap=24h")
    assert disabled.lines == ("Enable it first: `/registry user enable demo ci`",)


@pytest.mark.parametrize(
    ("seconds", "note"), [(0, "15 min"), (0.2, "15 min"), (60, "14 min"), (61, "14 min")]
)
def test_a_minute_that_has_begun_counts(seconds: float, note: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert (
        Times(lambda: now + timedelta(seconds=seconds), ZoneInfo("UTC")).left(now + timedelta(minutes=15))
        == note
    )


def test_the_old_password_works_until_the_click(chat: Chat) -> None:
    chat.add_user("jane")
    before = chat.rig.state.user("demo", "jane")
    reply = chat.say("login demo", NAMED)
    assert reply.text == "Login `jane` for demo. Your old password works until you click."
    after = chat.rig.state.user("demo", "jane")
    assert before is not None
    assert after is not None
    assert (before.password_hash, before.revision) == (after.password_hash, after.revision)


def test_a_second_login_before_the_click_is_about_the_same_new_user(chat: Chat) -> None:
    first, second = (chat.say("login demo", MEMBER) for _ in range(2))
    assert first.text == second.text == "Login `slack-t0team-u0member` for demo. It is made when you click."
    assert token(first) != token(second)


def test_an_operator_adds_and_rotates_users(chat: Chat) -> None:
    added = chat.say('user add demo dev expiresAfter=90d description="build server"', OPERATOR)
    assert added.text == "User `dev` of demo. It is made when you click."
    open_link(chat, added)
    user = chat.rig.state.user("demo", "dev")
    assert user is not None
    assert user.expires_after is not None
    assert (user.expires_after.days, user.description) == (90, "build server")
    rotated = chat.say("user rotate demo ci", OPERATOR)
    assert rotated.text == "User `ci` of demo. Its old password works until you click."
    open_link(chat, rotated)
    assert chat.rig.all_operations()[-1].kind is Kind.ROTATE_USER


def test_with_an_overlap_the_old_name_goes_on(chat: Chat) -> None:
    reply = chat.say("user rotate demo ci overlap=36h", OPERATOR)
    assert reply.text == (
        "A successor of `ci` in demo is made when you click; `ci` goes on for 1 day 12 h from then on."
    )
    open_link(chat, reply)
    assert [user.username for user in chat.rig.state.users("demo")] == ["ci", "ci-2"]


@pytest.mark.parametrize(
    "text", ["user add demo dev expiresOn=2020-01-01T00:00:00Z", "user rotate demo ci overlap=99d"]
)
def test_what_no_password_can_have_is_refused_as_over_http(chat: Chat, text: str) -> None:
    reply = chat.say(text)
    assert (reply.tone, reply.link) == (Tone.PROBLEM, None)
    assert text.rsplit(maxsplit=1)[-1].partition("=")[0] in reply.text


def test_for_ever_is_for_ever(chat: Chat) -> None:
    chat.rig.patch_user("ci", expires_after=timedelta(days=1))
    open_link(chat, chat.say("user rotate demo ci expiresAfter=never"))
    user = chat.rig.state.user("demo", "ci")
    assert user is not None
    assert user.expires_on is None


def test_who_is_there_is_not_added(chat: Chat) -> None:
    reply = chat.say("user add demo ci")
    assert (reply.tone, reply.link) == (Tone.PROBLEM, None)
    assert reply.lines == ("Take another name. If the old password may end: `/registry user rotate demo ci`",)


def test_who_is_not_there_is_not_rotated(chat: Chat) -> None:
    reply = chat.say("user rotate demo ghost")
    assert (reply.tone, reply.link) == (Tone.PROBLEM, None)
    assert reply.lines == ("To add one of that name: `/registry user add demo ghost`",)


def test_the_offer_is_in_the_audit(chat: Chat) -> None:
    chat.say("login demo", NAMED)
    [entry] = [each for each in chat.audited() if each.action == "OfferReveal"]
    assert (entry.actor, entry.target) == (NAMED.actor, "demo/jane")


def test_a_member_s_link_needs_the_grant_at_the_click_too(chat: Chat) -> None:
    reply = chat.say("login demo", elsewhere(NOBODY, "C0TEAM"))
    assert "`slack-t0team-u0nobody`" in reply.text
    assert open_link(chat, reply)


def test_in_teams_there_is_no_link_that_anybody_could_open() -> None:
    chat = Chat(TEAMS_GRANTS)
    chat.rig.create()
    for speaker in (IN_TEAMS, replace(IN_TEAMS, entra_id=None)):
        reply = chat.say("login demo", speaker)
        assert reply.link is None
    assert chat.rig.state.user("demo", f"teams-{ENTRA_ID}") is None


def test_in_teams_the_link_is_for_one_person_who_signs_in() -> None:
    chat = Chat(TEAMS_GRANTS, website_auth_enabled=True)
    chat.rig.create()
    reply = chat.say("login demo", IN_TEAMS)
    assert reply.link is not None
    assert reply.link.for_one
    stranger = replace(ANYBODY, principals=frozenset({"user:22222222-2222-4333-8444-555555555555"}))
    with pytest.raises(Exception, match="for one person"):
        chat.rig.reveals.reveal(token(reply), stranger)
    themselves = replace(ANYBODY, principals=frozenset({f"user:{ENTRA_ID}"}))
    assert chat.rig.reveals.reveal(token(reply), themselves).username == f"teams-{ENTRA_ID}"


def test_no_password_and_no_token_is_anywhere_but_in_the_link(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = [
        chat.say(text, speaker)
        for text, speaker in (
            ("login demo", NAMED),
            ("login demo", MEMBER),
            ("user add demo dev", OPERATOR),
            ("user rotate demo ci", ADMIN),
        )
    ]
    tokens = [token(reply) for reply in replies]
    passwords = [open_link(chat, reply) for reply in replies]
    chat.rig.drain()
    replies += [chat.say(text) for text in ("users demo", "list", "health demo", "why demo ci", "report")]
    tables = (
        chat.table,
        *(getattr(chat.rig, f"{name}_table") for name in ("state", "health", "index", "audit")),
    )
    seen = [caplog.text, *(repr(replace(reply, link=None)) for reply in replies)]
    seen += [repr(reply) for reply in replies]
    seen += [repr(row) for table in tables for rows in table.rows.values() for row in rows.values()]
    secrets = [*tokens, *(each.partition(".")[2] for each in tokens), *passwords]
    assert all(secrets)
    assert [secret for secret in secrets for text in seen if secret in text] == []
    assert len(set(secrets)) == len(secrets)


def test_a_link_is_not_shown_by_its_own_repr() -> None:
    assert "secret" not in repr(SecretLink("Show", "https://api.example/api/reveal#secret"))
