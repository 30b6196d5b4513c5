"""The port `Probe`: on the fake, and over HTTPS at a registry that really runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509

from localazure.ports import Ports
from shared.domain.health.observation import Failure, Observation
from shared.domain.users.htpasswd import FILE_NAME, probe_password, render
from shared.ports import Probe
from shared.registry_probe import HttpProbe, tls
from tests.contract.authority import plain
from tests.contract.odd_servers import Answering
from tests.fakes import FakeProbe
from tests.localazure.site_rig import Rig

KEY, UID = "k" * 32, "01KCONTRACT"
PATIENCE_SECONDS = 15.0


def password(revision: int) -> str:
    return probe_password(KEY, UID, revision)


def file_of(revision: int) -> bytes:
    return render(KEY, UID, revision, [])


class World(Protocol):
    """A registry whose file a test may change, and places where there is none."""

    probe: Probe
    registry: str
    stopped: str
    """The login server of a site that is stopped."""
    nobody: str
    """A login server where nobody listens."""

    def publish(self, content: bytes | None) -> None:
        """Puts this in place of the registry's file, or deletes the file."""


@dataclass
class FakeWorld:
    """In memory."""

    registry: str = "demo.example"
    stopped: str = "stopped.example"
    nobody: str = "nobody.example"

    def __post_init__(self) -> None:
        self._contents: dict[str, bytes | None] = {self.stopped: file_of(1), self.nobody: None}
        self.probe: Probe = FakeProbe(self._contents.__getitem__, stopped={self.stopped})

    def publish(self, content: bytes | None) -> None:
        self._contents[self.registry] = b"no file" if content is None else content


@dataclass
class RealWorld:
    """A registry process that reads a file as it does on App Service."""

    registry: str
    stopped: str
    nobody: str
    rig: Rig
    probe: Probe

    def publish(self, content: bytes | None) -> None:
        file = self.rig.share / FILE_NAME
        if content is None:
            file.unlink()
            return
        fresh = file.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(file)


def last_day(certificate: Path) -> datetime:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


@pytest.fixture(scope="module")
def real_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWorld]:
    rig = Rig.create(tmp_path_factory.mktemp("site"))
    (rig.share / FILE_NAME).write_bytes(file_of(1))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(rig.ca.ca_file))
        tls.trust.cache_clear()
        try:
            rig.start(rig.config())
            # App Service answers 403 in place of a site that is stopped
            with Answering(rig.ca.server_certificate(), 403) as stopped:
                yield RealWorld(
                    registry=f"localhost:{rig.port()}",
                    stopped=stopped.address,
                    nobody=f"localhost:{Ports.free({}).emulator}",
                    rig=rig,
                    probe=HttpProbe(PATIENCE_SECONDS, 4),
                )
        finally:
            rig.sites.stop_all()
            tls.trust.cache_clear()


@pytest.fixture(params=["fake", "registry"])
def world(request: pytest.FixtureRequest) -> World:
    """A registry with the file of revision 1."""
    chosen: World = FakeWorld() if request.param == "fake" else request.getfixturevalue("real_world")
    chosen.publish(file_of(1))
    return chosen


def look(world: World, *targets: tuple[str, str]) -> list[Observation]:
    """What is seen, without what differs from machine to machine."""
    return plain(world.probe.look(targets))


def answers(member: int) -> Observation:
    """A private registry that gives the probe this status."""
    storage = 404 if member == 200 else None
    return Observation(stranger=401, member=member, root=200, storage=storage, is_registry=True)


def test_a_registry_refuses_strangers_and_lets_the_probe_in(world: World) -> None:
    assert look(world, (world.registry, password(1))) == [answers(200)]


@pytest.mark.parametrize("wrong", ["", "wrong", password(2), password(1)[:-1], f"{password(1)}x"])
def test_a_wrong_probe_password_is_refused(world: World, wrong: str) -> None:
    assert look(world, (world.registry, wrong)) == [answers(401)]


def test_a_published_file_is_the_one_that_counts(world: World) -> None:
    world.publish(file_of(2))
    assert look(world, (world.registry, password(1)), (world.registry, password(2))) == [
        answers(401),
        answers(200),
    ]


@pytest.mark.parametrize("content", [b"", b"# a comment\n\n", b"someone:$2y$05$" + b"a" * 53 + b"\n"])
def test_a_file_without_the_probe_lets_it_not_in(world: World, content: bytes) -> None:
    world.publish(content)
    assert look(world, (world.registry, password(1))) == [answers(401)]


@pytest.mark.parametrize("content", [None, file_of(1) + b"a line without its colon\n"], ids=["gone", "bad"])
def test_a_file_that_can_not_be_read_is_a_bad_request_until_a_good_one_is_published(
    world: World, content: bytes | None
) -> None:
    world.publish(content)
    assert look(world, (world.registry, password(1))) == [answers(400)]
    world.publish(file_of(3))
    assert look(world, (world.registry, password(3))) == [answers(200)]


def test_lines_of_other_tools_do_not_disturb(world: World) -> None:
    lines = file_of(1).replace(b"\n", b"\r\n")
    world.publish(b"\r\n# made elsewhere\r\nmd5:$apr1$abc$def\r\n" + lines)
    assert look(world, (world.registry, password(1))) == [answers(200)]


def test_a_stopped_site_is_no_registry(world: World) -> None:
    assert look(world, (world.stopped, password(1))) == [Observation(stranger=403, root=403)]


def test_where_nobody_listens_there_is_no_connection(world: World) -> None:
    assert look(world, (world.nobody, password(1))) == [Observation(failure=Failure.CONNECTION)]


def test_observations_come_in_the_order_of_their_targets(world: World) -> None:
    targets = [world.nobody, world.registry, world.stopped, world.registry, world.nobody]
    seen = look(world, *((server, password(1)) for server in targets))
    nobody, stopped = Observation(failure=Failure.CONNECTION), Observation(stranger=403, root=403)
    assert seen == [nobody, answers(200), stopped, answers(200), nobody]


def test_without_targets_there_is_nothing_to_see(world: World) -> None:
    assert look(world) == []


def test_it_tells_when_it_looked_how_long_an_answer_took_and_how_long_the_certificate_lasts(
    real_world: RealWorld,
) -> None:
    real_world.publish(file_of(1))
    began = datetime.now(UTC)
    [seen] = real_world.probe.look([(real_world.registry, password(1))])
    assert seen.at
    assert began <= seen.at <= datetime.now(UTC)
    assert 0 < seen.latency_ms < PATIENCE_SECONDS * 1000
    certificate, _ = real_world.rig.ca.server_certificate()
    assert seen.certificate_expires == last_day(certificate)
