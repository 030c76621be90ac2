"""From distances to one score, a threshold and a confidence: by what unseen good pictures have.

It knows distances alone, not how they come about, so that it can calibrate any model that gives one distance
for each cell and one for the whole picture.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Annotated, Final, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from models.memory.embedding import LEAST_DEVIATION, MOST_DISTANCE
from models.memory.settings import MemorySettings
from models.memory.threshold import Threshold

_PATCH_BEND: Final = 4.0
"""The deviations beyond which the patches' score grows slower; docs/measurements/memory.md has what was
tried."""
LEAST_SPREAD: Final = 0.05
"""The least spread of either distance among unseen good pictures: keeps rounding from counting where they
never vary."""
_ROUNDING: Final = 0.1
"""Deviations: scores that all lie closer together differ by rounding, since the least spread is counted."""
_LEAST_FALL: Final = 1e-6
"""The deviations within which confidence falls from a middling good picture's to the threshold's at least:
where half of the good pictures may be rejected, the threshold lies no higher than the middling one."""
_BEYOND: Final = 1_000.0
"""So many times farther than any of the taught scores a threshold may lie that few groups ask for: a t
quantile of one degree of freedom at one in a thousand is 318."""
MOST_QUANTILES: Final = 33
"""So many of the taught scores are kept at most, for whoever watches whether later ones lie as they did."""

_Distance = Annotated[float, Field(ge=0.0, le=MOST_DISTANCE)]
_Spread = Annotated[float, Field(ge=LEAST_SPREAD, le=MOST_DISTANCE)]


class Cut(BaseModel):
    """Where a score divides good pictures from others, by what unseen good pictures have."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    median: float
    """The score of a middling good picture."""
    threshold: float
    """The score from which a picture is not normal."""
    promised: Threshold | None = Field(default=None, exclude_if=lambda promised: promised is None)
    """What is known of the threshold; None in a memory of before."""
    quantiles: tuple[float, ...] = Field(
        default=(), max_length=MOST_QUANTILES, exclude_if=lambda quantiles: not quantiles
    )
    """The scores of unseen good pictures at equal shares of them, from the least to the highest; none, and
    then not written, where a memory of before was not asked for them."""

    doubt: float | None = Field(default=None, exclude_if=lambda doubt: doubt is None)
    """The score above which a picture is normal only because too few groups moved the threshold up: where it
    would lie if every taught picture were a group. None where groups are enough, or pictures too few."""

    @classmethod
    def among(cls, scores: NDArray[np.float64], groups: Sequence[Hashable], *, overkill: float) -> Cut:
        """Choose the threshold by the scores, (pictures,), of unseen good pictures of some ``groups``.

        Args:
            scores: In deviations of unseen good pictures.
            groups: Of each picture.
            overkill: The share of new groups' good parts that may be rejected.
        """
        promised = Threshold.of(scores, groups, overkill)
        median = float(np.median(scores))
        # where nothing ever varied, the least spread is the only scale there is, and rounding lies below it
        least = median + 1.0 if np.ptp(scores) < _ROUNDING else -math.inf
        shares = np.linspace(0.0, 1.0, min(len(scores), MOST_QUANTILES))
        threshold = max(float(np.nextafter(promised.score, np.inf)), least)
        alone = Threshold.of(scores, range(len(scores)), overkill)
        too_few = promised.beyond or not promised.kept
        doubted = too_few and alone.kept and least <= alone.score < promised.score
        return Cut(
            median=median,
            threshold=threshold,
            promised=promised,
            doubt=alone.score if doubted else None,
            quantiles=tuple(float(score) for score in np.quantile(scores, shares)),
        )

    def in_doubt(self, score: float) -> bool:
        """Whether a score is normal only because the taught groups are few and differ."""
        return self.doubt is not None and self.doubt < score < self.threshold

    def refuse_beyond(self, most: float) -> None:
        """Raise ValueError where median, threshold or quantiles lie where no taught score can.

        Args:
            most: The farthest from 0 that the score of a taught picture can lie.
        """
        beyond = self.promised is not None and self.promised.beyond
        if (
            abs(self.median) > most
            or not -most <= self.threshold <= (_BEYOND if beyond else 1.0) * most + 1.0
        ):
            raise ValueError(f"a threshold of {self.threshold:.4g} over a median of {self.median:.4g}")
        if self.promised is not None and not self.promised.score < self.threshold:
            raise ValueError("a threshold that is not the one whose promise is kept with it")
        if self.doubt is not None and not -most <= self.doubt < self.threshold:
            raise ValueError(f"doubt from {self.doubt:.4g} on, which is not below the threshold")
        if list(self.quantiles) != sorted(self.quantiles) or any(abs(one) > most for one in self.quantiles):
            raise ValueError("the taught scores do not lie where they can, or not in order")


class Calibration(Cut):
    """How the scores of unseen good pictures lie."""

    patch_mean: _Distance
    patch_deviation: _Spread
    whole_mean: _Distance
    whole_deviation: _Spread
    cell_level: Annotated[float, Field(ge=LEAST_DEVIATION, le=MOST_DISTANCE)]
    """The ratio to the expected distance that the highest cell of nine in ten good pictures stays below."""

    @classmethod
    def of(
        cls,
        ratios: Tensor,
        whole: NDArray[np.float64],
        groups: Sequence[Hashable],
        settings: MemorySettings,
    ) -> Self:
        """Put both distances of unseen good pictures on one scale.

        Args:
            ratios: (pictures, rows, columns): the distance of each cell over the expected one.
            whole: (pictures,): the distance of each picture as a whole.
            groups: Of each picture.
            settings: The memory's.
        """
        patch = np.array([patch_score(one, settings) for one in ratios])
        peaks = ratios.flatten(1).amax(1).numpy()
        uncut = cls(
            patch_mean=float(patch.mean()),
            patch_deviation=max(float(patch.std()), LEAST_SPREAD),
            whole_mean=float(whole.mean()),
            whole_deviation=max(float(whole.std()), LEAST_SPREAD),
            cell_level=max(float(np.quantile(peaks, 0.9)), LEAST_DEVIATION),
            median=0.0,
            threshold=0.0,
        )
        cut = Cut.among(uncut.scores(ratios, whole, settings), groups, overkill=settings.overkill)
        return uncut.model_copy(update={name: getattr(cut, name) for name in Cut.model_fields})

    def scores(
        self, ratios: Tensor, whole: NDArray[np.float64], settings: MemorySettings
    ) -> NDArray[np.float64]:
        """Score pictures by what :meth:`of` was given of them: (pictures,)."""
        patches = [patch_score(one, settings) for one in ratios]
        return np.array([self.combined(*pair) for pair in zip(patches, whole, strict=True)])

    def combined(self, patch: float, whole: float) -> float:
        """Add up both distances, each in deviations of unseen good pictures.

        Where good parts come from another place or time than the taught ones, patches run off by tens of
        deviations and the whole by a few. So the patches' share grows ever slower, but without a bound: one
        glaring spot is enough to reject.
        """
        of_patch = (patch - self.patch_mean) / self.patch_deviation
        return bent(of_patch) + (whole - self.whole_mean) / self.whole_deviation

    def refuse_unless_from(self, taught_on: int) -> None:
        """Raise ValueError where median and threshold cannot lie so after teaching on ``taught_on`` pictures.

        Of n numbers none lies more than √(n - 1) of their own deviations from their mean (Samuelson 1968,
        "How deviant can you be?"), and both scores are put on the scale of those n pictures themselves.
        """
        farthest = farthest_of(taught_on)
        self.refuse_beyond(farthest + bent(farthest))


def farthest_of(pictures: int) -> float:
    """How many of their own deviations one of so many numbers can lie from their mean, and some rounding."""
    return math.sqrt(pictures - 1) + 1e-6


def expected_distances(unseen: Tensor) -> Tensor:
    """Average the distance of each cell over unseen good pictures.

    Edges and seams always lie far from everything: what a picture has there is compared with this. It is
    smoothed, since a mean over so few pictures is noisy from cell to cell.

    Args:
        unseen: (pictures, rows, columns).

    Returns:
        (rows, columns)
    """
    smooth = torch.from_numpy(cv2.GaussianBlur(unseen.mean(0).numpy(), (0, 0), 1.0))
    return smooth.clamp_min(LEAST_DEVIATION)


def patch_score(ratios: Tensor, settings: MemorySettings) -> float:
    """Say how far the highest cells lie above the middling one.

    Above that one, since a new batch that lies off as a whole is not a defect.

    Args:
        ratios: (rows, columns): the distance of each cell over the expected one.
        settings: The memory's; ``top_share`` says how many cells are the highest.
    """
    cells = ratios.flatten()
    highest = cells.topk(max(1, round(settings.top_share * len(cells)))).values
    return float(highest.mean() - cells.median())


def confidence(score: float, *, median: float, threshold: float) -> float:
    """Map a score to 0…1, falling: a logistic curve, 0.99 at the median good part, 0.5 at the threshold."""
    slope = math.log(99.0) / max(threshold - median, _LEAST_FALL)
    return 1.0 / (1.0 + math.exp(min(slope * (score - threshold), 700.0)))


def bent(deviations: float) -> float:
    """Let deviations grow ever slower beyond a few, but without a bound."""
    return _PATCH_BEND * math.asinh(deviations / _PATCH_BEND)
