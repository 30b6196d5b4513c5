"""What a local Azure tells when it is up: a file for programs, lines to copy for people."""

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localazure.azurite import connection_string, direct_connection_string
from localazure.ports import Ports
from localazure.private_files import write_private_json
from localazure.up.state_folder import Secrets


@dataclass(frozen=True)
class Ready:
    """Where everything is."""

    ports: Ports
    secrets: Secrets
    ca_file: Path
    bundle: Path
    state_dir: Path

    @property
    def functions_url(self) -> str:
        """The Functions host, without `/api`."""
        return f"http://localhost:{self.ports.functions}"

    @property
    def emulator_url(self) -> str:
        """Resource Manager; the other services of the emulator are paths below it."""
        return f"https://localhost:{self.ports.emulator}"

    @property
    def slack_url(self) -> str:
        """The double of Slack."""
        return f"http://localhost:{self.ports.slack}"

    def write(self, path: Path, pids: Mapping[str, int]) -> None:
        """Write the ready file in one step, mode 0600: it holds keys. Raises OSError."""
        write_private_json(
            path,
            {
                "functionsUrl": self.functions_url,
                "functionsKey": self.secrets.function_key,
                "masterKey": self.secrets.master_key,
                "resourceManagerUrl": self.emulator_url,
                "emulatorControlUrl": f"{self.emulator_url}/_emulator",
                "slackControlUrl": f"{self.slack_url}/_slack",
                "caFile": str(self.ca_file),
                "caBundle": str(self.bundle),
                "storageConnectionString": connection_string(self.ports),
                "azuriteConnectionString": direct_connection_string(self.ports),
                "stateDir": str(self.state_dir),
                "processes": dict(pids),
            },
        )

    def first_steps(self, *, own_host: bool = False) -> str:
        """Lines to paste into a shell: a registry, a user, a login; with `func start` for `own_host`."""
        steps = f"{_OWN_HOST}{_FIRST_STEPS}" if own_host else _FIRST_STEPS
        return steps.format(
            state=shlex.quote(str(self.state_dir)),
            port=self.ports.functions,
            api=f"{self.functions_url}/api",
            key=self.secrets.function_key,
            bundle=shlex.quote(str(self.bundle)),
            client=_client(),
        )


def _client() -> str:
    return next((name for name in ("skopeo", "docker", "podman") if shutil.which(name)), "skopeo")


_OWN_HOST = """
Start the function app with Azure Functions Core Tools, in its folder:

  cp {state}/local.settings.json . && func start --port {port}
"""

_FIRST_STEPS = """
The local Azure is up. In another terminal:

  API={api}
  KEY={key}
  call() {{ curl -sS -H "x-functions-key: $KEY" -H "Content-Type: application/json" "$@"; }}
  field() {{ sed -n 's/.*"'"$1"'": *"\\([^"]*\\)".*/\\1/p'; }}

  # create a registry and wait until it is there
  OPERATION=$(call -X PUT "$API/registries/demo" -d '{{}}' | field url)
  call "$OPERATION?wait=30"

  # add a user (the password comes once, in this answer) and wait until the registry knows her
  ANSWER=$(call -X PUT "$API/registries/demo/users/alice" -d '{{}}')
  PASSWORD=$(echo "$ANSWER" | field password)
  call "$(echo "$ANSWER" | field url)?wait=30"

  # log in, with skopeo or with Docker (which trusts registries on localhost)
  REGISTRY=$(call "$API/registries/demo" | field loginServer)
  export SSL_CERT_FILE={bundle}
  echo "$PASSWORD" | {client} login "$REGISTRY" -u alice --password-stdin

  # the same from a chat, with a double of Slack: scripts/slack-say help

Ctrl-C stops everything; what you made is still there after the next start.
"""
