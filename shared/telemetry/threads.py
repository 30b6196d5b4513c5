"""A pool whose threads work for whoever gave them the work: with their log fields and in their trace."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import override


class ContextThreadPool(ThreadPoolExecutor):
    """A pool that takes context variables along, which a plain one leaves behind."""

    @override
    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        copied = copy_context()
        return super().submit(lambda: copied.run(fn, *args, **kwargs))
