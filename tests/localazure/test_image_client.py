"""The demo's registry client against a real registry with users."""

import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from localazure.certificates import CertificateAuthority
from localazure.demo.image import build_image
from localazure.demo.image_client import ImageClientError, Skopeo, find_client
from localazure.ports import Ports
from localazure.up.environment import ROOT

BINARY = ROOT / ".tools/docker-registry/usr/bin/docker-registry"
CONFIG = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/blobs}}}}
auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}
http: {{addr: "127.0.0.1:{port}", tls: {{certificate: {certificate}, key: {key}}}}}
"""

pytestmark = pytest.mark.skipif(
    shutil.which("skopeo") is None or not BINARY.exists(), reason="skopeo or the registry is not installed"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("client")


@pytest.fixture(scope="module")
def authority(folder: Path) -> CertificateAuthority:
    return CertificateAuthority.load_or_create(folder)


@pytest.fixture(scope="module")
def registry(folder: Path, authority: CertificateAuthority) -> Iterator[str]:
    port = Ports.free({}).functions
    certificate, key = authority.server_certificate()
    config = CONFIG.format(folder=folder, port=port, certificate=certificate, key=key)
    (folder / "config.yml").write_text(config)
    hashed = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)).decode()
    (folder / "htpasswd").write_text(f"alice:{hashed}\n")
    process = subprocess.Popen([BINARY, "serve", folder / "config.yml"], stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the registry did not start"
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def client(tmp_path: Path, authority: CertificateAuthority) -> Skopeo:
    return Skopeo(tmp_path, authority.bundle())


def test_an_image_comes_back_as_it_went(registry: str, client: Skopeo, tmp_path: Path) -> None:
    image = build_image(tmp_path / "image", layer_bytes=(5000, 3000), reference="demo/hello:1")
    assert client.login(registry, "alice", "open sesame")
    assert client.push(image, f"{registry}/demo/hello:1") == image.digest
    assert client.pull(f"{registry}/demo/hello:1") == image.digest


def test_a_wrong_password_is_a_refusal_and_not_an_error(registry: str, client: Skopeo) -> None:
    assert not client.login(registry, "alice", "open barley")
    assert not client.login(registry, "mallory", "open sesame")


def test_a_push_without_a_login_fails(registry: str, client: Skopeo, tmp_path: Path) -> None:
    image = build_image(tmp_path / "image", layer_bytes=(1000,), reference="demo/hello:1")
    with pytest.raises(ImageClientError, match="copy"):
        client.push(image, f"{registry}/demo/hello:2")


def test_a_registry_that_is_not_there_is_an_error_and_not_a_refusal(client: Skopeo) -> None:
    with pytest.raises(ImageClientError, match="login"):
        client.login(f"localhost:{Ports.free({}).functions}", "alice", "open sesame")


def test_what_it_knows_of_a_login_is_private(registry: str, client: Skopeo, tmp_path: Path) -> None:
    client.login(registry, "alice", "open sesame")
    auth = tmp_path / "auth"
    assert (auth / "config.json").exists()
    assert stat.S_IMODE(auth.stat().st_mode) == 0o700


def test_skopeo_is_the_first_choice() -> None:
    assert find_client() is Skopeo
