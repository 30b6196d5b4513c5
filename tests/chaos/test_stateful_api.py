"""A script that does whatever it likes to the API, while processes die: it never finds another answer than its model.

Hypothesis chooses the steps; operations overlap, because a step need not wait for the one before. One local Azure
serves all examples, which clean up after themselves through the API: so names are used again and again.
BERTHAGE_CHAOS_EXAMPLES sets the number of examples, which are then chosen at random (--hypothesis-seed repeats them).
"""

import os
import secrets
import sys
from collections import Counter
from collections.abc import Iterator

import bcrypt
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.chaos.stateful_checks import Checks
from tests.chaos.stateful_judge import Judge
from tests.chaos.stateful_model import Model, Person
from tests.chaos.stateful_steps import (
    REGISTRIES,
    STEPS,
    USERS,
    AnyStep,
    ChangeRegistry,
    ChangeUser,
    Look,
    Repeat,
    Settle,
    Upset,
)
from tests.chaos.stubborn_client import Answer, Json, StubbornClient, Upsets
from tests.e2e.local_azure import LocalAzure, running

EXAMPLES = int(os.environ.get("BERTHAGE_CHAOS_EXAMPLES", "0"))
QUICK_EXAMPLES = 3
"""The first is always the simplest step, again and again."""
STEPS_IN_EXAMPLE = 40 if EXAMPLES else 20
PACE = {
    "RECONCILE_SCHEDULE": "* * * * * *",
    "OPERATION_STALE_SECONDS": "3",
    "TURN_DELAY_SECONDS": "0",
    "MOUNT_CACHE_SECONDS": "1",
}


class World:
    """What all examples share: the local Azure, and the passwords that were revoked in earlier ones."""

    def __init__(self, local: LocalAzure) -> None:
        self.local, self.model = local, Model()
        self.client, self.upsets = StubbornClient(local), Upsets(local)
        self.checks = Checks(local, self.client, self.model)
        self.steps: Counter[str] = Counter()


class Script(RuleBasedStateMachine):
    """One example."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.model, self.client, self.checks = self.world.model, self.world.client, self.world.checks
        self.judge = Judge(self.model, self.client)
        self.taken: list[AnyStep] = []

    @initialize(late=st.sampled_from([0.0, 1.5]))
    def begin(self, late: float) -> None:
        """Mounts show a share so many seconds late."""
        self.world.local.azure.control("PUT", "mount-lag", {"seconds": late})
        self.change_registry(ChangeRegistry("quay", "put", wait=False))
        self.change_user(ChangeUser("quay", "ann", "put", None, "", wait=False))

    @rule(step=STEPS)
    def step(self, step: AnyStep) -> None:
        """Each kind of step has a method of its own."""
        self.taken.append(step)
        match step:
            case ChangeRegistry():
                self.change_registry(step)
            case ChangeUser():
                self.change_user(step)
            case Repeat():
                self.repeat(step)
            case Look():
                self.look(step)
            case Upset():
                self.world.upsets.begin(step.what, step.delay)
            case Settle():
                self.settle()

    def change_registry(self, step: ChangeRegistry) -> None:
        name, change = step.name, step.change
        home = self.model.homes.get(name)
        if change in {"delete", "purge"}:
            query = f"?purge=true&confirm={name}" if change == "purge" else ""
            answer = self.client.write("DELETE", f"registries/{name}{query}")
            self.judge.registry_removed(name, home, change == "purge", answer)
        elif change == "restore":
            answer = self.client.write("POST", f"registries/{name}/restore")
            self.judge.registry_restored(home, answer)
        else:
            wanted = bool(home and home.delete_enabled) != (change == "put otherwise")
            answer = self.client.write("PUT", f"registries/{name}", {"deleteEnabled": wanted})
            self.judge.registry_put(name, home, wanted, answer)
        self._count(f"{change} a registry", answer)
        if step.wait and answer.status < 400 and answer.operation:
            self.judge.end(answer.operation)

    def change_user(self, step: ChangeUser) -> None:
        name, user, change, condition = step.name, step.user, step.change, step.condition
        home = self.model.homes.get(name)
        person = home.people.get(user) if home else None
        headers = (
            {"If-Match": person.etag if condition == "its etag" else '"0"'} if condition and person else {}
        )
        body, password = _body(change, person, step.about)
        path = f"registries/{name}/users/{user}"
        if change == "rotate":
            answer = self.client.write("POST", f"{path}/rotate", headers=headers)
        else:
            answer = self.client.write("DELETE" if change == "delete" else "PUT", path, body, headers)
        self._count(f"{change}, a user", answer)
        if home is None or home.purging:
            self.judge.nobody_home(home, answer)
        elif home.deleted and change != "delete":
            self.judge.refused_as_deleted(home, answer)
        elif person and headers and condition == "another etag":
            assert (answer.status, answer.code) == (412, "ConditionNotMet"), answer
        elif change == "delete":
            self.judge.user_deleted(home, user, answer)
        else:
            self.judge.user_put(home, user, change, (body or {}).get("description"), password, answer)
        if home and step.wait and answer.operation and answer.status < 400:
            self.judge.end(answer.operation)
            if not home.purging:
                self.checks.door(home, user)

    def repeat(self, step: Repeat) -> None:
        if self.judge.last is None:
            return
        first, home, user = self.judge.last
        exists = self.model.homes.get(home.name) is home and not home.purging
        if first.request.method != "DELETE" and not (exists and (user is None or user in home.people)):
            return  # what it was about is gone, and so is the answer
        if user and not exists:
            return
        request = first.request
        if step.other:
            headers = {"Operation-Id": request.headers["Operation-Id"]}
            answer = self.client.write("PUT", f"registries/{home.name}", {"tags": {"other": "1"}}, headers)
            assert (answer.status, answer.code) == (409, "OperationIdReused"), answer
            self._count("reuse an Operation-Id", answer)
            return
        answer = self.client.send(request)
        self._count("repeat", answer)
        expected = {202} if request.method == "DELETE" else {200}
        assert answer.status in (expected | {202} if request.path.endswith("/restore") else expected), answer
        assert answer.operation == first.operation, f"it was done again: {answer}"
        assert "password" not in answer.body, answer
        if user and request.method != "DELETE":
            assert answer.body["secretAlreadyShown"], answer
            assert answer.body["etag"] == home.people[user].etag, answer

    def look(self, step: Look) -> None:
        name = step.name
        home = self.model.homes.get(name)
        if home is None:
            assert self.client.read(f"registries/{name}")[0] == 404
        elif not home.purging:
            self.checks.api(home)
            absent = next((user for user in USERS if user not in home.people), None)
            assert absent is None or self.client.read(f"registries/{name}/users/{absent}")[0] == 404

    def settle(self) -> None:
        self.world.upsets.settle()
        for operation in list(self.model.operations):
            self.judge.end(operation)
        self.world.local.azure.tables_at_rest()
        for home in self.model.homes.values():
            self.checks.api(home)
            home.etag = self.client.read(f"registries/{home.name}")[1]["etag"]
            self.checks.at_rest(home)
        for name in set(REGISTRIES) - self.model.homes.keys():
            self.checks.absent(name)
        self.checks.listed()
        self.checks.queues()
        self.world.steps["settle"] += 1

    def teardown(self) -> None:
        """Everything is deleted through the API: the next example finds the same names free."""
        if difference := sys.exception():
            difference.add_note(
                "\n".join(map(str, self.taken))
            )  # hypothesis shows none that a repeat does not find
        else:
            self.settle()
        self.world.upsets.settle()
        for name in list(self.model.homes):
            self.change_registry(ChangeRegistry(name, "purge", wait=True))
        if difference is None:
            self.settle()

    def _count(self, what: str, answer: Answer) -> None:
        self.world.steps[f"{what}: {answer.status}"] += 1


def _body(change: str, person: Person | None, about: str) -> tuple[Json | None, str | None]:
    """What is sent, and the password that it brings."""
    fresh = secrets.token_hex(20)
    if change == "send a password":
        return {"password": fresh}, fresh
    if change == "send the same password":
        same = (person and person.password) or fresh
        return {"password": same}, same
    if change == "send a hash":
        return {"passwordHash": bcrypt.hashpw(fresh.encode(), bcrypt.gensalt(5)).decode()}, fresh
    return {"put": {}, "describe": {"description": about}}.get(change), None


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("stateful"), PACE) as local:
        yield World(local)


@pytest.mark.timeout(240 + 120 * EXAMPLES)
def test_the_api_never_differs_from_its_model(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    class ThisScript(Script):
        pass

    ThisScript.world = world
    run_state_machine_as_test(
        ThisScript,
        settings=settings(
            max_examples=EXAMPLES or QUICK_EXAMPLES,
            stateful_step_count=STEPS_IN_EXAMPLE,
            derandomize=not EXAMPLES,
            database=None,
            deadline=None,
            phases=[
                Phase.generate
            ],  # to make an example smaller takes as long again, and no two runs are alike
            suppress_health_check=list(HealthCheck),
        ),
        _min_steps=STEPS_IN_EXAMPLE,  # otherwise one in three is over before it has begun
    )
    done = ", ".join(f"{what} {count}" for what, count in sorted(world.steps.items()))
    with capsys.disabled():
        print(f"\n{done}; upsets: {world.upsets.done}; requests repeated: {world.client.repeats}")
