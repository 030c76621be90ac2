"""From good pictures to a trained eye, and whether it is better than the memory that it would stand beside.

All that is compared here is judged by what had not seen the picture's group: the good parts are parted into
two halves by group, and each half is judged by nets and a memory of the other. No real defect is looked at.

- *Working size*: as a person says how small a defect has to be found (:mod:`~models.training.eye.grounds`),
  or else, where the pictures have the detail for a larger one, a briefly trained eye at either size is
  asked which defects it tells from the same part without. The larger size is taken unless it tells fewer of
  them by more than the error of that difference: a brief training does not yet show what detail is worth, and
  on boards it decides everything. It costs time on every part.
- *The smallest lessons*: defects of a size that this eye cannot tell on held-out parts teach it to see them
  everywhere, so lessons begin at the smallest size from which on it tells four in five.
- *What each view weighs*: the share of drawn defects that it tells from the same part without.
- *Kept or not*: good parts against good parts with drawn defects, by the memory alone and by eye and memory
  together; the eye is worth keeping where its AUROC is better by more than the error over groups.

The halves' nets only say what is to be expected of unseen parts. The nets that stay are trained on all good
parts, so that a new one surprises them no more than an unseen one surprised a half's net.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspection.files.one_by_one import OneByOne
from inspection.part import Picture
from models.backbone.features import VisionTower
from models.eye.eye import Choice, TrainedEye, Tried
from models.eye.net import EyeNet, of_pictures
from models.eye.rule import EyeRule, Opinions
from models.eye.seeing import SeeingMemory
from models.good_parts.unteachable import FEWEST_PICTURES
from models.memory.calibration import patch_score
from models.memory.embedding import LEAST_DEVIATION, look, moments, working_size
from models.memory.left_out import left_out_distances, left_out_wholes
from models.memory.memory import NormalityMemory
from models.memory.normal import Normal, Whole
from models.training.eye.comparing import Compared, HeldOut, compare, halves_of
from models.training.eye.grounds import area_for, grounds_of
from models.training.eye.lessons import Drawn, Lessons, draw, see
from models.training.eye.training import train_net

MOST_GOOD: Final = 200
"""Of more good pictures so many are taken, evenly: all are held at working size, up to 1.2 MB each."""
AREA_PX: Final = 448 * 448
LARGE_AREA_PX: Final = 640 * 640
"""The working sizes that are tried, by area; the second only where the pictures have so much detail."""
_TOLD: Final = 0.8
"""From four in five on, defects of a size count as told."""
_EDGES: Final = (3.0, 4.0, 8.0, 16.0, 32.0)
"""Of the size classes, in pixels at working size; 8 is one cell of the finest map."""

Progress = Callable[[int, int], None]
"""Is told what is done, and of how much."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is done; the defaults take two to three minutes on two cores."""

    trial_lessons: int = 160
    trial_steps: int = 150
    lessons: int = 500
    good_lessons: int = 200
    steps: int = 300
    nets: int = 2
    """That stay. Beside them one of each half is trained."""


def train_eye(
    pictures: Sequence[Picture],
    *,
    memory: NormalityMemory,
    tower: VisionTower,
    groups: Sequence[Hashable],
    seed: int = 0,
    detail_px: float | None = None,
    effort: Effort | None = None,
    on_progress: Progress | None = None,
) -> TrainedEye | None:
    """Train an eye for what ``memory`` was taught on. Its ``choice`` says whether it is better.

    Args:
        pictures: The good ones that the memory was taught on, RGB, uint8.
        memory: The recipe's; its settings say what overkill is asked.
        tower: The one that it was taught on.
        groups: Of each picture.
        seed: The same pictures and seed give the same eye on one machine.
        detail_px: The extent of the smallest defect that has to be found, in pixels of the pictures, where
            a person says so; None: that is not known.
        effort: None takes the usual.
        on_progress: Is told now and then.

    Returns:
        The eye; None where pictures or groups are too few to hold half of them out, or nothing drawn shows.
    """
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), MOST_GOOD)).round().astype(int).tolist()
    groups = [groups[index] for index in chosen]
    pictures = OneByOne(chosen, pictures.__getitem__)
    halves = halves_of(groups, seed)
    if min(np.bincount(halves, minlength=2)) < FEWEST_PICTURES:
        return None
    how = (seed, detail_px, effort or Effort(), on_progress)
    return _Training(pictures, halves, memory, tower, groups, *how).run()


def size_for(detail_px: float, sizes: Sequence[tuple[int, int]], *, multiple: int) -> tuple[int, int]:
    """At which working size an eye looks that has to find defects of an extent.

    Args:
        detail_px: The extent, in pixels of the pictures.
        sizes: The pictures' heights and widths, in pixels.
        multiple: Of the tower: both sides are multiples of it.
    """
    return working_size(sizes, area_px=area_for(detail_px, sizes, least=AREA_PX), multiple=multiple)


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What is kept of one picture at the eye's working size."""

    eye: float
    """The opinion of the net of the other half."""
    peak: float
    """Its highest logit."""
    closer: Tensor
    """(pooled channels,): the moments of the whole picture."""


class _Training:
    """One training, from pictures to an eye."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        halves: NDArray[np.int64],
        memory: NormalityMemory,
        tower: VisionTower,
        groups: Sequence[Hashable],
        seed: int,
        detail_px: float | None,
        effort: Effort,
        on_progress: Progress | None,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._grounds = grounds_of(
            pictures,
            areas=(AREA_PX, LARGE_AREA_PX),
            multiple=tower.strides[-1],
            detail_px=detail_px,
            rng=self._rng,
        )
        self._sizes = self._grounds.sizes
        self._pictures, self._halves, self._memory, self._tower = pictures, halves, memory, tower
        self._of_lesson = halves[self._grounds.source]
        self._groups, self._seed, self._effort = list(groups), seed, effort
        self._on_progress = on_progress
        self._todo = (
            len(self._sizes) * (effort.trial_lessons * 3 // 2 + 2 * effort.trial_steps)
            + effort.lessons
            + effort.good_lessons
            + (2 + effort.nets) * effort.steps
            + 2 * len(pictures)
            + 2 * self._grounds.spoiled_pictures
        )
        self._done = 0

    def run(self) -> TrainedEye | None:
        """Train, compare, and give the eye."""
        trial = self._trial()
        if trial is None:
            return None
        tried, working, least_px = trial
        drawn = draw(
            self._grounds.of_lessons(working),
            self._rng,
            bad=self._effort.lessons,
            good=self._effort.good_lessons,
            least_px=least_px,
            light=self._grounds.light,
        )
        lessons = self._see(drawn, working)
        if self._unlearnable(lessons):
            return None
        nets = [self._net(lessons, half, self._effort.steps) for half in (0, 1)]
        judged = self._grounds.judged(working)
        looks = [
            self._look(judged[index], nets[1 - half], working)
            for index, half in enumerate(self._halves.tolist())
        ]
        closer = torch.stack([one.closer for one in looks])
        compared = self._compared(looks, nets, working, least_px)
        rule = EyeRule.of(
            self._opinions(looks, closer),
            np.array([one.peak for one in looks]),
            self._groups,
            told=compared.told,
            overkill=self._memory.settings.overkill,
        )
        choice = Choice(
            sizes=tried,
            least_px=least_px,
            lessons=len(lessons.source),
            auroc_memory=compared.auroc_memory,
            auroc_eye=compared.auroc_eye,
            error=compared.error,
        )
        stay = [
            train_net(lessons, steps=self._effort.steps, seed=self._seed + 7 + index, told=self._one_more)
            for index in range(self._effort.nets)
        ]
        if self._on_progress is not None:
            self._on_progress(self._todo, self._todo)
        return TrainedEye(
            stay,
            whole=Whole.learn(closer, shrinkage=self._memory.settings.shrinkage),
            tower=self._tower,
            working=working,
            taught_on=len(self._pictures),
            rule=rule,
            choice=choice,
            cells=self._grounds.cells,
        )

    def _trial(self) -> tuple[tuple[Tried, ...], tuple[int, int], float] | None:
        """Try each working size briefly: what was tried, the one that is taken, and the smallest lessons."""
        effort = self._effort
        drawn = list(
            draw(
                self._grounds.of_lessons(self._sizes[-1]),
                self._rng,
                bad=effort.trial_lessons,
                good=effort.trial_lessons // 2,
                least_px=0.0,
                light=self._grounds.light,
            )
        )
        told: list[NDArray[np.bool_]] = []
        sizes_px: list[NDArray[np.float64]] = []
        for working in self._sizes:
            lessons = self._see(drawn, working)
            if self._unlearnable(lessons):
                return None
            nets = [self._net(lessons, half, effort.trial_steps) for half in (0, 1)]
            told.append(self._told(drawn, lessons, working, nets))
            sizes_px.append(lessons.size_px[lessons.size_px > 0.0])
        taken = 0
        if len(told) > 1:
            gain = told[1].astype(np.float64) - told[0]
            taken = int(gain.mean() > -gain.std() / math.sqrt(len(gain)))
        tried = tuple(
            Tried(height=size[0], width=size[1], told=float(one.mean()))
            for size, one in zip(self._sizes, told, strict=True)
        )
        least_px = self._grounds.least_px or _least_px(sizes_px[taken], told[taken])
        return tried, self._sizes[taken], least_px

    def _see(self, drawn: Iterable[Drawn], working: tuple[int, int]) -> Lessons:
        """Show lessons to the tower, where pictures are judged at a working size."""
        size = self._grounds.lesson_size(working)
        return see(drawn, tower=self._tower, working=size, told=self._one_more)

    def _told(
        self,
        drawn: Sequence[Drawn],
        lessons: Lessons,
        working: tuple[int, int],
        nets: Sequence[EyeNet],
    ) -> NDArray[np.bool_]:
        """Whether each drawn defect was told by the net of the other half, from the same part without."""
        shown, size = self._grounds.of_lessons(working), self._grounds.lesson_size(working)
        cells, bad = self._grounds.cells, np.flatnonzero(lessons.size_px > 0.0)
        clean = dict.fromkeys(lessons.source[bad].tolist(), 0.0)
        for source in clean:
            net = nets[1 - self._of_lesson[source]]
            with torch.inference_mode():
                clean[source] = float(of_pictures(net(look(shown[source], self._tower, size).maps), cells))
        found = np.zeros(len(bad), dtype=np.bool_)
        for place, lesson in enumerate(bad.tolist()):
            source = int(lessons.source[lesson])
            net = nets[1 - self._of_lesson[source]]
            maps = {stride: layer[lesson : lesson + 1].float() for stride, layer in lessons.maps.items()}
            with torch.inference_mode():
                found[place] = float(of_pictures(net(maps), cells)) > clean[source]
        return found

    def _net(self, lessons: Lessons, half: int, steps: int) -> EyeNet:
        """Train a net on the lessons of one half of the good parts."""
        own = lessons.taking(self._of_lesson[lessons.source] == half)
        return train_net(own, steps=steps, seed=self._seed + half, told=self._one_more)

    def _look(self, picture: Picture, net: EyeNet, working: tuple[int, int]) -> _Look:
        maps = look(picture, self._tower, working)
        with torch.inference_mode():
            logits = net(maps.maps)
        self._one_more()
        eye = float(of_pictures(logits, self._grounds.cells))
        return _Look(eye=eye, peak=float(logits.amax()), closer=moments(maps))

    def _opinions(self, looks: Sequence[_Look], closer: Tensor) -> list[Opinions]:
        """What the other half's net, and what the other groups taught, make of each good picture."""
        settings, memory = self._memory.settings, self._memory
        seen = [memory.see(picture)[1] for picture in self._pictures]
        _, bank = Normal.learn(seen, settings, seed=self._seed)
        distances, whole = left_out_distances(
            torch.stack([one.patches.reshape(one.rows, one.columns, -1) for one in seen]),
            torch.stack([one.whole for one in seen]),
            self._groups,
            bank=bank,
            shrinkage=settings.shrinkage,
            least_deviation=LEAST_DEVIATION,
            seed=self._seed,
        )
        of_closer = left_out_wholes(
            closer, self._groups, shrinkage=settings.shrinkage, least_deviation=LEAST_DEVIATION
        )
        ratios = distances / memory.normal.expected
        return [
            Opinions(
                whole=float(whole[index]),
                closer=float(of_closer[index]),
                patches=patch_score(ratios[index], settings),
                eye=one.eye,
            )
            for index, one in enumerate(looks)
        ]

    def _compared(
        self, looks: Sequence[_Look], nets: Sequence[EyeNet], working: tuple[int, int], least_px: float
    ) -> Compared:
        """Let each half of the good parts, and defects drawn on them, be judged by the other half."""
        settings, good = self._memory.settings, self._grounds.judged(working)
        spoiled_of, spoiled = self._grounds.spoiled(working, self._rng, least_px=least_px)
        sources = [*range(len(good)), *spoiled_of]
        held_out = []
        for half in (0, 1):
            inside = np.flatnonzero(self._halves == half).tolist()
            own = [self._groups[index] for index in inside]
            memory = NormalityMemory.teach(
                [self._pictures[index] for index in inside],
                tower=self._tower,
                groups=own if len(set(own)) > 1 else None,  # they calibrate what is not asked here
                settings=settings,
                seed=self._seed,
            )
            whole = Whole.learn(
                torch.stack([looks[index].closer for index in inside]), shrinkage=settings.shrinkage
            )
            for index, source in enumerate(sources):
                if self._halves[source] == half:
                    continue
                defective = index >= len(good)
                picture = spoiled[index - len(good)] if defective else good[source]
                one = self._look(picture, nets[half], working) if defective else looks[source]
                _, seen = memory.see(picture)
                opinions = Opinions(
                    whole=memory.normal.whole_distance(seen),
                    closer=whole.distance(one.closer),
                    patches=patch_score(memory.normal.ratios(seen), settings),
                    eye=one.eye,
                )
                alone = memory.calibration.combined(opinions.patches, opinions.whole)
                held_out.append(HeldOut(opinions=opinions, alone=alone, source=source, defective=defective))
                self._one_more()
        return compare(held_out, halves=self._halves, groups=self._groups, rng=self._rng)

    def _unlearnable(self, lessons: Lessons) -> bool:
        """Whether one half has no lesson with a defect, or none without."""
        of_half = self._of_lesson[lessons.source]
        bad = lessons.size_px > 0.0
        return not all((bad & (of_half == h)).any() and (~bad & (of_half == h)).any() for h in (0, 1))

    def _one_more(self) -> None:
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(min(self._done, self._todo - 1), self._todo)


def _least_px(sizes_px: NDArray[np.float64], told: NDArray[np.bool_]) -> float:
    """The smallest class from which on the eye tells defects of each class."""
    least = _EDGES[-1]
    for low, high in zip(_EDGES[::-1], (math.inf, *_EDGES[:0:-1]), strict=True):
        of_class = (sizes_px >= low) & (sizes_px < high)
        if of_class.any() and told[of_class].mean() < _TOLD:
            break
        least = low
    return least


def seeing(memory: NormalityMemory, eye: TrainedEye | None) -> NormalityMemory:
    """The memory with an eye that is better than it alone; else the memory as it is."""
    return memory if eye is None or not eye.choice.better else SeeingMemory(memory, eye)
