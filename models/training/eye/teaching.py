"""From good pictures to a trained eye, and whether it is better than the memory that it would stand beside.

All that is compared here is judged by what had not seen the picture's group: the good parts are parted into
folds by group, and each fold is judged by a net and a memory of the others. No real defect is looked at.

- *Working size*: where the pictures have the detail for a larger one, a briefly trained eye at either size is
  asked which defects it tells from the same part without. The larger size is taken unless it tells fewer of
  them by more than the error of that difference: a brief training does not yet show what detail is worth, and
  on boards it decides everything. It costs time on every part.
- *What each view weighs*: the share of drawn defects that it tells from the same part without.
- *Kept or not*: good parts against good parts with drawn defects, by the memory alone and by eye and memory
  together; the eye is worth keeping where its AUROC is better by more than the error over groups.

The nets of all folds stay and judge together. Trained apart, each has a zero of its own, and the difference
of two zeros says nothing of the parts: each is shifted until the good parts that it learned from lie at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
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
from models.training.eye.comparing import Compared, HeldOut, compare, folds_of
from models.training.eye.grounds import area_for, grounds_of
from models.training.eye.lessons import Drawn, Lessons, draw, see
from models.training.eye.training import train_net

MOST_GOOD: Final = 200
"""Of more good pictures so many are taken, evenly: all are held at working size, up to 1.2 MB each."""
FEWEST_HELD_OUT: Final = 2
"""Of fewer pictures a fold has no spread."""
AREA_PX: Final = 448 * 448
LARGE_AREA_PX: Final = 640 * 640
"""The working sizes that are tried, by area; the second only where the pictures have so much detail."""
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
    folds: int = 4
    """One net is trained without each; fewer where there are fewer groups."""


def train_eye(
    pictures: Sequence[Picture],
    *,
    memory: NormalityMemory,
    tower: VisionTower,
    groups: Sequence[Hashable],
    seed: int = 0,
    detail_px: float | None = None,
    only: tuple[int, int] | None = None,
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
        detail_px: The extent, in pixels of the pictures, of the smallest defect to be found; None: unknown.
        only: The working size, where another eye's is to be taken; None: it is chosen.
        effort: None takes the usual.
        on_progress: Is told now and then.

    Returns:
        The eye; None where pictures or groups are too few to hold some out, or nothing drawn shows.
    """
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), MOST_GOOD)).round().astype(int).tolist()
    groups = [groups[index] for index in chosen]
    pictures = OneByOne(chosen, pictures.__getitem__)
    effort = effort or Effort()
    for number in range(min(effort.folds, len(set(groups))), 1, -1):
        folds = folds_of(groups, number, seed)
        sizes = np.bincount(folds)
        if min(sizes) >= FEWEST_HELD_OUT and len(folds) - max(sizes) >= FEWEST_PICTURES:
            break
    else:
        return None
    how = (seed, detail_px, only, effort, on_progress)
    return _Training(pictures, folds, memory, tower, groups, *how).run()


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
    """The opinion of the net that had not seen its group."""
    peak: float
    """Its highest logit."""
    closer: Tensor
    """(pooled channels,): the moments of the whole picture."""


class _Training:
    """One training, from pictures to an eye."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        folds: NDArray[np.int64],
        memory: NormalityMemory,
        tower: VisionTower,
        groups: Sequence[Hashable],
        seed: int,
        detail_px: float | None,
        only: tuple[int, int] | None,
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
            only=only,
        )
        self._sizes = self._grounds.sizes
        self._pictures, self._folds, self._memory, self._tower = pictures, folds, memory, tower
        self._numbers = range(int(folds.max()) + 1)
        self._of_lesson = folds[self._grounds.source]
        self._groups, self._seed, self._effort = list(groups), seed, effort
        self._on_progress = on_progress
        self._todo = (
            len(self._sizes) * (effort.trial_lessons * 3 // 2 + 2 * effort.trial_steps)
            + effort.lessons
            + effort.good_lessons
            + len(self._numbers) * effort.steps
            + 2 * len(pictures)
            + self._grounds.spoiled_pictures
        )
        self._done = 0

    def run(self) -> TrainedEye | None:
        """Train, compare, and give the eye."""
        trial = self._trial()
        if trial is None:
            return None
        tried, working = trial
        least_px = self._grounds.least_px or float(self._tower.strides[0])  # one cell
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
        nets = [
            self._net(lessons, self._of_lesson != fold, steps=self._effort.steps, number=fold)
            for fold in self._numbers
        ]
        looks = self._looks(nets, working)
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
        if self._on_progress is not None:
            self._on_progress(self._todo, self._todo)
        return TrainedEye(
            nets,
            whole=Whole.learn(closer, shrinkage=self._memory.settings.shrinkage),
            tower=self._tower,
            working=working,
            taught_on=len(self._pictures),
            rule=rule,
            choice=choice,
            cells=self._grounds.cells,
        )

    def _trial(self) -> tuple[tuple[Tried, ...], tuple[int, int]] | None:
        """Try each working size briefly: what was tried, and the one that is taken."""
        effort, grounds = self._effort, self._grounds.of_lessons(self._sizes[-1])
        bad, good = effort.trial_lessons, effort.trial_lessons // 2
        drawn = list(draw(grounds, self._rng, bad=bad, good=good, least_px=0.0, light=self._grounds.light))
        told: list[NDArray[np.bool_]] = []
        for working in self._sizes:
            lessons = self._see(drawn, working)
            if self._unlearnable(lessons):
                return None
            nets = [  # two coarse folds are enough to tell sizes
                self._net(lessons, self._of_lesson % 2 != half, steps=effort.trial_steps, number=half)
                for half in (0, 1)
            ]
            told.append(self._told(drawn, lessons, working, nets))
        taken = 0
        if len(told) > 1:
            gain = told[1].astype(np.float64) - told[0]
            taken = int(gain.mean() >= -gain.std() / math.sqrt(len(gain)))
        tried = tuple(
            Tried(height=size[0], width=size[1], told=float(one.mean()))
            for size, one in zip(self._sizes, told, strict=True)
        )
        return tried, self._sizes[taken]

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
        """Whether each drawn defect was told from the part without, by the net that never saw its group."""
        shown, size = self._grounds.of_lessons(working), self._grounds.lesson_size(working)
        cells, bad = self._grounds.cells, np.flatnonzero(lessons.size_px > 0.0)
        clean = dict.fromkeys(lessons.source[bad].tolist(), 0.0)
        for source in clean:
            net = nets[self._of_lesson[source] % 2]
            with torch.inference_mode():
                clean[source] = float(of_pictures(net(look(shown[source], self._tower, size).maps), cells))
        found = np.zeros(len(bad), dtype=np.bool_)
        for place, lesson in enumerate(bad.tolist()):
            source = int(lessons.source[lesson])
            net = nets[self._of_lesson[source] % 2]
            maps = {stride: layer[lesson : lesson + 1].float() for stride, layer in lessons.maps.items()}
            with torch.inference_mode():
                found[place] = float(of_pictures(net(maps), cells)) > clean[source]
        return found

    def _net(self, lessons: Lessons, seen: NDArray[np.bool_], *, steps: int, number: int) -> EyeNet:
        """Train a net on the lessons whose grounds it may see."""
        own = lessons.taking(seen[lessons.source])
        return train_net(own, steps=steps, seed=self._seed + number, told=self._one_more)

    def _looks(self, nets: Sequence[EyeNet], working: tuple[int, int]) -> list[_Look]:
        """Look at the good parts with all nets, and shift these to one zero."""
        judged, looks = self._grounds.judged(working), []
        folds: list[int] = self._folds.tolist()
        opinions = np.zeros((len(folds), len(nets)))
        for index, fold in enumerate(folds):
            maps = look(judged[index], self._tower, working)
            with torch.inference_mode():
                logits = [net(maps.maps) for net in nets]
            opinions[index] = [float(of_pictures(one, self._grounds.cells)) for one in logits]
            peak = float(logits[fold].amax())
            looks.append(_Look(eye=float(opinions[index, fold]), peak=peak, closer=moments(maps)))
            self._one_more()
        zeros = [float(opinions[self._folds != fold, fold].mean()) for fold in self._numbers]
        for net, zero in zip(nets, zeros, strict=True):
            net.shift(-zero)
        return [
            replace(one, eye=one.eye - zeros[fold], peak=one.peak - zeros[fold])
            for one, fold in zip(looks, folds, strict=True)
        ]

    def _look(self, picture: Picture, net: EyeNet, working: tuple[int, int]) -> _Look:
        maps = look(picture, self._tower, working)
        with torch.inference_mode():
            logits = net(maps.maps)
        eye = float(of_pictures(logits, self._grounds.cells))
        return _Look(eye=eye, peak=float(logits.amax()), closer=moments(maps))

    def _opinions(self, looks: Sequence[_Look], closer: Tensor) -> list[Opinions]:
        """What the net without its group, and what the other groups taught, make of each good picture."""
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
        """Let each fold of the good parts, and defects drawn on them, be judged by the others."""
        settings, good = self._memory.settings, self._grounds.judged(working)
        spoiled_of, spoiled = self._grounds.spoiled(working, self._rng, least_px=least_px)
        sources = [*range(len(good)), *spoiled_of]
        held_out = []
        for fold in self._numbers:
            inside = np.flatnonzero(self._folds != fold).tolist()
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
                if self._folds[source] != fold:
                    continue
                defective = index >= len(good)
                picture = spoiled[index - len(good)] if defective else good[source]
                one = self._look(picture, nets[fold], working) if defective else looks[source]
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
        return compare(held_out, folds=self._folds, groups=self._groups, rng=self._rng)

    def _unlearnable(self, lessons: Lessons) -> bool:
        """Whether a net would have no lesson with a defect, or none without."""
        fold, bad = self._of_lesson[lessons.source], lessons.size_px > 0.0
        each = [*(fold != number for number in self._numbers), fold % 2 == 0, fold % 2 == 1]
        return not all((bad & seen).any() and (~bad & seen).any() for seen in each)

    def _one_more(self) -> None:
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(min(self._done, self._todo - 1), self._todo)


def seeing(memory: NormalityMemory, eye: TrainedEye | None) -> NormalityMemory:
    """The memory with an eye that is better than it alone; else the memory as it is."""
    return memory if eye is None or not eye.choice.better else SeeingMemory(memory, eye)
