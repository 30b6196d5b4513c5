"""How paths, settings and commands of a container are translated to this machine."""

from pathlib import Path

import pytest

from localazure.sites.container import Container
from localazure.sites.sites import Mount, SiteConfig

PROGRAM = Path("/opt/registry")
SHARE = Path("/state/shares/auth")
INNER = Path("/state/shares/inner")


@pytest.fixture
def container(tmp_path: Path) -> Container:
    mounts = (Mount("/auth", "st", "auth", SHARE), Mount("/auth/inner", "st", "inner", INNER))
    return Container(tmp_path, PROGRAM, mounts)


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/auth", SHARE),
        ("/auth/", SHARE),
        ("/auth/htpasswd", SHARE / "htpasswd"),
        ("auth/htpasswd", SHARE / "htpasswd"),  # relative to the image's working directory, /
        ("/auth/inner/file", INNER / "file"),
        ("/auth/../auth/htpasswd", SHARE / "htpasswd"),
    ],
)
def test_paths_under_a_mount_are_in_the_share(container: Container, path: str, local: Path) -> None:
    assert container.local(path) == local


@pytest.mark.parametrize("path", ["/authors", "/etc/passwd", "/", "../../etc/passwd", "/auth/../../x"])
def test_all_other_paths_are_in_the_container(container: Container, path: str) -> None:
    assert container.local(path).is_relative_to(container.root)


def test_settings_go_in_unchanged_except_for_paths(container: Container) -> None:
    settings = {
        "REGISTRY_AUTH_HTPASSWD_PATH": "/auth/htpasswd",
        "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE": "/certs/bundle.pem",
        "REGISTRY_HTTP_PREFIX": "/",
        "REGISTRY_HTTP_DEBUG_PROMETHEUS_PATH": "/metrics",
        "REGISTRY_NOTIFICATIONS_ENDPOINTS": '[{"name":"x","url":"http://h/auth/y"}]',
        "AUTHORS": "/authors",
        "NOTE": "/auth",
    }
    environment = container.environment(settings)
    assert environment["REGISTRY_AUTH_HTPASSWD_PATH"] == str(SHARE / "htpasswd")
    assert environment["REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE"] == str(container.root / "certs/bundle.pem")
    assert environment["NOTE"] == str(SHARE)
    unchanged = {
        "REGISTRY_HTTP_PREFIX",
        "REGISTRY_HTTP_DEBUG_PROMETHEUS_PATH",
        "REGISTRY_NOTIFICATIONS_ENDPOINTS",
        "AUTHORS",
    }
    assert {name: environment[name] for name in unchanged} == {name: settings[name] for name in unchanged}
    assert environment["PATH"] == f"{container.root}/bin:/usr/bin:/bin"
    assert environment["OTEL_TRACES_EXPORTER"] == "none"
    assert environment.keys() == settings.keys() | {"PATH", "OTEL_TRACES_EXPORTER"}


def test_a_path_that_yaml_would_misread_is_quoted(tmp_path: Path) -> None:
    mount = Mount("/auth", "st", "auth", Path("/a: b #c"))
    environment = Container(tmp_path, PROGRAM, (mount,)).environment(
        {"REGISTRY_AUTH_HTPASSWD_PATH": "/auth/x"}
    )
    assert environment["REGISTRY_AUTH_HTPASSWD_PATH"] == '"/a: b #c/x"'


def test_without_a_command_line_the_image_serves_its_configuration(container: Container) -> None:
    assert container.command("") == inside(
        container, "bin/registry", "serve", "etc/docker/registry/config.yml"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("serve /etc/distribution/config.yml", ["bin/registry", "serve", "etc/distribution/config.yml"]),
        ("/etc/distribution/config.yml", ["bin/registry", "serve", "etc/distribution/config.yml"]),
        (
            "garbage-collect --dry-run /etc/docker/registry/config.yml",
            ["bin/registry", "garbage-collect", "--dry-run", "etc/docker/registry/config.yml"],
        ),
        ("--version", ["bin/registry", "--version"]),
        ("registry help", ["bin/registry", "help"]),
    ],
)
def test_command_lines_go_through_the_images_entry_point(
    container: Container, line: str, words: list[str]
) -> None:
    assert container.command(line) == inside(container, *words)


def test_paths_in_a_script_are_translated_where_they_are_paths(container: Container) -> None:
    script = 'cat "/auth/htpasswd" /auth /authors /my/auth /auth.d >/auth/inner/x; exec /bin/registry help'
    shell, option, translated = container.command(f"/bin/sh -c '{script}'")
    assert (shell, option) == ("/bin/sh", "-c")
    assert translated == (
        f'cat "{SHARE}/htpasswd" {SHARE} /authors /my/auth /auth.d >{INNER}/x; '
        f"exec {container.root}/bin/registry help"
    )


def test_a_container_starts_with_what_the_image_brings_and_nothing_of_the_one_before(tmp_path: Path) -> None:
    container = Container(tmp_path / "fs", PROGRAM)
    container.create()
    (container.root / "left-behind").touch()
    container.create()
    files = {str(path.relative_to(container.root)) for path in container.root.rglob("*") if not path.is_dir()}
    assert files == {"bin/registry", "etc/docker/registry/config.yml", "etc/distribution/config.yml"}


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 230), ("600", 600), ("5000", 1800), ("soon", 230), ("-1", 230)]
)
def test_the_start_limit_is_app_services(text: str, seconds: float) -> None:
    assert SiteConfig({"WEBSITES_CONTAINER_START_TIME_LIMIT": text}).start_limit == seconds


def test_a_configuration_does_not_show_its_keys() -> None:
    assert "hidden" not in repr(SiteConfig({"REGISTRY_STORAGE_AZURE_ACCOUNTKEY": "hidden"}))


def inside(container: Container, *words: str) -> list[str]:
    return [str(container.root / word) if "/" in word else word for word in words]
