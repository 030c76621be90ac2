"""How the trained eye and the memory's view of the whole picture become one score."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.memory.calibration import LEAST_SPREAD, Cut, bent, farthest_of
from models.memory.embedding import MOST_DISTANCE, MOST_FEATURE

_OVER_LEVEL: Final = 0.25
"""How much a cell counts more for each deviation of good pictures' highest cells above the level."""

_EYE: Final = 0.5
"""The weight of the eye beside that of the whole."""

_Logit = Annotated[float, Field(ge=-MOST_FEATURE, le=MOST_FEATURE)]
_Spread = Annotated[float, Field(ge=LEAST_SPREAD, le=MOST_DISTANCE)]


class EyeRule(Cut):
    """Two opinions of a picture on one scale: that of unseen good pictures.

    The eye finds the place and the whole finds what is a little wrong everywhere. The eye stands where the
    memory's patches stood, and counts half: it learned from drawn defects, the whole from good parts alone.
    Of each of bsdata, magnetic-tile and pcb the other two would have chosen this half over the same weight
    (docs/measurements/memory.md); weights fitted to drawn defects alone leave the whole out, which then fails
    on real ones.
    """

    eye_mean: _Logit
    eye_deviation: _Spread
    whole_mean: Annotated[float, Field(ge=0.0, le=MOST_DISTANCE)]
    whole_deviation: _Spread
    cell_level: _Logit
    """The logit that the highest cell of nine in ten unseen good pictures stays below."""
    cell_deviation: _Spread
    """The deviation of unseen good pictures' highest cells."""

    @classmethod
    def of(
        cls,
        eye: NDArray[np.float64],
        peaks: NDArray[np.float64],
        whole: NDArray[np.float64],
        groups: Sequence[Hashable],
        *,
        overkill: float,
    ) -> Self:
        """Learn the scale and the threshold from unseen good pictures.

        Args:
            eye: (pictures,): the eye's opinion of each, by nets that had not seen its group.
            peaks: (pictures,): the highest logit of each, likewise.
            whole: (pictures,): the distance of each as a whole, from what the other groups taught.
            groups: Of each picture.
            overkill: The share of new groups' good parts that the threshold may reject.
        """
        uncut = cls(
            eye_mean=float(eye.mean()),
            eye_deviation=max(float(eye.std()), LEAST_SPREAD),
            whole_mean=float(whole.mean()),
            whole_deviation=max(float(whole.std()), LEAST_SPREAD),
            cell_level=float(np.quantile(peaks, 0.9)),
            cell_deviation=max(float(peaks.std()), LEAST_SPREAD),
            median=0.0,
            threshold=0.0,
        )
        scores = np.array([uncut.score(*pair) for pair in zip(eye, whole, strict=True)])
        cut = Cut.among(scores, groups, overkill=overkill)
        return uncut.model_copy(update={name: getattr(cut, name) for name in Cut.model_fields})

    def score(self, eye: float, whole: float) -> float:
        """Add up both opinions, each in deviations of unseen good pictures."""
        of_eye = bent((eye - self.eye_mean) / self.eye_deviation)
        return _EYE * of_eye + (whole - self.whole_mean) / self.whole_deviation

    def anomaly(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Put logits on the scale of an anomaly map: 1 at the level, never below 0."""
        over = (logits - self.cell_level) / self.cell_deviation
        anomaly: NDArray[np.float32] = np.maximum(1.0 + _OVER_LEVEL * over, 0.0).astype(np.float32)
        return anomaly

    def refuse_unless_from(self, pictures: int) -> None:
        """Raise ValueError where median and threshold cannot lie so after teaching on so many pictures."""
        farthest = farthest_of(pictures)
        self.refuse_beyond(farthest + bent(farthest))
