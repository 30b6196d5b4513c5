"""What `AzureResourceManager` makes of refusals that the emulator does not give on demand."""

import time
from collections.abc import Callable, Iterator

import pytest

from localazure.ports import Ports
from shared.azure import connection
from shared.azure.resource_manager import AzureResourceManager
from shared.domain.errors import NameTakenError, PermanentError, TemporaryError
from shared.domain.resources.resource import Json, Ref, Type
from tests.contract.canned_azure import Answer, CannedAzure
from tests.contract.conftest import forget_environment
from tests.contract.processes import Emulator
from tests.contract.registries import GROUP, SUBSCRIPTION

PLAN, SITE, ACCOUNT = Ref(Type.PLAN, "demo-plan"), Ref(Type.SITE, "demo"), Ref(Type.STORAGE_ACCOUNT, "demo")
BODY = {"location": "westeurope", "properties": {}}
HTML = b"<html><body>The service is unavailable.</body></html>"


def arm(code: str, message: str = "Azure says why.") -> object:
    """An error of Resource Manager and of Microsoft.Storage."""
    return {"error": {"code": code, "message": message}}


def web(code: str, message: str) -> object:
    """An error of App Service."""
    return {
        "Code": code,
        "Message": message,
        "Target": None,
        "Details": [{"Message": message}],
        "Innererror": None,
    }


@pytest.fixture(scope="module")
def canned(emulator: Emulator) -> Iterator[CannedAzure]:
    with CannedAzure(emulator.authority.server_certificate()) as azure:
        yield azure


@pytest.fixture
def manager(canned: CannedAzure) -> Iterator[AzureResourceManager]:
    adapter = AzureResourceManager(canned.url, SUBSCRIPTION, GROUP)
    with adapter._storage, adapter._web:
        yield adapter


NOTHING_WANTED: Json = {"properties": {"siteConfig": {"appSettings": [], "azureStorageAccounts": {}}}}
type Call = Callable[[AzureResourceManager], object]

CALLS: dict[str, Call] = {
    "get": lambda manager: manager.get(PLAN),
    "put": lambda manager: manager.put(PLAN, BODY),
    "put site": lambda manager: manager.put(SITE, BODY),
    "put account": lambda manager: manager.put(ACCOUNT, BODY),
    "delete": lambda manager: manager.delete(PLAN),
    "account_key": lambda manager: manager.account_key("demo"),
    "differences": lambda manager: manager.differences("demo", NOTHING_WANTED),
    "all sites": lambda manager: list(manager.all_of(Type.SITE)),
    "all plans": lambda manager: list(manager.all_of(Type.PLAN)),
    "all accounts": lambda manager: list(manager.all_of(Type.STORAGE_ACCOUNT)),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)

TEMPORARY = {
    "throttled": (Answer(429, arm("TooManyRequests"), {"Retry-After": "17"}), "TooManyRequests", 17),
    "throttled for a day": (
        Answer(429, arm("TooManyRequests"), {"Retry-After": "86400"}),
        "TooManyRequests",
        300,
    ),
    "throttled without a time": (Answer(429, arm("OperationNotAllowed")), "OperationNotAllowed", 5),
    "throttled until a date": (
        Answer(429, arm("TooManyRequests"), {"Retry-After": "Fri, 31 Jan 2026 12:00:00 GMT"}),
        "TooManyRequests",
        5,
    ),
    "timed out": (Answer(408, arm("RequestTimeout")), "RequestTimeout", 5),
    "server error": (Answer(500, arm("InternalServerError")), "InternalServerError", 5),
    "bad gateway without JSON": (Answer(502, HTML), "502", 5),
    "server busy": (Answer(503, arm("ServerBusy"), {"Retry-After": "3"}), "ServerBusy", 3),
    "gateway time-out without a body": (Answer(504, b""), "504", 5),
    "busy": (Answer(409, arm("AnotherOperationInProgress")), "AnotherOperationInProgress", 2),
    "busy account": (
        Answer(409, arm("StorageAccountOperationInProgress")),
        "StorageAccountOperationInProgress",
        2,
    ),
    "busy App Service": (
        Answer(409, web("Conflict", "Cannot modify this site: another operation is in progress.")),
        "Conflict",
        2,
    ),
    "share of that name on its way out": (
        Answer(409, arm("ShareBeingDeleted", "The specified share is being deleted. Try operation later.")),
        "ShareBeingDeleted",
        2,
    ),
    "container of that name on its way out": (
        Answer(
            409,
            arm(
                "ContainerOperationFailure",
                "The specified container is being deleted. Try operation later.",
            ),
        ),
        "ContainerOperationFailure",
        2,
    ),
    "the same in the words of Blob Storage": (
        Answer(409, arm("ContainerBeingDeleted")),
        "ContainerBeingDeleted",
        2,
    ),
}


@pytest.mark.parametrize(("answer", "code", "seconds"), TEMPORARY.values(), ids=TEMPORARY)
def test_what_passes_is_temporary(
    manager: AzureResourceManager, canned: CannedAzure, answer: Answer, code: str, seconds: float
) -> None:
    canned.answer = answer
    with pytest.raises(TemporaryError) as caught:
        manager.put(PLAN, BODY)
    assert caught.value.code.split()[0] == code
    assert caught.value.retry_after == seconds
    assert "demo-plan" in caught.value.message


PERMANENT = {
    "not allowed": (Answer(403, arm("AuthorizationFailed")), "AuthorizationFailed", "Contributor"),
    "by policy": (Answer(403, arm("RequestDisallowedByPolicy")), "RequestDisallowedByPolicy", "."),
    "not known": (
        Answer(401, arm("InvalidAuthenticationToken")),
        "InvalidAuthenticationToken",
        "managed identity",
    ),
    "bad": (Answer(400, arm("InvalidRequestContent")), "InvalidRequestContent", "same request again"),
    "bad App Service": (
        Answer(400, web("BadRequest", "Azure says why.")),
        "BadRequest",
        "same request again",
    ),
    "a conflict for ever": (
        Answer(409, web("Conflict", "Azure says why. AlwaysOn cannot be set for this site.")),
        "Conflict",
        "same request again",
    ),
    "a container that cannot be": (
        Answer(409, arm("ContainerOperationFailure")),
        "ContainerOperationFailure",
        "same request again",
    ),
    "locked": (Answer(409, arm("ScopeLocked")), "ScopeLocked", "same request again"),
}


@pytest.mark.parametrize(("answer", "code", "fix"), PERMANENT.values(), ids=PERMANENT)
def test_what_does_not_pass_is_permanent_with_azures_own_words(
    manager: AzureResourceManager, canned: CannedAzure, answer: Answer, code: str, fix: str
) -> None:
    canned.answer = answer
    with pytest.raises(PermanentError) as caught:
        manager.put(PLAN, BODY)
    assert caught.value.code == code
    assert "Azure says why." in caught.value.message
    assert fix in caught.value.fix


@every_call
def test_every_call_says_what_azure_said(
    manager: AzureResourceManager, canned: CannedAzure, call: Call
) -> None:
    canned.answer = Answer(403, arm("AuthorizationFailed"))
    with pytest.raises(PermanentError, match=r"AuthorizationFailed.*Azure says why"):
        call(manager)
    canned.answer = Answer(429, arm("TooManyRequests"), {"Retry-After": "17"})
    with pytest.raises(TemporaryError, match="TooManyRequests") as temporary:
        call(manager)
    assert temporary.value.retry_after == 17


def test_what_was_refused_for_a_time_is_not_asked_again_before(
    manager: AzureResourceManager, canned: CannedAzure
) -> None:
    canned.answer = Answer(429, arm("TooManyRequests"), {"Retry-After": "1"})
    with pytest.raises(TemporaryError):
        manager.get(PLAN)
    canned.answer = Answer(403, arm("AuthorizationFailed"))
    for call in ("get", "put", "put site", "delete", "differences", "all sites"):
        with pytest.raises(TemporaryError, match="TooManyRequests") as early:
            CALLS[call](manager)
        assert 0 < early.value.retry_after <= 1
    with pytest.raises(PermanentError):  # the other provider has not refused anything
        manager.account_key("demo")
    time.sleep(1)
    with pytest.raises(PermanentError):
        manager.get(PLAN)


@pytest.mark.parametrize(
    "body", [b"", b"no JSON", b"[1]", b'"text"', b'{"error": "text"}', b'{"error": {}}', b"null"]
)
def test_a_refusal_in_another_shape_is_still_a_refusal(
    manager: AzureResourceManager, canned: CannedAzure, body: bytes
) -> None:
    canned.answer = Answer(400, body)
    with pytest.raises(PermanentError) as caught:
        manager.put(PLAN, BODY)
    assert caught.value.code.startswith("400")
    assert caught.value.message


@pytest.mark.parametrize("code", ["ResourceGroupNotFound", "SubscriptionNotFound"])
@pytest.mark.parametrize("call", [CALLS["get"], CALLS["put"], CALLS["account_key"], CALLS["all sites"]])
def test_a_missing_group_is_no_missing_resource(
    manager: AzureResourceManager, canned: CannedAzure, call: Call, code: str
) -> None:
    canned.answer = Answer(404, arm(code))
    with pytest.raises(PermanentError) as caught:
        call(manager)
    assert caught.value.code == code


@pytest.mark.parametrize("code", ["ResourceNotFound", "ParentResourceNotFound", "NotFound", "ShareNotFound"])
def test_a_missing_resource_is_an_answer_to_get_and_delete(
    manager: AzureResourceManager, canned: CannedAzure, code: str
) -> None:
    canned.answer = Answer(404, arm(code))
    assert manager.get(PLAN) is None
    manager.delete(PLAN)
    with pytest.raises(TemporaryError):  # what it is in is not yet visible everywhere
        manager.put(PLAN, BODY)


@pytest.mark.parametrize("keys", [[], [{"keyName": "key1"}], [{"keyName": "key1", "value": ""}], None])
def test_an_account_without_a_key_has_none_yet(
    manager: AzureResourceManager, canned: CannedAzure, keys: object
) -> None:
    canned.answer = Answer(200, {"keys": keys})
    with pytest.raises(TemporaryError, match="NoAccountKey"):
        manager.account_key("demo")


def test_names_of_others(manager: AzureResourceManager, canned: CannedAzure) -> None:
    for code in ("StorageAccountAlreadyTaken", "StorageAccountInAnotherResourceGroup"):
        canned.answer = Answer(409, arm(code))
        with pytest.raises(NameTakenError):
            manager.put(ACCOUNT, BODY)
    canned.answer = Answer(409, web("Conflict", "Website with given name demo already exists."))
    with pytest.raises(NameTakenError):
        manager.put(SITE, BODY)


@pytest.fixture
def impatient(canned: CannedAzure, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureResourceManager]:
    """An adapter that waits half a second for an answer, not 20."""
    monkeypatch.setitem(connection.TIMEOUTS, "read_timeout", 0.5)
    adapter = AzureResourceManager(canned.url, SUBSCRIPTION, GROUP)
    with adapter._storage, adapter._web:
        yield adapter


BROKEN = {
    "no answer": None,
    "half an answer": Answer(200, {"name": "demo"}, cut=5),
    "a page in place of JSON": Answer(200, HTML, {"Content-Type": "text/html"}),
    "half an error": Answer(500, arm("InternalServerError"), cut=5),
}


@pytest.mark.parametrize(
    "call",
    [CALLS["get"], CALLS["account_key"], CALLS["differences"], CALLS["all sites"]],
    ids=["get", "key", "differences", "sites"],
)
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_temporary(
    impatient: AzureResourceManager, canned: CannedAzure, call: Call, answer: Answer | None
) -> None:
    canned.answer = answer
    with pytest.raises(TemporaryError):
        call(impatient)


@every_call
@pytest.mark.usefixtures("emulator")
def test_where_nobody_listens_there_is_no_answer(call: Call) -> None:
    adapter = AzureResourceManager(f"https://localhost:{Ports.free({}).emulator}", SUBSCRIPTION, GROUP)
    with adapter._storage, adapter._web, pytest.raises(TemporaryError, match="NoAnswer"):
        call(adapter)


@pytest.mark.parametrize("wrong", ["secret", "endpoint"])
def test_without_a_token_it_is_temporary(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """A managed identity may take minutes to appear."""
    if wrong == "secret":
        monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"https://localhost:{Ports.free({}).emulator}/identity/token")
    forget_environment()
    adapter = AzureResourceManager(emulator.url, SUBSCRIPTION, GROUP)
    try:
        with adapter._storage, adapter._web, pytest.raises(TemporaryError) as caught:
            adapter.get(PLAN)
        assert "wrong" not in caught.value.message
    finally:
        forget_environment()
