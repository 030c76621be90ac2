"""How far each good picture lies from what was learned without its group: leave-one-group-out, cheaply.

Cross-fitting in five folds teaches five memories, each on four fifths of the pictures: they know less than
the memory that will judge, and every unseen picture lies farther from them. Here the memory itself is asked,
with all that a picture's own group taught taken out of it, at about half of what the folds cost:

- *patches*: the bank's rows remember whose they are. Without a group's own rows the bank has holes, where the
  coreset had relied on them; so it is filled up again from the other groups' patches, as the coreset would
  have gone on. Where the bank keeps all patches this is exactly what a memory of the other groups has; where
  it is thinned out, it is another coreset of the same kind.
- *whole*: the Mahalanobis distance of the other pictures' own centre, deviations and shrunk correlation, as
  exact as learning anew. No decomposition is needed: with n pictures of many channels, standardised as rows
  of Z, the inverse of I + c ZᵀZ is I - c Zᵀ (I + c Z Zᵀ)⁻¹ Z (Woodbury, "Inverting modified matrices", 1950),
  and only a matrix of n rows is to be solved.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.memory.coreset import POOL, projected

MOST_PARTS: Final = 100
"""How often something is left out at most. Beyond so many groups several are left out together, a hundredth
of all: the rest reads hardly higher, and a thousand pictures stay affordable."""


def left_out_distances(
    patches: Tensor,
    whole: Tensor,
    groups: Sequence[Hashable],
    *,
    bank: Tensor,
    shrinkage: float,
    least_deviation: float,
    seed: int,
) -> tuple[Tensor, NDArray[np.float64]]:
    """Measure how far each good picture lies from what all groups but its own taught.

    Args:
        patches: (pictures, rows, columns, channels), float32: the patch features, not yet divided.
        whole: (pictures, pooled channels): each picture as a whole.
        groups: Of each picture, at least two different ones.
        bank: (kept,), int64: the places of the patches that the memory keeps, counted over all cells in order
            (:func:`models.memory.coreset.chosen`).
        shrinkage: The weight of the identity in the correlation of the whole, above 0 and at most 1.
        least_deviation: No feature is divided by less.
        seed: The same one gives the same.

    Returns:
        The distance of each cell, (pictures, rows, columns), and of each whole picture, (pictures,), in the
        units that the memory of all pictures has for a new one.

    Raises:
        ValueError: There is only one group, or not a group for each picture.
    """
    parts = _parts(groups)
    if len(parts) != len(patches) or len(np.unique(parts)) < 2:
        raise ValueError(f"{len(set(groups))} groups of {len(groups)} for {len(patches)} pictures")
    cells = _cells(patches.flatten(1, 2), torch.from_numpy(parts), bank, least_deviation, seed)
    return cells.reshape(patches.shape[:3]), _whole(whole.double(), parts, shrinkage, least_deviation)


def left_out_wholes(
    whole: Tensor, groups: Sequence[Hashable], *, shrinkage: float, least_deviation: float
) -> NDArray[np.float64]:
    """Measure how far each good picture as a whole lies from what all groups but its own taught.

    The arguments are those of :func:`left_out_distances`; and so is the second of what it gives.
    """
    return _whole(whole.double(), _parts(groups), shrinkage, least_deviation)


def _parts(groups: Sequence[Hashable]) -> NDArray[np.int64]:
    """Which part each picture is left out with; a group is in one part only."""
    order = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    return np.array([order[group] % MOST_PARTS for group in groups], dtype=np.int64)


def _cells(patches: Tensor, parts: Tensor, bank: Tensor, least: float, seed: int) -> Tensor:
    """The distances of all cells, (pictures, cells); ``patches`` is (pictures, cells, channels)."""
    pictures, cells, channels = patches.shape
    flat, of_patch = patches.reshape(-1, channels), parts.repeat_interleave(cells)
    sums, squares = patches.double().sum(1), patches.double().square().sum(1)
    found = torch.empty(pictures, cells)
    for part, places in _refilled(flat, of_patch, bank, least, seed).items():
        own = parts == part
        deviation = _deviation(sums[~own], squares[~own], cells).clamp_min(least).float()
        kept = flat[places] / deviation
        lengths = kept.square().sum(1)
        for picture in own.nonzero()[:, 0]:
            seen = patches[picture] / deviation
            nearest = torch.addmm(lengths, seen, kept.T, alpha=-2.0).argmin(1)
            found[picture] = (seen - kept[nearest]).norm(dim=1)  # anew: the short form cancels near zero
    return found


def _deviation(sums: Tensor, squares: Tensor, cells: int) -> Tensor:
    """The deviation of each channel over all cells of some pictures, by their sums in double precision."""
    count = len(sums) * cells
    mean = sums.sum(0) / count
    return ((squares.sum(0) - count * mean.square()) / (count - 1)).clamp_min(0.0).sqrt()


def _refilled(flat: Tensor, of_patch: Tensor, bank: Tensor, least: float, seed: int) -> dict[int, Tensor]:
    """For each part the places of the patches that a memory without it keeps.

    The bank's own, but for the part's; and in their stead as many patches of the others, by the coreset's
    rule: each time the one that is farthest from all that are kept. All parts together take as many steps as
    the bank itself took.
    """
    generator = torch.Generator().manual_seed(seed)
    looked_at = torch.randperm(len(flat), generator=generator)[:POOL]
    near = torch.cat([flat[looked_at], flat[bank]]) / flat.std(0).clamp_min(least)
    near = projected(near, generator)
    pool, rows = near[: len(looked_at)], near[len(looked_at) :]
    squares, of_pool, of_row = pool.square().sum(1), of_patch[looked_at], of_patch[bank]
    # how near each of the pool has the nearest of the bank, and the nearest of another part than that one's
    first, second = torch.full_like(squares, torch.inf), torch.full_like(squares, torch.inf)
    nearest = torch.full_like(of_pool, -1)
    for part in range(int(of_patch.max()) + 1):
        own = rows[of_row == part]
        if len(own):
            distance = torch.addmm(own.square().sum(1), pool, own.T, alpha=-2.0).amin(1) + squares
            closer = distance < first
            second = torch.where(closer, first, torch.minimum(second, distance))
            first, nearest = torch.where(closer, distance, first), torch.where(closer, part, nearest)
    found = {}
    for part in range(int(of_patch.max()) + 1):
        uncovered = torch.where(nearest == part, second, first)
        uncovered[of_pool == part] = -torch.inf  # its own patches fill no hole
        filled = []
        for _ in range(min(int((of_row == part).sum()), int((of_pool != part).sum()))):
            candidate = int(uncovered.argmax())
            filled.append(candidate)
            distance = torch.addmv(squares + squares[candidate], pool, pool[candidate], alpha=-2.0)
            torch.minimum(uncovered, distance, out=uncovered)
        found[part] = torch.cat([bank[of_row != part], looked_at[filled]])
    return found


def _whole(whole: Tensor, parts: NDArray[np.int64], shrinkage: float, least: float) -> NDArray[np.float64]:
    """The distance of each picture as a whole, (pictures,)."""
    found = np.zeros(len(whole))
    for part in np.unique(parts):
        own = torch.from_numpy(parts == part)
        others = whole[~own]
        # one picture alone has no deviation: that of all then stands for it
        spread = (others if len(others) > 1 else whole).std(0).clamp_min(least)
        known, seen = ((some - others.mean(0)) / spread for some in (others, whole[own]))
        weight = (1.0 - shrinkage) / shrinkage / len(others)
        inner = torch.eye(len(others), dtype=torch.float64) + weight * known @ known.T
        along = known @ seen.T
        explained = weight * (along * torch.linalg.solve(inner, along)).sum(0)
        found[own.numpy()] = (seen.square().sum(1) - explained).clamp_min(0.0).sqrt().numpy()
    return found
