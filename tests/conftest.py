"""Tests that run side by side, in processes of pytest-xdist, take ports from shares of their own, and no example of
Hypothesis fails because the machine had other things to do.
"""

import os

from hypothesis import settings

from localazure.ports import SHARE_SETTING

_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
_workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
os.environ[SHARE_SETTING] = f"{int(_worker) + 1}/{_workers}"

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
