"""The examples of ROLE_GRANTS are ones that the app takes."""

import json
import re

import pytest

from shared.settings import Settings
from tests.docs.generated import DEFAULTS, ROOT

SAMPLE = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]["ROLE_GRANTS"]
DOCUMENTED = re.findall(r"```json\n(.+?)```", (ROOT / "docs" / "security.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", [SAMPLE, *DOCUMENTED])
def test_the_app_takes_it(example: str) -> None:
    settings = Settings.model_validate({**DEFAULTS.model_dump(), "role_grants": example})
    assert len(settings.role_grants) == len(json.loads(example)) > 0
