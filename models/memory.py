"""The normality memory: taught from good parts in seconds, it finds what was never seen on them.

Two views of the same features, because they fail on different defects:

- *patches*: the distance of each patch to the nearest normal patch (PatchCore: Roth et al., "Towards Total
  Recall in Industrial Anomaly Detection", CVPR 2022, arXiv:2106.08265). Finds small defects, and says where.
- *whole*: the Mahalanobis distance of the pooled features from the good pictures' Gaussian (Rippel et al.,
  "Modeling the Distribution of Normal Data in Pre-Trained Deep Features for Anomaly Detection", ICPR 2020,
  arXiv:2005.14140). Finds what is a little wrong everywhere.

Both are put on one scale by pictures that the memory has not seen: the teaching pictures are judged by
memories taught on the others of them (cross-fitting, by group where groups are given).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.errors import RecipeError, WeightsError
from inspection.part import Picture
from models.coreset import coreset
from models.regions import find_regions
from models.vision import FeatureMaps, VisionTower

FEWEST_PICTURES: Final = 5
FORMAT: Final = 1


class MemorySettings(BaseModel):
    """What can be chosen when teaching. The defaults hold for every product measured so far."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    working_area_px: int = 163_840
    """Pixels that a picture is scaled to, keeping its aspect ratio, sides rounded to the tower's stride."""
    patches: int = 4_000
    """Size of the memory of patches."""
    top_patches: int = 20
    """The patches' score is the mean of this many largest distances."""
    shrinkage: float = 0.5
    """Weight of the identity in the correlation of the pooled features."""
    folds: int = 5
    """Cross-fitting folds for the calibration."""
    overkill: float = 0.01
    """Share of good parts that the threshold may reject, as far as so many teaching pictures can tell."""
    most_regions: int = 8


@dataclass(frozen=True, kw_only=True)
class Region:
    """An anomalous place on the picture."""

    box: tuple[float, float, float, float]
    """x, y, width, height in pixels of the picture that was given."""
    area_px: float
    """In square pixels of that picture."""
    score: float
    """The highest patch score inside; 1 is the patch threshold."""
    evidence: NDArray[np.float32]
    """(channels,): the peak's features minus those of the nearest normal patch."""


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the memory thinks of one picture."""

    score: float
    """How unusual: in standard deviations of unseen good pictures; comparable within one memory."""
    normal: bool
    """Whether the score lies below the threshold."""
    confidence: float
    """0…1, falls as the score rises: 0.5 at the threshold, 0.99 for a middling good part. No probability."""
    anomaly_map: NDArray[np.float32]
    """(rows, columns) over the whole picture; 1 is the level from which cells count as a region."""
    regions: tuple[Region, ...]
    """The most anomalous first."""
    features: FeatureMaps
    """The tower's pass over the picture at working size, for whoever comes next."""


@dataclass(frozen=True, kw_only=True)
class _Normal:
    """What has been learned from good pictures, before calibration."""

    centre: Tensor
    """(patch channels,)"""
    whitening: Tensor
    """(patch channels, patch channels)"""
    bank: Tensor
    """(patches, patch channels), whitened"""
    whole_centre: Tensor
    """(pooled channels,)"""
    whole_whitening: Tensor
    """(pooled channels, pooled channels): the length of a vector times this is its Mahalanobis distance."""


class _Calibration(BaseModel):
    """How scores of unseen good pictures lie."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    patch_mean: float
    patch_deviation: float
    whole_mean: float
    whole_deviation: float
    cell_level: float
    median: float
    threshold: float


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    tower: str
    tower_sha256: str
    taught_on: int
    seed: int
    settings: MemorySettings
    calibration: _Calibration


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
    def taught_on(self) -> int:
        """Number of good pictures that were taught."""
        return self._header.taught_on

    @classmethod
    def teach(
        cls,
        pictures: Sequence[Picture],
        *,
        tower: VisionTower,
        groups: Sequence[Hashable] | None = None,
        settings: MemorySettings | None = None,
        seed: int = 0,
    ) -> NormalityMemory:
        """Learn from good pictures.

        Args:
            pictures: RGB, uint8, (height, width, 3), of any sizes; 20 to 100 are sensible.
            tower: the vision tower; the memory works with this one only.
            groups: one for each picture: pictures of one group are near-copies and are held out together
                when calibrating. None: each picture is its own group.
            settings: None takes the defaults.
            seed: the same pictures, settings and seed give the same memory.

        Raises:
            RecipeError: fewer than five pictures or two groups, or groups of another number.
        """
        settings = settings or MemorySettings()
        keys: list[Hashable] = list(range(len(pictures))) if groups is None else list(groups)
        if len(pictures) < FEWEST_PICTURES:
            raise RecipeError(
                f"{len(pictures)} good pictures are too few to teach from",
                todo=f"Take at least {FEWEST_PICTURES}, better 20 to 100",
            )
        if len(keys) != len(pictures):
            raise RecipeError(f"{len(keys)} groups were given for {len(pictures)} pictures")
        if len(set(keys)) < 2:
            raise RecipeError(
                "All good pictures belong to one group, so nothing unseen is left to calibrate with",
                todo="Take pictures of several parts",
            )
        described = [_describe(_look(picture, tower, settings), 0) for picture in pictures]
        calibration = _calibrate(described, keys, settings, seed)
        header = _Header(
            format=FORMAT,
            tower=tower.name,
            tower_sha256=tower.sha256,
            taught_on=len(pictures),
            seed=seed,
            settings=settings,
            calibration=calibration,
        )
        return cls(tower=tower, normal=_learn(described, settings, seed), header=header)

    def assess(self, picture: Picture) -> Assessment:
        """Judge one picture.

        Args:
            picture: RGB, uint8, (height, width, 3).
        """
        settings, calibration = self._header.settings, self._header.calibration
        maps = _look(picture, self._tower, settings)
        described = _describe(maps, 0)
        patch, whole, distances, nearest = _raw_scores(described, self._normal, settings)
        score = _combined(patch, whole, calibration)
        anomaly = (distances / calibration.cell_level).reshape(described.rows, described.columns).numpy()
        return Assessment(
            score=score,
            normal=score < calibration.threshold,
            confidence=confidence(score, median=calibration.median, threshold=calibration.threshold),
            anomaly_map=anomaly,
            regions=self._regions(anomaly, described, nearest, picture.shape),
            features=maps,
        )

    def _regions(
        self, anomaly: NDArray[np.float32], described: _Described, nearest: Tensor, shape: tuple[int, ...]
    ) -> tuple[Region, ...]:
        y_scale, x_scale = shape[0] / described.rows, shape[1] / described.columns
        found = []
        for spot in find_regions(anomaly, level=1.0, at_most=self._header.settings.most_regions):
            cell = spot.peak_cell[0] * described.columns + spot.peak_cell[1]
            whitened = (described.patches[cell] - self._normal.centre) @ self._normal.whitening
            left, top, width, height = spot.box
            found.append(
                Region(
                    box=(left * x_scale, top * y_scale, width * x_scale, height * y_scale),
                    area_px=spot.area * x_scale * y_scale,
                    score=spot.peak,
                    evidence=(whitened - self._normal.bank[nearest[cell]]).numpy(),
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
        try:
            known = _Header.model_validate_json(header)
            normal = _Normal(**{field.name: tensors[field.name] for field in fields(_Normal)})
        except (KeyError, ValidationError) as error:
            raise WeightsError(f"The memory is damaged: {error}", todo=todo) from error
        if known.format != FORMAT:
            raise WeightsError(f"The memory has format {known.format}, not {FORMAT}", todo=todo)
        if known.tower_sha256 != tower.sha256:
            raise WeightsError(
                f"The memory was taught on {known.tower} ({known.tower_sha256[:12]}…), "
                f"not on {tower.name} ({tower.sha256[:12]}…)",
                todo="Teach the recipe again with this tower",
            )
        return cls(tower=tower, normal=normal, header=known)


def confidence(score: float, *, median: float, threshold: float) -> float:
    """Map a score to 0…1, falling: a logistic curve, 0.99 at the median good part, 0.5 at the threshold."""
    slope = math.log(99.0) / (threshold - median)
    return 1.0 / (1.0 + math.exp(min(slope * (score - threshold), 700.0)))


def working_size(height: int, width: int, *, area_px: int, multiple: int) -> tuple[int, int]:
    """Sides with nearly the given area and aspect ratio, rounded to multiples.

    Returns:
        height, width in pixels, each at least one multiple.
    """
    scale = math.sqrt(area_px / (height * width))
    return tuple(max(multiple, round(side * scale / multiple) * multiple) for side in (height, width))  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class _Described:
    """One picture in the memory's terms."""

    patches: Tensor
    """(rows · columns, patch channels)"""
    rows: int
    columns: int
    whole: Tensor
    """(pooled channels,)"""


def _look(picture: Picture, tower: VisionTower, settings: MemorySettings) -> FeatureMaps:
    height, width = working_size(
        *picture.shape[:2], area_px=settings.working_area_px, multiple=tower.strides[-1]
    )
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(picture, (width, height), interpolation=interpolation)
    return tower.features([resized.astype(np.uint8, copy=False)])


def _describe(maps: FeatureMaps, index: int) -> _Described:
    """Patches: the two finest maps, averaged over 3x3 cells, on the second one's grid. Whole: all, pooled."""
    fine, middle = (maps.maps[stride][index : index + 1] for stride in sorted(maps.maps)[:2])
    rows, columns = middle.shape[-2:]
    smooth = [F.avg_pool2d(x, 3, 1, 1, count_include_pad=False) for x in (fine, middle)]
    joined = torch.cat([F.adaptive_avg_pool2d(smooth[0], (rows, columns)), smooth[1]], dim=1)
    pooled = [x[index].flatten(1) for x in maps.maps.values()]
    return _Described(
        patches=joined[0].flatten(1).T.contiguous(),
        rows=rows,
        columns=columns,
        whole=torch.cat([torch.cat([x.mean(1), x.std(1)]) for x in pooled]),
    )


def _learn(described: Sequence[_Described], settings: MemorySettings, seed: int) -> _Normal:
    patches = torch.cat([one.patches for one in described])
    centre, whitening = _whitening(patches, shrinkage=0.1)
    whole_centre, whole_whitening = _whitening(
        torch.stack([one.whole for one in described]), shrinkage=settings.shrinkage
    )
    return _Normal(
        centre=centre,
        whitening=whitening,
        bank=coreset((patches - centre) @ whitening, settings.patches, seed=seed),
        whole_centre=whole_centre,
        whole_whitening=whole_whitening,
    )


def _whitening(points: Tensor, *, shrinkage: float) -> tuple[Tensor, Tensor]:
    """The mean, and the matrix that makes the spread the same in all directions (shrunk correlation)."""
    double = points.double()
    centre = double.mean(0)
    deviation = double.std(0).clamp_min(1e-6)
    standard = (double - centre) / deviation
    correlation = standard.T @ standard / len(points)
    correlation = (1 - shrinkage) * correlation + shrinkage * torch.eye(len(centre), dtype=torch.float64)
    values, vectors = torch.linalg.eigh(correlation)
    whitening = (vectors / values.sqrt()) / deviation[:, None]
    return centre.float(), whitening.float().contiguous()


def _raw_scores(
    one: _Described, normal: _Normal, settings: MemorySettings
) -> tuple[float, float, Tensor, Tensor]:
    """Patch score, whole score, and for each patch the distance to the nearest normal patch and its index."""
    whitened = (one.patches - normal.centre) @ normal.whitening
    squared = torch.addmm(normal.bank.square().sum(1), whitened, normal.bank.T, alpha=-2.0)
    lowest, nearest = squared.min(1)
    distances = (lowest + whitened.square().sum(1)).clamp_min(0).sqrt()
    patch = distances.topk(min(settings.top_patches, len(distances))).values.mean()
    whole = ((one.whole - normal.whole_centre) @ normal.whole_whitening).norm()
    return float(patch), float(whole), distances, nearest


def _calibrate(
    described: Sequence[_Described], keys: Sequence[Hashable], settings: MemorySettings, seed: int
) -> _Calibration:
    """Score each teaching picture by a memory that has not seen its group."""
    order = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    shuffled = np.random.default_rng(seed).permutation(len(order))
    fold_of = [int(shuffled[order[key]]) % min(settings.folds, len(order)) for key in keys]
    patch, whole, cells = np.zeros(len(keys)), np.zeros(len(keys)), np.zeros(len(keys))
    for fold in set(fold_of):
        normal = _learn([one for one, f in zip(described, fold_of, strict=True) if f != fold], settings, seed)
        for index in (i for i, f in enumerate(fold_of) if f == fold):
            patch[index], whole[index], distances, _ = _raw_scores(described[index], normal, settings)
            cells[index] = float(distances.max())
    parts = {
        "patch_mean": patch.mean(),
        "patch_deviation": max(patch.std(), 1e-6),
        "whole_mean": whole.mean(),
        "whole_deviation": max(whole.std(), 1e-6),
    }
    scores = (patch - parts["patch_mean"]) / parts["patch_deviation"]
    scores = scores + (whole - parts["whole_mean"]) / parts["whole_deviation"]
    median = float(np.median(scores))
    # the conformal quantile: with n pictures no finer statement than 1/(n+1) can be made
    rank = min(math.ceil((len(scores) + 1) * (1 - settings.overkill)), len(scores))
    threshold = max(float(np.sort(scores)[rank - 1]), median + 1e-3)
    return _Calibration(
        **{name: float(value) for name, value in parts.items()},
        cell_level=max(float(np.quantile(cells, 0.9)), 1e-6),
        median=median,
        threshold=threshold,
    )


def _combined(patch: float, whole: float, calibration: _Calibration) -> float:
    return (patch - calibration.patch_mean) / calibration.patch_deviation + (
        whole - calibration.whole_mean
    ) / calibration.whole_deviation
