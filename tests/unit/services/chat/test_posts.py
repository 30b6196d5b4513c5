"""One message for each operation, edited as it goes on; lost messages, dead processes and closed doors."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.domain.chat.posts import FOLLOWED_FOR, POSTS, Post
from shared.domain.chat.talk import Approval, Button, Platform, Reply, Speaker, Tone
from shared.domain.errors import ConflictError, PermanentError, TemporaryError
from shared.domain.messages import PostMessage
from shared.domain.records import Change
from shared.services.chat.posts import GIVEN_UP_AFTER, Posts
from shared.services.requests import Caller
from tests.fakes import FakeChat, FakeQueue, FakeTable
from tests.unit.services.rig import NAME, Rig

DEV = Speaker(Platform.SLACK, "T1", "U1", "C1")
ASKED = "create demo"
STALE_SECONDS = 20.0


class Posting:
    """A registry that is being created, and whoever follows it in chat."""

    def __init__(self) -> None:
        self.rig = Rig(looks=1)
        self.table, self.queue, self.chat = FakeTable(), FakeQueue[PostMessage](), FakeChat()
        self.posts = Posts(
            self.table, self.queue, self.rig.state, lambda: self.chat, self.rig.clock, STALE_SECONDS
        )
        answer = self.rig.put(NAME)
        assert answer.operation
        self.operation = answer.operation.id

    def follow(self) -> Reply:
        return self.posts.accept(DEV, Reply("Creating `demo` …", follows=(self.operation,)), ASKED)

    def turn(self) -> float:
        """The next message's turn; how long it had to wait."""
        message, delay = self.queue.sent.pop(0)
        self.rig.clock.advance(delay)
        self.posts.run(message, "m")
        return delay

    def row(self) -> Post:
        [row] = self.table.rows[POSTS].values()
        return Post.from_row(row)

    def said(self) -> str:
        [reply] = self.chat.messages.values()
        return "\n".join([reply.text, *reply.lines])


@pytest.fixture
def posting() -> Posting:
    return Posting()


def test_progress_is_one_message_that_changes(posting: Posting) -> None:
    assert posting.follow().lines == ()
    posting.turn()
    assert posting.said().startswith("`create demo` … ")
    posting.rig.drain(2)
    posting.turn()
    assert "·" in posting.said() or "…" in posting.said()
    posting.rig.drain()
    posting.turn()
    [reply] = posting.chat.messages.values()
    assert (reply.tone, reply.text.startswith("`create demo` in ")) == (Tone.DONE, True)
    assert (posting.row().pending, posting.queue.sent) == (False, [])
    assert list(posting.chat.messages) == [("C1", "0.000100")]


def test_rows_whose_answer_was_lost_are_there_all_the_same(
    posting: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The storage's client sends them again, and hears of a conflict with what it has written itself."""
    write = posting.table.transact

    def twice(partition: str, changes: Sequence[Change]) -> None:
        write(partition, changes)
        write(partition, changes)

    monkeypatch.setattr(posting.table, "transact", twice)
    assert posting.follow().lines == ()
    monkeypatch.undo()
    posting.turn()
    assert posting.said().startswith("`create demo` … ")


def test_rows_that_the_storage_refuses_are_not_said_to_be_there(
    posting: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConflictError("TableBeingDeleted")

    monkeypatch.setattr(posting.table, "transact", refuse)
    assert "to see how it goes" in posting.follow().lines[-1]
    assert posting.queue.sent == []


def test_a_failure_says_why_and_what_to_do(posting: Posting) -> None:
    posting.rig.azure.errors["put"] = [PermanentError("QuotaExceeded", "no room", "Ask for more.")]
    posting.follow()
    posting.rig.drain()
    posting.turn()
    assert posting.said().startswith("Failed after ")
    assert "no room" in posting.said()
    assert "Ask for more." in posting.said()


def test_looks_come_less_and_less_often(posting: Posting) -> None:
    posting.follow()
    delays = [posting.turn() for _ in range(30)]
    assert delays[0] == 0
    assert delays == sorted(delays)
    assert delays[-1] <= 15


def test_nothing_new_is_no_edit(posting: Posting) -> None:
    posting.follow()
    posting.turn()
    message, _ = posting.queue.sent.pop(0)
    posting.posts.run(message, "m")
    assert posting.chat.updates == 0


def test_a_message_that_comes_twice_or_late_does_nothing(posting: Posting) -> None:
    posting.follow()
    [(message, _)] = posting.queue.sent
    posting.turn()
    posting.posts.run(message, "another")
    assert len(posting.chat.messages) == 1
    assert len(posting.queue.sent) == 1


def test_a_lost_message_is_found(posting: Posting) -> None:
    posting.queue.down = True
    posting.follow()
    posting.queue.down = False
    found: list[str] = []
    posting.posts.pending(found.append)
    assert found == []
    posting.rig.clock.advance(STALE_SECONDS + 1)
    posting.posts.pending(found.append)
    assert found == [posting.row().key]
    posting.turn()
    assert posting.row().message


def test_a_platform_that_is_away_is_tried_again_when_it_wants_to_be(posting: Posting) -> None:
    posting.follow()
    posting.chat.errors = [TemporaryError("SlackUnavailable", "ratelimited", 17)]
    posting.turn()
    assert posting.queue.sent[0][1] == 17
    posting.turn()
    assert posting.row().message


def test_where_we_may_not_speak_the_asker_is_told_directly(posting: Posting) -> None:
    posting.chat.closed = {"C1"}
    posting.follow()
    posting.turn()
    posting.rig.drain()
    posting.turn()
    assert [channel for channel, _ in posting.chat.messages] == ["U1"]
    assert posting.said().startswith("`create demo` in ")


def test_where_nobody_lets_us_in_it_is_given_up(posting: Posting) -> None:
    posting.chat.closed = {"C1", "U1"}
    posting.follow()
    posting.turn()
    assert not posting.row().pending
    assert "NotInChannel" in (posting.row().error or "")


def test_an_operation_that_takes_hours_is_not_followed_for_ever(posting: Posting) -> None:
    posting.follow()
    posting.turn()
    posting.rig.clock.advance(FOLLOWED_FOR.total_seconds() + 1)
    posting.turn()
    assert not posting.row().pending
    assert posting.said().splitlines() == [
        "`create demo` goes on, and this message follows it no longer.",
        f"To see how it is: `/registry operation {posting.operation}`",
    ]


def test_what_ended_after_hours_is_told_as_ever(posting: Posting) -> None:
    posting.follow()
    posting.turn()
    posting.rig.drain()
    posting.rig.clock.advance(FOLLOWED_FOR.total_seconds() + 1)
    posting.turn()
    assert posting.said().startswith("`create demo` in ")


def test_what_waits_when_the_token_is_taken_away_waits_no_longer(posting: Posting) -> None:
    """Nobody may find it again each minute for a week."""
    posting.follow()
    [(message, _)] = posting.queue.sent
    Posts(posting.table, posting.queue, posting.rig.state, None, posting.rig.clock, STALE_SECONDS).run(
        message, "m"
    )
    assert not posting.row().pending
    assert "SLACK_BOT_TOKEN" in (posting.row().error or "")


def test_those_who_may_are_asked_each_by_a_message_of_their_own(posting: Posting) -> None:
    posting.posts.accept(DEV, Reply("Asked.", approval=asking()), "")
    posting.turn()
    posting.turn()
    assert {channel for channel, _ in posting.chat.messages} == {"U2", "C2"}
    for reply in posting.chat.messages.values():
        assert reply.buttons == asking().buttons
        assert "`delete demo`" in reply.text
        assert "an hour" in reply.lines[0]
        assert reply.who == ("U1",)


def test_whoever_asked_hears_of_those_who_could_not_be_asked(posting: Posting) -> None:
    posting.chat.closed = {"U2"}
    approval = replace(asking(), asks="revoke <@U7>")
    posting.posts.accept(DEV, Reply("Asked.", approval=approval), "")
    for _ in range(3):
        posting.turn()
    told = {channel: reply for (channel, _), reply in posting.chat.messages.items()}
    assert set(told) == {"C2", "U1"}
    assert told["U1"].text == "Somebody who may could not be asked for this: `revoke <@U7>`"
    assert (told["U1"].tone, told["U1"].about) == (Tone.PROBLEM, "U7")
    assert posting.queue.sent == []


def test_where_not_even_the_asker_can_be_told_it_ends(posting: Posting) -> None:
    posting.chat.closed = {"U1", "U2", "C2"}
    posting.posts.accept(DEV, Reply("Asked.", approval=asking()), "")
    for _ in range(4):
        posting.turn()
    assert (posting.chat.messages, posting.queue.sent) == ({}, [])


def test_a_platform_that_wants_to_be_left_alone_for_weeks_is_asked_again_in_half_an_hour(
    posting: Posting,
) -> None:
    """Longer than a week no message of a queue may wait."""
    posting.follow()
    posting.chat.errors = [TemporaryError("SlackUnavailable", "ratelimited", 1e7)]
    posting.turn()
    assert posting.queue.sent[0][1] == GIVEN_UP_AFTER.total_seconds()


def test_each_of_several_operations_is_followed(posting: Posting) -> None:
    """A person may have two usernames. Each message has a name that people can read."""
    caller = Caller("ops", "r")
    started = [posting.rig.people.revoke(name, caller) for name in ("jane", "slack-t0team-u0jane")]
    reply = Reply("Revoking …", follows=tuple(each.id for each in started))
    posting.posts.accept(DEV, reply, "revoke <@U0JANE>")
    posting.turn()
    posting.turn()
    texts = [reply.text for reply in posting.chat.messages.values()]
    assert [text.partition(" … ")[0] for text in texts] == ["`revoke jane`", "`revoke slack-t0team-u0jane`"]


@pytest.mark.parametrize(
    ("platform", "line"),
    [
        (Platform.SLACK, "Say `/registry operation {}` to see how it goes."),
        (Platform.TEAMS, "Say `operation {}` to see how it goes."),
    ],
)
def test_where_nothing_can_be_posted_the_reply_says_how_to_follow(
    posting: Posting, platform: Platform, line: str
) -> None:
    posts = Posts(posting.table, posting.queue, posting.rig.state, None, posting.rig.clock, STALE_SECONDS)
    speaker = Speaker(platform, "T1", "U1", "C1")
    reply = posts.accept(speaker, Reply("Creating …", follows=(posting.operation,)), ASKED)
    assert reply.lines == (line.format(posting.operation),)
    assert posting.table.rows == {}


def test_where_the_tables_are_away_the_reply_says_how_to_follow(posting: Posting) -> None:
    posting.table.down = True
    assert posting.follow().lines == (f"Say `/registry operation {posting.operation}` to see how it goes.",)
    assert posting.queue.sent == []


def asking() -> Approval:
    buttons = (Button("Approve", "approve", "signed"), Button("Deny", "deny", "signed too"))
    return Approval("U1", "delete demo", ("U2", "C2"), buttons)


def test_nobody_is_told_that_others_were_asked_who_were_not(posting: Posting) -> None:
    asked = Reply("Asked. They have 1 hour to decide.", tone=Tone.DONE, approval=asking())
    without = Posts(posting.table, posting.queue, posting.rig.state, None, posting.rig.clock, STALE_SECONDS)
    unable = without.accept(DEV, asked, "")
    assert (unable.tone, unable.approval) == (Tone.PROBLEM, None)
    assert "Nobody was asked" in unable.text
    posting.table.down = True
    unsure = posting.posts.accept(DEV, asked, "")
    assert (unsure.tone, unsure.approval) == (Tone.PROBLEM, None)
    assert "certain" in unsure.text


def test_all_who_may_are_asked_or_nobody(posting: Posting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables go away as soon as something is written."""
    write = posting.table.transact

    def once(partition: str, changes: Sequence[Change]) -> None:
        write(partition, changes)
        posting.table.down = True

    monkeypatch.setattr(posting.table, "transact", once)
    posting.posts.accept(DEV, Reply("Asked.", approval=asking()), "")
    assert len(posting.table.rows[POSTS]) == 2


def test_one_bad_answer_late_in_a_long_operation_is_no_reason_to_give_up(posting: Posting) -> None:
    posting.follow()
    posting.turn()
    posting.rig.clock.advance(GIVEN_UP_AFTER.total_seconds() + 1)
    posting.chat.errors = [TemporaryError("SlackUnavailable", "ratelimited", 17)]
    posting.turn()
    assert posting.row().pending
    posting.rig.drain()
    posting.turn()
    assert posting.said().startswith("`create demo` in ")


def test_it_is_given_up_after_half_an_hour_without_a_good_answer(posting: Posting) -> None:
    posting.follow()
    for _ in range(3):
        posting.chat.errors = [TemporaryError("SlackUnavailable", "away", 0)]
        posting.turn()
        posting.rig.clock.advance(GIVEN_UP_AFTER.total_seconds() * 2 / 3)
    assert (posting.row().pending, posting.row().error) == (False, "SlackUnavailable: away")


def test_a_good_answer_begins_the_half_hour_anew(posting: Posting) -> None:
    posting.follow()
    for troubled in (True, False, True, False, True):
        posting.chat.errors = [TemporaryError("SlackUnavailable", "away", 0)] if troubled else []
        posting.turn()
        posting.rig.clock.advance(GIVEN_UP_AFTER.total_seconds() * 2 / 3)
    assert posting.row().pending


def poisoned(posting: Posting) -> PostMessage:
    """A message whose turn fails each time in a way that nobody foresaw."""
    posting.chat.errors = [RuntimeError("a bug")]
    message, _ = posting.queue.sent.pop(0)
    with pytest.raises(RuntimeError):
        posting.posts.run(message, "m")
    return message


def test_poison_gives_a_post_up_after_half_an_hour(posting: Posting) -> None:
    posting.follow()
    posting.posts.abandon(poisoned(posting))
    assert posting.row().pending
    posting.rig.clock.advance(GIVEN_UP_AFTER.total_seconds() + 1)
    posting.posts.abandon(poisoned(posting))
    assert not posting.row().pending
    assert "InternalError" in (posting.row().error or "")
    assert posting.queue.sent == []


def test_poison_does_not_stop_what_goes_well(posting: Posting) -> None:
    """The tables were away: the message never got its turn. By now another one like it has."""
    posting.follow()
    [(message, _)] = posting.queue.sent
    posting.posts.abandon(message)
    assert posting.row().pending
    posting.turn()
    posting.turn()
    posting.posts.abandon(message)
    posting.rig.drain()
    posting.turn()
    assert posting.said().startswith("`create demo` in ")


def test_old_posts_are_forgotten(posting: Posting) -> None:
    posting.follow()
    assert posting.posts.forget(10) == 0
    posting.rig.clock.advance(8 * 86400)
    assert posting.posts.forget(10) == 1
    assert posting.table.rows[POSTS] == {}


@pytest.mark.parametrize(
    ("text", "tone", "more"),
    [
        ("Denied: `unmute demo`. Nothing was done.", Tone.REFUSED, ""),
        ("`demo` is not muted any more.", Tone.DONE, "\nWhat you asked for was approved."),
        ("`demo` has no user `ci`.", Tone.PROBLEM, "\nWhat you asked for was approved."),
    ],
)
def test_whoever_asked_hears_directly_what_was_decided(
    posting: Posting, text: str, tone: Tone, more: str
) -> None:
    decided = Reply(text, tone=tone, asker="U9")
    assert posting.posts.accept(DEV, decided, "unmute demo") == decided
    posting.turn()
    assert list(posting.chat.messages) == [("U9", "0.000100")]
    assert posting.said() == f"{text}{more}"
    assert [reply.tone for reply in posting.chat.messages.values()] == [tone]
    assert (posting.row().pending, posting.queue.sent) == (False, [])


def test_whoever_asked_sees_whom_it_was_about(posting: Posting) -> None:
    decided = Reply("Denied: `revoke <@U5>`.", tone=Tone.REFUSED, asker="U9", about="U5")
    posting.posts.accept(DEV, decided, "")
    posting.turn()
    assert [reply.about for reply in posting.chat.messages.values()] == ["U5"]


def test_whoever_asked_hears_directly_how_it_goes_on(posting: Posting) -> None:
    approved = Reply("Creating `demo` …", follows=(posting.operation,), asker="U9")
    posting.posts.accept(DEV, approved, ASKED)
    for _ in range(2):
        posting.turn()
    assert {channel for channel, _ in posting.chat.messages} == {"C1", "U9"}
    assert all(reply.text.startswith("`create demo` … ") for reply in posting.chat.messages.values())
