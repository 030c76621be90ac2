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
class Whole:
    """What good pictures look like as a whole: where their moments lie, and how they spread."""

    centre: Tensor
    """(pooled channels,)"""
    deviation: Tensor
    """(pooled channels,)"""
    axes: Tensor
    """(axes, pooled channels): the directions in which good pictures spread, orthonormal"""
    slack: Tensor
    """(axes,): the share of the squared length along each axis that this spread explains"""

    @classmethod
    def learn(cls, whole: Tensor, *, shrinkage: float) -> Self:
        """Learn from the moments of good pictures, (pictures, pooled channels).

        Args:
            whole: What :func:`models.memory.embedding.moments` gives, of each.
            shrinkage: The weight of the identity in their correlation, above 0 and at most 1.
        """
        centre, spread = whole.mean(0), whole.std(0).clamp_min(LEAST_DEVIATION)
        # few pictures, many channels: the eigenvectors of the correlation are the right singular vectors
        _, singular, axes = torch.linalg.svd((whole - centre) / spread, full_matrices=False)
        variance = (1 - shrinkage) / shrinkage * singular.square() / len(whole)
        return cls(centre=centre, deviation=spread, axes=axes.contiguous(), slack=variance / (1 + variance))

    def distance(self, whole: Tensor) -> float:
        """Measure how far the moments of a picture, (pooled channels,), lie from the good ones'.

        It is the Mahalanobis distance, but for a constant factor, under the correlation shrunk towards the
        identity. Its inverse comes by the Woodbury identity: the squared length, less what the spread along
        the axes explains.
        """
        offset = (whole - self.centre) / self.deviation
        along = self.axes @ offset
        return float((offset.square().sum() - (self.slack * along.square()).sum()).clamp_min(0).sqrt())

    def tensors(self) -> dict[str, Tensor]:
        """Name all that was learned, for a file; ``Whole(**tensors)`` is the same again."""
        return {field.name: getattr(self, field.name).contiguous() for field in fields(self)}


def expected_of_whole(tensors: Mapping[str, Tensor], *, pooled: int, prefix: str) -> dict[str, Expected]:
    """What a file's tensors of a :class:`Whole` must be like, by name; their axes also :func:`orthonormal`.

    Args:
        tensors: What ``Whole.tensors`` names, after ``prefix``; the axes are there.
        pooled: How many moments a picture has.
        prefix: Of the names.
    """
    axes = tensors[f"{prefix}axes"]
    count = len(axes) if axes.ndim else 0
    return {
        f"{prefix}centre": Expected(shape=(pooled,), least=-MOST_FEATURE, most=MOST_FEATURE),
        f"{prefix}deviation": Expected(shape=(pooled,), least=LEAST_DEVIATION, most=MOST_FEATURE),
        f"{prefix}axes": Expected(shape=(count, pooled), least=-_UNIT, most=_UNIT),
        f"{prefix}slack": Expected(shape=(count,), least=0.0, most=1.0),
    }


def orthonormal(axes: Tensor) -> bool:
    """Whether the rows of a matrix are directions at right angles, as those that were learned are."""
    square = axes.double() @ axes.double().T
    return torch.allclose(square, torch.eye(len(axes), dtype=torch.float64), atol=1e-3)


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
        whole = Whole.learn(torch.stack([one.whole for one in good]), shrinkage=settings.shrinkage)
        normal = cls(
            deviation=deviation,
            bank=patches[places] / deviation,
            whole_centre=whole.centre,
            whole_deviation=whole.deviation,
            whole_axes=whole.axes,
            whole_slack=whole.slack,
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

    def ratios(self, one: Embedding) -> Tensor:
        """Measure the distance of each cell over the expected one: (rows, columns)."""
        return self.distances(one) / self.expected

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
        """Measure how far a picture as a whole lies from the good ones: :meth:`Whole.distance`."""
        return self.whole.distance(one.whole)

    @property
    def whole(self) -> Whole:
        """What good pictures look like as a whole."""
        return Whole(
            centre=self.whole_centre,
            deviation=self.whole_deviation,
            axes=self.whole_axes,
            slack=self.whole_slack,
        )

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
    channels, kept = like.patches.shape[1], len(tensors["bank"]) if tensors["bank"].ndim else 0
    most = MOST_FEATURE / LEAST_DEVIATION
    expected = {
        "deviation": Expected(shape=(channels,), least=LEAST_DEVIATION, most=MOST_FEATURE),
        "bank": Expected(shape=(kept, channels), least=-most, most=most),
        "expected": Expected(shape=(like.rows, like.columns), least=LEAST_DEVIATION, most=MOST_DISTANCE),
    }
    reason = fault(tensors, expected | expected_of_whole(tensors, pooled=len(like.whole), prefix="whole_"))
    if reason:
        return reason
    if kept > patches:
        return f"it holds {kept} patches, more than {patches}"
    return "" if orthonormal(tensors["whole_axes"]) else "its axes are not orthonormal"
