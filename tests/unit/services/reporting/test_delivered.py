"""From the timer to the sinks: whoever wants reports gets the one that is kept, and it says enough by itself."""

import json

from shared.domain.health.codes import Severity
from shared.domain.messages import NoticeMessage
from shared.domain.notices.sinks import Sink
from shared.domain.report.markdown import markdown
from shared.domain.report.periods import PeriodName
from shared.domain.report.summary import summary_of
from shared.services.notifying.deliveries import Deliveries
from shared.services.notifying.outbox import Outbox
from shared.services.reporting.scheduled import Plan, ScheduledReports
from shared.sinks import slack, teams, webhook
from tests.fakes import FakeMessenger, FakeQueue
from tests.unit.services.notifying.rig import HOOK, OPS, PLACES
from tests.unit.services.reporting.week import NOW, week

SILENT = {"name": "pager", "kind": "webhook", "reports": False}


def test_a_report_reaches_every_sink_that_wants_it() -> None:
    world, queue, messenger = week(), FakeQueue[NoticeMessage](), FakeMessenger()
    sinks = [Sink.model_validate(sink) for sink in (OPS, HOOK, SILENT)]
    outbox = Outbox(world.health, queue, sinks, world.clock)
    deliveries = Deliveries(world.health, outbox, messenger, world.reports, PLACES, world.clock)
    plan = Plan("0 7 * * *", "Europe/Berlin", PeriodName.WEEK, "always")
    timer = ScheduledReports(world.gathering, world.archive, world.health, outbox.announce, plan, world.clock)
    world.clock.advance(-300)
    timer.run()
    world.clock.now = NOW
    timer.run()
    timer.run()
    while message := queue.take():
        deliveries.run(message, message.sink)
    assert [sink for sink, _ in messenger.told] == ["ops", "hook"]
    kept = world.reports.kept("2026-03-02T0600Z")
    for _, told in messenger.told:
        assert told.summary == summary_of(kept)
        assert told.summary.severity is Severity.CRITICAL
    assert json.loads(webhook.body(told))["data"]["links"] == {
        "report": "https://berthage.example/api/reports/health/2026-03-02T0600Z?format=html",
        "status": "https://berthage.example/api/status",
    }
    assert "1 of 4 registries needs you" in markdown(told.summary)
    assert "STORAGE_UNHEALTHY" in str(slack.payload(told.summary))
    assert "STORAGE_UNHEALTHY" in str(teams.payload(told.summary))
