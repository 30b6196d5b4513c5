"""The composition root: settings -> services. First called inside an invocation, so that importing costs nothing.

What only queue and timer functions need is imported when they first ask: an HTTP request pays for tables and
queues, not for Resource Manager. Each module adds the services of one concern to those that they are made of.
"""

import logging
import os
import threading
from functools import cache

from shared.bootstrap.core import CHECKS_QUEUE, LIFECYCLE_QUEUE, NOTICES_QUEUE, USERS_QUEUE, now
from shared.bootstrap.mending import MendingServices
from shared.settings import Settings, SettingsError
from shared.telemetry import logs
from shared.telemetry.traces import Listener, Nobody, telemetry

__all__ = ["CHECKS_QUEUE", "LIFECYCLE_QUEUE", "NOTICES_QUEUE", "USERS_QUEUE", "Services", "now", "services"]

for _library in ("azure", "httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)  # a line for each of their requests is noise
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it keeps ten, and closes more
logs.install()
logger = logging.getLogger(__name__)


def _listener() -> Listener:
    """Who gets spans and metrics. Nothing that goes wrong here may stop the work."""
    try:
        settings = Settings.from_env(os.environ)
        if settings.telemetry == "off":
            return Nobody()
        from shared.azure.monitor import start  # noqa: PLC0415 - where nobody wants it, it costs nothing

        return start(settings.applicationinsights_connection_string)
    except SettingsError:
        return Nobody()  # every request says what is wrong with them
    except Exception as error:  # noqa: BLE001 - the message may hold the connection string
        logger.error("telemetry is off: it could not be started (%s)", type(error).__name__)  # noqa: TRY400
        return Nobody()


telemetry.listen_with(_listener)


class Services(MendingServices):
    """Every service, built when it is first needed. Raises `SettingsError`."""


_building = threading.Lock()


def services() -> Services:
    """The services of this process: the same for all of its threads, however many ask first."""
    with _building:
        return _built()


@cache
def _built() -> Services:
    return Services()
