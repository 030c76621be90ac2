"""What the action head is trained on: to follow the teacher's chunk, within the limits of physics, smoothly.

All in shares: belt speed and diverter angle divided by their greatest, as ``MotionChunk.shares`` gives them.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from inspection.motion.chunk import STEP_S, PhysicsContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkLimits:
    """The physics contexts of a batch of b, as the losses need them; float32."""

    past: Tensor
    """(b, 2, 2): shares of speed and angle one step before now, and now."""
    slip: Tensor
    """(b,): greatest change of the speed's share from step to step."""
    inertia: Tensor
    """(b,): torque as a share of its limit, per second difference of the angle's share."""
    load: Tensor
    """(b,): load as a share of the torque limit."""

    @classmethod
    def of(cls, contexts: Sequence[PhysicsContext], *, device: torch.device | str = "cpu") -> Self:
        """Collate ``contexts``."""
        rows = [_row(context) for context in contexts]
        table = torch.tensor(rows, dtype=torch.float32, device=device).reshape(-1, 7)
        return cls(
            past=table[:, :4].reshape(-1, 2, 2), slip=table[:, 4], inertia=table[:, 5], load=table[:, 6]
        )


def _row(context: PhysicsContext) -> tuple[float, ...]:
    speed = context.belt_speed_mm_s / context.belt_max_speed_mm_s
    angle = context.diverter_angle_deg / context.diverter_max_angle_deg
    moved = context.diverter_speed_deg_s * STEP_S / context.diverter_max_angle_deg
    turn = np.deg2rad(context.diverter_max_angle_deg) / STEP_S**2
    return (
        speed,
        angle - moved,
        speed,
        angle,
        context.slip_limit_mm_s2 * STEP_S / context.belt_max_speed_mm_s,
        float(turn) * context.diverter_inertia_kg_m2 / context.diverter_torque_limit_n_m,
        context.diverter_load_n_m / context.diverter_torque_limit_n_m,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkWeights:
    """How much each term counts; 0 switches it off, and it is still reported."""

    action: float = 1.0
    physics: float = 0.1
    smoothness: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkLoss:
    """The loss of a batch and its terms, each a scalar tensor; unweighted but for ``total``."""

    total: Tensor
    """The weighted sum: what is minimised."""
    action: Tensor
    """Mean squared difference to the teacher's chunk."""
    physics: Tensor
    """Mean over steps of the squared excess over slip and torque limits, relative to the limits: the mean of
    ``slip**2 + torque**2`` of ``inspection.motion.limits.violations``."""
    smoothness: Tensor
    """Mean squared second difference, the present state included."""

    def floats(self) -> dict[str, float]:
        """For logs: each term by its name."""
        return {
            "total": float(self.total.detach()),
            "action": float(self.action.detach()),
            "physics": float(self.physics.detach()),
            "smoothness": float(self.smoothness.detach()),
        }


def chunk_loss(
    predicted: Tensor, teacher: Tensor, limits: ChunkLimits, *, weights: ChunkWeights | None = None
) -> ChunkLoss:
    """Compare predicted chunks with the teacher's and with the limits.

    Args:
        predicted: (b, 10, 2) shares of belt speed and diverter angle.
        teacher: (b, 10, 2).
        limits: Of the same batch.
        weights: None for the usual ones.

    Raises:
        ValueError: The shapes do not fit.
    """
    if predicted.shape != teacher.shape or predicted.shape[0] != limits.slip.shape[0]:
        raise ValueError(f"shapes differ: {predicted.shape}, {teacher.shape}, {limits.slip.shape}")
    weights = weights or ChunkWeights()
    # In float32 whatever the head runs in: a second difference of bfloat16 shares is mostly rounding.
    predicted, teacher = predicted.float(), teacher.float()
    with _unless(weights.action):
        action = (predicted - teacher).square().mean()
    whole = torch.cat([limits.past, predicted], dim=1)
    with _unless(weights.physics):
        physics = _excess(whole, limits).mean()
    with _unless(weights.smoothness):
        smoothness = whole.diff(n=2, dim=1).square().mean()
    total = weights.action * action + weights.physics * physics + weights.smoothness * smoothness
    return ChunkLoss(total=total, action=action, physics=physics, smoothness=smoothness)


def _excess(whole: Tensor, limits: ChunkLimits) -> Tensor:
    """Squared relative excess over both limits: (b, 10) from (b, 12, 2)."""
    change = whole[:, 1:, 0].diff(dim=1).abs()
    slip = (change / limits.slip[:, None] - 1.0).clamp(min=0.0)
    turn = whole[:, :, 1].diff(n=2, dim=1).abs()
    torque = (limits.inertia[:, None] * turn + limits.load[:, None] - 1.0).clamp(min=0.0)
    return slip.square() + torque.square()


def _unless(weight: float) -> torch.no_grad | nullcontext[None]:
    """A term that is switched off is computed for the report, without gradients."""
    return nullcontext() if weight else torch.no_grad()
