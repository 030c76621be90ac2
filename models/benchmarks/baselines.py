"""Two plain methods on the same tower, pictures and splits: what the memory must be better than."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from models.backbone.features import FeatureMaps

PATCHES: Final = 4_000
TOP: Final = 20
_LEAST: Final = 1e-3


class PooledMahalanobis:
    """Mahalanobis distance of each channel's mean and deviation (Rippel et al., ICPR 2020), half shrunk."""

    name = "pooled Mahalanobis"

    def __init__(self, good: Sequence[FeatureMaps], *, seed: int) -> None:
        """Learn from good pictures' maps; ``seed`` is not needed."""
        points = torch.stack([_pooled(maps) for maps in good]).double()
        self._centre, self._deviation = points.mean(0), points.std(0).clamp_min(_LEAST)
        standard = (points - self._centre) / self._deviation
        identity = torch.eye(standard.shape[1], dtype=torch.float64)
        self._inverse = torch.linalg.inv(0.5 * standard.T @ standard / len(points) + 0.5 * identity)

    def score(self, maps: FeatureMaps) -> float:
        """Distance from the good pictures' Gaussian."""
        offset = (_pooled(maps).double() - self._centre) / self._deviation
        return float((offset @ self._inverse @ offset).sqrt())


class PatchCore:
    """Mean of the 20 largest distances to 4,000 patches of the two finest maps (Roth et al., CVPR 2022).

    The patches are drawn at random: a greedy coreset takes minutes and was no better here.
    """

    name = "PatchCore"

    def __init__(self, good: Sequence[FeatureMaps], *, seed: int) -> None:
        """Draw the memory from good pictures' maps."""
        patches = torch.cat([_patches(maps) for maps in good])
        chosen = torch.randperm(len(patches), generator=torch.Generator().manual_seed(seed))[:PATCHES]
        self._bank = patches[chosen]

    def score(self, maps: FeatureMaps) -> float:
        """How far the farthest patches lie from all normal ones."""
        nearest = torch.cdist(_patches(maps), self._bank).min(1).values
        return float(nearest.topk(min(TOP, len(nearest))).values.mean())


BASELINES: Final = (PooledMahalanobis, PatchCore)


def _pooled(maps: FeatureMaps) -> Tensor:
    layers = [layer[0].flatten(1) for layer in maps.maps.values()]
    return torch.cat([torch.cat([layer.mean(1), layer.std(1)]) for layer in layers])


def _patches(maps: FeatureMaps) -> Tensor:
    fine, middle = (maps.maps[stride][:1] for stride in sorted(maps.maps)[:2])
    size = (middle.shape[-2], middle.shape[-1])
    smooth = [F.avg_pool2d(x, 3, 1, 1, count_include_pad=False) for x in (fine, middle)]
    return torch.cat([F.adaptive_avg_pool2d(smooth[0], size), smooth[1]], dim=1)[0].flatten(1).T
