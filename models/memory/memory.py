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

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Final, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.errors import RecipeError, WeightsError
from inspection.part import Picture
from models.backbone.features import FeatureMaps, VisionTower
from models.good_parts.near_copies import moved, sampled
from models.good_parts.sizes import too_small
from models.good_parts.unteachable import refuse_near_copies, refuse_outliers, refuse_sizes
from models.memory.coreset import coreset
from models.memory.regions import find_regions
from models.weights.soundness import Expected, fault, in_one_line

FEWEST_PICTURES: Final = 5
FORMAT: Final = 2
_LEAST_DEVIATION: Final = 1e-3
"""Of features: keeps what never varies (a black picture) from dividing by zero."""
_MOST_FEATURE: Final = 1e6
"""No tower in order gives more; the distances' squares stay finite below it."""
_MOST_AREA_PX: Final = 1 << 24
"""Of the picture at working size; a file that asks for more is damaged, or would take all memory."""
_PATCH_BEND: Final = 4.0
"""Deviations beyond which the patches' score grows slower; docs/measurements/memory.md has what was tried."""
_LEAST_SPREAD: Final = 0.05
"""Of the two distances among unseen good pictures: keeps rounding from counting where they never vary."""
_MOST_DISTANCE: Final = 1e9
"""Features and their deviations being what they are, no distance is larger."""
_UNIT: Final = 1.0 + 1e-3
"""No component of a unit vector is larger, but for rounding."""
_LEAST_MARGIN: Final = 1.0
"""Deviations by which the threshold lies above the middling good picture at least."""


class MemorySettings(BaseModel):
    """What can be chosen when teaching. The defaults hold for every product measured so far."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    working_area_px: int = Field(default=81_920, ge=1, le=_MOST_AREA_PX)
    """Pixels that all pictures are scaled to, in the middling aspect ratio of the teaching pictures."""
    patches: int = Field(default=2_000, ge=1, le=1_000_000)
    """Size of the memory of patches."""
    top_share: float = Field(default=0.03, gt=0.0, le=1.0)
    """The patches' score is the mean of this share of the cells, the highest, above the middling cell."""
    shrinkage: float = Field(default=0.5, gt=0.0, le=1.0)
    """Weight of the identity in the correlation of the pooled features."""
    folds: int = Field(default=5, ge=2)
    """Cross-fitting folds for the calibration."""
    overkill: float = Field(default=0.01, ge=0.0, le=1.0)
    """Share of good parts that the threshold may reject, as far as so many teaching pictures can tell."""
    most_regions: int = Field(default=8, ge=1, le=1_000)


@dataclass(frozen=True, kw_only=True)
class Region:
    """An anomalous place on the picture."""

    box: tuple[float, float, float, float]
    """x, y, width, height of the place itself in pixels of the picture that was given."""
    area_px: float
    """Of all cells above the level, in square pixels of that picture; larger than the place itself."""
    score: float
    """The highest patch score inside; 1 is the patch threshold."""
    evidence: NDArray[np.float32]
    """(channels,): the peak's features minus the nearest normal patch's, in deviations of good patches."""


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the memory thinks of one picture."""

    score: float
    """How unusual: the sum of both views, about 0 for unseen good pictures. Compare within one memory."""
    normal: bool
    """Whether the score lies below the threshold."""
    confidence: float
    """0…1, falls as the score rises: 0.5 at the threshold, 0.99 for a middling good part. No probability."""
    anomaly_map: NDArray[np.float32]
    """(rows, columns) over the whole picture; 1 is the level from which cells count as a region."""
    regions: tuple[Region, ...]
    """The most anomalous first."""
    foremost: Region
    """The most anomalous place, whether it is above the level or not."""
    features: FeatureMaps
    """The tower's pass over the picture at working size, for whoever comes next."""


@dataclass(frozen=True, kw_only=True)
class _Normal:
    """What has been learned from good pictures, before calibration."""

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
    """(rows, columns): the distance of the cells of unseen good pictures, on average."""


_Distance = Annotated[float, Field(ge=0.0, le=_MOST_DISTANCE)]
_Spread = Annotated[float, Field(ge=_LEAST_SPREAD, le=_MOST_DISTANCE)]


class _Calibration(BaseModel):
    """How scores of unseen good pictures lie."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    patch_mean: _Distance
    patch_deviation: _Spread
    whole_mean: _Distance
    whole_deviation: _Spread
    cell_level: Annotated[float, Field(ge=_LEAST_DEVIATION, le=_MOST_DISTANCE)]
    median: float
    threshold: float

    def combined(self, patch: float, whole: float) -> float:
        """The sum of both scores, each in deviations of unseen good pictures.

        Where good parts come from another place or time than the taught ones, patches run off by tens of
        deviations and the whole by a few. So the patches' share grows ever slower, but without a bound: one
        glaring spot is enough to reject.
        """
        of_patch = (patch - self.patch_mean) / self.patch_deviation
        bent = _PATCH_BEND * math.asinh(of_patch / _PATCH_BEND)
        return bent + (whole - self.whole_mean) / self.whole_deviation


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    tower: str
    tower_sha256: str
    taught_on: int = Field(ge=FEWEST_PICTURES)
    seed: int
    working_height: int = Field(ge=1, le=_MOST_AREA_PX)
    working_width: int = Field(ge=1, le=_MOST_AREA_PX)
    settings: MemorySettings
    calibration: _Calibration

    @model_validator(mode="after")
    def _as_teaching_makes_it(self) -> Self:
        """No area beyond the bound, and the scores of the taught pictures where they can lie.

        Of n numbers none lies more than √(n - 1) of their own deviations from their mean (Samuelson 1968,
        "How deviant can you be?"), and both scores are put on the scale of those n pictures themselves.
        """
        if self.working_height * self.working_width > _MOST_AREA_PX:
            raise ValueError(f"a working size above {_MOST_AREA_PX} pixels")
        farthest = math.sqrt(self.taught_on - 1) + 1e-6
        bent = _PATCH_BEND * math.asinh(farthest / _PATCH_BEND)
        most, median, threshold = farthest + bent, self.calibration.median, self.calibration.threshold
        if abs(median) > most or not median + _LEAST_MARGIN <= threshold <= max(most, median + _LEAST_MARGIN):
            raise ValueError(f"a threshold of {threshold:.4g} over a median of {median:.4g}")
        return self


class NormalityMemory:
    """Knows what good parts look like. Immutable; one for each view of a recipe."""

    def __init__(self, *, tower: VisionTower, normal: _Normal, header: _Header) -> None:
        self._tower = tower
        self._normal = normal
        self._header = header

    @property
    def threshold(self) -> float:
        """Score from which a picture is not normal; chosen from good parts alone."""
        return self._header.calibration.threshold

    @property
    def median(self) -> float:
        """Score of a middling good picture."""
        return self._header.calibration.median

    @property
    def taught_on(self) -> int:
        """Number of good pictures that were taught."""
        return self._header.taught_on

    def too_small(self, size: tuple[int, ...]) -> str:
        """Why a picture of that size is too small (:mod:`models.good_parts.sizes`); else empty."""
        working = self._header.working_height, self._header.working_width
        return too_small((size[0], size[1]), working=working, strides=self._tower.strides)

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
            tower: the vision tower; the memory works with this one only.
            groups: one for each picture: pictures of one group are near-copies and are held out together
                when calibrating. None: each picture is its own group.
            settings: None takes the defaults.
            seed: the same pictures, settings and seed give the same memory.
            sizes: height and width of each picture, where that is known without reading them all once more.
            names: one for each picture: those that lie far outside the others, are much coarser, or are
                near-copies are refused by them. None: all are taken as they are.

        Raises:
            RecipeError: fewer than five pictures or two groups, or groups of another number; a picture that
                is too small, or much coarser than the others (:mod:`models.good_parts.sizes`), or lies far
                outside them (:mod:`models.good_parts.outliers`); pictures most of which are near-copies of
                others (:mod:`models.good_parts.near_copies`).
        """
        settings = settings or MemorySettings()
        keys: list[Hashable] = list(range(len(pictures))) if groups is None else list(groups)
        if len(pictures) < FEWEST_PICTURES:
            raise RecipeError(
                f"{len(pictures)} good pictures are too few to teach from",
                part="nothing was taught",
                todo=f"take at least {FEWEST_PICTURES}, better 20 to 100",
            )
        if len(keys) != len(pictures):
            raise RecipeError(f"{len(keys)} groups were given for {len(pictures)} pictures")
        if len(set(keys)) < 2:
            raise RecipeError(
                "All good pictures belong to one group, so nothing unseen is left to calibrate with",
                todo="Take pictures of several parts",
            )
        sizes = sizes or [(picture.shape[0], picture.shape[1]) for picture in pictures]
        height, width = working = working_size(
            sizes, area_px=settings.working_area_px, multiple=tower.strides[-1]
        )
        refuse_sizes(sizes, working=working, strides=tower.strides, names=names)
        again = [] if names is None else sampled(len(pictures))
        described: list[_Described] = []
        shifted: list[Tensor] = []
        for index, picture in enumerate(pictures):
            resized = _resized(picture, height, width)
            described.append(_describe(_look(resized, tower, height, width)))
            if index in again:
                looks = [_describe(_look(one, tower, height, width)).whole for one in moved(resized)]
                shifted.append(torch.stack(looks))
        unseen, whole = _judge_unseen(described, keys, settings, seed)
        if names is not None:
            features = torch.stack([one.whole for one in described]).numpy()
            refuse_near_copies(features, torch.stack(shifted).numpy(), at=again, groups=keys, names=names)
            refuse_outliers(features, cells=unseen.numpy(), whole=whole, names=names)
        expected, calibration = _calibrate(unseen, whole, settings)
        header = _Header(
            format=FORMAT,
            tower=tower.name,
            tower_sha256=tower.sha256,
            taught_on=len(pictures),
            seed=seed,
            working_height=height,
            working_width=width,
            settings=settings,
            calibration=calibration,
        )
        learned = replace(_learn(described, settings, seed), expected=expected)
        return cls(tower=tower, normal=learned, header=header)

    def assess(self, picture: Picture) -> Assessment:
        """Judge one picture.

        Args:
            picture: RGB, uint8, (height, width, 3).

        Raises:
            RecipeError: It is too small to show anything (``too_small``).
            WeightsError: The tower gives no usable numbers.
        """
        header, calibration = self._header, self._header.calibration
        if reason := self.too_small(picture.shape):
            raise RecipeError(
                f"the picture has {reason}",
                part="the part goes to manual review",
                todo="set the camera, or the view's region, to what the recipe was taught on",
            )
        maps = _look(picture, self._tower, header.working_height, header.working_width)
        described = _describe(maps)
        distances, nearest = _distances(described, self._normal)
        ratios = distances / self._normal.expected
        whole = _whole_distance(described, self._normal)
        score = calibration.combined(_patch_score(ratios, header.settings), whole)
        anomaly: NDArray[np.float32] = (ratios / calibration.cell_level).numpy()
        regions = self._regions(anomaly, described, nearest, picture.shape, level=1.0)
        below = float(np.nextafter(anomaly.max(), np.float32(-np.inf)))
        return Assessment(
            score=score,
            normal=score < calibration.threshold,
            confidence=confidence(score, median=calibration.median, threshold=calibration.threshold),
            anomaly_map=anomaly,
            regions=regions,
            foremost=(regions or self._regions(anomaly, described, nearest, picture.shape, level=below))[0],
            features=maps,
        )

    def _regions(
        self,
        anomaly: NDArray[np.float32],
        described: _Described,
        nearest: Tensor,
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
                    evidence=(
                        described.patches[cell] / self._normal.deviation - self._normal.bank[nearest[cell]]
                    ).numpy(),
                )
            )
        return tuple(found)

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """The memory as tensors and a JSON header, for a safetensors file. ``unpack`` reads them back."""
        tensors = {field.name: getattr(self._normal, field.name).contiguous() for field in fields(_Normal)}
        return tensors, self._header.model_dump_json()

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor], header: str, *, tower: VisionTower) -> NormalityMemory:
        """Make the memory that was packed.

        Raises:
            WeightsError: Tensors or header are damaged, of another format, or were taught on another tower.
        """
        todo = "Teach the recipe again, or restore the file"
        part = "nothing is inspected"
        try:
            known = _Header.model_validate_json(header)
            normal = _Normal(**{field.name: tensors[field.name] for field in fields(_Normal)})
        except (KeyError, ValidationError) as error:
            raise WeightsError(
                f"The memory is damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        if known.format != FORMAT:
            raise WeightsError(f"The memory has format {known.format}, not {FORMAT}", part=part, todo=todo)
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


def _fault(tensors: Mapping[str, Tensor], header: _Header, tower: VisionTower) -> str:
    """What in a memory's file cannot come from teaching on ``tower``, in words; empty for nothing.

    The tower looks at one blank picture: how many channels and cells it gives is known to nobody else.
    """
    height, width = header.working_height, header.working_width
    if height % tower.strides[-1] or width % tower.strides[-1]:
        return f"its working size {width} x {height} is none of this tower's"
    blank = _describe(_look(np.full((height, width, 3), 127, np.uint8), tower, height, width))
    channels, pooled = blank.patches.shape[1], len(blank.whole)
    patches, axes = (len(tensors[name]) if tensors[name].ndim else 0 for name in ("bank", "whole_axes"))
    most = _MOST_FEATURE / _LEAST_DEVIATION
    reason = fault(
        tensors,
        {
            "deviation": Expected(shape=(channels,), least=_LEAST_DEVIATION, most=_MOST_FEATURE),
            "bank": Expected(shape=(patches, channels), least=-most, most=most),
            "whole_centre": Expected(shape=(pooled,), least=-_MOST_FEATURE, most=_MOST_FEATURE),
            "whole_deviation": Expected(shape=(pooled,), least=_LEAST_DEVIATION, most=_MOST_FEATURE),
            "whole_axes": Expected(shape=(axes, pooled), least=-_UNIT, most=_UNIT),
            "whole_slack": Expected(shape=(axes,), least=0.0, most=1.0),
            "expected": Expected(
                shape=(blank.rows, blank.columns), least=_LEAST_DEVIATION, most=_MOST_DISTANCE
            ),
        },
    )
    if reason:
        return reason
    if patches > header.settings.patches:
        return f"it holds {patches} patches, more than {header.settings.patches}"
    directions = tensors["whole_axes"].double()
    if not torch.allclose(directions @ directions.T, torch.eye(axes, dtype=torch.float64), atol=1e-3):
        return "its axes are not orthonormal"
    return ""


def confidence(score: float, *, median: float, threshold: float) -> float:
    """Map a score to 0…1, falling: a logistic curve, 0.99 at the median good part, 0.5 at the threshold."""
    slope = math.log(99.0) / (threshold - median)
    return 1.0 / (1.0 + math.exp(min(slope * (score - threshold), 700.0)))


def working_size(sizes: Sequence[tuple[int, ...]], *, area_px: int, multiple: int) -> tuple[int, int]:
    """Sides of nearly the given area, in the middling aspect ratio of some pictures.

    Args:
        sizes: height and width of each picture.
        area_px: the wanted area.
        multiple: both sides are multiples of it.

    Returns:
        Height and width in pixels, each at least one multiple.
    """
    aspect = float(np.median([width / height for height, width in sizes]))
    height = max(multiple, round(math.sqrt(area_px / aspect) / multiple) * multiple)
    width = max(multiple, round(math.sqrt(area_px * aspect) / multiple) * multiple)
    return height, width


@dataclass(frozen=True, kw_only=True)
class _Described:
    """One picture in the memory's terms."""

    patches: Tensor
    """(rows · columns, patch channels)"""
    rows: int
    columns: int
    whole: Tensor
    """(pooled channels,)"""


def _resized(picture: Picture, height: int, width: int) -> Picture:
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(picture, (width, height), interpolation=interpolation).astype(np.uint8, copy=False)


def _look(picture: Picture, tower: VisionTower, height: int, width: int) -> FeatureMaps:
    maps = tower.features([_resized(picture, height, width)])
    if not all(bool(layer.abs().amax() < _MOST_FEATURE) for layer in maps.maps.values()):  # nor for NaN
        raise WeightsError(
            f"the vision tower {tower.name} gives no usable numbers",
            part="the part goes to manual review",
            todo="check the tower's weights: passgate weights pull",
        )
    return maps


def _describe(maps: FeatureMaps) -> _Described:
    """Patches: all maps, averaged over 3x3 cells, on the second one's grid. Whole: all maps, pooled.

    A tower may have one map only; then its grid is taken.
    """
    layers = [maps.maps[stride][:1] for stride in sorted(maps.maps)]
    rows, columns = layers[min(1, len(layers) - 1)].shape[-2:]
    joined = torch.cat([_on_grid(layer, rows, columns) for layer in layers], dim=1)
    pooled = [layer[0].flatten(1) for layer in layers]
    return _Described(
        patches=joined[0].flatten(1).T.contiguous(),
        rows=rows,
        columns=columns,
        whole=torch.cat([_moments(layer) for layer in pooled]),
    )


def _moments(layer: Tensor) -> Tensor:
    """How each channel's values lie over the picture: mean, log deviation, skewness, log kurtosis.

    The third and fourth moment tell a few outlying cells, which is what a small defect is, from a change
    of the whole surface; mean and deviation alone hardly do.

    Args:
        layer: (channels, cells).

    Returns:
        (4 · channels,)
    """
    mean = layer.mean(1)
    deviation = layer.std(1).clamp_min(_LEAST_DEVIATION)
    standard = (layer - mean[:, None]) / deviation[:, None]
    square = standard.square()
    kurtosis = square.square().mean(1).clamp_min(1.0)  # it is never less, but where nothing varies
    return torch.cat([mean, deviation.log(), (square * standard).mean(1), kurtosis.log()])


def _on_grid(layer: Tensor, rows: int, columns: int) -> Tensor:
    smooth = F.avg_pool2d(layer, 3, 1, 1, count_include_pad=False)
    if smooth.shape[-1] > columns:
        return F.adaptive_avg_pool2d(smooth, (rows, columns))
    return F.interpolate(smooth, (rows, columns), mode="bilinear", align_corners=False)


def _learn(described: Sequence[_Described], settings: MemorySettings, seed: int) -> _Normal:
    patches = torch.cat([one.patches for one in described])
    deviation = patches.std(0).clamp_min(_LEAST_DEVIATION)
    whole = torch.stack([one.whole for one in described])
    centre, spread = whole.mean(0), whole.std(0).clamp_min(_LEAST_DEVIATION)
    # few pictures, many channels: the eigenvectors of the correlation are the right singular vectors, quickly
    _, singular, axes = torch.linalg.svd((whole - centre) / spread, full_matrices=False)
    variance = (1 - settings.shrinkage) / settings.shrinkage * singular.square() / len(whole)
    return _Normal(
        deviation=deviation,
        bank=coreset(patches / deviation, settings.patches, seed=seed),
        whole_centre=centre,
        whole_deviation=spread,
        whole_axes=axes.contiguous(),
        whole_slack=variance / (1 + variance),
        expected=torch.ones(described[0].rows, described[0].columns),
    )


def _distances(one: _Described, normal: _Normal) -> tuple[Tensor, Tensor]:
    """For each cell the distance to the nearest normal patch, (rows, columns), and its index, flat."""
    patches = one.patches / normal.deviation
    squared = torch.addmm(normal.bank.square().sum(1), patches, normal.bank.T, alpha=-2.0)
    nearest = squared.argmin(1)
    distances = (patches - normal.bank[nearest]).norm(dim=1)  # anew: the short form above cancels near zero
    return distances.reshape(one.rows, one.columns), nearest


def _patch_score(ratios: Tensor, settings: MemorySettings) -> float:
    """The highest cells above the middling one: a new batch that lies off as a whole is not a defect."""
    cells = ratios.flatten()
    highest = cells.topk(max(1, round(settings.top_share * len(cells)))).values
    return float(highest.mean() - cells.median())


def _whole_distance(one: _Described, normal: _Normal) -> float:
    """Mahalanobis distance, but for a constant factor, under the correlation shrunk towards the identity.

    Its inverse by the Woodbury identity: the squared length, less what the spread along the axes explains.
    """
    offset = (one.whole - normal.whole_centre) / normal.whole_deviation
    along = normal.whole_axes @ offset
    return float((offset.square().sum() - (normal.whole_slack * along.square()).sum()).clamp_min(0).sqrt())


def _judge_unseen(
    described: Sequence[_Described], keys: Sequence[Hashable], settings: MemorySettings, seed: int
) -> tuple[Tensor, NDArray[np.float64]]:
    """Judge each teaching picture by a memory that has not seen its group.

    Returns:
        The distance of each cell, (pictures, rows, columns), and of each whole picture, (pictures,).
    """
    order = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    shuffled = np.random.default_rng(seed).permutation(len(order))
    fold_of = [int(shuffled[order[key]]) % min(settings.folds, len(order)) for key in keys]
    unseen = torch.zeros(len(keys), described[0].rows, described[0].columns)
    whole = np.zeros(len(keys))
    for fold in sorted(set(fold_of)):
        normal = _learn([one for one, f in zip(described, fold_of, strict=True) if f != fold], settings, seed)
        for index in (i for i, f in enumerate(fold_of) if f == fold):
            unseen[index] = _distances(described[index], normal)[0]
            whole[index] = _whole_distance(described[index], normal)
    return unseen, whole


def _calibrate(
    unseen: Tensor, whole: NDArray[np.float64], settings: MemorySettings
) -> tuple[Tensor, _Calibration]:
    """Put both distances of unseen good pictures on one scale.

    Returns:
        The expected distance of each cell, (rows, columns), and how the scores lie.
    """
    # smoothed, since a mean over so few pictures is noisy from cell to cell
    expected = torch.from_numpy(cv2.GaussianBlur(unseen.mean(0).numpy(), (0, 0), 1.0))
    expected = expected.clamp_min(_LEAST_DEVIATION)
    ratios = unseen / expected
    patch = np.array([_patch_score(one, settings) for one in ratios])
    peaks = ratios.flatten(1).amax(1).numpy()
    uncut = _Calibration(
        patch_mean=float(patch.mean()),
        patch_deviation=max(float(patch.std()), _LEAST_SPREAD),
        whole_mean=float(whole.mean()),
        whole_deviation=max(float(whole.std()), _LEAST_SPREAD),
        cell_level=max(float(np.quantile(peaks, 0.9)), _LEAST_DEVIATION),
        median=0.0,
        threshold=0.0,
    )
    scores = np.sort([uncut.combined(*pair) for pair in zip(patch, whole, strict=True)])
    median = float(np.median(scores))
    # the conformal quantile: with n pictures no finer statement than 1/(n+1) can be made
    rank = min(math.ceil((len(scores) + 1) * (1 - settings.overkill)), len(scores))
    threshold = max(float(scores[rank - 1]), median + _LEAST_MARGIN)
    return expected, uncut.model_copy(update={"median": median, "threshold": threshold})
