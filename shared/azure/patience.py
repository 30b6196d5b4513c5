"""Obeys `Retry-After`: what was refused with 429 is not asked again before its time, whichever operation asks.

Resource Manager counts per caller, not per operation, and a request that comes too early is refused with a new time
(https://aka.ms/arm-throttling). So one refusal holds back all requests of this client. Each process learns for itself.
"""

import math
import time
from typing import Any

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

from shared.azure.failures import seconds_asked_for
from shared.domain.errors import TemporaryError


class Patience(SansIOHTTPPolicy[Any, Any]):
    """One for each client: providers have limits of their own."""

    def __init__(self) -> None:
        self._until = 0.0

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Raises `TemporaryError` before the time, and sends nothing."""
        _ = request
        left = self._until - time.monotonic()
        if left > 0:
            raise TemporaryError(
                "TooManyRequests", f"Azure asked for {math.ceil(left)} s without requests", left
            )

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Notes how long to wait."""
        _ = request
        if response.http_response.status_code == 429:
            until = time.monotonic() + seconds_asked_for(response.http_response)
            self._until = max(self._until, until)
