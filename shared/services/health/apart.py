"""What goes wrong at one registry of a batch and that nobody foresaw, as a row of another release, stays there."""

import logging
from collections.abc import Callable

from shared.domain.errors import DependencyError

logger = logging.getLogger(__name__)


def apart[T](registry: str, work: Callable[[], T]) -> T | None:
    """What the work gives; `None` if it failed, which the log tells. Raises `DependencyError`, which concerns all."""
    try:
        return work()
    except DependencyError:
        raise
    except Exception:
        logger.exception("the look at registry %s failed", registry)
        return None
