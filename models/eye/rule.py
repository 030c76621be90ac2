"""How the trained eye and the memory's two views of a picture become one score."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.memory.calibration import LEAST_SPREAD, Cut, bent, farthest_of
from models.memory.embedding import MOST_DISTANCE, MOST_FEATURE

_OVER_LEVEL: Final = 0.25
"""How much a cell counts more for each deviation of good pictures' highest cells above the level."""

_Logit = Annotated[float, Field(ge=-MOST_FEATURE, le=MOST_FEATURE)]
_Spread = Annotated[float, Field(ge=LEAST_SPREAD, le=MOST_DISTANCE)]
_Share = Annotated[float, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """What is held of a picture before it is put on a scale, each higher where it is less like good ones."""

    whole: float
    """The distance of the whole picture at the memory's working size."""
    closer: float
    """The same at the eye's working size."""
    patches: float
    """The memory's patches' score."""
    eye: float
    """The highest logits of the eye's nets."""


class Told(BaseModel):
    """Of the defects that were drawn on held-out good parts, the share that each view told from the part."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    whole: _Share
    patches: _Share
    eye: _Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Opinions on one scale: deviations of unseen good pictures, those of places bent."""

    whole: float
    patches: float
    eye: float

    def combined(self, told: Told) -> float:
        """Give their mean, each weighted by what it tells; 0 where none tells anything.

        Two things can be looked at: the whole picture, and its places. Places are judged twice, by the
        memory's patches and by the eye, so that each counts half. A view that tells every drawn defect from
        the same part without it has its full weight; one that tells half of them guesses, and has none; in
        between the weight is the square of what it tells beyond guessing, as information goes.
        """
        whole, patches, eye = _weight(told.whole), 0.5 * _weight(told.patches), 0.5 * _weight(told.eye)
        weight = whole + patches + eye
        if weight == 0.0:
            return 0.0
        return (whole * self.whole + patches * self.patches + eye * self.eye) / weight


def _weight(told: float) -> float:
    return max(0.0, 2.0 * told - 1.0) ** 2


class Scale(BaseModel):
    """Where an opinion of unseen good pictures lies, and how far it spreads."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mean: Annotated[float, Field(ge=-MOST_DISTANCE, le=MOST_DISTANCE)]
    deviation: _Spread

    @classmethod
    def of(cls, opinions: Sequence[float]) -> Self:
        """Learn it from opinions of unseen good pictures."""
        return cls(mean=float(np.mean(opinions)), deviation=max(float(np.std(opinions)), LEAST_SPREAD))

    def deviations(self, opinion: float) -> float:
        """How many deviations an opinion lies above the mean."""
        return (opinion - self.mean) / self.deviation


class Scales(BaseModel):
    """Those of all opinions."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    whole: Scale
    closer: Scale
    patches: Scale
    eye: Scale

    @classmethod
    def of(cls, opinions: Sequence[Opinions]) -> Self:
        """Learn them from opinions of unseen good pictures."""
        return cls(**{name: Scale.of([getattr(one, name) for one in opinions]) for name in cls.model_fields})

    def views(self, opinions: Opinions) -> Views:
        """Put the opinions of one picture on these scales."""
        whole, closer = self.whole.deviations(opinions.whole), self.closer.deviations(opinions.closer)
        return Views(
            whole=0.5 * (whole + closer),
            patches=bent(self.patches.deviations(opinions.patches)),
            eye=bent(self.eye.deviations(opinions.eye)),
        )


class EyeRule(Cut):
    """How a picture is judged where there is an eye, and from which score on it is not normal."""

    scales: Scales
    told: Told
    cell_level: _Logit
    """The logit that the highest cell of nine in ten unseen good pictures stays below."""
    cell_deviation: _Spread
    """The deviation of unseen good pictures' highest cells."""

    @classmethod
    def of(
        cls,
        opinions: Sequence[Opinions],
        peaks: NDArray[np.float64],
        groups: Sequence[Hashable],
        *,
        told: Told,
        overkill: float,
    ) -> Self:
        """Learn scales and threshold from unseen good pictures.

        Args:
            opinions: Of each, by nets that had not seen its group and by what the other groups taught.
            peaks: (pictures,): the highest logit of each, likewise.
            groups: Of each picture.
            told: By what was drawn on them.
            overkill: The share of new groups' good parts that the threshold may reject.
        """
        scales = Scales.of(opinions)
        scores = np.array([scales.views(one).combined(told) for one in opinions])
        cut = Cut.among(scores, groups, overkill=overkill)
        return cls(
            scales=scales,
            told=told,
            cell_level=float(np.quantile(peaks, 0.9)),
            cell_deviation=max(float(peaks.std()), LEAST_SPREAD),
            **{name: getattr(cut, name) for name in Cut.model_fields},
        )

    def score(self, opinions: Opinions) -> float:
        """Say how unlike good ones a picture is, from what is held of it."""
        return self.scales.views(opinions).combined(self.told)

    def anomaly(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Put logits on the scale of an anomaly map: 1 at the level, never below 0."""
        over = (logits - self.cell_level) / self.cell_deviation
        anomaly: NDArray[np.float32] = np.maximum(1.0 + _OVER_LEVEL * over, 0.0).astype(np.float32)
        return anomaly

    def refuse_unless_from(self, pictures: int) -> None:
        """Raise ValueError where median and threshold cannot lie so after teaching on so many pictures."""
        farthest = farthest_of(pictures)
        self.refuse_beyond(farthest + bent(farthest))
