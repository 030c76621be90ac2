"""An untrained eye on a tower that costs nothing."""

import pytest

from models.eye.eye import TrainedEye
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from tests.models.benchmarks.toys import BlockTower, plate
from tests.models.eye.untrained import PICTURES, untrained


@pytest.fixture(scope="session")
def blocks() -> BlockTower:
    return BlockTower()


@pytest.fixture(scope="session")
def plain(blocks: BlockTower) -> NormalityMemory:
    return NormalityMemory.teach(
        [plate(number, defective=False) for number in range(PICTURES)],
        tower=blocks,
        settings=MemorySettings(patches=20),
    )


@pytest.fixture(scope="session")
def eye(blocks: BlockTower) -> TrainedEye:
    return untrained(blocks)
