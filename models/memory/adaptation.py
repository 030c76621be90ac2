"""What labels add to the normality memory: it learns what *defective* means on one product.

The memory knows good parts alone, through features that were made for everyday photographs. With labelled
pictures two things more can be learned, both from the tower's one frozen pass:

- *whole*: the direction in which defective pictures differ from good ones, among the very moments that the
  memory uses (Fisher's linear discriminant under a covariance shrunk towards the identity; Ledoit and Wolf,
  2004). Ten labels already tell something.
- *cells*: a trained copy of the tower's stages from stride 8 to 16 with a light decoder that joins both
  strides (after Lin et al., "Feature Pyramid Networks", CVPR 2017, arXiv:1612.03144): one logit a cell.

Both and the memory's own score are added up, each in deviations of good pictures that none of the three had
seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
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
from models.memory.cells import CellNet, finest
from models.memory.embedding import moments
from models.memory.memory import NormalityMemory
from models.weights.soundness import Expected, fault, in_one_line

FORMAT: Final = 1
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


_Weight = Annotated[float, Field(gt=0.0, le=1e12)]


class Rule(BaseModel):
    """How three opinions become one score; made so that unseen good pictures lie about 0 with deviation 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    memory: _Weight
    whole: _Weight
    cells: _Weight
    """The weights of the three opinions; all are positive."""
    offset: float
    threshold: float
    """The sum from which a picture is defective; it comes from labelled pictures that were held out."""
    cell_level: float
    """The logit that the highest cell of nine in ten held-out good pictures stays below."""

    def score(self, opinions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add the opinions up by their weights.

        Args:
            opinions: (pictures, 3), each row from :func:`opinions`.

        Returns:
            (pictures,)
        """
        weights = np.array([self.memory, self.whole, self.cells])
        scores: NDArray[np.float64] = opinions @ weights + self.offset
        return scores


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int
    tower_sha256: str
    rule: Rule
    direction_offset: float
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


class Adaptation:
    """What was learned from labels for one view. It is immutable."""

    def __init__(
        self,
        *,
        net: CellNet,
        direction: Direction,
        rule: Rule,
        tower_sha256: str,
        good: int,
        defective: int,
    ) -> None:
        """Keep what was learned from ``good`` and ``defective`` labelled pictures."""
        self._net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload] # stub lacks it
        self._direction = direction
        self._header = _Header(
            format=FORMAT,
            tower_sha256=tower_sha256,
            rule=rule,
            direction_offset=direction.offset,
            good=good,
            defective=defective,
        )

    @property
    def rule(self) -> Rule:
        """How the opinions become one score."""
        return self._header.rule

    @property
    def labels(self) -> tuple[int, int]:
        """How many good and how many defective pictures it was learned from."""
        return self._header.good, self._header.defective

    def refine(self, assessment: Assessment) -> Assessment:
        """Judge anew what a memory has judged, in about 10 ms.

        Args:
            assessment: What the memory said, with the tower's maps.

        Returns:
            The same with the new score, verdict, confidence and map. The map is the memory's, raised where
            the labelled defects say so: what no label has shown stays visible. The regions are the memory's.
        """
        maps, rule = assessment.features, self.rule
        with torch.inference_mode():
            cells = self._net(finest(maps))
        seen = opinions(assessment.score, self._direction.score(moments(maps)), cells)
        score = float(rule.score(seen[None])[0])
        # a cell at the level counts 1, as in the memory; each further unit of the logit half as much
        raised = 1.0 + 0.5 * (cells - rule.cell_level)
        coarse = F.adaptive_max_pool2d(raised[None], assessment.anomaly_map.shape)[0, 0].numpy()
        anomaly = np.maximum(assessment.anomaly_map, coarse).astype(np.float32, copy=False)
        return replace(
            assessment,
            score=score,
            normal=score < rule.threshold,
            confidence=confidence(score, median=0.0, threshold=rule.threshold),
            anomaly_map=anomaly,
        )

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give tensors, half as exact as they were learned, and a JSON header; ``unpack`` reads them."""
        state = {f"net.{name}": tensor.half().contiguous() for name, tensor in self._net.state_dict().items()}
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
            known = _Header.model_validate_json(header)
        except ValidationError as error:
            raise WeightsError(
                f"The adaptation is damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        if known.format != FORMAT:
            raise WeightsError(
                f"The adaptation has format {known.format}, not {FORMAT}", part=part, todo=todo
            )
        if known.tower_sha256 != tower.sha256:
            raise WeightsError(
                f"The adaptation was learned on another tower than {tower.name}", part=part, todo=todo
            )
        eyes = adaptable(tower)
        side = _BLANK_STRIDES * tower.strides[-1]
        blank = eyes.features([np.full((side, side, 3), 127, np.uint8)])
        fine, middle = (blank.maps[stride].shape[1] for stride in sorted(blank.maps)[:2])
        net = CellNet(eyes.tail(), fine_channels=fine, middle_channels=middle)
        expected = {
            f"net.{name}": Expected(shape=tuple(own.shape), dtype=torch.float16)
            for name, own in net.state_dict().items()
        }
        expected["direction"] = Expected(shape=tuple(moments(blank).shape))
        if reason := fault(tensors, expected):
            raise WeightsError(f"The adaptation is damaged: {reason}", part=part, todo=todo)
        net.load_state_dict({name: tensors[f"net.{name}"].float() for name in net.state_dict()})
        direction = Direction(weights=tensors["direction"], offset=known.direction_offset)
        return cls(
            net=net,
            direction=direction,
            rule=known.rule,
            tower_sha256=known.tower_sha256,
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
        refined = self.adaptation.refine(first)
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


def opinions(memory: float, whole: float, cells: Tensor) -> NDArray[np.float64]:
    """Put three opinions of one picture side by side, to be weighed: (3,).

    Args:
        memory: The memory's score.
        whole: The direction's score.
        cells: The net's logits, (1, rows, columns).
    """
    bent = _MEMORY_BEND * np.arcsinh(memory / _MEMORY_BEND)
    return np.array([bent, whole, float(CellNet.of_pictures(cells)[0])])
