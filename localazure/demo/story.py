"""`python -m localazure demo`: the whole life of a registry, through the REST API and a real client alone."""

import signal
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from localazure.demo.api import Api, resource_names
from localazure.demo.azure import LocalAzure, temporary_azure
from localazure.demo.image import build_image
from localazure.demo.image_client import ImageClient, find_client
from localazure.demo.report import Report, check
from localazure.errors import LocalAzureError

_REGISTRY = "registries/demo"
_ALICE = f"{_REGISTRY}/users/alice"
_LAYERS = (1_200_000, 1_000_000, 800_000)


def demo() -> int:
    """0 = every check held, 1 = one did not, 130 = Ctrl-C. Leaves nothing running and nothing behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report()
    report.heading("Berthage: the life of a registry, on this machine alone")
    try:
        client_type = find_client()
        with temporary_azure() as azure:
            try:
                _live(azure, client_type, report)
            except (LocalAzureError, httpx.HTTPError) as error:
                print(
                    f"\nThe demo failed: {error}\n\nThe end of the local Azure's log:\n{azure.log_end()}",
                    file=sys.stderr,
                )
                return 1
    except LocalAzureError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    report.table()
    report.heading("Every check held. Next: scripts/up")
    return 0


def _live(azure: LocalAzure, client_type: type[ImageClient], report: Report) -> None:
    with report.step("A small Azure started"):
        ready = azure.start()
    api = Api(ready)
    try:
        client = client_type(azure.folder, Path(ready["caBundle"]))
        host = _create_registry(api, report)
        password = _create_user(api, client, host, report)
        _check_health(api, report)
        digest = _push_and_pull(azure.folder, client, host, report)
        _list_users(api, report)
        password = _rotate(api, client, host, password, report)
        _delete_and_restore(api, client, (host, password, digest), report)
        _revoke(api, client, host, password, report)
        _delete_registry(api, azure, ready, report)
    finally:
        api.close()
    with report.step("Everything stopped"):
        check("exit code of the local Azure", expected=0, got=azure.stop())


def _create_registry(api: Api, report: Report) -> str:
    def show(step: dict[str, Any]) -> None:
        if step["status"] == "Running":
            report.progress(step["name"])
        elif step["status"] == "Succeeded":
            report.progress(step["name"], seconds=_seconds(step))

    with report.step("Registry demo created", doing="Creating registry demo"):
        answer = api.call("PUT", _REGISTRY, 201, body={"tags": {"purpose": "demo"}})
        api.finish(answer, show)
        registry = api.call("GET", _REGISTRY, 200)
        check("provisioningState", expected="Succeeded", got=registry["provisioningState"])
        report.note(f"it listens at {registry['loginServer']}")
    return str(registry["loginServer"])


def _seconds(step: Mapping[str, str]) -> float:
    began, ended = (datetime.fromisoformat(step[name]) for name in ("startedAt", "endedAt"))
    return (ended - began).total_seconds()


def _create_user(api: Api, client: ImageClient, host: str, report: Report) -> str:
    with report.step("User alice created; strangers stay out"):
        answer = api.call("PUT", _ALICE, 201, body={})
        password = str(answer["password"])
        api.finish(answer)
        check("a login of mallory is accepted", expected=False, got=client.login(host, "mallory", password))
        check("alice's login is accepted", expected=True, got=client.login(host, "alice", password))
    return password


def _check_health(api: Api, report: Report) -> None:
    with report.step("Health sweep done"):
        health = api.sweep_health("demo")
        report.note(f"verdict: {health.get('verdict') or health['code']}")
        check("health code", expected="HEALTHY", got=health["code"])


def _push_and_pull(folder: Path, client: ImageClient, host: str, report: Report) -> str:
    reference = f"{host}/demo/hello:1"
    with report.step("Image built"):
        image = build_image(folder / "image", layer_bytes=_LAYERS, reference="demo/hello:1")
        report.note(f"{image.layers} layers, {image.size / 1e6:.1f} MB, {image.digest[:19]}…")
    with report.step(f"Image pushed by alice with {client.name}"):
        pushed = client.push(image, reference)
    with report.step("Image pulled back, same digest"):
        check("digest of the pulled image", expected=pushed, got=client.pull(reference))
        report.note(f"{pushed[:19]}…")
    return pushed


def _list_users(api: Api, report: Report) -> None:
    with report.step("Users listed"):
        users = api.call("GET", f"{_REGISTRY}/users", 200)["value"]
        report.note(", ".join(f"{user['username']} ({user['state']})" for user in users))
        check("users of demo", expected=["alice"], got=[user["username"] for user in users])


def _rotate(api: Api, client: ImageClient, host: str, old: str, report: Report) -> str:
    with report.step("Alice's password rotated; the old one is refused"):
        answer = api.call("POST", f"{_ALICE}/rotate", 200, 202)
        new = str(answer["password"])
        api.finish(answer)
        check("alice's old password is accepted", expected=False, got=client.login(host, "alice", old))
        check("alice's new password is accepted", expected=True, got=client.login(host, "alice", new))
    return new


def _delete_and_restore(api: Api, client: ImageClient, had: tuple[str, str, str], report: Report) -> None:
    host, password, digest = had
    with report.step("Registry deleted; its images and users are kept"):
        answer = api.call("DELETE", _REGISTRY, 202)
        api.finish(answer)
        report.note(f"until {answer['purgeOn'][:10]}")
        deleted = api.call("GET", _REGISTRY, 200)
        check("provisioningState", expected="SoftDeleted", got=deleted["provisioningState"])
    with report.step("Registry restored; alice pulls as before"):
        api.finish(api.call("POST", f"{_REGISTRY}/restore", 202))
        check("loginServer", expected=host, got=api.call("GET", _REGISTRY, 200)["loginServer"])
        check("alice's login is accepted", expected=True, got=client.login(host, "alice", password))
        check("digest of the pulled image", expected=digest, got=client.pull(f"{host}/demo/hello:1"))


def _revoke(api: Api, client: ImageClient, host: str, password: str, report: Report) -> None:
    with report.step("Alice deleted; she is refused"):
        api.finish(api.call("DELETE", _ALICE, 202))
        check("alice's login is accepted", expected=False, got=client.login(host, "alice", password))
        check("users of demo", expected=[], got=api.call("GET", f"{_REGISTRY}/users", 200)["value"])


def _delete_registry(api: Api, azure: LocalAzure, ready: Mapping[str, Any], report: Report) -> None:
    def resources() -> list[str]:
        return resource_names(azure.settings(), ready["caBundle"])

    with report.step("Registry purged; nothing is left in Azure"):
        before = resources()
        check("resources of demo in Azure before", expected=3, got=len(before))
        api.finish(api.call("DELETE", f"{_REGISTRY}?purge=true&confirm=demo", 202))
        api.call("GET", _REGISTRY, 404)
        check("resources left in Azure", expected=[], got=resources())
        report.note(f"gone: {', '.join(before)}")
