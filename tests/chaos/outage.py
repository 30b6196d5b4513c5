"""Azurite is stopped under load: no request that anybody acknowledged is lost, and the work goes on afterwards."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.chaos import changes
from tests.chaos.cloud import Cloud
from tests.chaos.invariants import look, violations
from tests.chaos.registry import Registry
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.wave import Pool, in_parallel, settle

OUTAGE_SECONDS = 20.0
CLIENTS = 4
BEFORE_SECONDS = 2.0


def outage_under_load(cloud: Cloud, pool: Pool, seconds: float, say: Callable[[str], None]) -> None:
    """Clients change users without a pause while Azurite is away for so long; then everything is looked at."""
    registries = pool.take([SCENARIOS["put"]] * CLIENTS)
    end = Event()
    with ThreadPoolExecutor(CLIENTS) as clients:
        working = [clients.submit(_work, registry, end) for registry in registries]
        time.sleep(BEFORE_SECONDS)
        with cloud.stopped("azurite"):
            time.sleep(seconds)
        time.sleep(BEFORE_SECONDS)
        end.set()
        asked = [future.result() for future in working]
    in_parallel(lambda pair: settle(*pair), zip(registries, asked, strict=True))
    for seen in look(cloud, registries):
        for problem in violations(seen):
            cloud.tally.violate(f"azurite away for {seconds:g} s, registry {seen.registry.name}: {problem}")
    cloud.tally.faults["azurite-away"] += 1
    say(f"azurite away for {seconds:g} s under load: {sum(map(len, asked))} requests acknowledged, none lost")


def _work(registry: Registry, end: Event) -> list[changes.Asked]:
    """Changes one after the other, without waiting for their operations."""
    asked: list[changes.Asked] = []
    number = 0
    while not end.is_set():
        number += 1
        name = f"user{number % 3}"
        user = registry.users.get(name)
        if user and user.present and number % 4 == 0:
            asked += changes.delete_user(registry, name)
        else:
            asked += changes.put_user(registry, name)
        time.sleep(0.2)
    return asked
