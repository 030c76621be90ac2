"""What training an eye leaves behind: nets, the rule by which they judge, and why they were chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import FeatureMaps, VisionTower
from models.eye.joined import JoinedNets
from models.eye.net import EyeNet
from models.eye.rule import EyeRule
from models.memory.embedding import MOST_FEATURE, look
from models.memory.settings import MOST_AREA_PX
from models.weights.soundness import Expected, fault, in_one_line

FORMAT: Final = 1
_MOST_NETS: Final = 16
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
    """Of the eye with the memory's view of the whole, on the same pictures."""
    error: float = Field(ge=0.0, le=1.0)
    """The standard error of their difference, over groups."""

    @property
    def better(self) -> bool:
        """Whether the eye is better than the memory alone by more than the error."""
        return self.auroc_eye - self.auroc_memory > self.error


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


class TrainedEye:
    """Looks at pictures of one view at its own working size. It is immutable."""

    def __init__(
        self,
        nets: Sequence[EyeNet],
        *,
        tower: VisionTower,
        working: tuple[int, int],
        taught_on: int,
        rule: EyeRule,
        choice: Choice,
        cells: int | None = None,
    ) -> None:
        """Keep what was trained.

        Args:
            nets: Each trained on another part of the good pictures; the mean of their logits counts.
            tower: The one whose maps they learned to read.
            working: Height and width that pictures are scaled to, in pixels.
            taught_on: The number of good pictures.
            rule: How the opinion becomes a score.
            choice: What was chosen, and why.
            cells: How many cells the smallest defect touches, for ``of_pictures``; None: nobody said.
        """
        self._nets = tuple(net.eval().requires_grad_(False) for net in nets)
        self._joined = JoinedNets(self._nets)
        self._tower = tower
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

    def logits(self, picture: Picture) -> Tensor:
        """Look at a picture, RGB, uint8, (height, width, 3): (1, rows, columns) of the finest map.

        Raises:
            WeightsError: The tower or a net gives no usable numbers.
        """
        return self.logits_of(self.see(picture))

    def see(self, picture: Picture) -> FeatureMaps:
        """Show a picture to the tower at this eye's working size. Raises WeightsError."""
        return look(picture, self._tower, self.working)

    def logits_of(self, maps: FeatureMaps) -> Tensor:
        """What the nets say of what ``see`` gave; raises as ``logits`` does."""
        with torch.inference_mode():
            logits = self._joined(maps.maps)
        if not bool(logits.abs().amax() < MOST_FEATURE):  # nor for NaN
            raise WeightsError(
                "the trained eye gives no usable numbers",
                part="the part goes to manual review",
                todo="teach the recipe again",
            )
        return logits

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give the nets as tensors and a JSON header; ``unpack`` reads them."""
        tensors = {
            f"{index}.{name}": tensor.contiguous()
            for index, net in enumerate(self._nets)
            for name, tensor in net.state_dict().items()
        }
        return tensors, self._header.model_dump_json()

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor], header: str, *, tower: VisionTower) -> TrainedEye:
        """Make the eye that was packed.

        Raises:
            WeightsError: Tensors or header are damaged, of another format, or for another tower.
        """
        part, todo = "nothing is inspected", "Teach the recipe again, or restore the file"
        try:
            known = _Header.model_validate_json(header)
        except ValidationError as error:
            raise WeightsError(
                f"The trained eye is damaged: {in_one_line(error)}", part=part, todo=todo
            ) from error
        if known.format != FORMAT:
            raise WeightsError(
                f"The trained eye has format {known.format}, not {FORMAT}", part=part, todo=todo
            )
        if known.tower_sha256 != tower.sha256:
            raise WeightsError(
                f"The eye was trained on another tower than {tower.name}", part=part, todo=todo
            )
        channels = channels_of(tower)
        nets = [EyeNet(channels) for _ in range(known.nets)]
        expected = {
            f"{index}.{name}": Expected(
                shape=tuple(own.shape),
                least=0.0 if name.startswith("deviation_") else -MOST_FEATURE,
                most=MOST_FEATURE,
            )
            for index, net in enumerate(nets)
            for name, own in net.state_dict().items()
        }
        reason = fault(tensors, expected)
        if not reason and any(
            float(tensor.amin()) <= 0.0 for name, tensor in tensors.items() if ".deviation_" in name
        ):
            reason = "a feature is divided by 0"
        if not reason and (
            known.working_height % tower.strides[-1] or known.working_width % tower.strides[-1]
        ):
            reason = (
                f"its working size {known.working_width} x {known.working_height} is none of this tower's"
            )
        if reason:
            raise WeightsError(f"The trained eye is damaged: {reason}", part=part, todo=todo)
        for index, net in enumerate(nets):
            net.load_state_dict({name: tensors[f"{index}.{name}"] for name in net.state_dict()})
        return cls(
            nets,
            tower=tower,
            working=(known.working_height, known.working_width),
            taught_on=known.taught_on,
            rule=known.rule,
            choice=known.choice,
            cells=known.cells,
        )


def described_by(header: str) -> Described:
    """What a packed eye's header says, without its tower.

    Raises:
        ValueError: It is damaged.
    """
    known = _Header.model_validate_json(header)
    working = known.working_height, known.working_width
    return Described(rule=known.rule, choice=known.choice, working=working)


def channels_of(tower: VisionTower) -> dict[int, int]:
    """How many channels the map of each of the tower's strides has."""
    side = _BLANK_STRIDES * tower.strides[-1]
    blank = tower.features([np.full((side, side, 3), 127, np.uint8)])
    return {stride: layer.shape[1] for stride, layer in blank.maps.items()}
