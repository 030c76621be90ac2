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
- *Kept or not*: good parts against good parts with drawn defects, by the memory alone and by eye and memory
  together; the eye is worth keeping where its AUROC is better by more than the error over groups.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from inspection.files.one_by_one import OneByOne
from inspection.part import Picture
from models.backbone.features import VisionTower
from models.eye.eye import Choice, TrainedEye, Tried
from models.eye.net import EyeNet, middling, of_pictures
from models.eye.rule import EyeRule
from models.eye.seeing import SeeingMemory
from models.good_parts.unteachable import FEWEST_PICTURES
from models.memory.embedding import LEAST_DEVIATION, look, working_size
from models.memory.left_out import left_out_distances
from models.memory.memory import NormalityMemory
from models.training.eye.comparing import difference, from_good
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
    nets_a_half: int = 2


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
    halves = _halves(groups, seed)
    if min(np.bincount(halves, minlength=2)) < FEWEST_PICTURES:
        return None
    effort = effort or Effort()
    return _Training(pictures, halves, memory, tower, groups, seed, detail_px, effort, on_progress).run()


def size_for(detail_px: float, sizes: Sequence[tuple[int, int]], *, multiple: int) -> tuple[int, int]:
    """At which working size an eye looks that has to find defects of an extent.

    Args:
        detail_px: The extent, in pixels of the pictures.
        sizes: The pictures' heights and widths, in pixels.
        multiple: Of the tower: both sides are multiples of it.
    """
    return working_size(sizes, area_px=area_for(detail_px, sizes, least=AREA_PX), multiple=multiple)


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
        trial = len(self._sizes) * (effort.trial_lessons * 3 // 2 + 2 * effort.trial_steps)
        self._todo = (
            trial
            + effort.lessons
            + effort.good_lessons
            + 2 * effort.nets_a_half * effort.steps
            + 2 * len(pictures)
            + self._grounds.spoiled_pictures
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
        nets = [self._nets(lessons, half, self._effort.steps, self._effort.nets_a_half) for half in (0, 1)]
        eye, peaks = self._opinions(working, nets)
        rule = EyeRule.of(eye, peaks, self._whole(), self._groups, overkill=self._memory.settings.overkill)
        memory, together, error = self._compared(working, nets, eye, least_px)
        choice = Choice(
            sizes=tried,
            least_px=least_px,
            lessons=len(lessons.source),
            auroc_memory=memory,
            auroc_eye=together,
            error=error,
        )
        self._finish()
        return TrainedEye(
            [net for half in nets for net in half],
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
            nets = [self._nets(lessons, half, effort.trial_steps, 1) for half in (0, 1)]
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
        nets: Sequence[Sequence[EyeNet]],
    ) -> NDArray[np.bool_]:
        """Whether each drawn defect was told by the net of the other half, from the same part without."""
        shown, size = self._grounds.of_lessons(working), self._grounds.lesson_size(working)
        cells, bad = self._grounds.cells, np.flatnonzero(lessons.size_px > 0.0)
        clean = dict.fromkeys(lessons.source[bad].tolist(), 0.0)
        for source in clean:
            (net,) = nets[1 - self._of_lesson[source]]
            with torch.inference_mode():
                clean[source] = float(of_pictures(net(look(shown[source], self._tower, size).maps), cells))
        found = np.zeros(len(bad), dtype=np.bool_)
        for place, lesson in enumerate(bad.tolist()):
            source = int(lessons.source[lesson])
            (net,) = nets[1 - self._of_lesson[source]]
            maps = {stride: layer[lesson : lesson + 1].float() for stride, layer in lessons.maps.items()}
            with torch.inference_mode():
                found[place] = float(of_pictures(net(maps), cells)) > clean[source]
        return found

    def _nets(self, lessons: Lessons, half: int, steps: int, count: int) -> list[EyeNet]:
        """Train nets on the lessons of one half of the good parts."""
        own = lessons.taking(self._of_lesson[lessons.source] == half)
        return [
            train_net(own, steps=steps, seed=self._seed + 101 * index + half, told=self._one_more)
            for index in range(count)
        ]

    def _opinions(
        self, working: tuple[int, int], nets: Sequence[Sequence[EyeNet]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What the nets of the other half make of each picture: its opinion, and its highest logit."""
        opinions, peaks = [], []
        for picture, half in zip(self._grounds.judged(working), self._halves.tolist(), strict=True):
            opinion, peak = self._opinion(picture, working, nets[1 - half])
            opinions.append(opinion)
            peaks.append(peak)
            self._one_more()
        return np.array(opinions), np.array(peaks)

    def _opinion(
        self, picture: Picture, working: tuple[int, int], nets: Sequence[EyeNet]
    ) -> tuple[float, float]:
        """What some nets make of a picture: their opinion, and the highest logit."""
        maps = look(picture, self._tower, working).maps
        with torch.inference_mode():
            logits = middling([net(maps) for net in nets])
        return float(of_pictures(logits, self._grounds.cells)), float(logits.amax())

    def _whole(self) -> NDArray[np.float64]:
        """How far each good picture as a whole lies from what the other groups taught."""
        seen = torch.stack([self._memory.see(picture)[1].whole for picture in self._pictures])
        _, whole = left_out_distances(
            seen[:, None, None, :1],  # cells are not asked for
            seen,
            self._groups,
            bank=torch.arange(len(seen)),
            shrinkage=self._memory.settings.shrinkage,
            least_deviation=LEAST_DEVIATION,
            seed=self._seed,
        )
        return whole

    def _compared(
        self,
        working: tuple[int, int],
        nets: Sequence[Sequence[EyeNet]],
        opinions: NDArray[np.float64],
        least_px: float,
    ) -> tuple[float, float, float]:
        """AUROC of the memory alone and of eye and memory, on each half by the other, and the error."""
        spoiled_of, spoiled = self._grounds.spoiled(working, self._rng, least_px=least_px)
        if not spoiled_of:
            return 0.5, 0.5, 1.0
        good_ones = self._grounds.judged(working)
        sources = np.concatenate([np.arange(len(good_ones)), spoiled_of]).astype(np.int64)
        truth = np.arange(len(sources)) >= len(good_ones)
        alone, together = np.zeros(len(sources)), np.zeros(len(sources))
        for half in (0, 1):
            inside = np.flatnonzero(self._halves == half)
            own = [self._groups[index] for index in inside.tolist()]
            memory = NormalityMemory.teach(
                [self._pictures[index] for index in inside.tolist()],
                tower=self._tower,
                groups=own if len(set(own)) > 1 else None,  # they calibrate what is not asked here
                settings=self._memory.settings,
                seed=self._seed,
            )
            outside = np.flatnonzero(self._halves[sources] != half)
            whole, eye = np.zeros(len(sources)), np.zeros(len(sources))
            for index in outside.tolist():
                picture = spoiled[index - len(good_ones)] if truth[index] else good_ones[index]
                _, seen = memory.see(picture)
                whole[index] = memory.whole_distance(seen)
                alone[index] = memory.assess(picture).score
                known = not truth[index]  # by the same nets
                eye[index] = opinions[index] if known else self._opinion(picture, working, nets[half])[0]
                self._one_more()
            good = outside[~truth[outside]]
            scale = EyeRule.of(
                eye[good], eye[good], whole[good], good.tolist(), overkill=self._memory.settings.overkill
            )
            for index in outside.tolist():
                together[index] = scale.score(eye[index], whole[index])
            for scores in (
                alone,
                together,
            ):  # two memories have two zeros: either is told from its good parts
                scores[outside] = from_good(scores[outside], scores[good])
        return difference(alone, together, truth, [self._groups[source] for source in sources], self._rng)

    def _unlearnable(self, lessons: Lessons) -> bool:
        """Whether one half has no lesson with a defect, or none without."""
        of_half = self._of_lesson[lessons.source]
        bad = lessons.size_px > 0.0
        return not all((bad & (of_half == h)).any() and (~bad & (of_half == h)).any() for h in (0, 1))

    def _one_more(self) -> None:
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(min(self._done, self._todo - 1), self._todo)

    def _finish(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self._todo, self._todo)


def _halves(groups: Sequence[Hashable], seed: int) -> NDArray[np.int64]:
    """The half of each picture: whole groups, at random, as many pictures in either as it goes."""
    names = list(dict.fromkeys(groups))
    count = [0, 0]
    half_of: dict[Hashable, int] = {}
    shuffled = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    sizes = {name: sum(group == name for group in groups) for name in names}
    for name in sorted(shuffled, key=lambda one: -sizes[one]):
        half_of[name] = int(count[1] < count[0])
        count[half_of[name]] += sizes[name]
    return np.array([half_of[group] for group in groups], dtype=np.int64)


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
