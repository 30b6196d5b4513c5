"""What takes away is confirmed by whoever asked, where it asked, soon, once, and for what was said."""

from dataclasses import replace
from itertools import pairwise

import pytest

from shared.domain.chat.grammar import COMMANDS
from shared.domain.chat.talk import Button, Platform, Speaker, Tone
from shared.domain.operations import Kind
from shared.services.chat.confirmations import NO_CODE, NOT_YOURS, OVER, UNKNOWN, USED
from shared.services.chat.rows import AGED
from shared.services.chat.rows import USED as PARTITION
from shared.services.chat.seals import LIFE
from tests.unit.services.chat.talking import ADMIN, OPERATOR, Chat, elsewhere, said

TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"
TEAMS_CHANNEL = "19:abc@thread.tacv2"
BOB, EVE = (Speaker(Platform.TEAMS, TENANT, f"29:{name}", TEAMS_CHANNEL) for name in ("bob", "eve"))
TEAMS_GRANTS = [{"principal": f"teams:{TENANT}/{TEAMS_CHANNEL}", "role": "Admin"}]
FIVE_MINUTES = LIFE.total_seconds()


@pytest.fixture
def chat() -> Chat:
    """`demo` is up, and has the user `ci`."""
    chat = Chat()
    chat.add_user("ci")
    return chat


@pytest.fixture
def teams() -> Chat:
    """The same where there are no buttons: everybody in the channel is Admin."""
    chat = Chat(TEAMS_GRANTS)
    chat.add_user("ci")
    return chat


def buttons(chat: Chat, text: str = "delete demo", speaker: Speaker = ADMIN) -> tuple[Button, Button]:
    yes, no = chat.say(text, speaker).buttons
    return yes, no


def untouched(chat: Chat) -> bool:
    """Has nothing been taken away?"""
    took = {Kind.DELETE_REGISTRY, Kind.PURGE_REGISTRY, Kind.DELETE_USER, Kind.REVOKE_USER}
    return not took & {each.kind for name in ("demo", "_users") for each in chat.rig.all_operations(name)}


@pytest.mark.parametrize("text", ["delete demo", "user remove demo ci", "revoke ci"])
def test_said_once_it_does_nothing(chat: Chat, text: str) -> None:
    assert chat.say(text).tone is Tone.WARNING
    assert untouched(chat)


def test_that_is_all_commands_that_ask_first() -> None:
    assert [command.name for command in COMMANDS if command.asks_first] == ["delete", "user remove", "revoke"]


@pytest.mark.parametrize("text", ["delete demo", "user remove demo ci", "revoke ci"])
def test_confirmed_it_is_done_in_place_of_the_question(chat: Chat, text: str) -> None:
    reply = chat.press(buttons(chat, text)[0])
    assert reply.replaces
    assert reply.follows
    assert reply.echo == text
    assert not untouched(chat)


def test_it_can_be_confirmed_once(chat: Chat) -> None:
    yes, no = buttons(chat)
    first = chat.press(yes)
    assert [chat.press(each).text for each in (yes, no)] == [USED.text, USED.text]
    assert first.follows
    assert len([each for each in chat.rig.all_operations() if each.kind is Kind.DELETE_REGISTRY]) == 1


def test_where_a_process_died_over_a_press_there_is_a_way_on(chat: Chat) -> None:
    """Nobody knows what came of the first press: the command itself may be said again, and starts nothing twice."""
    yes, _ = buttons(chat)
    chat.press(yes)
    assert chat.press(yes).lines == ("If you see nothing of it, say the command again: that is safe.",)


def test_what_is_kept_can_not_be_confirmed_any_more(chat: Chat) -> None:
    yes, no = buttons(chat)
    kept = chat.press(no)
    assert (kept.text, kept.replaces) == ("Nothing was done.", True)
    assert chat.press(yes).text == USED.text
    assert untouched(chat)


@pytest.mark.parametrize("other", [OPERATOR, elsewhere(ADMIN, "C0OTHER"), replace(ADMIN, team="T0ELSE")])
def test_another_person_s_press_is_refused_and_nothing_is_lost(chat: Chat, other: Speaker) -> None:
    yes, no = buttons(chat)
    for button in (yes, no):
        reply = chat.press(button, other)
        assert (reply, reply.private, reply.replaces) == (NOT_YOURS, True, False)
    assert untouched(chat)
    assert chat.press(yes).follows


def test_after_five_minutes_it_is_too_late(chat: Chat) -> None:
    late, early = buttons(chat)[0], buttons(chat)[0]
    chat.rig.clock.advance(FIVE_MINUTES - 1)
    assert chat.press(early).follows
    chat.rig.clock.advance(1)
    assert chat.press(late) == OVER


@pytest.mark.parametrize("action", ["confirm", "keep", "ask", "approve", "deny", "unheard-of", ""])
@pytest.mark.parametrize("value", ["", "x", "WyJhIl0.c2ln", "ä", "\0"])
def test_nobody_can_make_up_a_button(chat: Chat, action: str, value: str) -> None:
    assert chat.press(Button("", action, value)) == UNKNOWN


def test_no_changed_button_counts(chat: Chat) -> None:
    yes, _ = buttons(chat)
    for place in range(0, len(yes.value), 3):
        other = "A" if yes.value[place] != "A" else "B"
        changed = replace(yes, value=yes.value[:place] + other + yes.value[place + 1 :])
        assert chat.press(changed) == UNKNOWN, place
    assert untouched(chat)


def test_a_button_is_written_in_one_way(chat: Chat) -> None:
    """Some of the last letter's bits say nothing: base64 reads the same bytes from four letters."""
    yes, _ = buttons(chat)
    for letter in set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") - {yes.value[-1]}:
        assert chat.press(replace(yes, value=yes.value[:-1] + letter)) == UNKNOWN, letter
    assert untouched(chat)
    assert chat.press(yes).follows


def test_a_button_of_one_kind_is_none_of_another(chat: Chat) -> None:
    yes, _ = buttons(chat)
    for action in ("ask", "approve", "deny"):
        assert chat.press(replace(yes, action=action)) == UNKNOWN


def test_a_button_of_another_control_plane_is_none_here(chat: Chat) -> None:
    other = Chat(probe_key="another-key-of-at-least-32-characters")
    other.add_user("ci")
    assert chat.press(buttons(other)[0]) == UNKNOWN


def test_what_has_changed_since_is_said_anew(chat: Chat) -> None:
    yes, _ = buttons(chat)
    chat.say("create demo readOnly=true")
    chat.rig.drain()
    reply = chat.press(yes)
    assert reply.tone is Tone.PROBLEM
    assert reply.lines == ("It has changed since you were told what would happen. Say the command again.",)
    assert untouched(chat)


def test_rights_are_asked_for_again_at_the_press(chat: Chat) -> None:
    """The channel gave the right, and does not any more."""
    speaker = elsewhere(OPERATOR, "C0OPS")
    yes, _ = buttons(chat, speaker=speaker)
    fewer = Chat([])
    fewer.rig, fewer.table = chat.rig, chat.table
    assert fewer.conversation.press(speaker, yes.action, yes.value).tone is Tone.REFUSED


def test_what_failed_because_something_was_away_can_be_confirmed_again(chat: Chat) -> None:
    yes, _ = buttons(chat)
    chat.rig.state_table.down = True
    assert "does not answer" in said(chat.press(yes))
    chat.rig.state_table.down = False
    assert chat.press(yes).follows


def test_nothing_is_done_while_nobody_can_say_whether_it_was_used(chat: Chat) -> None:
    yes, _ = buttons(chat)
    chat.table.down = True
    assert "does not answer" in said(chat.press(yes))
    assert untouched(chat)


def test_rows_of_what_is_over_go(chat: Chat) -> None:
    for text in ("delete demo", "user remove demo ci"):
        chat.press(buttons(chat, text)[1])
    assert len(chat.table.rows[PARTITION]) == 2
    chat.rig.clock.advance(AGED.total_seconds() + FIVE_MINUTES + 1)
    chat.press(buttons(chat)[1])
    assert len(chat.table.rows[PARTITION]) == 1


def code_of(chat: Chat, text: str = "delete demo", speaker: Speaker = BOB) -> str:
    reply = chat.say(text, speaker)
    assert reply.buttons == ()
    assert reply.code is not None
    assert f"`{text} confirm={reply.code}`" in reply.lines[-1]
    return reply.code


def test_where_there_are_no_buttons_a_code_confirms(teams: Chat) -> None:
    code = code_of(teams)
    assert len(code) == 6
    done = teams.say(f"delete demo confirm={code.lower()}", BOB)
    assert done.follows
    assert done.echo == "delete demo"


def test_a_person_who_is_mentioned_is_mentioned_again_with_the_code() -> None:
    """What a mention became can't be typed."""
    person = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    chat = Chat(
        [*TEAMS_GRANTS, {"principal": f"teams:{TENANT}/{person}", "role": "Member", "username": "ci"}]
    )
    chat.add_user("ci")
    reply = chat.say(f"revoke <@{person}>", BOB)
    assert reply.lines[-1] == (
        f"If you mean it, say it again within 5 minutes, with this code: `confirm={reply.code}`, at the end"
    )
    assert chat.say(f"revoke <@{person}> confirm={reply.code}", BOB).follows


def test_a_code_counts_once_but_the_same_message_is_the_same_request(teams: Chat) -> None:
    text = f"user remove demo ci confirm={code_of(teams, 'user remove demo ci')}"
    first, again = (teams.say(text, BOB, "m1") for _ in range(2))
    assert first.follows == again.follows
    assert teams.say(text, BOB, "m2").text == USED.text


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("delete demo-two", BOB),
        ("user remove demo ci", BOB),
        ("delete demo", EVE),
        ("delete demo", elsewhere(BOB, "29:bob")),
    ],
)
def test_a_code_is_for_one_command_of_one_person_in_one_channel(text: str, speaker: Speaker) -> None:
    chat = Chat([*TEAMS_GRANTS, {"principal": f"teams:{TENANT}/29:bob", "role": "Admin"}])
    chat.add_user("ci")
    code = code_of(chat)
    assert chat.say(f"{text} confirm={code}", speaker).text == NO_CODE.text
    assert untouched(chat)


def test_a_code_is_too_old_after_five_minutes(teams: Chat) -> None:
    teams.rig.clock.advance(61 - teams.now.second)
    code = code_of(teams)
    teams.rig.clock.advance(FIVE_MINUTES - 62)
    assert code_of(teams) != code
    assert teams.say(f"user remove demo ci confirm={code}", BOB).text == NO_CODE.text
    assert teams.say(f"delete demo confirm={code}", BOB).follows
    teams.rig.drain()
    teams.say("restore demo", BOB)
    teams.rig.drain()
    teams.rig.clock.advance(62)
    assert teams.say(f"delete demo confirm={code}", BOB).text == NO_CODE.text


@pytest.mark.parametrize("second", [0, 1, 30, 59])
def test_a_code_counts_for_the_five_minutes_that_are_promised(teams: Chat, second: int) -> None:
    """Whatever second of a minute it was shown in."""
    teams.rig.clock.advance(60 + second - teams.now.second)
    early, late = (code_of(teams, text) for text in ("user remove demo ci", "delete demo"))
    assert "within 5 minutes" in said(teams.say("delete demo", BOB))
    teams.rig.clock.advance(FIVE_MINUTES - 1)
    assert teams.say(f"user remove demo ci confirm={early}", BOB).follows
    teams.rig.drain()
    teams.rig.clock.advance(1)
    assert teams.say(f"delete demo confirm={late}", BOB).text == NO_CODE.text


def test_a_code_that_was_used_is_used_as_long_as_it_counts(teams: Chat) -> None:
    code = code_of(teams)
    assert teams.say(f"delete demo confirm={code}", BOB).follows
    teams.rig.drain()
    teams.say("restore demo", BOB)
    teams.rig.drain()
    teams.rig.clock.now = teams.now.replace(microsecond=0)
    teams.rig.clock.advance(FIVE_MINUTES / 2)
    assert teams.say(f"delete demo confirm={code}", BOB).text == USED.text


def test_codes_of_one_minute_after_another_differ(teams: Chat) -> None:
    codes = []
    for _ in range(10):
        codes.append(code_of(teams))
        teams.rig.clock.advance(60)
    assert all(one != other for one, other in pairwise(codes))


def test_a_made_up_code_counts_for_nothing(teams: Chat) -> None:
    for code in ("000000", "a", "confirm", "x" * 100):
        assert teams.say(f"delete demo confirm={code}", BOB).text == NO_CODE.text
    assert untouched(teams)
