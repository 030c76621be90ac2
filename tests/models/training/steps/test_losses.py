"""The losses of a chunk say what the limits say, and each can be switched off."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.decision import Action
from inspection.motion.chunk import MotionChunk
from inspection.motion.limits import violations
from inspection.motion.planner import plan
from models.training.steps.losses import ChunkLimits, ChunkWeights, chunk_loss
from tests.models.training.steps.physics import drawn

seeds = st.lists(st.integers(0, 10_000), min_size=1, max_size=4)


@settings(max_examples=50)
@given(seeds, st.booleans())
def test_physics_is_the_mean_squared_violation(batch: list[int], moving: bool) -> None:
    contexts = [drawn(seed, moving=moving) for seed in batch]
    shares = np.random.default_rng(batch).uniform(0.0, 1.0, (len(batch), 10, 2)).astype(np.float32)
    expected = []
    for context, chunk in zip(contexts, shares, strict=True):
        told = violations(MotionChunk.of_shares(chunk, context), context)
        expected.append(told.slip**2 + told.torque**2)
    predicted = torch.from_numpy(shares)
    loss = chunk_loss(predicted, predicted, ChunkLimits.of(contexts))
    assert float(loss.physics) == pytest.approx(np.mean(expected), rel=2e-3)
    assert float(loss.action) == 0.0


def test_the_teachers_own_chunk_costs_only_its_curvature() -> None:
    contexts = [drawn(seed) for seed in range(12)]
    shares = np.stack([plan(Action.REWORK, context).shares(context) for context in contexts])
    teacher = torch.from_numpy(shares)
    loss = chunk_loss(teacher, teacher, ChunkLimits.of(contexts))
    assert loss.floats()["physics"] == pytest.approx(0.0, abs=1e-9)
    assert 0.0 < loss.floats()["total"] < 1e-3


def test_smoothness_of_a_known_chunk() -> None:
    context = drawn(3).model_copy(update={"belt_speed_mm_s": 0.0, "diverter_angle_deg": 0.0})
    chunk = torch.zeros(1, 10, 2)
    chunk[0, 4, 0] = 1.0  # second differences 1, -2, 1 among twenty
    loss = chunk_loss(chunk, chunk, ChunkLimits.of([context]))
    assert float(loss.smoothness) == pytest.approx(6 / 20)


@pytest.mark.parametrize("term", ["action", "physics", "smoothness"])
def test_a_term_that_is_switched_off_is_reported_and_does_not_pull(term: str) -> None:
    contexts = [drawn(1)]
    predicted = torch.rand(1, 10, 2, generator=torch.manual_seed(0), requires_grad=True)
    only = ChunkWeights(**{"action": 0.0, "physics": 0.0, "smoothness": 0.0, term: 2.0})
    loss = chunk_loss(predicted, torch.zeros(1, 10, 2), ChunkLimits.of(contexts), weights=only)
    told = loss.floats()
    assert told["total"] == pytest.approx(2.0 * told[term])
    assert all(told[each] > 0.0 for each in ("action", "physics", "smoothness"))
    torch.autograd.backward(loss.total)
    assert predicted.grad is not None
    assert predicted.grad.abs().sum() > 0.0


def test_half_precision_is_compared_in_full() -> None:
    predicted = torch.rand(1, 10, 2).bfloat16()
    assert chunk_loss(predicted, predicted, ChunkLimits.of([drawn(1)])).total.dtype == torch.float32


def test_gradient_descent_removes_violations() -> None:
    contexts = [drawn(seed) for seed in range(4)]
    limits = ChunkLimits.of(contexts)
    teacher = torch.from_numpy(np.stack([plan(Action.STOP, c).shares(c) for c in contexts])).float()
    predicted = torch.rand(4, 10, 2, generator=torch.manual_seed(0)).requires_grad_()
    optimizer = torch.optim.Adam([predicted], lr=0.02)
    first = chunk_loss(predicted, teacher, limits).floats()["physics"]
    for _ in range(200):
        optimizer.zero_grad()
        torch.autograd.backward(chunk_loss(predicted, teacher, limits).total)
        optimizer.step()
    assert chunk_loss(predicted, teacher, limits).floats()["physics"] < 1e-2 * first


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match="shapes"):
        chunk_loss(torch.zeros(2, 10, 2), torch.zeros(2, 10, 2), ChunkLimits.of([drawn(1)]))
