"""Thins a cloud of points out to a few that still cover it."""

from __future__ import annotations

import torch
from torch import Tensor

POOL = 20_000
"""Points that are looked at, drawn at random from more; a denser pool changes the cover little."""
PROJECTED = 64
"""Dimensions in which distances are taken while choosing (Johnson-Lindenstrauss)."""


def coreset(points: Tensor, size: int, *, seed: int) -> Tensor:
    """Choose points so that every point has a chosen one near: those of :func:`chosen`.

    Returns:
        (min(size, points), dimensions).
    """
    return points if len(points) <= size else points[chosen(points, size, seed=seed)]


def chosen(points: Tensor, size: int, *, seed: int) -> Tensor:
    """Choose points so that every point has a chosen one near: greedy k-centre.

    Sener and Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach", ICLR 2018
    (arXiv:1708.00489), with the random projection of Roth et al., PatchCore, CVPR 2022 (arXiv:2106.08265).

    Args:
        points: (points, dimensions), float32.
        size: how many to choose; with no more points than that, all are kept.
        seed: the same points and seed give the same choice.

    Returns:
        (min(size, points),), int64: their places among ``points``.
    """
    places = torch.arange(len(points))
    if len(points) <= size:
        return places
    generator = torch.Generator().manual_seed(seed)
    if len(points) > POOL:
        places = torch.randperm(len(points), generator=generator)[:POOL]
        points = points[places]
    near = projected(points, generator)
    squares = near.square().sum(1)
    uncovered = torch.full_like(squares, torch.inf)
    found = torch.empty(min(size, len(points)), dtype=torch.int64)
    candidate = int(torch.randint(len(points), (1,), generator=generator))
    for index in range(len(found)):
        found[index] = candidate
        # |a - b|² without a temporary of the cloud's size: this line is where teaching spends its time
        distance = torch.addmv(squares + squares[candidate], near, near[candidate], alpha=-2.0)
        torch.minimum(uncovered, distance, out=uncovered)
        candidate = int(uncovered.argmax())
    return places[found]


def projected(points: Tensor, generator: torch.Generator) -> Tensor:
    """Give points in at most ``PROJECTED`` dimensions, at random, their distances nearly the same."""
    if points.shape[1] <= PROJECTED:
        return points
    return points @ torch.randn(points.shape[1], PROJECTED, generator=generator).div_(PROJECTED**0.5)
