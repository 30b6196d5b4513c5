import pytest

pytest.register_assert_rewrite("tests.e2e.api_client", "tests.e2e.local_azure", "tests.e2e.registry_door")
