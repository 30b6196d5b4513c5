"""Settings that make an unchanged function app talk to the local Azure."""

import os
from collections.abc import Mapping
from pathlib import Path

from localazure.azurite import connection_string
from localazure.errors import LocalAzureError
from localazure.ports import Ports
from localazure.private_files import read_json
from localazure.slack.cast import ROLE_GRANTS
from localazure.up.state_folder import Secrets

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds this package and node_modules."""

_DEFAULTS = {
    "ROLE_GRANTS": ROLE_GRANTS,  # of the people that `scripts/slack-say` plays
    "TURN_DELAY_SECONDS": "1",  # provisioning takes seconds here, not minutes,
    "OPERATION_STALE_SECONDS": "20",  # so that one which does not move for so long has been interrupted
    "MOUNT_CACHE_SECONDS": "0",  # a mount is a folder: nothing is cached
    "HEALTH_SWEEP_SCHEDULE": "0 * * * * *",  # nobody who tries it waits five minutes for the first look
}

_REAL_CREDENTIALS = (
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_TENANT_ID",
    "AZURE_USERNAME",
    "AZURE_PASSWORD",
    "MSI_ENDPOINT",
    "MSI_SECRET",
)
"""DefaultAzureCredential would try these before the managed identity, and send them to the real Azure."""


def app_settings(app_dir: Path) -> dict[str, str]:
    """The app's `Values`: of local.settings.json, or the sample's with what suits a laptop where there is none.

    Raises LocalAzureError if a file is there and is not what `func` would read.
    """
    own = _values(app_dir / "local.settings.json")
    if own is not None:
        return {**_DEFAULTS, **own}
    return {**(_values(app_dir / "local.settings.sample.json") or {}), **_DEFAULTS}


def slack_settings(settings: Mapping[str, str], ports: Ports, secrets: Secrets) -> dict[str, str]:
    """The double's; none where `settings` or the terminal name a Slack of their own."""
    if any({**settings, **os.environ}.get(name) for name in ("SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN")):
        return {}
    return {
        "SLACK_SIGNING_SECRET": secrets.slack_signing_secret,
        "SLACK_BOT_TOKEN": secrets.slack_bot_token,
        "SLACK_API_URL": f"http://localhost:{ports.slack}/api",
    }


def _values(file: Path) -> dict[str, str] | None:
    if not file.exists():
        return None
    values = read_json(file).get("Values")
    if not isinstance(values, dict):
        raise LocalAzureError(f"{file} is not a JSON object with an object `Values`.")
    return {str(key): str(value) for key, value in values.items()}


def local_endpoints(ports: Ports, secrets: Secrets, bundle: Path) -> dict[str, str]:
    """Where the local Azure is and what opens it: these win over every other setting."""
    emulator, functions = f"https://localhost:{ports.emulator}", f"localhost:{ports.functions}"
    return {
        "AzureWebJobsStorage": connection_string(ports),
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "RESOURCE_MANAGER_URL": emulator,
        "IDENTITY_ENDPOINT": f"{emulator}/identity/token",
        "IDENTITY_HEADER": secrets.identity_header,
        "AZURE_SUBSCRIPTION_ID": secrets.subscription_id,
        "AZURE_RESOURCE_GROUP": "berthage",
        "PROBE_KEY": secrets.probe_key,
        "STATUS_LINK_KEY": secrets.status_link_key,
        "PUBLIC_URL": f"http://{functions}",
        "WEBSITE_HOSTNAME": functions,
        "REQUESTS_CA_BUNDLE": str(bundle),
        "SSL_CERT_FILE": str(bundle),
    }


def base_environment() -> dict[str, str]:
    """The terminal's environment, without credentials for the real Azure or a proxy to this machine."""
    ours = {name: value for name, value in os.environ.items() if name not in _REAL_CREDENTIALS}
    return {**ours, **_without_proxy(), "PYTHONPATH": _python_path()}


def functions_environment(settings: Mapping[str, str], endpoints: Mapping[str, str]) -> dict[str, str]:
    """The Functions host's: what the terminal sets wins over `settings`, and `endpoints` over both."""
    return {**settings, **base_environment(), **endpoints}


def local_settings(settings: Mapping[str, str]) -> dict[str, object]:
    """The content of a local.settings.json for `func start`."""
    return {"IsEncrypted": False, "Values": dict(sorted(settings.items()))}


def _python_path() -> str:
    # The child processes are modules of this package, wherever `up` was called.
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def _without_proxy() -> dict[str, str]:
    names = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy", ""), "localhost", "127.0.0.1", "::1"]
    joined = ",".join(name for name in names if name)
    return {"NO_PROXY": joined, "no_proxy": joined}
