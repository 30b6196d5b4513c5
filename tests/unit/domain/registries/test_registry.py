"""The row of a registry."""

import pytest

from shared.domain.registries.registry import ProvisioningState, major_version
from tests.unit.domain.examples import registry


def test_a_version_tag_changes_with_the_version_and_with_the_incarnation() -> None:
    first = registry()
    assert first.version_tag == '"1R5X7ABC.1"'
    assert first.change(version=2).version_tag != first.version_tag
    assert registry(uid="0" * 26).version_tag != first.version_tag


def test_a_new_registry_is_being_created_and_has_no_login_server_yet() -> None:
    fresh = registry()
    assert fresh.provisioning_state is ProvisioningState.CREATING
    assert not fresh.provisioned
    assert fresh.login_server is None
    assert fresh.key == "registry"


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("registry:2", "2"),
        ("registry:2.8.3", "2"),
        ("registry:3.0.0-rc.1", "3"),
        ("ghcr.io/distribution/distribution:3.0.0", "3"),
        ("myregistry.azurecr.io:443/registry:2.8.3", "2"),
    ],
)
def test_the_major_version_is_the_first_number_of_the_tag(image: str, major: str) -> None:
    assert major_version(image) == major
