"""The action head alone learns what each action looks like on any belt, and nothing else changes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inspection.decision import Action
from inspection.motion.chunk import MotionChunk
from inspection.motion.limits import limited
from models.language.base import load_base
from models.training.data.compose import draw_context
from models.training.steps.batch import action_states
from models.training.steps.head import fit_head
from models.training.steps.lesson import Lesson
from models.training.steps.losses import ChunkWeights
from models.vla.action import meant_by, physics_row
from models.vla.vla import InspectionVLA
from tests.models.bases import llama
from tests.models.language.test_base import settings
from tests.models.vla.test_vla import lesson


@pytest.fixture
def vla(tmp_path: Path) -> InspectionVLA:
    torch.manual_seed(0)
    chosen = settings(llama(tmp_path))
    return InspectionVLA(chosen, load_base(chosen.language)).eval()


def lessons() -> list[Lesson]:
    """Four parts that look the same and were told four ways to go on, by their instruction."""
    return [lesson(action=action, instruction=f"any defect: {action.value}.") for action in Action]


def test_what_the_state_tells_becomes_a_motion_on_belts_never_seen(vla: InspectionVLA) -> None:
    before = {name: value.clone() for name, value in vla.state_dict().items()}
    fit_head(vla, [lessons()] * 4, steps=400, seed=0, weights=ChunkWeights())
    states = action_states(vla, lessons())
    rng = np.random.default_rng(99)
    right = 0
    for _ in range(25):
        belt = draw_context(rng)
        told = torch.tensor([physics_row(belt)] * 4)
        with torch.no_grad():
            chunks = vla.action_head(states, told).numpy()
        right += sum(
            meant_by(limited(MotionChunk.of_shares(chunk, belt), belt), belt) is action
            for chunk, action in zip(chunks, Action, strict=True)
        )
    assert right / 100 > 0.6  # by chance 0.25; a diverter near its end leaves some actions alike
    for name, value in vla.state_dict().items():
        if not name.startswith("action_head."):
            assert torch.equal(value, before[name]), name
