"""Waiting that a stop ends at once."""

import asyncio


async def stopped_within(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait for a stop, at most `seconds`; says whether it came."""
    try:
        await asyncio.wait_for(stopping.wait(), timeout=seconds)
    except TimeoutError:
        return False
    return True
