"""A registry's door: who gets in at `/v2/`, and what its own API says."""

import ssl
import time
from typing import Self

import httpx


class Door:
    """Knocks over TLS with Basic credentials, as any client of a registry does."""

    def __init__(self, ca_bundle: str) -> None:
        trust = ssl.create_default_context(cafile=ca_bundle)
        self._client = httpx.Client(verify=trust, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def lets_in(self, host: str, user: str, password: str) -> bool:
        """200 is yes and 401 is no; anything else is an error."""
        answer = self._client.get(f"https://{host}/v2/", auth=(user, password))
        assert answer.status_code in {200, 401}, f"{host}: {answer.status_code} {answer.text}"
        return answer.status_code == 200

    def delete_manifest(
        self, host: str, repository: str, digest: str, user: str, password: str
    ) -> httpx.Response:
        """Distribution's own API, with the user's password."""
        return self._client.delete(
            f"https://{host}/v2/{repository}/manifests/{digest}", auth=(user, password)
        )

    def wait_until_open(self, host: str, user: str, password: str, seconds: float = 30) -> None:
        """A registry that starts lets the user in soon."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.lets_in(host, user, password):
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{host} is closed after {seconds} s"
            time.sleep(0.1)
