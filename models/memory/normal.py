"""What good pictures look like: learned from their embeddings, and how far another one lies from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.backbone.fused import Convolution, Run, quickest, tried_on
from models.memory.coreset import chosen
from models.memory.embedding import LEAST_DEVIATION, MOST_DISTANCE, MOST_FEATURE, Embedding
from models.memory.settings import MemorySettings
from models.weights.soundness import Expected, fault

_UNIT: Final = 1.0 + 1e-3
"""No component of a unit vector is larger, but for rounding."""


@dataclass(frozen=True, kw_only=True)
class Normal:
    """What has been learned from good pictures, before it is calibrated."""

    deviation: Tensor
    """(patch channels,): what patch features are divided by"""
    bank: Tensor
    """(patches, patch channels), divided"""
    whole_centre: Tensor
    """(pooled channels,)"""
    whole_deviation: Tensor
    """(pooled channels,)"""
    whole_axes: Tensor
    """(axes, pooled channels): the directions in which good pictures spread, orthonormal"""
    whole_slack: Tensor
    """(axes,): the share of the squared length along each axis that this spread explains"""
    expected: Tensor
    """(rows, columns): the distance of the cells of unseen good pictures, on average; ones until that is
    known"""

    @classmethod
    def learn(cls, good: Sequence[Embedding], settings: MemorySettings, *, seed: int) -> tuple[Self, Tensor]:
        """Learn from the embeddings of good pictures; the same ones and the same seed give the same.

        Returns:
            What was learned; and the places of the patches that the bank keeps, (patches,), counted over the
            cells of all pictures in order.
        """
        patches = torch.cat([one.patches for one in good])
        deviation = patches.std(0).clamp_min(LEAST_DEVIATION)
        places = chosen(patches / deviation, settings.patches, seed=seed)
        whole = torch.stack([one.whole for one in good])
        centre, spread = whole.mean(0), whole.std(0).clamp_min(LEAST_DEVIATION)
        # few pictures, many channels: the eigenvectors of the correlation are the right singular vectors
        _, singular, axes = torch.linalg.svd((whole - centre) / spread, full_matrices=False)
        variance = (1 - settings.shrinkage) / settings.shrinkage * singular.square() / len(whole)
        normal = cls(
            deviation=deviation,
            bank=patches[places] / deviation,
            whole_centre=centre,
            whole_deviation=spread,
            whole_axes=axes.contiguous(),
            whole_slack=variance / (1 + variance),
            expected=torch.ones(good[0].rows, good[0].columns),
        )
        return normal, places

    def expecting(self, expected: Tensor) -> Self:
        """Give the same with the distance, (rows, columns), that the cells of unseen good pictures have."""
        return replace(self, expected=expected)

    def distances(self, one: Embedding) -> Tensor:
        """Measure for each cell how far the nearest normal patch is: (rows, columns)."""
        patches = one.patches / self.deviation
        nearest = self._nearest(patches)
        # anew: the short form cancels near zero
        distances: Tensor = (patches - self.bank[nearest]).norm(dim=1)
        return distances.reshape(one.rows, one.columns)

    def difference(self, one: Embedding, *, cell: int) -> NDArray[np.float32]:
        """Subtract from a cell its nearest normal patch: (patch channels,), in deviations of good patches."""
        patch = one.patches[cell : cell + 1] / self.deviation
        found: NDArray[np.float32] = (patch - self.bank[self._nearest(patch)])[0].numpy()
        return found

    @cached_property
    def _to_bank(self) -> Run:
        """From a map of patches to their squared distances from the bank's, each less its own squared length.

        As a convolution by one cell: MKL, which multiplies matrices for PyTorch, takes twice as long on some
        processors.
        """
        weight = (-2.0 * self.bank)[:, :, None, None].contiguous(memory_format=torch.channels_last)
        product = Convolution(weight=weight, bias=self.bank.square().sum(1))
        return quickest([product], tried_on(self.bank.shape[1]))[0]

    def _nearest(self, patches: Tensor) -> Tensor:
        """The places in the bank of the patches nearest to some, (patches, channels), in deviations."""
        squared = self._to_bank(patches.T[None, :, :, None])[0, :, :, 0]
        nearest: Tensor = squared.T.argmin(1)
        return nearest

    def whole_distance(self, one: Embedding) -> float:
        """Measure how far a picture as a whole lies from the good ones.

        It is the Mahalanobis distance, but for a constant factor, under the correlation shrunk towards the
        identity. Its inverse comes by the Woodbury identity: the squared length, less what the spread along
        the axes explains.
        """
        offset = (one.whole - self.whole_centre) / self.whole_deviation
        along = self.whole_axes @ offset
        return float((offset.square().sum() - (self.whole_slack * along.square()).sum()).clamp_min(0).sqrt())

    def tensors(self) -> dict[str, Tensor]:
        """Name all that was learned, for a file; ``Normal(**tensors)`` is the same again."""
        return {field.name: getattr(self, field.name).contiguous() for field in fields(self)}


def impossible(tensors: Mapping[str, Tensor], *, like: Embedding, patches: int) -> str:
    """Say what in a file's tensors cannot have been learned; the text is empty where nothing is.

    Args:
        tensors: What ``Normal.tensors`` names; all of them are there.
        like: Any picture's embedding by the same tower at the same size.
        patches: The most that the bank may hold.
    """
    channels, pooled = like.patches.shape[1], len(like.whole)
    kept, axes = (len(tensors[name]) if tensors[name].ndim else 0 for name in ("bank", "whole_axes"))
    most = MOST_FEATURE / LEAST_DEVIATION
    reason = fault(
        tensors,
        {
            "deviation": Expected(shape=(channels,), least=LEAST_DEVIATION, most=MOST_FEATURE),
            "bank": Expected(shape=(kept, channels), least=-most, most=most),
            "whole_centre": Expected(shape=(pooled,), least=-MOST_FEATURE, most=MOST_FEATURE),
            "whole_deviation": Expected(shape=(pooled,), least=LEAST_DEVIATION, most=MOST_FEATURE),
            "whole_axes": Expected(shape=(axes, pooled), least=-_UNIT, most=_UNIT),
            "whole_slack": Expected(shape=(axes,), least=0.0, most=1.0),
            "expected": Expected(shape=(like.rows, like.columns), least=LEAST_DEVIATION, most=MOST_DISTANCE),
        },
    )
    if reason:
        return reason
    if kept > patches:
        return f"it holds {kept} patches, more than {patches}"
    directions = tensors["whole_axes"].double()
    if not torch.allclose(directions @ directions.T, torch.eye(axes, dtype=torch.float64), atol=1e-3):
        return "its axes are not orthonormal"
    return ""
