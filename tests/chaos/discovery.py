"""Which steps the scenarios have: each is run undisturbed, several at a time, and the log tells."""

from collections.abc import Sequence

from tests.chaos.cloud import Cloud
from tests.chaos.registry import Registry
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.steps import Step, common, steps_of
from tests.chaos.wave import Pool, in_parallel, settle

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
    with cloud.beating():
        in_parallel(lambda pair: settle(pair[1], pair[0].prepare(pair[1])), pairs)
    cloud.azure.control("DELETE", "requests")
    markers = {cloud.place(_marker(registry)): scenario.name for scenario, registry in pairs}
    in_parallel(lambda pair: _run(*pair), pairs)
    requests = cloud.azure.requests()
    for marker in markers:
        cloud.remove(marker)
    for registry in registries:
        pool.give_back(registry)
    return {
        name: steps_of([request for request in requests if request["fault"] == marker])
        for marker, name in markers.items()
    }


def _run(scenario: Scenario, registry: Registry) -> None:
    failed = settle(registry, scenario.ask(registry))
    assert not failed, f"{scenario.name} fails undisturbed: {failed}"


def _marker(registry: Registry) -> dict[str, object]:
    return {"pathRegex": "^", "mentions": registry.name, "count": None, "delay": _NO_EFFECT_SECONDS}
