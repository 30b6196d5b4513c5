"""The model and the world side by side: what the registry's door, the file, the tables and Azure say."""

import time
from collections import Counter

import bcrypt
import httpx

from shared.domain.users.htpasswd import read_header
from tests.chaos.stateful_model import Home, Model
from tests.chaos.stubborn_client import StubbornClient
from tests.e2e.emulated_azure import ACCOUNTS, PLANS, SITES
from tests.e2e.local_azure import LocalAzure

DOOR_SECONDS = 60.0


class Checks:
    """Each raises `AssertionError` with the difference."""

    def __init__(self, local: LocalAzure, client: StubbornClient, model: Model) -> None:
        self._local, self._client, self._model = local, client, model

    def door(self, home: Home, user: str) -> None:
        """The registry lets this user in with the present password, and with none that was revoked."""
        if home.deleted:
            return  # nobody is there
        _, shown = self._client.read(f"registries/{home.name}")
        host, person = shown["loginServer"], home.people.get(user)
        if host is None:
            return  # its site is still to come
        for password in self._model.revoked[home.name, user]:
            assert not self._lets_in(host, user, password), (
                f"{home.name}: {user} gets in by a revoked password"
            )
        if person and person.password:
            assert self._lets_in(host, user, person.password), f"{home.name}: {user} is locked out"

    def _lets_in(self, host: str, user: str, password: str) -> bool:
        """What the registry says as soon as it says anything: its process may be starting."""
        deadline = time.monotonic() + DOOR_SECONDS
        while True:
            try:
                return self._local.door.lets_in(host, user, password)
            except (httpx.TransportError, AssertionError) as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{host} does not answer") from error
                time.sleep(0.1)

    def api(self, home: Home) -> None:
        """The API shows these users, and nothing of their secrets. Nobody may be at work on the registry."""
        status, shown = self._client.read(f"registries/{home.name}")
        assert (status, shown["uid"]) == (200, home.uid), shown
        assert shown["userCount"] == len(home.people), shown
        assert home.etag in {None, shown["etag"]}, f"the etag changed and nobody changed {home}: {shown}"
        _, listed = self._client.read(f"registries/{home.name}/users")
        found = {user["username"]: (user["etag"], user["description"]) for user in listed["value"]}
        assert found == {name: (person.etag, person.description) for name, person in home.people.items()}
        assert not any("assword" in field for user in listed["value"] for field in user), listed

    def at_rest(self, home: Home) -> None:
        """Nothing is outstanding: table, file, door and Azure are what the model is."""
        _, shown = self._client.read(f"registries/{home.name}")
        state = "SoftDeleted" if home.deleted else "Succeeded"
        assert (shown["provisioningState"], shown["operation"]) == (state, None), shown
        assert bool(shown["purgeOn"]) == home.deleted, shown
        assert shown["deleteEnabled"] == home.delete_enabled, shown
        for name in home.people:
            status, user = self._client.read(f"registries/{home.name}/users/{name}")
            assert (status, user.get("syncing"), user.get("operation")) == (200, False, None), user
        self._file(home)
        for name in {*home.people, *(user for at, user in list(self._model.revoked) if at == home.name)}:
            self.door(home, name)
        kinds = sorted(found.rpartition("/")[0] for found in self._local.azure.resources(home.name))
        assert kinds == ([ACCOUNTS] if home.deleted else sorted([ACCOUNTS, PLANS, SITES])), kinds

    def _file(self, home: Home) -> None:
        share = self._local.azure.share(home.name)
        assert [entry.name for entry in share.iterdir()] == ["htpasswd"]
        content = (share / "htpasswd").read_bytes()
        header, row = read_header(content), self._local.azure.tables()["state", home.name, "registry"]
        assert header
        assert header.intact
        assert (header.uid, header.revision) == (home.uid, row["usersRevision"])
        lines = dict(line.split(":", 1) for line in content.decode().splitlines()[2:])
        table = self._local.azure.users(home.name)
        assert lines == {name: user["passwordHash"] for name, user in table.items()}
        assert set(lines) == set(home.people)
        for name, person in home.people.items():
            if person.password:
                assert bcrypt.checkpw(person.password.encode(), lines[name].encode()), f"{name}: another hash"

    def absent(self, name: str) -> None:
        """There is no such registry, and nothing of it."""
        status, shown = self._client.read(f"registries/{name}")
        assert status == 404, shown
        assert self._local.azure.resources(name) == []
        left = [key for table, at, key in self._local.azure.tables() if (table, at) == ("state", name)]
        kinds = Counter(key.partition(":")[0] for key in left)
        assert set(kinds) <= {"operation", "audit"}, f"rows were left behind: {kinds}"

    def listed(self) -> None:
        """The lists name every registry that there is. Nobody may be at work on any."""
        for query, deleted in (("", False), ("?state=deleted", True)):
            _, found = self._client.read(f"registries{query}")
            names = sorted(name for name, home in self._model.homes.items() if home.deleted == deleted)
            assert [each["name"] for each in found["value"]] == names, query

    def queues(self) -> None:
        """No message was given up."""
        poisoned = [found for found in self._local.azure.messages() if found[0].endswith("-poison")]
        assert not poisoned, poisoned
