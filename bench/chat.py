"""How long do twenty commands in chat wait that come at once, while a registry is being created?

Every command is signed as Slack signs it and goes to the function app of one local Azure. In the same run, in turn with
them, as many plain `GET /api/health` come at once: what those take belongs to the machine and the host. Fails above
`MOST_MILLISECONDS`.
"""

import math
import os
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx

from localazure.demo.azure import temporary_azure
from localazure.slack.cast import CHANNELS, PEOPLE, TEAM
from localazure.slack.client import SlackClient
from localazure.slack.signing import signed, slash_command

AT_ONCE, ROUNDS = 20, 25
MOST_MILLISECONDS = 500.0
UNLIMITED = {"WRITES_PER_MINUTE": "0", "SECRETS_PER_MINUTE": "0"}
COMMANDS = ("help", "list", "show demo", "users demo", "why demo ci", "user add demo ci", "health demo", "use demo",
            "mute demo 1h moving", "operation demo.none")  # fmt: skip

type Ask = Callable[[httpx.Client, int], httpx.Response]


def at_once(clients: list[httpx.Client], ask: Ask) -> list[float]:
    """Milliseconds of each answer."""
    barrier = Barrier(AT_ONCE)

    def one(number: int) -> float:
        barrier.wait()
        began = time.perf_counter()
        ask(clients[number], number).raise_for_status()
        return (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def command(secret: str, place: int, number: int) -> tuple[bytes, dict[str, str]]:
    """What one of them says: all commands come in every round."""
    text = COMMANDS[(place + number) % len(COMMANDS)]
    return signed(secret, slash_command(text, team=TEAM, user=PEOPLE["ops"], channel=CHANNELS["demo"]))


def measure(ready: Mapping[str, Any], secret: str) -> dict[str, list[float]]:
    """A create is under way all the time: its storage account takes minutes."""
    key = {"x-functions-key": ready["functionsKey"]}
    clients = [
        httpx.Client(base_url=f"{ready['functionsUrl']}/api/", timeout=30, trust_env=False)
        for _ in range(AT_ONCE)
    ]
    times: dict[str, list[float]] = {"GET /api/health": [], "commands": []}
    for place in range(-1, ROUNDS):
        found = {
            "GET /api/health": at_once(clients, lambda client, _: client.get("health", headers=key)),
            "commands": at_once(clients, lambda client, number: _say(client, secret, place, number)),  # noqa: B023 - called at once
        }
        for name, taken in found.items():
            times[name] += taken if place >= 0 else []  # the first round imports what it needs
    for client in clients:
        client.close()
    return times


def _say(client: httpx.Client, secret: str, place: int, number: int) -> httpx.Response:
    body, headers = command(secret, place, number)
    return client.post("chatops/slack", content=body, headers=headers)


def create(ready: Mapping[str, Any]) -> None:
    """One registry that is there, and one that will be being created until the end."""
    with SlackClient(ready) as ops:
        ops.say("create demo")
        for _ in ops.read(2):
            pass
        trust = ssl.create_default_context(cafile=ready["caBundle"])
        slow = {"Microsoft.Storage/storageAccounts": 600}
        control = f"{ready['emulatorControlUrl']}/transitions"
        httpx.put(control, json=slow, verify=trust, trust_env=False).raise_for_status()
        ops.say("create harbour")


def percentile(times: list[float], share: float) -> float:
    """Nearest rank."""
    return sorted(times)[math.ceil(share * len(times)) - 1]


def main() -> int:
    """0 if the commands kept within the limit."""
    os.environ.update(UNLIMITED)
    with temporary_azure() as azure:
        ready = azure.start()
        create(ready)
        times = measure(ready, azure.settings()["SLACK_SIGNING_SECRET"])
    print(f"{AT_ONCE} at once, {ROUNDS} times, while a registry is being created")
    for name, taken in times.items():
        print(f"{name:<16} p50 {percentile(taken, 0.5):5.0f} ms   p99 {percentile(taken, 0.99):5.0f} ms")
    p99 = {name: percentile(taken, 0.99) for name, taken in times.items()}
    print(f"ratio of p99 {p99['commands'] / p99['GET /api/health']:.1f}")
    return int(p99["commands"] > MOST_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
