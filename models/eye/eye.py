"""What training an eye leaves behind: nets, the rule by which they judge, and why they were chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import FeatureMaps, VisionTower
from models.eye.joined import JoinedNets
from models.eye.net import EyeNet, of_pictures
from models.eye.rule import EyeRule
from models.memory.embedding import MOST_FEATURE, look, moments
from models.memory.normal import Whole, expected_of_whole, orthonormal
from models.memory.settings import MOST_AREA_PX
from models.weights.soundness import Expected, fault, format_of, in_one_line

FORMAT: Final = 2
"""1 had nets of halves, and no view of the whole of its own."""
_MOST_NETS: Final = 16
_WHOLE: Final = "whole."
"""How the names of what was learned of the whole picture begin."""
_BLANK_STRIDES: Final = 4
"""Sides of the blank picture, in the tower's coarsest strides, that shows how many channels it has."""


class Tried(BaseModel):
    """One working size that was tried, on held-out good parts with defects drawn on them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    height: int = Field(ge=1, le=MOST_AREA_PX)
    width: int = Field(ge=1, le=MOST_AREA_PX)
    told: float = Field(ge=0.0, le=1.0)
    """The share of the drawn defects that a briefly trained eye told from the same part without."""


class Choice(BaseModel):
    """What was chosen when an eye was trained, and by what figures; for ``recipe show``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sizes: tuple[Tried, ...] = Field(max_length=8)
    least_px: float = Field(gt=0.0, le=MOST_AREA_PX)
    """The smallest drawn defects that were lessons, as the root of their area at working size."""
    lessons: int = Field(ge=1)
    auroc_memory: float = Field(ge=0.0, le=1.0)
    """Of the memory alone: held-out good parts against the same with drawn defects."""
    auroc_eye: float = Field(ge=0.0, le=1.0)
    """Of the eye with the memory's two views, on the same pictures."""
    error: float = Field(ge=0.0, le=1.0)
    """The standard error of their difference, over groups."""

    @property
    def better(self) -> bool:
        """Whether the eye is better than the memory alone, and than a guess, by more than the error.

        Where no view tells anything none counts, and every part has the same score: a memory that is worse
        than a guess must not give way to that, for then every part would pass.
        """
        return self.auroc_eye - max(self.auroc_memory, 0.5) > self.error


class _Header(BaseModel):
    """The JSON beside the tensors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: int
    tower_sha256: str
    working_height: int = Field(ge=1, le=MOST_AREA_PX)
    working_width: int = Field(ge=1, le=MOST_AREA_PX)
    nets: int = Field(ge=1, le=_MOST_NETS)
    taught_on: int = Field(ge=2)
    rule: EyeRule
    choice: Choice
    cells: int | None = Field(default=None, ge=1, le=MOST_AREA_PX, exclude_if=lambda cells: cells is None)
    """How many cells the smallest defect touches; None, and then not written, where nobody said."""

    @model_validator(mode="after")
    def _as_training_makes_it(self) -> _Header:
        """No area beyond the bound, and the scores of the taught pictures where they can lie."""
        if self.working_height * self.working_width > MOST_AREA_PX:
            raise ValueError(f"a working size above {MOST_AREA_PX} pixels")
        self.rule.refuse_unless_from(self.taught_on)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a packed eye's header says."""

    rule: EyeRule
    choice: Choice
    working: tuple[int, int]
    """Height and width that pictures are scaled to, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What an eye makes of one picture."""

    logits: Tensor
    """(1, rows, columns) of the finest map: the mean of what the nets say."""
    opinion: float
    """The mean of the nets' opinions of the picture."""
    closer: float
    """How far the whole picture lies from the good ones, at the eye's working size."""


class TrainedEye:
    """Looks at pictures of one view at its own working size. It is immutable."""

    def __init__(
        self,
        nets: Sequence[EyeNet],
        *,
        whole: Whole,
        tower: VisionTower,
        working: tuple[int, int],
        taught_on: int,
        rule: EyeRule,
        choice: Choice,
        cells: int | None = None,
    ) -> None:
        """Keep what was trained.

        Args:
            nets: Each trained without another fold of the good parts; the mean of their opinions counts.
            whole: What good pictures look like as a whole at this working size.
            tower: The one whose maps they learned to read.
            working: Height and width that pictures are scaled to, in pixels.
            taught_on: The number of good pictures.
            rule: How the opinion becomes a score.
            choice: What was chosen, and why.
            cells: How many cells the smallest defect touches, for ``of_pictures``; None: nobody said.
        """
        self._nets = tuple(net.eval().requires_grad_(False) for net in nets)
        self._joined = JoinedNets(self._nets)
        self._whole, self._tower = whole, tower
        self._header = _Header(
            format=FORMAT,
            tower_sha256=tower.sha256,
            working_height=working[0],
            working_width=working[1],
            nets=len(nets),
            taught_on=taught_on,
            rule=rule,
            choice=choice,
            cells=cells,
        )

    @property
    def rule(self) -> EyeRule:
        """How its opinion becomes a score."""
        return self._header.rule

    @property
    def choice(self) -> Choice:
        """What was chosen when it was trained, and why."""
        return self._header.choice

    @property
    def cells(self) -> int | None:
        """How many cells, the highest, make its opinion of a picture; None: a share of all."""
        return self._header.cells

    @property
    def working(self) -> tuple[int, int]:
        """Height and width that pictures are scaled to, in pixels."""
        return self._header.working_height, self._header.working_width

    def see(self, picture: Picture) -> FeatureMaps:
        """Show a picture, RGB, uint8, (height, width, 3), to the tower at this eye's working size.

        Raises:
            WeightsError: The tower gives no usable numbers.
        """
        return look(picture, self._tower, self.working)

    def glance(self, maps: FeatureMaps) -> Glance:
        """Judge what ``see`` gave.

        Raises:
            WeightsError: A net gives no usable numbers.
        """
        with torch.inference_mode():
            each = self._joined(maps.maps)[0]
            logits, opinion = each.mean(0, keepdim=True), float(of_pictures(each, self.cells).mean())
        if not bool(logits.abs().amax() < MOST_FEATURE):  # nor for NaN
            raise WeightsError(
                "the trained eye gives no usable numbers",
                part="the part goes to manual review",
                todo="teach the recipe again",
            )
        return Glance(logits=logits, opinion=opinion, closer=self._whole.distance(moments(maps)))

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give all that was learned as tensors and a JSON header; ``unpack`` reads them."""
        tensors = {
            f"{index}.{name}": tensor.contiguous()
            for index, net in enumerate(self._nets)
            for name, tensor in net.state_dict().items()
        }
        tensors |= {f"{_WHOLE}{name}": tensor for name, tensor in self._whole.tensors().items()}
        return tensors, self._header.model_dump_json()

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor], header: str, *, tower: VisionTower) -> TrainedEye:
        """Make the eye that was packed.

        Raises:
            WeightsError: Tensors or header are damaged, of another format, or for another tower.
        """
        part, todo = "nothing is inspected", "Teach the recipe again, or restore the file"
        try:
            known = _read(header)
        except ValidationError as error:
            raise WeightsError(
                f"The trained eye is damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        if known.tower_sha256 != tower.sha256:
            raise WeightsError(
                f"The eye was trained on another tower than {tower.name}", part=part, todo=todo
            )
        nets = [EyeNet(channels_of(tower)) for _ in range(known.nets)]
        if reason := _impossible(tensors, known, nets, tower):
            raise WeightsError(f"The trained eye is damaged: {reason}", part=part, todo=todo)
        for index, net in enumerate(nets):
            net.load_state_dict({name: tensors[f"{index}.{name}"] for name in net.state_dict()})
        return cls(
            nets,
            whole=Whole(**{field.name: tensors[f"{_WHOLE}{field.name}"] for field in fields(Whole)}),
            tower=tower,
            working=(known.working_height, known.working_width),
            taught_on=known.taught_on,
            rule=known.rule,
            choice=known.choice,
            cells=known.cells,
        )


def _impossible(
    tensors: Mapping[str, Tensor], header: _Header, nets: Sequence[EyeNet], tower: VisionTower
) -> str:
    """Say what in an eye's file cannot come from training on ``tower``; the text is empty for nothing."""
    axes = f"{_WHOLE}axes"
    if axes not in tensors:
        return f"{axes!r} is missing"
    expected = expected_of_whole(tensors, pooled=4 * sum(channels_of(tower).values()), prefix=_WHOLE)
    for index, net in enumerate(nets):
        for name, own in net.state_dict().items():
            least = 0.0 if name.startswith("deviation_") else -MOST_FEATURE
            expected[f"{index}.{name}"] = Expected(shape=tuple(own.shape), least=least, most=MOST_FEATURE)
    if reason := fault(tensors, expected):
        return reason
    if any(float(tensor.amin()) <= 0.0 for name, tensor in tensors.items() if ".deviation_" in name):
        return "a feature is divided by 0"
    if not orthonormal(tensors[axes]):
        return "its axes are not orthonormal"
    if header.working_height % tower.strides[-1] or header.working_width % tower.strides[-1]:
        return f"its working size {header.working_width} x {header.working_height} is none of this tower's"
    return ""


def _read(header: str) -> _Header:
    """Read a header. Raises ValidationError for a damaged one, WeightsError for one of another format."""
    if (said := format_of(header)) != FORMAT:
        raise WeightsError(
            f"The trained eye has format {said}, not {FORMAT}: another version of Passgate trained it",
            part="nothing is inspected",
            todo="Teach the recipe again, or take an earlier version of it that has no eye",
        )
    return _Header.model_validate_json(header)


def described_by(header: str) -> Described:
    """What a packed eye's header says, without its tower.

    Raises:
        ValueError: It is damaged.
        WeightsError: It is of another format.
    """
    known = _read(header)
    working = known.working_height, known.working_width
    return Described(rule=known.rule, choice=known.choice, working=working)


def channels_of(tower: VisionTower) -> dict[int, int]:
    """How many channels the map of each of the tower's strides has."""
    side = _BLANK_STRIDES * tower.strides[-1]
    blank = tower.features([np.full((side, side, 3), 127, np.uint8)])
    return {stride: layer.shape[1] for stride, layer in blank.maps.items()}
