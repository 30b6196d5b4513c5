"""Is a server of the local Azure up? One short request, with the standard library alone."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cache
from http.client import HTTPResponse
from pathlib import Path

_TIMEOUT_SECONDS = 2.0


def answers(url: str, ca_file: Path | None = None) -> bool:
    """Does an HTTP server answer there, whatever it says?"""
    try:
        with _open(url, {}, ca_file):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def functions_host_runs(url: str, master_key: str) -> bool:
    """Does the Functions host at `url` say that it is running, with all functions indexed?"""
    try:
        with _open(f"{url}/admin/host/status", {"x-functions-key": master_key}, None) as answer:
            return bool(json.load(answer).get("state") == "Running")
    except (OSError, ValueError, AttributeError):
        return False


def _open(url: str, headers: Mapping[str, str], ca_file: Path | None) -> HTTPResponse:
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - our own http and https URLs
    response: HTTPResponse = _opener(ca_file).open(request, timeout=_TIMEOUT_SECONDS)
    return response


@cache
def _opener(ca_file: Path | None) -> urllib.request.OpenerDirector:
    # No proxies: everything is on this machine.
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if ca_file is not None:
        context = ssl.create_default_context(cafile=str(ca_file))
        handlers.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers)
