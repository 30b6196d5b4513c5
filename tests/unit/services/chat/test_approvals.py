"""Whoever may not can ask those who may: they decide in their own name, once, within an hour."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha512

import pytest

from shared.chat_apps.slack_replies import message
from shared.domain.audit import AuditEntry
from shared.domain.chat.posts import Post, PostKind, kept, request
from shared.domain.chat.talk import Approval, Button, Platform, Reply, Speaker, Tone, mentioned_in
from shared.domain.operations import Kind
from shared.services.chat.approvals import LIFE
from shared.services.chat.confirmations import NOT_YOURS, OVER, USED
from shared.services.chat.seals import LIFE as CONFIRMED_WITHIN
from tests.unit.services.chat.talking import (
    ADMIN,
    GRANTS,
    MEMBER,
    NOBODY,
    OPERATOR,
    READER,
    Chat,
    elsewhere,
    said,
)


@pytest.fixture
def chat() -> Chat:
    """`demo` is up, and has the user `ci`."""
    chat = Chat()
    chat.add_user("ci")
    return chat


def asked_for(chat: Chat, text: str = "user disable demo ci", asker: Speaker = READER) -> Approval:
    """Refused, and asked for."""
    [ask] = chat.say(text, asker).buttons
    reply = chat.press(ask, asker)
    assert (reply.tone, reply.replaces, reply.private) == (Tone.DONE, True, True)
    assert reply.approval is not None
    return reply.approval


def audited(chat: Chat, action: str) -> AuditEntry:
    """The last one; of one moment whichever is somebody's in this chat."""
    [*_, entry] = [each for each in chat.audited() if each.action == action and ":" in each.actor]
    return entry


LENGTHS = (10, 50, *range(130, 180), 300, 1000)


def decide(chat: Chat, approval: Approval, approver: Speaker = OPERATOR, *, approve: bool = True) -> Reply:
    return chat.press(approval.buttons[0 if approve else 1], approver)


def test_a_request_goes_to_those_who_may(chat: Chat) -> None:
    approval = asked_for(chat)
    assert approval.asker == "U0READ"
    assert approval.asks == "user disable demo ci"
    assert approval.to == ("U0OPS", "C0OPS", "U0ADMIN")
    assert [button.label for button in approval.buttons] == ["Approve", "Deny"]


def test_approved_it_is_done_in_the_name_of_who_approved(chat: Chat) -> None:
    reply = decide(chat, asked_for(chat))
    assert (reply.private, reply.replaces, reply.asker) == (False, True, "U0READ")
    assert reply.follows
    assert chat.rig.operation(reply.follows[0]).asked_by == OPERATOR.actor


def test_the_audit_names_both(chat: Chat) -> None:
    decide(chat, asked_for(chat))
    approved, changed = audited(chat, "ApproveChatRequest"), audited(chat, "CreateOrUpdateUser")
    assert (approved.action, approved.actor, approved.registry) == (
        "ApproveChatRequest",
        OPERATOR.actor,
        "demo",
    )
    assert approved.details == {"askedBy": [READER.actor], "command": ["user disable demo ci"]}
    assert (changed.actor, changed.request_id) == (OPERATOR.actor, approved.request_id)


def test_denied_nothing_is_done_and_the_asker_hears_it(chat: Chat) -> None:
    reply = decide(chat, asked_for(chat), approve=False)
    assert said(reply) == "`user disable demo ci` was denied. Nothing was done."
    assert (reply.private, reply.replaces, reply.asker) == (False, True, "U0READ")
    assert audited(chat, "DenyChatRequest").details == {
        "askedBy": [READER.actor],
        "command": ["user disable demo ci"],
    }
    assert len(chat.rig.all_operations()) == 2


@pytest.mark.parametrize("approver", [READER, MEMBER, NOBODY])
@pytest.mark.parametrize("approve", [True, False])
def test_only_who_may_say_it_may_decide_it(chat: Chat, approver: Speaker, approve: bool) -> None:
    approval = asked_for(chat)
    reply = decide(chat, approval, approver, approve=approve)
    assert (reply.tone, reply.private, reply.replaces) == (Tone.REFUSED, True, False)
    assert decide(chat, approval).follows


def test_a_channel_that_may_decides_together(chat: Chat) -> None:
    assert decide(chat, asked_for(chat), elsewhere(NOBODY, "C0OPS")).follows


@pytest.mark.parametrize("approve", [True, False])
def test_nobody_decides_their_own_request(chat: Chat, approve: bool) -> None:
    """Where they may themselves they say it themselves: an approval in the audit is another person's."""
    approval = asked_for(chat, asker=NOBODY)
    reply = decide(chat, approval, elsewhere(NOBODY, "C0OPS"), approve=approve)
    assert (reply.tone, reply.private, reply.replaces) == (Tone.REFUSED, True, False)
    assert "ChatRequest" not in str([each.action for each in chat.audited()])
    assert decide(chat, approval).follows


@pytest.mark.parametrize("approve", [True, False])
def test_nobody_of_another_workspace_decides(approve: bool) -> None:
    """A person who is mentioned is another one there."""
    far = replace(ADMIN, team="T0ELSE")
    grants = [*GRANTS, {"principal": f"slack:{far.team}/{far.user}", "role": "Admin"}]
    chat = Chat(grants)
    chat.add_user("jane")
    approval = asked_for(chat, "revoke <@U0JANE>")
    reply = decide(chat, approval, far, approve=approve)
    assert (reply.tone, reply.private, reply.replaces) == (Tone.REFUSED, True, False)
    assert decide(chat, approval, ADMIN).tone is Tone.WARNING


def test_it_is_decided_once(chat: Chat) -> None:
    approval = asked_for(chat)
    decide(chat, approval)
    assert [decide(chat, approval, ADMIN, approve=each).text for each in (True, False)] == [USED.text] * 2


def test_after_an_hour_nobody_decides(chat: Chat) -> None:
    approval = asked_for(chat)
    chat.rig.clock.advance(LIFE.total_seconds())
    assert decide(chat, approval) == OVER


def test_it_is_asked_for_once_and_by_the_asker(chat: Chat) -> None:
    [ask] = chat.say("user disable demo ci", READER).buttons
    assert chat.press(ask, MEMBER) == NOT_YOURS
    assert chat.press(ask, READER).approval is not None
    assert chat.press(ask, READER) == USED


def test_what_asks_first_asks_whoever_approves(chat: Chat) -> None:
    question = decide(chat, asked_for(chat, "delete demo"))
    assert (question.tone, question.private, question.asker) == (Tone.WARNING, True, None)
    assert chat.press(question.buttons[0], READER) == NOT_YOURS
    done = chat.press(question.buttons[0], OPERATOR)
    assert done.follows
    assert chat.rig.operation(done.follows[0]).kind is Kind.DELETE_REGISTRY


def test_a_person_who_is_mentioned_is_shown_as_one(chat: Chat) -> None:
    approval = asked_for(chat, "revoke <@U0JANE>")
    assert "`revoke` <@U0JANE>" in str(message(request(_post(approval)))["blocks"][0])
    denied = decide(chat, approval, ADMIN, approve=False)
    assert "`revoke` <@U0JANE>" in str(message(denied)["blocks"][0])


def test_whoever_asked_hears_when_it_is_confirmed(chat: Chat) -> None:
    question = decide(chat, asked_for(chat, "delete demo"))
    assert "ApproveChatRequest" not in [each.action for each in chat.audited()], "nothing is done yet"
    done = chat.press(question.buttons[0], OPERATOR)
    assert (done.asker, done.replaces) == ("U0READ", True)
    assert audited(chat, "ApproveChatRequest").details == {
        "askedBy": [READER.actor],
        "command": ["delete demo"],
    }
    assert chat.press(question.buttons[0], OPERATOR).text == USED.text


def test_a_question_that_nobody_confirms_does_not_use_up_the_request(chat: Chat) -> None:
    approval = asked_for(chat, "delete demo")
    kept, forgotten = (decide(chat, approval).buttons for _ in range(2))
    assert chat.press(kept[1], OPERATOR).text == "Nothing was done."
    chat.rig.clock.advance(CONFIRMED_WITHIN.total_seconds())
    assert chat.press(forgotten[0], OPERATOR) == OVER
    question = decide(chat, approval, ADMIN)
    assert chat.press(question.buttons[0], ADMIN).follows


@pytest.mark.parametrize("approve", [True, False])
def test_of_two_who_decide_about_what_asks_first_one_does(chat: Chat, approve: bool) -> None:
    approval = asked_for(chat, "delete demo")
    one, other = (decide(chat, approval, each).buttons[0] for each in (OPERATOR, ADMIN))
    assert chat.press(one, OPERATOR).follows
    assert chat.press(other, ADMIN).text == USED.text
    assert decide(chat, approval, approve=approve).text == USED.text
    assert len([each for each in chat.rig.all_operations() if each.kind is Kind.DELETE_REGISTRY]) == 1


def test_what_was_denied_meanwhile_is_not_confirmed(chat: Chat) -> None:
    approval = asked_for(chat, "delete demo")
    yes, _ = decide(chat, approval).buttons
    decide(chat, approval, ADMIN, approve=False)
    assert chat.press(yes, OPERATOR).text == USED.text
    assert Kind.DELETE_REGISTRY not in {each.kind for each in chat.rig.all_operations()}


def test_a_request_ends_while_it_is_being_confirmed(chat: Chat) -> None:
    approval = asked_for(chat, "delete demo")
    chat.rig.clock.advance(LIFE.total_seconds() - 1)
    yes, _ = decide(chat, approval).buttons
    chat.rig.clock.advance(1)
    assert chat.press(yes, OPERATOR).text == OVER.text


def test_what_failed_while_it_was_confirmed_can_be_confirmed_again(chat: Chat) -> None:
    yes, _ = decide(chat, asked_for(chat, "delete demo")).buttons
    chat.rig.state_table.down = True
    assert "does not answer" in said(chat.press(yes, OPERATOR))
    chat.rig.state_table.down = False
    assert chat.press(yes, OPERATOR).follows


def test_the_channel_s_registry_is_part_of_what_is_asked_for(chat: Chat) -> None:
    chat.say("use demo")
    approval = asked_for(chat, "user disable ci")
    assert approval.asks == "user disable demo ci"


def test_what_does_not_name_its_registry_is_not_asked_for(chat: Chat) -> None:
    """Approved in another channel it would mean another one."""
    chat.say("use demo")
    assert chat.say("user disable ci", NOBODY).buttons == ()


def test_what_failed_because_something_was_away_can_be_approved_again(chat: Chat) -> None:
    approval = asked_for(chat)
    chat.rig.state_table.down = True
    assert "does not answer" in said(decide(chat, approval))
    chat.rig.state_table.down = False
    assert decide(chat, approval).follows


@pytest.mark.parametrize(
    "text", ["login demo", "user add demo x", "user rotate demo ci", "users demo", "health demo"]
)
def test_nobody_is_asked_to_read_for_others_or_to_get_their_passwords(chat: Chat, text: str) -> None:
    reply = chat.say(text, NOBODY)
    assert (reply.tone, reply.buttons) == (Tone.REFUSED, ())


def test_nobody_is_asked_for_what_is_about_the_channel_alone(chat: Chat) -> None:
    """Approved elsewhere it would be about that place."""
    reply = chat.say("use demo", NOBODY)
    assert (reply.tone, reply.buttons) == (Tone.REFUSED, ())


def test_where_nobody_can_be_asked_there_is_no_button(chat: Chat) -> None:
    alone = Chat([])
    assert alone.say("delete demo").buttons == ()
    teams = Speaker(Platform.TEAMS, "0f8fad5b-d9cb-469f-a165-70867728950e", "29:bob", "19:abc")
    assert chat.say("delete demo", teams).buttons == ()


def test_no_changed_request_counts(chat: Chat) -> None:
    approve, _ = asked_for(chat).buttons
    for place in range(0, len(approve.value), 5):
        other = "A" if approve.value[place] != "A" else "B"
        changed = replace(approve, value=approve.value[:place] + other + approve.value[place + 1 :])
        assert not chat.press(changed, OPERATOR).follows, place
    assert chat.press(Button("", "approve", approve.value), OPERATOR).follows


@pytest.mark.parametrize("filler", ["x", "&amp;", "\U0001f6a2", "&lt;"])
def test_nobody_is_asked_to_approve_what_is_not_shown_whole(chat: Chat, filler: str) -> None:
    """The end of a long command would be cut off where it is decided: whatever can be asked for is read to its end."""
    asked = 0
    for length in LENGTHS:
        words = " ".join(f'tags.t{place}="{part}"' for place, part in enumerate(_parts(filler, length)))
        text = f"create demo {words} allowedIpRanges=anyone"
        buttons = chat.say(text, READER).buttons
        if buttons:
            asked += 1
            approval = chat.press(buttons[0], READER).approval
            assert approval is not None
            assert "allowedIpRanges=anyone" in str(message(request(_post(approval)))["blocks"][0])
            decide(chat, approval, approve=False)
            assert "allowedIpRanges=anyone" in str(audited(chat, "DenyChatRequest").details)
    assert 0 < asked < len(LENGTHS)


def _parts(filler: str, length: int) -> list[str]:
    """As much in each as a tag takes."""
    return [filler * min(200, length - place) for place in range(0, length, 200)]


def _post(approval: Approval) -> Post:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Post(
        id_key="1",
        kind=PostKind.REQUEST,
        channel="C1",
        asker=approval.asker,
        asked=approval.asks,
        about=mentioned_in(approval.asks),
        buttons=kept(approval.buttons),
        deadline=now,
        created_at=now,
    )


def test_a_command_too_long_for_a_button_is_just_refused(chat: Chat) -> None:
    tags = " ".join(f"tags.t{number}={sha512(bytes([number])).hexdigest()}" for number in range(20))
    reply = chat.say(f"create demo {tags}", READER)
    assert (reply.tone, reply.buttons) == (Tone.REFUSED, ())
