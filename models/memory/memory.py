"""The normality memory: taught from good parts in seconds, it finds what was never seen on them.

Two views of the same features, because they fail on different defects:

- *patches*: the distance of each patch to the nearest normal patch (PatchCore: Roth et al., "Towards Total
  Recall in Industrial Anomaly Detection", CVPR 2022, arXiv:2106.08265), divided by what unseen good pictures
  have at that place, since edges and seams always lie far from everything. Finds small defects, says where.
- *whole*: the Mahalanobis distance of the pooled features from the good pictures' Gaussian (Rippel et al.,
  "Modeling the Distribution of Normal Data in Pre-Trained Deep Features for Anomaly Detection", ICPR 2020,
  arXiv:2005.14140), of each channel's first four moments. Finds what is a little wrong everywhere, and, by
  the third and fourth moment, what is very wrong in a few cells.

Both are put on one scale by pictures that the memory has not seen: the teaching pictures are judged by
memories taught on the others of them (cross-fitting, by group where groups are given).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields
from typing import Final, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from inspection.errors import RecipeError, WeightsError
from inspection.part import Picture
from inspection.pictures.quality import focus_measure
from models.backbone.features import FeatureMaps, VisionTower
from models.good_parts.high_scores import HighScores
from models.good_parts.near_copies import moved, sampled
from models.good_parts.sizes import too_small
from models.good_parts.unteachable import (
    FEWEST_PICTURES,
    refuse_near_copies,
    refuse_outliers,
    refuse_sizes,
    refuse_too_few,
)
from models.memory.assessment import Assessment, Region
from models.memory.calibration import Calibration, Cut, confidence, expected_distances, patch_score
from models.memory.embedding import LEAST_DEVIATION, Embedding, embed, look, resized, working_size
from models.memory.left_out import left_out_distances
from models.memory.normal import Normal, impossible
from models.memory.regions import find_regions
from models.memory.settings import MOST_AREA_PX, MemorySettings
from models.memory.threshold import Threshold
from models.weights.soundness import format_of, in_one_line

FORMAT: Final = 2


Promised = tuple[Threshold | None, HighScores | None]
"""What is known of a threshold, and what raises it; None where either is not known."""


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    tower: str
    tower_sha256: str
    taught_on: int = Field(ge=FEWEST_PICTURES)
    groups: int = Field(default=0, ge=0, exclude_if=lambda groups: not groups)
    """In how many groups, each by itself a witness; 0, and then not written, in files from before."""
    seed: int
    working_height: int = Field(ge=1, le=MOST_AREA_PX)
    working_width: int = Field(ge=1, le=MOST_AREA_PX)
    settings: MemorySettings
    calibration: Calibration
    high_scores: HighScores | None = Field(default=None, exclude_if=lambda high_scores: high_scores is None)
    """What raises the scores of the taught parts; None, and then not written, in files from before."""

    @property
    def working(self) -> tuple[int, int]:
        """Height and width that every picture is scaled to, in pixels."""
        return self.working_height, self.working_width

    @model_validator(mode="after")
    def _as_teaching_makes_it(self) -> Self:
        """No area beyond the bound, and the scores of the taught pictures where they can lie."""
        if self.working_height * self.working_width > MOST_AREA_PX:
            raise ValueError(f"a working size above {MOST_AREA_PX} pixels")
        self.calibration.refuse_unless_from(self.taught_on)
        return self


class NormalityMemory:
    """Knows what good parts look like. It is immutable; there is one for each view of a recipe."""

    def __init__(self, *, tower: VisionTower, normal: Normal, header: _Header) -> None:
        self._tower = tower
        self._normal = normal
        self._header = header

    @property
    def cut(self) -> Cut:
        """Where scores divide good pictures from others."""
        return self._header.calibration

    @property
    def calibration(self) -> Calibration:
        """How the memory's own two views are added up."""
        return self._header.calibration

    @property
    def threshold(self) -> float:
        """The score from which a picture is not normal; it was chosen from good parts alone."""
        return self.cut.threshold

    @property
    def median(self) -> float:
        """The score of a middling good picture."""
        return self.cut.median

    @property
    def taught_on(self) -> int:
        """The number of good pictures that were taught."""
        return self._header.taught_on

    @property
    def promised(self) -> Promised:
        """What is known of the threshold, and what raises it; None where either is not known."""
        return self.cut.promised, self._header.high_scores

    @property
    def taught_scores(self) -> tuple[float, ...]:
        """How unseen good pictures scored, at equal shares of them; none where that is not known."""
        return self.cut.quantiles

    @property
    def groups(self) -> int:
        """In how many groups the taught pictures came; 0 where that is not known."""
        return self._header.groups

    @property
    def settings(self) -> MemorySettings:
        """What was chosen when it was taught."""
        return self._header.settings

    @property
    def looks(self) -> tuple[tuple[int, int], ...]:
        """Height and width, in pixels, that the tower is shown a picture at; once for each."""
        return (self._header.working,)

    @property
    def normal(self) -> Normal:
        """What good pictures look like: what names by examples are told from (:mod:`models.naming`)."""
        return self._normal

    def too_small(self, size: tuple[int, ...]) -> str:
        """Say why a picture of that height and width, in pixels, is too small; the text is empty if not.

        :mod:`models.good_parts.sizes` has the rule.
        """
        return too_small((size[0], size[1]), working=self._header.working, strides=self._tower.strides)

    @classmethod
    def teach(
        cls,
        pictures: Sequence[Picture],
        *,
        tower: VisionTower,
        groups: Sequence[Hashable] | None = None,
        settings: MemorySettings | None = None,
        seed: int = 0,
        sizes: Sequence[tuple[int, int]] | None = None,
        names: Sequence[str] | None = None,
    ) -> NormalityMemory:
        """Learn from good pictures. They are looked at one by one, so ``pictures`` may read them when asked.

        Args:
            pictures: RGB, uint8, (height, width, 3), of any sizes; 20 to 100 are sensible.
            tower: The vision tower; the memory works with this one only.
            groups: One for each picture: pictures of one group are near-copies and are held out together
                when calibrating. None: each picture is its own group.
            settings: None takes the defaults.
            seed: The same pictures, settings and seed give the same memory.
            sizes: Height and width of each picture, where that is known without reading them all once more.
            names: One for each picture: those that lie far outside the others, are much coarser, or are
                near-copies are refused by them. None: all are taken as they are.

        Raises:
            RecipeError: There are fewer than five pictures or two groups, or groups of another number; a
                picture is too small, or much coarser than the others (:mod:`models.good_parts.sizes`), or
                lies far outside them (:mod:`models.good_parts.outliers`); most pictures are near-copies of
                others (:mod:`models.good_parts.near_copies`).
            WeightsError: The tower gives no usable numbers.
        """
        settings = settings or MemorySettings()
        keys: list[Hashable] = list(range(len(pictures))) if groups is None else list(groups)
        refuse_too_few(len(pictures), keys)
        sizes = sizes or [(picture.shape[0], picture.shape[1]) for picture in pictures]
        working = working_size(sizes, area_px=settings.working_area_px, multiple=tower.strides[-1])
        refuse_sizes(sizes, working=working, strides=tower.strides, names=names)
        again = [] if names is None else sampled(len(pictures))
        good: list[Embedding] = []
        sharpness: list[float] = []
        shifted: list[Tensor] = []
        for index, picture in enumerate(pictures):
            small = resized(picture, *working)
            good.append(embed(look(small, tower, working)))
            sharpness.append(focus_measure(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)))
            if index in again:
                looks = [embed(look(one, tower, working)).whole for one in moved(small)]
                shifted.append(torch.stack(looks))
        learned, bank = Normal.learn(good, settings, seed=seed)
        unseen, whole = left_out_distances(
            torch.stack([one.patches for one in good]).reshape(len(good), good[0].rows, good[0].columns, -1),
            torch.stack([one.whole for one in good]),
            keys,
            bank=bank,
            shrinkage=settings.shrinkage,
            least_deviation=LEAST_DEVIATION,
            seed=seed,
        )
        if names is not None:
            features = torch.stack([one.whole for one in good]).numpy()
            refuse_near_copies(features, torch.stack(shifted).numpy(), at=again, groups=keys, names=names)
            refuse_outliers(features, cells=unseen.numpy(), whole=whole, names=names)
        expected = expected_distances(unseen)
        ratios = unseen / expected
        calibration = Calibration.of(ratios, whole, keys, settings)
        header = _Header(
            format=FORMAT,
            tower=tower.name,
            tower_sha256=tower.sha256,
            taught_on=len(pictures),
            groups=len(set(keys)),
            seed=seed,
            working_height=working[0],
            working_width=working[1],
            settings=settings,
            calibration=calibration,
            high_scores=HighScores.of(
                calibration.scores(ratios, whole, settings),
                sharpness=np.array(sharpness),
                cells=ratios.numpy(),
                groups=keys,
            ),
        )
        return cls(tower=tower, normal=learned.expecting(expected), header=header)

    def assess(self, picture: Picture) -> Assessment:
        """Judge one picture.

        Args:
            picture: RGB, uint8, (height, width, 3).

        Raises:
            RecipeError: It is too small to show anything (``too_small``).
            WeightsError: The tower gives no usable numbers.
        """
        (maps, seen), calibration = self.see(picture), self.calibration
        ratios = self._normal.ratios(seen)
        score = calibration.combined(patch_score(ratios, self.settings), self._normal.whole_distance(seen))
        anomaly: NDArray[np.float32] = (ratios / calibration.cell_level).numpy()
        return self.assessed(score, anomaly, maps, seen, picture.shape)

    def see(self, picture: Picture) -> tuple[FeatureMaps, Embedding]:
        """Show a picture to the tower. Raises as :meth:`assess` does."""
        if reason := self.too_small(picture.shape):
            part, todo = (
                "the part goes to manual review",
                "set camera or region to what the recipe was taught on",
            )
            raise RecipeError(f"the picture has {reason}", part=part, todo=todo)
        maps = look(picture, self._tower, self._header.working)
        return maps, embed(maps)

    def assessed(
        self,
        score: float,
        anomaly: NDArray[np.float32],
        maps: FeatureMaps,
        seen: Embedding,
        shape: tuple[int, ...],
    ) -> Assessment:
        """Put together what was found on a picture.

        Args:
            score: How unusual it is.
            anomaly: (rows, columns) of the memory's own cells; 1 is the level of a region.
            maps: The tower's pass.
            seen: What the memory makes of it.
            shape: Of the picture: height and width in pixels.
        """
        cut = self.cut
        regions = self._regions(anomaly, seen, shape, level=1.0)
        below = float(np.nextafter(anomaly.max(), np.float32(-np.inf)))
        return Assessment(
            score=score,
            normal=score < cut.threshold,
            in_doubt=cut.in_doubt(score),
            confidence=confidence(score, median=cut.median, threshold=cut.threshold),
            anomaly_map=anomaly,
            regions=regions,
            foremost=(regions or self._regions(anomaly, seen, shape, level=below))[0],
            features=maps,
        )

    def regions(
        self, anomaly: NDArray[np.float32], *, features: FeatureMaps, shape: tuple[int, ...]
    ) -> tuple[Region, ...]:
        """Find the regions, the most anomalous first, of a map that was raised after the picture was judged.

        Args:
            anomaly: (rows, columns), of an assessment's size; cells above 1 belong to a region.
            features: The assessment's.
            shape: Of the picture that was judged: height and width in pixels.
        """
        return self._regions(anomaly, embed(features), shape, level=1.0)

    def _regions(
        self,
        anomaly: NDArray[np.float32],
        seen: Embedding,
        shape: tuple[int, ...],
        *,
        level: float,
    ) -> tuple[Region, ...]:
        rows, columns = anomaly.shape
        y_scale, x_scale = shape[0] / rows, shape[1] / columns
        found = []
        for spot in find_regions(anomaly, level=level, at_most=self._header.settings.most_regions):
            cell = spot.peak_cell[0] * columns + spot.peak_cell[1]
            left, top, width, height = spot.core
            found.append(
                Region(
                    box=(left * x_scale, top * y_scale, width * x_scale, height * y_scale),
                    area_px=spot.area * x_scale * y_scale,
                    score=spot.peak,
                    evidence=self._normal.difference(seen, cell=cell),
                )
            )
        return tuple(found)

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give the memory as tensors and a JSON header, for a safetensors file; ``unpack`` reads them."""
        return self._normal.tensors(), self._header.model_dump_json()

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor], header: str, *, tower: VisionTower) -> NormalityMemory:
        """Make the memory that was packed.

        Raises:
            WeightsError: Tensors or header are damaged, of another format, or were taught on another tower.
        """
        todo = "Teach the recipe again, or restore the file"
        part = "nothing is inspected"
        try:
            if (said := format_of(header)) != FORMAT:
                raise WeightsError(f"The memory has format {said}, not {FORMAT}", part=part, todo=todo)
            known = _Header.model_validate_json(header)
            normal = Normal(**{field.name: tensors[field.name] for field in fields(Normal)})
        except (KeyError, ValidationError) as error:
            raise WeightsError(
                f"The memory is damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        if known.tower_sha256 != tower.sha256:
            raise WeightsError(
                f"The memory was taught on {known.tower} ({known.tower_sha256[:12]}…), "
                f"not on {tower.name} ({tower.sha256[:12]}…)",
                part=part,
                todo="Teach the recipe again with this tower",
            )
        if reason := _fault(tensors, known, tower):
            raise WeightsError(f"The memory is damaged: {reason}", part=part, todo=todo)
        return cls(tower=tower, normal=normal, header=known)


def promised_by(header: str) -> Promised:
    """What a packed memory's header says of its threshold, and of what raises it, without its tower.

    Raises:
        ValueError: It is damaged.
    """
    known = _Header.model_validate_json(header)
    return known.calibration.promised, known.high_scores


def _fault(tensors: Mapping[str, Tensor], header: _Header, tower: VisionTower) -> str:
    """Say what in a memory's file cannot come from teaching on ``tower``; the text is empty for nothing.

    The tower looks at one blank picture: how many channels and cells it gives is known to nobody else.
    """
    height, width = header.working
    if height % tower.strides[-1] or width % tower.strides[-1]:
        return f"its working size {width} x {height} is none of this tower's"
    blank = embed(look(np.full((height, width, 3), 127, np.uint8), tower, header.working))
    return impossible(tensors, like=blank, patches=header.settings.patches)
