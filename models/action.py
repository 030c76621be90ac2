"""The action head: how belt and diverter should move in the next 100 ms.

It reads the language model's state at the action slot, before the action is chosen, so it is a second
opinion on the action and not its echo. The limits of physics are trained in and enforced outside as well
(``inspection.motion.limited``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inspection.decision import Action
from inspection.motion import STEPS, MotionChunk, PhysicsContext, plan

PHYSICS: Final = 6
"""Numbers that tell the physics context."""
_WIDTH: Final = 128


class ActionHead(nn.Module):
    """Hidden state and physics context to a chunk."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        # It starts by holding still: random moves would break every limit a thousandfold.
        last = nn.Linear(_WIDTH, STEPS * 2)
        nn.init.normal_(last.weight, std=1e-3)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(
            nn.LayerNorm(hidden_size + PHYSICS),
            nn.Linear(hidden_size + PHYSICS, _WIDTH),
            nn.SiLU(),
            nn.Linear(_WIDTH, _WIDTH),
            nn.SiLU(),
            last,
        )

    def forward(self, hidden: Tensor, physics: Tensor) -> Tensor:
        """Predict chunks.

        Args:
            hidden: (b, hidden_size).
            physics: (b, PHYSICS), see ``physics_row``.

        Returns:
            (b, STEPS, 2): belt speed and diverter angle as shares of their greatest.
        """
        start = physics[:, None, :2]  # it predicts how the chunk leaves the present state
        moves: Tensor = self.layers(torch.cat([hidden.float(), physics], dim=1))
        return start + moves.reshape(-1, STEPS, 2)


def physics_row(context: PhysicsContext) -> list[float]:
    """What the head is told of a physics context: present state and limits, as shares."""
    return [
        context.belt_speed_mm_s / context.belt_max_speed_mm_s,
        context.diverter_angle_deg / context.diverter_max_angle_deg,
        context.slip_limit_mm_s2 * 0.1 / context.belt_max_speed_mm_s,
        context.turn_limit_deg_s2 * 0.01 / context.diverter_max_angle_deg,
        context.diverter_load_n_m / context.diverter_torque_limit_n_m,
        float(np.log(context.part_mass_kg)),
    ]


def meant_by(chunk: MotionChunk, context: PhysicsContext) -> Action:
    """The action whose plan lies nearest to ``chunk`` (least squares over the shares)."""
    shares = chunk.shares(context)
    distance = {action: float(np.square(shares - plan).sum()) for action, plan in _plans(context).items()}
    return min(distance, key=distance.__getitem__)


@lru_cache(maxsize=32)
def _plans(context: PhysicsContext) -> dict[Action, NDArray[np.float64]]:
    """Each action's plan, as shares: a few milliseconds, and on one belt always the same."""
    return {action: plan(action, context).shares(context) for action in Action}
