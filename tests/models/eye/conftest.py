"""An untrained eye on a tower that costs nothing: no skill is asked here."""

import pytest
import torch

from models.eye.eye import Choice, TrainedEye, Tried, channels_of
from models.eye.net import EyeNet
from models.eye.rule import EyeRule
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from tests.models.benchmarks.toys import BlockTower, plate
from tests.models.eye.rules import PICTURES, rule

CHOICE = Choice(
    sizes=(Tried(height=96, width=128, told=0.75),),
    least_px=4.0,
    lessons=24,
    auroc_memory=0.80,
    auroc_eye=0.95,
    error=0.05,
)


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
    torch.manual_seed(0)
    nets = [EyeNet(channels_of(blocks)) for _ in range(2)]
    return TrainedEye(nets, tower=blocks, working=(96, 128), taught_on=PICTURES, rule=rule(), choice=CHOICE)


@pytest.fixture(scope="session")
def learned() -> EyeRule:
    return rule()
