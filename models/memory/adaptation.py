"""What labels add to the normality memory: it learns what *defective* means on one product.

The memory knows good parts alone, through features that were made for everyday photographs. With labelled
pictures two things more can be learned from the frozen tower:

- *whole*: the direction in which defective pictures differ from good ones, among the very moments that the
  memory uses (Fisher's linear discriminant under a covariance shrunk towards the identity; Ledoit and Wolf,
  2004), of the memory's pass and of a second, closer look. Ten labels already tell something.
- *cells*: trained copies of the tower's stages from stride 8 to 16, each with a light decoder that joins both
  strides (after Lin et al., "Feature Pyramid Networks", CVPR 2017, arXiv:1612.03144): one logit a cell, the
  mean of nets that were each trained without another share of the labels.

Both are added to what the memory says, its score or its distance of the whole picture alone, each in
deviations of good pictures that none of them had seen; the labels say which of them count
(:mod:`models.training.adapting.summing`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.errors import RecipeError, WeightsError
from inspection.part import Picture
from models.backbone.features import AdaptableTower, VisionTower
from models.memory.assessment import Assessment
from models.memory.calibration import Cut, confidence
from models.memory.cells import CellNet, said_by
from models.memory.embedding import described, embed, moments
from models.memory.memory import NormalityMemory
from models.memory.settings import MOST_AREA_PX
from models.weights.soundness import Expected, fault, format_of, in_one_line

FORMAT: Final = 2
_ONE_NET: Final = 1
"""The format of before there were several nets and a closer look."""
_MOST_NETS: Final = 16
_MEMORY_BEND: Final = 4.0
"""Deviations from which the memory's score counts ever less, as in the memory's own sum."""
_BLANK_STRIDES: Final = 4
"""Sides of the blank picture, in the tower's coarsest strides, that shows how many channels it has."""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """The direction, among the moments of whole pictures, in which they become defective."""

    weights: Tensor
    """(pooled channels,)"""
    offset: float

    def score(self, whole: Tensor) -> float:
        """Say how far ``whole``, (pooled channels,), lies towards the defective pictures."""
        return float(whole @ self.weights) - self.offset


_Weight = Annotated[float, Field(ge=0.0, le=1e12)]
_Side = Annotated[int, Field(ge=0, le=MOST_AREA_PX)]


class Rule(BaseModel):
    """How four opinions become one score; made so that unseen good pictures lie about 0 with deviation 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    memory: _Weight
    distance: _Weight = 0.0
    whole: _Weight = Field(gt=0.0)
    cells: _Weight
    """The weights of the four opinions; 0 where one does not count. The whole always does, and so does one of
    the memory's two: a sum of nothing would call every part normal."""
    offset: float
    threshold: float
    """The sum from which a picture is defective; it comes from labelled pictures that were held out."""
    cell_level: float
    """The logit that the highest cell of nine in ten held-out good pictures stays below."""

    @model_validator(mode="after")
    def _what_good_parts_taught_counts(self) -> Self:
        if not self.memory + self.distance > 0.0:
            raise ValueError("neither the memory's score nor its distance counts")
        return self

    def score(self, opinions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add the opinions up by their weights.

        Args:
            opinions: (pictures, 4), each row from :func:`opinions`.

        Returns:
            (pictures,)
        """
        weights = np.array([self.memory, self.distance, self.whole, self.cells])
        scores: NDArray[np.float64] = opinions @ weights + self.offset
        return scores


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int
    tower_sha256: str
    rule: Rule
    direction_offset: float
    nets: int = Field(default=1, ge=0, le=_MOST_NETS)
    closer_height: _Side = 0
    closer_width: _Side = 0
    """Of the second look, in pixels; 0 where there is none."""
    good: int = Field(ge=1)
    defective: int = Field(ge=1)

    @model_validator(mode="after")
    def _threshold_beside_good_pictures(self) -> Self:
        """It lies above their median, and by one deviation at most above the highest of them.

        That one is one of n deviations from their median: within √(n - 1) + 1.
        ``models.memory.calibration`` has why.
        """
        if not 0.0 < self.rule.threshold <= math.sqrt(self.good) + 2.0:
            raise ValueError(f"a threshold of {self.rule.threshold:.4g} from {self.good} good pictures")
        return self

    @model_validator(mode="after")
    def _as_learning_makes_it(self) -> Self:
        """Nets where cells count, and an area that can be looked at."""
        if bool(self.nets) is not bool(self.rule.cells):
            raise ValueError(f"{self.nets} nets where their weight is {self.rule.cells:.4g}")
        if self.closer_height * self.closer_width > MOST_AREA_PX:
            raise ValueError(f"a closer look above {MOST_AREA_PX} pixels")
        return self


class Adaptation:
    """What was learned from labels for one view. It is immutable."""

    def __init__(
        self,
        *,
        nets: Sequence[CellNet],
        direction: Direction,
        rule: Rule,
        tower_sha256: str,
        closer: tuple[int, int] | None = None,
        good: int,
        defective: int,
    ) -> None:
        """Keep what was learned from ``good`` and ``defective`` labelled pictures.

        Args:
            nets: The mean of their logits counts; none where the rule gives cells no weight.
            direction: Among the moments of the memory's pass, and of the closer look after them.
            rule: How opinions become a score.
            tower_sha256: Of the tower that it was learned on.
            closer: Height and width of the second look, in pixels, each a multiple of the tower's coarsest
                stride; None: the memory's pass is enough.
            good: Labelled pictures.
            defective: Likewise.
        """
        self._nets = tuple(
            net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload] # stub lacks it
            for net in nets
        )
        self._direction = direction
        height, width = closer or (0, 0)
        self._header = _Header(
            format=FORMAT,
            tower_sha256=tower_sha256,
            rule=rule,
            direction_offset=direction.offset,
            nets=len(self._nets),
            closer_height=height,
            closer_width=width,
            good=good,
            defective=defective,
        )

    @property
    def closer(self) -> tuple[int, int] | None:
        """Height and width of the second look, in pixels; None where there is none."""
        height, width = self._header.closer_height, self._header.closer_width
        return (height, width) if height and width else None

    @property
    def rule(self) -> Rule:
        """How the opinions become one score."""
        return self._header.rule

    @property
    def labels(self) -> tuple[int, int]:
        """How many good and how many defective pictures it was learned from."""
        return self._header.good, self._header.defective

    def refine(self, assessment: Assessment, *, distance: float, whole: Tensor) -> Assessment:
        """Judge anew what a memory has judged, in about 10 ms for each net.

        Args:
            assessment: What the memory said, with the tower's maps.
            distance: How far the picture as a whole lies from the good ones, by the memory.
            whole: (pooled channels,): from :func:`models.memory.embedding.described`.

        Returns:
            The same with the new score, verdict, confidence and map. The map is the memory's, raised where
            the labelled defects say so: what no label has shown stays visible. The regions are the memory's.
        """
        rule = self.rule
        cells = said_by(self._nets, assessment.features)
        seen = opinions(assessment.score, distance, self._direction.score(whole), cells)
        score = float(rule.score(seen[None])[0])
        anomaly = assessment.anomaly_map
        if cells is not None:
            # a cell at the level counts 1, as in the memory; each further unit of the logit half as much
            raised = 1.0 + 0.5 * (cells.mean(0, keepdim=True) - rule.cell_level)
            coarse = F.adaptive_max_pool2d(raised[None], anomaly.shape)[0, 0].numpy()
            anomaly = np.maximum(anomaly, coarse).astype(np.float32, copy=False)
        return replace(
            assessment,
            score=score,
            normal=score < rule.threshold,
            confidence=confidence(score, median=0.0, threshold=rule.threshold),
            anomaly_map=anomaly,
        )

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give tensors, half as exact as they were learned, and a JSON header; ``unpack`` reads them."""
        state = {
            f"{index}.{name}": tensor.half().contiguous()
            for index, net in enumerate(self._nets)
            for name, tensor in net.state_dict().items()
        }
        return state | {"direction": self._direction.weights.contiguous()}, self._header.model_dump_json()

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor], header: str, *, tower: VisionTower) -> Adaptation:
        """Make the adaptation that was packed.

        Raises:
            WeightsError: Tensors or header are damaged, of another format, or learned on another tower.
        """
        todo = "Adapt the recipe again, or restore the file"
        part = "nothing is inspected"
        try:
            if (said := format_of(header)) not in (_ONE_NET, FORMAT):
                raise WeightsError(f"The adaptation has format {said}, not {FORMAT}", part=part, todo=todo)
            known = _Header.model_validate_json(header)
        except ValidationError as error:
            raise WeightsError(
                f"The adaptation is damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        if known.format == _ONE_NET:
            tensors = {name.replace("net.", "0.", 1): tensor for name, tensor in tensors.items()}
        if known.tower_sha256 != tower.sha256:
            raise WeightsError(
                f"The adaptation was learned on another tower than {tower.name}", part=part, todo=todo
            )
        eyes = adaptable(tower)
        side = _BLANK_STRIDES * tower.strides[-1]
        blank = eyes.features([np.full((side, side, 3), 127, np.uint8)])
        fine, middle = (blank.maps[stride].shape[1] for stride in sorted(blank.maps)[:2])
        nets = [CellNet(eyes.tail(), fine_channels=fine, middle_channels=middle) for _ in range(known.nets)]
        expected = {
            f"{index}.{name}": Expected(shape=tuple(own.shape), dtype=torch.float16)
            for index, net in enumerate(nets)
            for name, own in net.state_dict().items()
        }
        closer = known.closer_height, known.closer_width
        looks = 2 if all(closer) else 1
        expected["direction"] = Expected(shape=(looks * len(moments(blank)),))
        reason = fault(tensors, expected)
        if not reason and any(side % tower.strides[-1] for side in closer):
            reason = f"{closer[1]} x {closer[0]} pixels is no size that this tower looks at"
        if reason:
            raise WeightsError(f"The adaptation is damaged: {reason}", part=part, todo=todo)
        for index, net in enumerate(nets):
            net.load_state_dict({name: tensors[f"{index}.{name}"].float() for name in net.state_dict()})
        direction = Direction(weights=tensors["direction"], offset=known.direction_offset)
        return cls(
            nets=nets,
            direction=direction,
            rule=known.rule,
            tower_sha256=known.tower_sha256,
            closer=closer if all(closer) else None,
            good=known.good,
            defective=known.defective,
        )


class AdaptedMemory(NormalityMemory):
    """A memory together with what labels taught; it stands wherever a memory stands."""

    def __init__(self, memory: NormalityMemory, adaptation: Adaptation) -> None:
        """Let ``adaptation`` refine what ``memory`` says."""
        super().__init__(tower=memory._tower, normal=memory._normal, header=memory._header)
        self.alone = without_labels(memory)
        self.adaptation = adaptation

    @property
    def cut(self) -> Cut:
        """Where the scores of what was refined divide good pictures: the threshold is another here."""
        return self.alone.cut

    @property
    def threshold(self) -> float:
        """The score from which a picture is not normal; it comes from held-out labelled pictures."""
        return self.adaptation.rule.threshold

    @property
    def looks(self) -> tuple[tuple[int, int], ...]:
        """Those of the memory, and the closer one where an eye has not looked so already."""
        looks, closer = self.alone.looks, self.adaptation.closer
        return looks if closer is None or closer in looks[1:] else (*looks, closer)

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give what was refined as tensors and a JSON header; the adaptation is packed by itself."""
        return self.alone.packed()

    @property
    def promised(self) -> tuple[None, None]:
        """Nothing: labels changed what a score is, and the threshold is another."""
        return None, None

    @property
    def taught_scores(self) -> tuple[float, ...]:
        """None: labels changed what a score is; the recipe's labelled scores say how good parts lie."""
        return ()

    def assess(self, picture: Picture) -> Assessment:
        """Judge one picture, as the memory does, then by what the labels taught.

        Args:
            picture: RGB, uint8, (height, width, 3).
        """
        first = self.alone.assess(picture)
        refined = self.adaptation.refine(
            first,
            distance=distance_of(self.alone, first),
            whole=described(
                first.features,
                picture,
                tower=self._tower,
                closer=self.adaptation.closer,
                seen=first.closer,
            ),
        )
        if not (refined.anomaly_map > np.maximum(first.anomaly_map, 1.0)).any():
            return refined
        regions = self.regions(refined.anomaly_map, features=first.features, shape=picture.shape)
        return replace(refined, regions=regions, foremost=regions[0])


def without_labels(memory: NormalityMemory) -> NormalityMemory:
    """The memory that labels refine: what they taught before is not carried over."""
    return memory.alone if isinstance(memory, AdaptedMemory) else memory


def adaptable(tower: VisionTower) -> AdaptableTower:
    """Give ``tower`` where its later stages can be trained, and raise RecipeError where not."""
    if not isinstance(tower, AdaptableTower):
        raise RecipeError(
            f"the tower {tower.name} cannot be adapted",
            part="the recipe as it was stays in use",
            todo="teach and adapt on an EfficientNet-Lite, or do without adapting",
        )
    return tower


def distance_of(memory: NormalityMemory, assessment: Assessment) -> float:
    """How far a picture that ``memory`` has judged lies from the good ones as a whole."""
    return memory.normal.whole_distance(embed(assessment.features))


def opinions(memory: float, distance: float, whole: float, cells: Tensor | None) -> NDArray[np.float64]:
    """Put four opinions of one picture side by side, to be weighed: (4,).

    Args:
        memory: The memory's score.
        distance: The memory's distance of the whole picture.
        whole: The direction's score.
        cells: The nets' logits, (nets, rows, columns); None where they do not count. The mean of what each
            says of the picture is taken, not what their mean says: the highest cells of a mean are lower,
            and the threshold comes from single nets.
    """
    bent = _MEMORY_BEND * np.arcsinh(memory / _MEMORY_BEND)
    of_cells = 0.0 if cells is None else float(CellNet.of_pictures(cells).mean())
    return np.array([bent, distance, whole, of_cells])
