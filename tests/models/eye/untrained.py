"""An eye that nobody trained, with a rule as training makes it: what is kept and told asks for no skill."""

from typing import Final

import numpy as np
import torch

from models.backbone.features import VisionTower
from models.eye.eye import Choice, TrainedEye, Tried, channels_of
from models.eye.net import EyeNet
from models.eye.rule import EyeRule

PICTURES: Final = 12
CHOICE: Final = Choice(
    sizes=(Tried(height=96, width=128, told=0.75),),
    least_px=4.0,
    lessons=24,
    auroc_memory=0.80,
    auroc_eye=0.95,
    error=0.05,
)


def rule(seed: int = 0, *, pictures: int = PICTURES, overkill: float = 0.05) -> EyeRule:
    """Learned from opinions that were drawn."""
    rng = np.random.default_rng(seed)
    eye, whole = rng.normal(-3.0, 1.0, pictures), rng.normal(20.0, 2.0, pictures)
    return EyeRule.of(eye, eye + 1.0, whole, range(pictures), overkill=overkill)


def untrained(tower: VisionTower, *, choice: Choice = CHOICE) -> TrainedEye:
    """Two nets with drawn weights."""
    channels = channels_of(tower)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        nets = [EyeNet(channels) for _ in range(2)]
    return TrainedEye(nets, tower=tower, working=(96, 128), taught_on=PICTURES, rule=rule(), choice=choice)
