"""The double of Slack does what docs.slack.dev says that Slack does."""

from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from tests.localazure.slack.rig import Rig, actions, ephemeral, section


def test_a_command_is_sent_as_slack_sends_it_and_answered_to_its_speaker_alone() -> None:
    rig = Rig(ephemeral(section("For you.")))
    [seen] = rig.say("revoke @dev & <more>", user="U2")
    form = rig.asked[0]
    assert (form["team_id"], form["user_id"], form["channel_id"]) == ("T1", "U2", "C1")
    assert (form["command"], form["text"]) == ("/registry", "revoke <@U3|dev> &amp; &lt;more&gt;")
    assert (seen["kind"], seen["onlyFor"], seen["text"]) == ("posted", "U2", "said")
    assert rig.inbox("U2") == [], "it has been read"
    assert rig.inbox("U1") == []


def test_no_two_requests_have_the_same_trigger_or_address() -> None:
    rig = Rig(ephemeral(section("Yes.")))
    rig.say("list")
    rig.say("list")
    one, other = rig.asked
    assert one["trigger_id"] != other["trigger_id"]
    assert one["response_url"] != other["response_url"]


def test_an_answer_in_the_channel_is_seen_by_everybody() -> None:
    rig = Rig(lambda _form: JSONResponse({"response_type": "in_channel", "text": "hello"}))
    assert [each["onlyFor"] for each in rig.say("use demo")] == [None]
    assert [each["text"] for each in rig.inbox("U2")] == ["hello"]


def test_a_button_is_pressed_by_number_or_label_by_those_who_see_it() -> None:
    rig = Rig(ephemeral(section("Sure?"), actions("Delete", "Keep")))
    [asked] = rig.say("delete demo")
    assert len(asked["numbers"]) == 2
    rig.press(str(asked["numbers"][1]))
    rig.press("Delete")
    keep, delete = rig.presses
    assert (keep["actions"][0]["value"], delete["actions"][0]["value"]) == ("signed Keep", "signed Delete")
    assert delete["container"] == {
        "type": "message",
        "message_ts": asked["ts"],
        "channel_id": "C1",
        "is_ephemeral": True,
    }
    assert delete["user"]["id"] == "U1"
    other = {"user": "U2", "channel": "C1", "button": "Delete"}
    assert rig.send("POST", "/_slack/presses", json=other).status_code == 404


def test_a_press_can_be_answered_in_place_of_its_message_or_beside_it() -> None:
    rig = Rig(ephemeral(section("Sure?"), actions("Delete")))
    [asked] = rig.say("delete demo")
    rig.press("Delete")
    assert rig.respond(rig.presses[0], replace_original=True, text="Done.").text == "ok"
    [replaced] = rig.inbox("U1")
    assert (replaced["kind"], replaced["ts"], replaced["numbers"]) == ("replaced", asked["ts"], [])
    assert rig.respond(rig.presses[0], replace_original=False, text="Again?").text == "ok"
    assert [each["kind"] for each in rig.inbox("U1")] == ["posted"]


def test_a_response_url_is_good_for_five_answers() -> None:
    rig = Rig(ephemeral(section("Yes.")))
    rig.say("list")
    answers = [rig.respond(rig.asked[0], text="more") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert answers[-1].text == "used_url"
    assert rig.respond({"response_url": "http://localhost:1/response/unknown"}, text="x").status_code == 404


@pytest.mark.parametrize("status", [401, 500])
def test_an_answer_that_is_not_200_is_an_error_of_slack_itself(status: int) -> None:
    rig = Rig(lambda _form: Response(status_code=status))
    [seen] = rig.say("list")
    assert seen["kind"] == "failed"
    assert f"the app answered {status}" in seen["text"]


def test_a_message_of_the_bot_is_posted_edited_and_seen() -> None:
    rig = Rig(ephemeral(section("Yes.")))
    posted = rig.call("chat.postMessage", channel="C1", text="one", blocks=[section("one")])
    edited = rig.call("chat.update", channel=posted["channel"], ts=posted["ts"], text="two")
    assert (posted["ok"], edited["ok"]) == (True, True)
    assert [(each["kind"], each["text"]) for each in rig.inbox("U4")] == [
        ("posted", "one"),
        ("edited", "two"),
    ]


def test_a_message_to_a_person_is_direct() -> None:
    rig = Rig(ephemeral(section("Yes.")))
    posted = rig.call("chat.postMessage", channel="U2", text="May this be done?", blocks=[actions("Approve")])
    assert posted["channel"] == "D2"
    assert [each["channel"] for each in rig.inbox("U2")] == ["D2"]
    assert rig.inbox("U1") == []
    rig.press("Approve", user="U2")
    assert rig.presses[0]["channel"]["id"] == "D2"


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"token": ""}, "not_authed"),
        ("chat.postMessage", {"token": "xoxb-other"}, "invalid_auth"),
        ("chat.delete", {}, "unknown_method"),
        ("chat.postMessage", {"channel": "C9", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "G1", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C1", "blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ("chat.update", {"channel": "C1", "ts": "1.2", "text": "x"}, "message_not_found"),
    ],
)
def test_what_slack_refuses_is_refused(method: str, arguments: dict[str, Any], error: str) -> None:
    answer = Rig(ephemeral(section("Yes."))).call(method, **arguments)
    assert (answer["ok"], answer["error"]) == (False, error)


def test_what_one_person_alone_sees_can_not_be_updated_as_a_message() -> None:
    rig = Rig(ephemeral(section("Yes.")))
    [seen] = rig.say("list")
    assert rig.call("chat.update", channel="C1", ts=seen["ts"], text="x")["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section("x")] * 51, "51 blocks"),
        ([section("")], "0 characters"),
        ([actions("x" * 76)], "76 characters"),
        ([actions(*["x"] * 26)], "26 elements"),
        ([actions("x"), actions("x")], "same action_id"),
        ([{"type": "section"}], "lacks something"),
        ([{"type": "video"}], "video is unknown"),
        ([{"type": "actions", "elements": []}], "lacks something"),
    ],
)
def test_blocks_that_slack_would_not_take_are_not_shown(blocks: list[Any], problem: str) -> None:
    [seen] = Rig(ephemeral(*blocks)).say("list")
    assert seen["kind"] == "failed"
    assert problem in seen["text"]


def test_every_word_between_the_two_is_kept() -> None:
    rig = Rig(ephemeral(section("For you.")))
    rig.say("create demo")
    rig.call("chat.postMessage", channel="C1", text="progress")
    traffic = rig.send("GET", "/_slack/traffic").json()["value"]
    assert [(each["from"], each["what"]) for each in traffic] == [
        ("slack", "chatops/slack"),
        ("app", "answer to chatops/slack"),
        ("app", "chat.postMessage"),
    ]
    assert "For you." in traffic[1]["body"]
    assert traffic[1]["onlyFor"] == "U1"
