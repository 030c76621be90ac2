"""An eye that nobody trained, with a rule as training makes it: what is kept and told asks for no skill."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.backbone.features import VisionTower
from models.eye.eye import Choice, TrainedEye, Tried, channels_of
from models.eye.net import EyeNet
from models.eye.rule import EyeRule, Opinions, Told
from models.memory.normal import Whole

PICTURES: Final = 12
TOLD: Final = Told(whole=0.8, patches=0.7, eye=0.95)
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
    eye, patches = rng.normal(-3.0, 1.0, pictures), rng.normal(1.0, 0.2, pictures)
    whole, closer = rng.normal(20.0, 2.0, (2, pictures))
    return EyeRule.of(
        opinions(eye=eye, patches=patches, whole=whole, closer=closer),
        eye + 1.0,
        range(pictures),
        told=TOLD,
        overkill=overkill,
    )


def opinions(**of_each: NDArray[np.float64]) -> list[Opinions]:
    """One for each picture, from arrays of (pictures,)."""
    names = tuple(of_each)
    return [
        Opinions(**dict(zip(names, values, strict=True)))
        for values in zip(*(each.tolist() for each in of_each.values()), strict=True)
    ]


def untrained(tower: VisionTower, *, choice: Choice = CHOICE) -> TrainedEye:
    """Two nets with drawn weights."""
    channels = channels_of(tower)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        nets = [EyeNet(channels) for _ in range(2)]
        moments = torch.randn(PICTURES, 4 * sum(channels.values()))
    return TrainedEye(
        nets,
        whole=Whole.learn(moments, shrinkage=0.5),
        tower=tower,
        working=(96, 128),
        taught_on=PICTURES,
        rule=rule(),
        choice=choice,
    )
