"""The action head: how belt and diverter should move in the next 100 ms.

It reads the language model's state at the action slot, before the action is chosen, so it is a second
opinion on the action and not its echo. The limits of physics are trained in and enforced outside as well
(``inspection.motion.limits.limited``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inspection.decision import Action
from inspection.motion.chunk import STEP_S, STEPS, MotionChunk, PhysicsContext
from inspection.motion.planner import plan

PHYSICS: Final = 7
"""Numbers that tell the physics context."""
_WIDTH: Final = 128
_SLIP_STEP: Final = 0.1
_TURN_STEP: Final = 0.01
"""What limits are divided by to be of the size of 1 on a usual belt."""


class ActionHead(nn.Module):
    """Hidden state and physics context to a chunk."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        last = nn.Linear(_WIDTH, STEPS * 2)
        nn.init.normal_(last.weight, std=1e-3)  # it starts by holding still
        nn.init.zeros_(last.bias)
        self.state = nn.LayerNorm(hidden_size)
        self.layers = nn.Sequential(
            nn.Linear(hidden_size + PHYSICS, _WIDTH), nn.SiLU(), nn.Linear(_WIDTH, _WIDTH), nn.SiLU(), last
        )

    def forward(self, hidden: Tensor, physics: Tensor) -> Tensor:
        """Predict chunks.

        Args:
            hidden: (b, hidden_size).
            physics: (b, PHYSICS), see ``physics_row``.

        Returns:
            (b, STEPS, 2): belt speed and diverter angle as shares of their greatest.
        """
        pushes = torch.tanh(
            self.layers(torch.cat([self.state(hidden.float()), physics.clamp(-3.0, 3.0)], dim=1))
        ).reshape(-1, STEPS, 2)
        # Accelerations as shares of what belt and drive can do: a wish is about as large as it should be
        # on any belt, where shares of speed and angle differ a thousandfold in what they ask for.
        faster = pushes[:, :, 0] * physics[:, 2, None] * _SLIP_STEP
        speeds = physics[:, 0, None] + faster.cumsum(1)
        turning = physics[:, 6, None] + (pushes[:, :, 1] * physics[:, 3, None] * _TURN_STEP).cumsum(1)
        angles = physics[:, 1, None] + turning.cumsum(1)
        return torch.stack([speeds, angles], dim=2)


def physics_row(context: PhysicsContext) -> list[float]:
    """What the head is told of a physics context: present state and limits, as shares."""
    return [
        context.belt_speed_mm_s / context.belt_max_speed_mm_s,
        context.diverter_angle_deg / context.diverter_max_angle_deg,
        context.slip_limit_mm_s2 * STEP_S / _SLIP_STEP / context.belt_max_speed_mm_s,
        context.turn_limit_deg_s2 * STEP_S**2 / _TURN_STEP / context.diverter_max_angle_deg,
        context.diverter_load_n_m / context.diverter_torque_limit_n_m,
        float(np.log(context.part_mass_kg)),
        context.diverter_speed_deg_s * STEP_S / context.diverter_max_angle_deg,
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
