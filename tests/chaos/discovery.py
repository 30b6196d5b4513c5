"""Which steps the scenarios have: each is run undisturbed, several at a time, and the log tells."""

from collections.abc import Sequence

from tests.chaos.cloud import Cloud
from tests.chaos.registry import Registry
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.steps import Step, common, steps_of
from tests.chaos.wave import Pool, in_parallel, place_handicap, settle

_NO_EFFECT_SECONDS = 0.001


def discover(cloud: Cloud, pool: Pool, *, runs: int = 2) -> dict[str, list[Step]]:
    """The steps of each scenario, as far as all of so many runs had them."""
    names = tuple(SCENARIOS)
    found = _once(cloud, pool, names)
    for _ in range(runs - 1):
        again = _once(cloud, pool, names)
        found = {name: common(found[name], again[name]) for name in names}
    return found


def _once(cloud: Cloud, pool: Pool, names: Sequence[str]) -> dict[str, list[Step]]:
    scenarios = [SCENARIOS[name] for name in names]
    registries = pool.take(scenarios)
    pairs = list(zip(scenarios, registries, strict=True))
    in_parallel(lambda pair: settle(pair[1], pair[0].prepare(pair[1])), pairs)
    with cloud.quiet():
        cloud.azure.control("DELETE", "requests")
        handicaps = {place_handicap(cloud, *pair): pair[0].name for pair in pairs if pair[0].handicap}
        markers = {cloud.place(_marker(registry)): scenario.name for scenario, registry in pairs}
        in_parallel(lambda pair: _run(*pair), pairs)
        requests = cloud.azure.requests()
    for fault in [*markers, *handicaps]:
        cloud.remove(fault)
    in_parallel(
        lambda pair: settle(pair[1], pair[0].ask(pair[1])), [pair for pair in pairs if pair[0].handicap]
    )
    for registry in registries:
        pool.give_back(registry)
    begins = {
        handicaps[entry["fault"]]: entry["sequence"] for entry in requests if entry["fault"] in handicaps
    }
    return {
        name: steps_of([entry for entry in requests if entry["fault"] == marker], begins.get(name, 0))
        for marker, name in markers.items()
    }


def _run(scenario: Scenario, registry: Registry) -> None:
    failed = settle(registry, scenario.ask(registry))
    assert bool(failed) == bool(scenario.handicap), f"{scenario.name} undisturbed: {failed or 'it succeeds'}"


def _marker(registry: Registry) -> dict[str, object]:
    return {"pathRegex": "^", "mentions": registry.name, "count": None, "delay": _NO_EFFECT_SECONDS}
