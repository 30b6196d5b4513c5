"""Is an answer what the API promises, as far as its only client can know? If so, the model follows it."""

from tests.chaos.stateful_model import Home, Model, Person, Work
from tests.chaos.stubborn_client import Answer, StubbornClient


class Judge:
    """Raises `AssertionError` for an answer that must not be. What is still under way may have ended meanwhile."""

    def __init__(self, model: Model, client: StubbornClient) -> None:
        self._model, self._client = model, client
        self.last: tuple[Answer, Home, str | None] | None = None
        """The last request that began an operation, its registry, and its user if it is about one."""

    def registry_put(self, name: str, home: Home | None, wanted: bool, answer: Answer) -> None:
        """Of a registry that is there, or on its way out, or not there; `wanted` is its `deleteEnabled`."""
        body = answer.body
        if home and home.deleted:
            self.refused_as_deleted(home, answer)
            return
        if home and (body.get("uid") == home.uid or answer.status == 409):
            self._registry_changed(home, wanted, answer)
            return
        assert home is None or home.purging, f"it is another registry: {answer}"
        if home:
            self.end(home.work.operation if home.work else "")
        assert answer.status in ({200, 201} if answer.doubtful else {201}), answer
        assert answer.operation, answer
        self._model.homes[name] = created = Home(
            name, body["uid"], wanted, Work("CreateRegistry", answer.operation)
        )
        self.began(answer, created)

    def _registry_changed(self, home: Home, wanted: bool, answer: Answer) -> None:
        same, work = wanted == home.delete_enabled, home.work
        if answer.status == 409:
            assert (answer.code, answer.body["error"]["target"]) == (
                "OperationInProgress",
                work and work.operation,
            ), answer
            assert home.purging or not same, answer
            return
        assert answer.status == 200, answer
        assert not home.purging, answer
        own = answer.operation not in {None, work and work.operation}
        assert own != same, f"work for nothing, or no work: {answer}"
        if own and answer.operation:
            assert answer.body["etag"] != home.etag, answer
            home.delete_enabled = wanted
            home.begin("UpdateRegistry", answer.operation)
            self.began(answer, home)

    def registry_removed(self, name: str, home: Home | None, purge: bool, answer: Answer) -> None:
        """202 while there is something to remove, and always the same operation; 200 for what is soft-deleted."""
        if home is None:
            assert answer.status == 204, answer
        elif home.purging and home.work:
            assert answer.status in {202, 204}, answer
            assert answer.operation in {None, home.work.operation}, answer
            if answer.status == 204:
                self.end(home.work.operation)
                assert name not in self._model.homes
        elif home.deleted and not purge:
            assert answer.status in {200, 202}, answer
            assert answer.operation in {None, home.work and home.work.operation}, answer
            assert answer.body["purgeOn"], answer
        elif answer.status == 409:
            self._in_progress(home, answer)
        else:
            assert (answer.status, bool(answer.body["purgeOn"])) == (202, not purge), answer
            assert answer.operation, answer
            if purge:
                self._model.begin_removal(home, answer.operation)
            else:
                home.begin("DeleteRegistry", answer.operation)
            self.began(answer, home)

    def registry_restored(self, home: Home | None, answer: Answer) -> None:
        """202 for what is soft-deleted, 200 if that was done last; otherwise there is nothing to restore."""
        if answer.status == 404:
            assert home is None or home.purging, answer
        elif answer.code == "RegistryNotDeleted":
            assert home, answer
            assert home.last in {"CreateRegistry", "UpdateRegistry"}, answer
        elif answer.status == 409:
            assert home, answer
            assert home.last != "RestoreRegistry", answer
            self._in_progress(home, answer)
        else:
            assert home, answer
            assert answer.status in {200, 202}, answer
            if home.last == "RestoreRegistry":
                assert answer.operation in {None, home.work and home.work.operation}, answer
                return
            assert home.deleted, answer
            assert answer.operation, answer
            home.begin("RestoreRegistry", answer.operation)
            self.began(answer, home)

    def refused_as_deleted(self, home: Home, answer: Answer) -> None:
        """What a soft-deleted registry can't take, or one that is about to be."""
        if answer.code != "RegistrySoftDeleted":
            self._in_progress(home, answer)
        assert answer.status == 409, answer

    def _in_progress(self, home: Home, answer: Answer) -> None:
        assert home.work, answer
        assert (answer.status, answer.code) == (409, "OperationInProgress"), answer
        assert answer.body["error"]["target"] == home.work.operation, answer

    def nobody_home(self, home: Home | None, answer: Answer) -> None:
        """There is no registry, or it is on its way out: a user's deletion may still be told of then."""
        allowed = {(404, "RegistryNotFound")}
        if home:
            allowed |= {(409, "OperationInProgress"), (412, "ConditionNotMet")}
            allowed |= {(202, ""), (204, "")} if answer.request.method == "DELETE" else set()
        assert (answer.status, answer.code) in allowed, answer

    def user_put(
        self, home: Home, user: str, change: str, about: str | None, sent: str | None, answer: Answer
    ) -> None:
        """A changed user has another etag and an operation; an unchanged one has neither. `sent` is a password."""
        person = home.people.get(user)
        if change == "rotate" and person is None:
            assert (answer.status, answer.code) == (404, "UserNotFound"), answer
            return
        created = person is None
        assert answer.status in ({200, 201} if answer.doubtful else {201 if created else 200}), answer
        about = about or (person.description if person else None)
        same_secret = person is not None and change != "rotate" and sent in {None, person.password}
        if person and same_secret and about == person.description:
            assert answer.body["etag"] == person.etag, f"nothing changed, but the etag: {answer}"
            assert "password" not in answer.body, answer
            return
        assert answer.operation, f"no work for a change: {answer}"
        etag = answer.body["etag"]
        assert person is None or etag != person.etag, f"the etag stayed: {answer}"
        if person and same_secret:
            home.people[user] = Person(person.password, etag, about)
        else:
            self._model.set_password(home, user, sent or self._shown(answer), etag, about)
        self.began(answer, home, user)

    def _shown(self, answer: Answer) -> str | None:
        """The password that we learn, unless the answer that showed it got lost."""
        password: str | None = answer.body.get("password")
        assert password or (answer.doubtful and answer.body["secretAlreadyShown"]), answer
        return password

    def user_deleted(self, home: Home, user: str, answer: Answer) -> None:
        """202 until the registry has proven it, 204 from then on; also of one that is soft-deleted, if at rest."""
        if home.deleted and answer.status == 409:
            self._in_progress(home, answer)
        elif user in home.people:
            assert answer.status == 202, answer
            assert answer.operation, answer
            self._model.remove(home, user, answer.operation)
            self.began(answer, home, user)
        else:
            assert answer.status in {202, 204}, answer
            assert answer.operation in {None, home.leaving.get(user)}, answer

    def began(self, answer: Answer, home: Home, user: str | None = None) -> None:
        """An operation of this very request."""
        assert answer.operation, answer
        assert answer.operation == f"{home.name}.{answer.request.headers['Operation-Id']}", answer
        self._model.operations[answer.operation] = home.uid
        self.last = (answer, home, user)

    def end(self, operation: str) -> None:
        """It ends as it must: well; only a user's change may fail, with its registry."""
        ended = self._client.end_of(operation)
        home = self._model.homes.get(ended["registry"])
        uid = self._model.operations.pop(operation, None)
        if ended["status"] != "Succeeded":
            assert ended.get("error", {}).get("code") == "RegistryDeleted", ended
            assert ended.get("user"), ended
            assert home is None or home.purging or uid != home.uid, f"its registry is still there: {ended}"
        if home is None:
            return
        home.leaving = {user: leaves for user, leaves in home.leaving.items() if leaves != operation}
        if home.work and home.work.operation == operation:
            if home.purging:
                self._model.gone(home)
            home.work = None
