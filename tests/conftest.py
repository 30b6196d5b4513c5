"""Tests that run side by side, in processes of pytest-xdist, take ports from shares of their own. Hypothesis takes the
same examples in every run: what turns red is what a change did. `--hypothesis-profile=explore` looks for new ones.
"""

import os

from hypothesis import settings

from localazure.ports import SHARE_SETTING

_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
_workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
os.environ[SHARE_SETTING] = f"{int(_worker) + 1}/{_workers}"

# No example fails because the machine had other things to do.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")
