"""All of notifying over fakes, with a host that delivers messages."""

from datetime import UTC
from typing import Any

from shared.domain.health.codes import Code, HealthState, Severity
from shared.domain.messages import NoticeMessage, PostMessage
from shared.domain.notices.notice import NOTICES, Notice, NoticeKind
from shared.domain.notices.report_summary import Summary
from shared.domain.notices.sinks import Sink
from shared.domain.notices.telling import Places
from shared.ports import Messenger, Queue, Table
from shared.services.chat.posts import Posts
from shared.services.notifying.deliveries import Deliveries
from shared.services.notifying.outbox import Outbox
from shared.services.reconciling.notices import Notices
from shared.services.reconciling.report import Report
from shared.services.state import State
from tests.fakes import FakeClock, FakeMessenger, FakeQueue, FakeTable

OPS = {"name": "ops", "kind": "slack"}
HOOK = {"name": "hook", "kind": "webhook"}
PLACES = Places("https://berthage.example", "sub", "group", UTC)


class Reports:
    """Reports by their ids."""

    def __init__(self) -> None:
        self.kept: dict[str, Summary] = {}

    def summary(self, report: str) -> Summary | None:
        return self.kept.get(report)


class World:
    """An outbox, its deliveries and what mends them. `between` may stand between them and the fakes."""

    def __init__(self, *sinks: dict[str, Any]) -> None:
        self.table, self.clock, self.messenger = FakeTable(), FakeClock(), FakeMessenger()
        self.queue, self.reports = FakeQueue[NoticeMessage](), Reports()
        self.wire([Sink.model_validate(sink) for sink in sinks], self.table, self.queue, self.messenger)

    def wire(
        self, sinks: list[Sink], table: Table, queue: Queue[NoticeMessage], messenger: Messenger
    ) -> None:
        """Services over these ports."""
        self.sinks = sinks
        self.outbox = Outbox(table, queue, sinks, self.clock)
        self.deliveries = Deliveries(table, self.outbox, messenger, self.reports, PLACES, self.clock)
        self.survey = Notices(table, self.outbox, self.clock)
        self.posts = Posts(FakeTable(), FakeQueue[PostMessage](), State(FakeTable()), None, self.clock, 60.0)

    def notice(self, kind: NoticeKind = NoticeKind.PROBLEM, **fields: Any) -> Notice:
        return Notice(
            kind=kind,
            at=self.clock.now,
            **{
                "subject": "search",
                "state": HealthState.DOWN,
                "code": Code.STORAGE_UNHEALTHY,
                "severity": Severity.CRITICAL,
                **fields,
            },
        )

    def announce(self, **fields: Any) -> None:
        self.outbox.announce(self.notice(**fields))

    def kept(self) -> list[Notice]:
        return [Notice.from_row(row) for row in self.table.query(NOTICES, " ", "~")]

    def sent(self) -> list[str]:
        return [message.sink for message, _ in self.queue.sent]

    def told(self) -> list[str]:
        return [sink for sink, _ in self.messenger.told]

    def turn(self, message_id: str = "m-1") -> float:
        """Delivers the next message; says how long it had to wait."""
        message, delay = self.queue.sent.pop(0)
        self.clock.advance(delay)
        self.deliveries.run(message, message_id)
        return delay

    def reconcile(self) -> Report:
        report = Report()
        self.survey.run(report)
        return report
