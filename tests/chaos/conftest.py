"""One local Azure for the quick part of the matrix."""

from collections.abc import Iterator

import pytest

from tests.chaos.cells import Cell
from tests.chaos.cloud import Cloud, chaos_cloud
from tests.chaos.matrix import Matrix
from tests.chaos.tally import Tally

QUICK_MOUNT_LAG = 4.0


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with chaos_cloud(tmp_path_factory.mktemp("chaos"), Tally()) as cloud:
        yield cloud


@pytest.fixture(scope="package")
def matrix(cloud: Cloud) -> Matrix:
    return Matrix(cloud, print, wave_size=14, mount_lag=QUICK_MOUNT_LAG)


@pytest.fixture(scope="package")
def cells(matrix: Matrix) -> list[Cell]:
    return matrix.discover(runs=1)
