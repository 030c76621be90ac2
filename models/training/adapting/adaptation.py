"""Learns an adaptation from labelled pictures, and tells by cross-validation whether it is worth having.

All that is judged here is judged by models that have not seen its group: the memory, the direction and the
cell net are learned anew for each fold. From these opinions it is told which of them to add up, the scale of
the sum, its threshold, and how it compares with the memory alone.

What stays is the direction, learned once more from all pictures, and the nets of all folds, whose mean
counts: each has learned without another share of the labels, so they err apart (Breiman, "Bagging
predictors", Machine Learning 24, 1996; Krogh and Vedelsby, NIPS 1994). One of all labels beside them added
nothing (docs/measurements/labels.md).
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from inspection.errors import RecipeError
from inspection.files.one_by_one import OneByOne
from models.backbone.features import AdaptableTower, FeatureMaps
from models.evaluation.metrics import Evaluation, evaluate
from models.eye.seeing import SeeingMemory
from models.good_parts.unteachable import FEWEST_PICTURES
from models.memory.adaptation import Adaptation, Direction, distance_of, opinions
from models.memory.cells import CellNet, said_by
from models.memory.embedding import working_size
from models.memory.memory import NormalityMemory
from models.training.adapting.cells import train_cells
from models.training.adapting.labelled import AdaptationSettings, Counter, Example, Label, Progress
from models.training.adapting.summing import (
    Scale,
    best_trust,
    direction_between,
    rule_of,
    unseen_directions,
    weights_of,
)
from models.training.adapting.threshold import Threshold, escapes_within
from models.training.adapting.variants import Pool
from models.training.eye.teaching import AREA_PX, train_eye

FEWEST_DEFECTIVE: Final = 4
_EYE_WORK: Final = 3_000
"""What training one eye counts in the progress, where a look at a picture counts 1."""


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """What adapting has led to."""

    adaptation: Adaptation
    alone: Evaluation
    """The memory alone, on pictures of groups that it was not taught on."""
    together: Evaluation
    """Memory and labels together, on the same pictures, none of which any part of it had seen."""
    marked: int
    """How many defective pictures have a mask."""
    above_threshold: NDArray[np.float64]
    """(pictures,): the adapted score minus its threshold, of models that had not seen the picture's group."""
    threshold: Threshold
    """Where it lies, by which rule, and what is to be expected at it."""
    escapes_alone: float
    """The share of the defects that the memory alone lets through at the asked overkill."""
    escapes_together: float
    """The share that memory and labels together let through at the same overkill."""

    @property
    def better(self) -> bool:
        """Whether to keep it: by AUROC and by escapes not worse than the memory alone, by one of them better.

        At the same of both, by less overkill at 1 % escapes.
        """
        alone, together = (
            (one.auroc, -escapes, -one.at_one_percent.overkill_rate)
            for one, escapes in (
                (self.alone, self.escapes_alone),
                (self.together, self.escapes_together),
            )
        )
        return together[0] >= alone[0] and together[1] >= alone[1] and together > alone


def adapt(
    examples: Sequence[Example],
    *,
    memory: NormalityMemory,
    tower: AdaptableTower,
    settings: AdaptationSettings | None = None,
    seed: int = 0,
    detail_px: float | None = None,
    on_progress: Progress | None = None,
) -> Adapted:
    """Learn from labelled pictures what the memory cannot know; minutes on two cores.

    They are looked at one by one, some five times each, so ``examples`` may read them when asked.

    Args:
        examples: good and defective pictures of what the memory was taught on; the good ones may be the
            very pictures that it was taught on.
        memory: the recipe's; its working size is used.
        tower: the one that the memory was taught on.
        settings: None takes the defaults.
        seed: the same examples, settings and seed give the same adaptation on one machine.
        detail_px: the extent of the smallest defect that has to be found, where a person says so: the eyes of
            the folds look as closely as the recipe's.
        on_progress: is told now and then.

    Raises:
        RecipeError: too few pictures or groups to hold any out, or a mask of another size than its picture.
    """
    settings = settings or AdaptationSettings()
    labels = [Label.of(one) for one in examples]
    refuse_too_few([(one.defective, one.group) for one in labels])
    for one in labels:
        if one.marked not in (None, one.size):
            raise RecipeError(f"a mask of {one.marked} lies beside a picture of {one.size}")
    folds = _folds(labels, settings.folds, seed)
    steps = round(settings.steps + settings.steps_a_label * sum(one.defective for one in labels))
    settings = settings.model_copy(update={"steps": min(steps, settings.most_steps)})
    counted = Counter(on_progress)
    closer = _closer_look(memory, labels, tower)
    of_eyes = _EYE_WORK * (max(folds) + 1) if isinstance(memory, SeeingMemory) else 0
    work = of_eyes + (max(folds) + 1) * settings.steps * settings.batch // 4
    pool = Pool.fill(examples, labels, memory, tower, settings, seed, counted, closer=closer, later=work)
    truth = np.array([one.defective for one in labels])
    how = (settings, seed, detail_px, counted)
    seen, peaks, nets, zeros = _held_out(examples, labels, folds, memory, tower, pool, *how)
    groups = [one.group for one in labels]
    trust = best_trust(seen, truth, groups)
    asked = {"escapes": settings.escapes, "overkill": settings.overkill}
    rule, threshold = rule_of(seen, peaks, truth, groups, trust=trust, **asked)
    counted.finish()
    alone, together = seen[:, 0], seen @ weights_of(seen, truth, trust)
    scale = _scale(memory, pool, labels, range(len(labels)), settings, zero=float(np.mean(zeros)))
    adaptation = Adaptation(
        nets=nets if rule.cells else (),
        direction=_direction(pool, truth, range(len(labels)), settings),
        rule=scale.of_opinions(rule),
        tower_sha256=tower.sha256,
        closer=closer,
        good=int((~truth).sum()),
        defective=int(truth.sum()),
    )
    return Adapted(
        adaptation=adaptation,
        alone=evaluate(alone, truth),
        together=evaluate(together, truth),
        marked=sum(one.defective and one.marked is not None for one in labels),
        above_threshold=rule.score(seen) - rule.threshold,
        threshold=threshold,
        escapes_alone=escapes_within(alone, truth, overkill=settings.overkill),
        escapes_together=escapes_within(together, truth, overkill=settings.overkill),
    )


def refuse_too_few(labels: Sequence[tuple[bool, Hashable]]) -> None:
    """Raise RecipeError where labels are too few to learn from: whether defective, and the group, of each."""
    stays = "the recipe as it was stays in use"
    good = [group for defective, group in labels if not defective]
    bad = [group for defective, group in labels if defective]
    if len(good) < 2 * FEWEST_PICTURES or len(bad) < FEWEST_DEFECTIVE:
        raise RecipeError(
            f"{len(good)} good and {len(bad)} defective pictures are too few to learn from labels",
            part=stays,
            todo=f"take at least {2 * FEWEST_PICTURES} good and {FEWEST_DEFECTIVE} defective ones",
        )
    for kind, of_kind, least in (("good", good, 3), ("defective", bad, 2)):
        groups = len(set(of_kind))
        if groups < least:
            raise RecipeError(
                f"the {kind} pictures come from {groups} group(s), so nothing unseen is left to measure on",
                part=stays,
                todo=f"take pictures of at least {least} parts",
            )


def _folds(examples: Sequence[Label], most: int, seed: int) -> list[int]:
    """A fold for each example: whole groups, the defective and the good pictures spread evenly."""
    bad = Tally(one.group for one in examples if one.defective)
    good = Tally(one.group for one in examples if not one.defective)
    groups = list(dict.fromkeys(one.group for one in examples))
    count = min(most, len(bad))
    shuffled = [groups[index] for index in np.random.default_rng(seed).permutation(len(groups))]
    load = [(0, 0)] * count  # defective, good
    fold_of: dict[Hashable, int] = {}
    for group in sorted(shuffled, key=lambda group: (-bad[group], -good[group])):
        # a group with defects goes where they are fewest, one without where good pictures are fewest
        fold = min(range(count), key=lambda f: load[f] if bad[group] else load[f][::-1])
        fold_of[group] = fold
        load[fold] = (load[fold][0] + bad[group], load[fold][1] + good[group])
    return [fold_of[one.group] for one in examples]


def _held_out(
    examples: Sequence[Example],
    labels: Sequence[Label],
    folds: Sequence[int],
    memory: NormalityMemory,
    tower: AdaptableTower,
    pool: Pool,
    settings: AdaptationSettings,
    seed: int,
    detail_px: float | None,
    counted: Counter,
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[CellNet], list[float]]:
    """Have each picture judged by what has not seen its group.

    Returns:
        The opinions, (pictures, 4), on the scale of the models that hold them; the logit of each one's
        highest cell, above its net's zero; the net of each fold, and its zero.
    """
    seen = np.zeros((len(examples), 4))
    peaks = np.zeros(len(examples))
    truth = np.array([one.defective for one in labels])
    nets: list[CellNet] = []
    zeros: list[float] = []
    for fold in sorted(set(folds)):
        inside = [index for index, f in enumerate(folds) if f != fold]
        outside = [index for index, f in enumerate(folds) if f == fold]
        direction = _direction(pool, truth, inside, settings)
        net = train_cells(pool, torch.isin(pool.source, torch.tensor(inside)), tower, settings, seed, counted)
        nets.append(net)
        held = _fold_memory(examples, labels, inside, tower, memory, seed, detail_px, counted)
        # a net's zero is its own: where the good parts that it learned from lie
        known = [index for index in inside if not truth[index]]
        opined = [_picture_opinion(net, held.see(examples[index].picture)[0]) for index in known]
        zeros.append(float(np.mean(opined)))
        scale = _scale(held, pool, labels, inside, settings, zero=zeros[-1])
        for index in outside:
            found = held.assess(examples[index].picture)
            cells = said_by([net], found.features)
            assert cells is not None
            whole = direction.score(pool.whole[index])
            said = opinions(found.score, distance_of(held, found), whole, cells)
            seen[index] = scale.deviations(said)
            peaks[index] = float(cells.max()) - zeros[-1]
            counted.add(1)
    return seen, peaks, nets, zeros


def _picture_opinion(net: CellNet, maps: FeatureMaps) -> float:
    cells = said_by([net], maps)
    assert cells is not None
    return float(CellNet.of_pictures(cells)[0])


def _scale(
    memory: NormalityMemory,
    pool: Pool,
    labels: Sequence[Label],
    inside: Sequence[int],
    settings: AdaptationSettings,
    *,
    zero: float,
) -> Scale:
    """That of what was learned from the pictures ``inside``; ``zero`` is the nets'."""
    calibration = memory.calibration
    chosen = torch.tensor(list(inside))
    return Scale.of(
        distance=(calibration.whole_mean, calibration.whole_deviation),
        whole=unseen_directions(
            pool.whole[chosen],
            np.array([labels[index].defective for index in inside]),
            [labels[index].group for index in inside],
            settings.shrinkage,
        ),
        cells=zero,
    )


def _direction(
    pool: Pool, truth: NDArray[np.bool_], inside: Sequence[int], settings: AdaptationSettings
) -> Direction:
    chosen = np.array(inside)
    good, bad = (torch.from_numpy(chosen[truth[chosen] == kind]) for kind in (False, True))
    return direction_between(pool.whole[good], pool.whole[bad], settings.shrinkage)


def _closer_look(
    memory: NormalityMemory, labels: Sequence[Label], tower: AdaptableTower
) -> tuple[int, int] | None:
    """Height and width of the second look: the trained eye's; None where the memory looks as closely."""
    if isinstance(memory, SeeingMemory):
        return memory.eye.working
    if memory.settings.working_area_px >= AREA_PX:
        return None
    return working_size([one.size for one in labels], area_px=AREA_PX, multiple=tower.strides[-1])


def _fold_memory(
    examples: Sequence[Example],
    labels: Sequence[Label],
    inside: Sequence[int],
    tower: AdaptableTower,
    like: NormalityMemory,
    seed: int,
    detail_px: float | None,
    counted: Counter,
) -> NormalityMemory:
    """A memory of one fold's good pictures, made as the recipe's: with a trained eye where that has one."""
    good = [index for index in inside if not labels[index].defective]
    pictures = OneByOne(good, lambda index: examples[index].picture)
    groups = [labels[index].group for index in good]
    memory = NormalityMemory.teach(
        pictures,
        tower=tower,
        groups=groups,
        settings=like.settings,
        seed=seed,
        sizes=[labels[index].size for index in good],
    )
    if not isinstance(like, SeeingMemory):
        return memory
    eye = train_eye(
        pictures,
        memory=memory,
        tower=tower,
        groups=groups,
        seed=seed,
        detail_px=detail_px,
        only=like.eye.working,  # of other pictures another size might be chosen, and another eye compared
        on_progress=counted.part(_EYE_WORK),
    )
    return memory if eye is None else SeeingMemory(memory, eye)
