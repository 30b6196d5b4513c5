"""Who trusts the private CA, what is kept, and when it is renewed."""

import http.server
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import httpx
import pytest
import requests
import trustme
from cryptography import x509

from localazure.certificates import CertificateAuthority


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority.load_or_create(tmp_path)


@contextmanager
def tls_server(authority: CertificateAuthority) -> Iterator[int]:
    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.server_certificate())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_clients_with_the_bundle_accept_a_server(authority: CertificateAuthority, host: str) -> None:
    bundle = str(authority.bundle())
    with tls_server(authority) as port:
        url = f"https://{host}:{port}/"
        assert requests.get(url, verify=bundle, timeout=5).status_code == 204
        strict = ssl.create_default_context(cafile=bundle)
        assert strict.verify_flags & ssl.VERIFY_X509_STRICT
        assert httpx.get(url, verify=strict, timeout=5).status_code == 204
        assert httpx.get(url, verify=authority.client_context(), timeout=5).status_code == 204


def test_the_environment_variables_alone_are_enough(authority: CertificateAuthority) -> None:
    script = (
        "import httpx, requests, sys, urllib.request\n"
        "for get in requests.get, httpx.get, urllib.request.urlopen: get(sys.argv[1], timeout=5)\n"
    )
    bundle = str(authority.bundle())
    with tls_server(authority) as port:
        subprocess.run(
            [sys.executable, "-c", script, f"https://localhost:{port}/"],
            env={"REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle},
            timeout=30,
            check=True,
        )


def test_a_client_without_the_bundle_refuses(authority: CertificateAuthority) -> None:
    with tls_server(authority) as port, pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://localhost:{port}/", verify=certifi.where(), timeout=5)


def test_the_ca_and_the_certificate_are_kept(authority: CertificateAuthority, tmp_path: Path) -> None:
    ca, server = authority.ca_file.read_bytes(), authority.server_certificate()[0].read_bytes()
    again = CertificateAuthority.load_or_create(tmp_path)
    assert again.ca_file.read_bytes() == ca
    assert again.server_certificate()[0].read_bytes() == server


def test_two_state_folders_do_not_trust_each_other(authority: CertificateAuthority, tmp_path: Path) -> None:
    other = CertificateAuthority.load_or_create(tmp_path / "other")
    with tls_server(other) as port, pytest.raises(httpx.ConnectError):
        httpx.get(f"https://localhost:{port}/", verify=authority.client_context(), timeout=5)


def test_keys_are_for_their_owner_only(authority: CertificateAuthority) -> None:
    _, server_key = authority.server_certificate()
    keys = [server_key, authority.ca_file.with_name("ca-key.pem")]
    assert [oct(key.stat().st_mode & 0o777) for key in keys] == ["0o600", "0o600"]


def test_a_server_certificate_about_to_expire_is_renewed(authority: CertificateAuthority) -> None:
    chain, key = authority.server_certificate()
    signer = trustme.CA.from_pem(
        authority.ca_file.read_bytes(), authority.ca_file.with_name("ca-key.pem").read_bytes()
    )
    soon = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=29)
    leaf = signer.issue_cert("localhost", not_after=soon)
    chain.write_bytes(leaf.cert_chain_pems[0].bytes())
    key.write_bytes(leaf.private_key_pem.bytes())

    chain, _ = authority.server_certificate()
    left = x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=825)
    with tls_server(authority) as port:
        assert httpx.get(f"https://127.0.0.1:{port}/", verify=authority.client_context()).status_code == 204


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environments_own_bundle_stays_in_force(
    authority: CertificateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    company = tmp_path / "company.pem"
    company.write_bytes(trustme.CA(organization_name="a proxy's CA").cert_pem.bytes())
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(variable, str(company))

    text = authority.bundle().read_text()
    assert company.read_text().strip() in text
    assert authority.ca_file.read_text() in text
    assert len(x509.load_pem_x509_certificates(text.encode())) == 2


def test_a_bundle_of_a_bundle_is_the_same_bundle(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = authority.bundle().read_text()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle()))
    assert authority.bundle().read_text() == before


def test_a_bundle_that_is_not_there_is_passed_over(
    authority: CertificateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    assert authority.bundle().read_text().count("BEGIN CERTIFICATE") > 1


def test_processes_that_start_together_agree_on_one_ca(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from localazure.certificates import CertificateAuthority\n"
        "ca = CertificateAuthority.load_or_create(Path(sys.argv[1]))\n"
        "ca.server_certificate(); print(ca.ca_file.read_text())"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert len({process.communicate(timeout=30)[0] for process in processes}) == 1
    assert [process.returncode for process in processes] == [0, 0, 0]
