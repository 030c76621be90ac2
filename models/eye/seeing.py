"""A memory with a trained eye: both judge the whole picture and its places, the eye by a closer look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from torch import Tensor
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import VisionTower
from models.eye.eye import Described, TrainedEye, described_by
from models.eye.rule import Opinions
from models.memory.assessment import Assessment
from models.memory.calibration import Cut, patch_score
from models.memory.memory import NormalityMemory, Promised
from models.memory.memory import promised_by as of_memory_alone

_MEMORY: Final = "memory"
_EYE: Final = "eye"
"""Keys of the header; the names of the eye's tensors begin with the second."""


class SeeingMemory(NormalityMemory):
    """Stands wherever a memory stands. The memory's own pass and evidence stay what they were."""

    def __init__(self, memory: NormalityMemory, eye: TrainedEye) -> None:
        """Let ``eye`` look beside ``memory``."""
        super().__init__(tower=memory._tower, normal=memory._normal, header=memory._header)
        self.eye = eye

    @property
    def cut(self) -> Cut:
        """Where scores divide good pictures from others: the eye's."""
        return self.eye.rule

    @property
    def promised(self) -> Promised:
        """What is known of the eye's threshold; what raises the scores is known of the memory's alone."""
        return self.cut.promised, None

    @property
    def looks(self) -> tuple[tuple[int, int], ...]:
        """The memory's look, then the eye's."""
        return (*super().looks, self.eye.working)

    def assess(self, picture: Picture) -> Assessment:
        """Judge one picture, RGB, uint8, (height, width, 3); raises as a memory does."""
        maps, seen = self.see(picture)
        closer = self.eye.see(picture)
        glance, rule = self.eye.glance(closer), self.eye.rule
        score = rule.score(
            Opinions(
                whole=self.normal.whole_distance(seen),
                closer=glance.closer,
                patches=patch_score(self.normal.ratios(seen), self.settings),
                eye=glance.opinion,
            )
        )
        # regions are told on the memory's cells, since their evidence is a difference to its patches
        coarse = F.adaptive_max_pool2d(glance.logits[None], (seen.rows, seen.columns))[0, 0].numpy()
        found = self.assessed(score, rule.anomaly(coarse), maps, seen, picture.shape)
        return replace(found, closer=closer)

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give memory and eye as tensors and a JSON header; ``unpacked`` reads them."""
        tensors, of_memory = super().packed()
        learned, of_eye = self.eye.packed()
        tensors |= {f"{_EYE}.{name}": tensor for name, tensor in learned.items()}
        return tensors, json.dumps({_MEMORY: of_memory, _EYE: of_eye})


def unpacked(tensors: Mapping[str, Tensor], header: str, *, tower: VisionTower) -> NormalityMemory:
    """Make the memory that was packed, with its eye if it has one.

    Raises:
        WeightsError: Tensors or header are damaged, of another format, or were taught on another tower.
    """
    try:
        of_memory, of_eye = _parted(header)
    except (ValueError, TypeError, KeyError) as error:
        raise WeightsError(
            f"The memory is damaged: {error}",
            part="nothing is inspected",
            todo="Teach the recipe again, or restore the file",
        ) from error
    if of_eye is None:
        return NormalityMemory.unpack(tensors, of_memory, tower=tower)
    beginning = f"{_EYE}."
    learned = {n.removeprefix(beginning): tensor for n, tensor in tensors.items() if n.startswith(beginning)}
    plain = {name: tensor for name, tensor in tensors.items() if not name.startswith(beginning)}
    memory = NormalityMemory.unpack(plain, of_memory, tower=tower)
    return SeeingMemory(memory, TrainedEye.unpack(learned, of_eye, tower=tower))


def promised_by(header: str) -> Promised:
    """What a packed memory's header says of its threshold, without its tower; the eye's, if it has one.

    Raises:
        KeyError, TypeError, ValueError: It is damaged.
        WeightsError: Its eye is of another format.
    """
    of_memory, of_eye = _parted(header)
    return of_memory_alone(of_memory) if of_eye is None else (described_by(of_eye).rule.promised, None)


def eye_described_by(header: str) -> Described | None:
    """What a packed memory's header says of its eye, without its tower; None where it has none.

    Raises:
        KeyError, TypeError, ValueError: It is damaged.
        WeightsError: Its eye is of another format.
    """
    _, of_eye = _parted(header)
    return None if of_eye is None else described_by(of_eye)


def _parted(header: str) -> tuple[str, str | None]:
    """The memory's header, and its eye's if it has one."""
    said = json.loads(header)
    return (str(said[_MEMORY]), str(said[_EYE])) if _EYE in said else (header, None)
