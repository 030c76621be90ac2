"""Learns an adaptation from labelled pictures, and tells by cross-validation whether it is worth having.

All that is judged here is judged by models that have not seen its group: the memory, the direction and the
cell net are learned anew for each fold. From these opinions the weights of the sum, its threshold and the
comparison with the memory alone are made; then everything is learned once more from all pictures.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it
from torch.optim.swa_utils import AveragedModel

from inspection.cameras.folder import read_picture
from inspection.errors import RecipeError
from inspection.part import Picture
from inspection.simulation.defects import Mask
from inspection.simulation.synthetic import spoiled
from models.adaptation import Adaptation, CellNet, Direction, Rule, finest, moments, opinions
from models.evaluation import Evaluation, evaluate
from models.memory import FEWEST_PICTURES, Assessment, MemorySettings, NormalityMemory
from models.training.photographs import Photograph
from models.vision import AdaptableTower

FEWEST_DEFECTIVE: Final = 4
_IN_MASK: Final = 0.3
"""Share of a quarter of a cell that a mask must cover for the cell to be defective."""
_PASS: Final = 8
"""Pictures in one pass of the tower."""

Progress = Callable[[int, int], None]
"""Is told what is done, and of how much."""


class AdaptationSettings(BaseModel):
    """What can be chosen when adapting; docs/measurements/labels.md has what was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int = 3
    steps: int = Field(200, ge=20)
    steps_a_label: float = 3.0
    most_steps: int = 500
    """Few labels are soon learned, and longer would only learn them by heart."""
    batch: int = 24
    """Windows in one step, each a quarter of a picture."""
    rate: float = 8e-4
    """Highest learning rate; the decoder's is three times, the pretrained stages' half of it."""
    variants: int = 8
    """Of each picture: turned, moved, in other light. Fewer where there are many pictures."""
    most_maps: int = 2_500
    """Variants of all pictures together: bounds memory (about 100 kB each) and time."""
    good_share: float = 0.4
    synthetic_share: float = 0.2
    """Of the windows; the rest are real defects. Without a mask there, synthetic ones take their place."""
    shrinkage: float = 0.3
    """Weight of the identity in the covariance of the direction."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One labelled picture."""

    picture: Picture
    defective: bool
    group: Hashable
    """Near-copies of each other have one group; it is held out as a whole."""
    mask: Mask | None = None
    """(height, width) of the picture, not 0 where the defect is; None where nobody has marked it."""


def read_example(photograph: Photograph) -> Example:
    """Read a labelled photograph with its mask or outlines.

    Raises:
        CameraError: The picture or its mask cannot be read.
    """
    picture = read_picture(photograph.path)
    mask: Mask | None = None
    if photograph.mask is not None:
        mask = np.where(read_picture(photograph.mask)[..., 0] > 127, 255, 0).astype(np.uint8)
    elif photograph.polygons:
        mask = np.zeros(picture.shape[:2], np.uint8)
        for outline in photograph.polygons:
            cv2.fillPoly(mask, [np.rint(np.array(outline)).astype(np.int32)], 255)
    return Example(picture=picture, defective=bool(photograph.defects), group=photograph.group, mask=mask)


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """What adapting has led to."""

    adaptation: Adaptation
    alone: Evaluation
    """The memory alone, on pictures of groups that it was not taught on."""
    together: Evaluation
    """Memory and labels together, on the same pictures, none of which any part of it had seen."""
    marked: int
    """Defective pictures with a mask."""

    @property
    def better(self) -> bool:
        """Whether to keep it: the higher AUROC; at the same, less overkill at 1 % escapes."""
        alone = (self.alone.auroc, -self.alone.at_one_percent.overkill_rate)
        return (self.together.auroc, -self.together.at_one_percent.overkill_rate) > alone


def adapt(
    examples: Sequence[Example],
    *,
    memory: NormalityMemory,
    tower: AdaptableTower,
    settings: AdaptationSettings | None = None,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Adapted:
    """Learn from labelled pictures what the memory cannot know; minutes on two cores.

    Args:
        examples: good and defective pictures of what the memory was taught on; the good ones may be the
            very pictures that it was taught on.
        memory: the recipe's; its working size is used.
        tower: the one that the memory was taught on.
        settings: None takes the defaults.
        seed: the same examples, settings and seed give the same adaptation on one machine.
        on_progress: is told now and then.

    Raises:
        RecipeError: too few pictures or groups to hold any out, or a mask of another size than its picture.
    """
    settings = settings or AdaptationSettings()
    _check(examples)
    folds = _folds(examples, settings.folds, seed)
    steps = round(settings.steps + settings.steps_a_label * sum(one.defective for one in examples))
    settings = settings.model_copy(update={"steps": min(steps, settings.most_steps)})
    of_memory = memory._header.settings
    counted = _Counter(on_progress)
    pool = _Pool.fill(examples, memory, tower, settings, seed, counted, rounds=max(folds) + 2)
    seen = np.zeros((len(examples), 3))
    peaks = np.zeros(len(examples))
    for fold in sorted(set(folds)):
        inside = [index for index, f in enumerate(folds) if f != fold]
        outside = [index for index, f in enumerate(folds) if f == fold]
        learned = _learn(examples, inside, pool, tower, settings, seed, counted)
        held = _fold_memory(examples, inside, tower, of_memory, seed)
        for index in outside:
            seen[index], peaks[index] = learned.look(held.assess(examples[index].picture))
            counted.add(1)
    truth = np.array([one.defective for one in examples])
    fold_of = np.array(folds)
    level = _level(seen, truth, fold_of)
    stacked = np.zeros(len(examples))
    for fold in sorted(set(folds)):
        apart = fold_of != fold
        stacked[~apart] = (seen - level)[~apart] @ _logistic((seen - level)[apart], truth[apart])
    learned = _learn(examples, range(len(examples)), pool, tower, settings, seed, counted)
    counted.finish()
    adaptation = Adaptation(
        net=learned.net,
        direction=learned.direction,
        rule=_rule(seen, level, peaks, truth, of_memory.overkill),
        tower_sha256=tower.sha256,
        good=int((~truth).sum()),
        defective=int(truth.sum()),
    )
    return Adapted(
        adaptation=adaptation,
        alone=evaluate((seen - level)[:, 0], truth),
        together=evaluate(stacked, truth),
        marked=sum(one.defective and one.mask is not None for one in examples),
    )


def _check(examples: Sequence[Example]) -> None:
    stays = "the recipe as it was stays in use"
    good = [one for one in examples if not one.defective]
    bad = [one for one in examples if one.defective]
    if len(good) < 2 * FEWEST_PICTURES or len(bad) < FEWEST_DEFECTIVE:
        raise RecipeError(
            f"{len(good)} good and {len(bad)} defective pictures are too few to learn from labels",
            part=stays,
            todo=f"take at least {2 * FEWEST_PICTURES} good and {FEWEST_DEFECTIVE} defective ones",
        )
    for kind, of_kind, least in (("good", good, 3), ("defective", bad, 2)):
        groups = len({one.group for one in of_kind})
        if groups < least:
            raise RecipeError(
                f"the {kind} pictures come from {groups} group(s), so nothing unseen is left to measure on",
                part=stays,
                todo=f"take pictures of at least {least} parts",
            )
    for one in examples:
        if one.mask is not None and one.mask.shape != one.picture.shape[:2]:
            raise RecipeError(f"a mask of {one.mask.shape} lies beside a picture of {one.picture.shape[:2]}")


def _folds(examples: Sequence[Example], most: int, seed: int) -> list[int]:
    """A fold for each example: whole groups, the defective and the good pictures spread evenly."""
    bad = Counter(one.group for one in examples if one.defective)
    good = Counter(one.group for one in examples if not one.defective)
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


class _Counter:
    """Adds up what is done of what there is to do."""

    def __init__(self, listener: Progress | None) -> None:
        self._listener = listener
        self._done = 0
        self.total = 1

    def add(self, amount: int) -> None:
        self._done += amount
        if self._listener is not None:
            self._listener(min(self._done, self.total), self.total)

    def finish(self) -> None:
        self.add(self.total)


@dataclass(frozen=True, kw_only=True)
class _Pool:
    """Feature maps of all variants, so that the expensive first half of the tower runs once for each."""

    fine: Tensor
    """(variants, channels, rows, columns), half"""
    cells: Tensor
    """(variants, rows, columns), bool: which are defective"""
    source: Tensor
    """(variants,): index of the example"""
    kind: Tensor
    """(variants,): one of the below"""
    whole: Tensor
    """(examples, pooled channels): of the pictures as they are"""

    GOOD: Final = 0
    MARKED: Final = 1
    UNMARKED: Final = 2
    SYNTHETIC: Final = 3
    UNUSED: Final = 4

    @classmethod
    def fill(
        cls,
        examples: Sequence[Example],
        memory: NormalityMemory,
        tower: AdaptableTower,
        settings: AdaptationSettings,
        seed: int,
        counted: _Counter,
        *,
        rounds: int,
    ) -> _Pool:
        working = finest(memory.assess(examples[0].picture).features).shape[-2:]
        height, width = (side * min(tower.strides) for side in working)
        scaled = [_scaled(one, height, width) for one in examples]
        good = [picture for (picture, _), one in zip(scaled, examples, strict=True) if not one.defective]
        variants = max(2, min(settings.variants, settings.most_maps // (len(examples) + len(good) // 2)))
        counted.total = (
            len(examples) * (2 + variants)
            + len(good) * (variants // 2)
            + rounds * settings.steps * settings.batch // 4
        )
        pictures: list[Picture] = []
        masks: list[Mask] = []
        source: list[int] = []
        kind: list[int] = []

        def put(picture: Picture, mask: Mask, index: int, of_kind: int) -> None:
            pictures.append(picture)
            masks.append(mask)
            source.append(index)
            kind.append(of_kind)

        for index, ((picture, mask), one) in enumerate(zip(scaled, examples, strict=True)):
            blank = np.zeros((height, width), np.uint8)
            real = cls.GOOD if not one.defective else cls.UNMARKED if mask is None else cls.MARKED
            rng = np.random.default_rng((seed, index))
            # the good ones are shown spoiled as well, so half as many as they are suffice
            for _ in range(variants if one.defective else max(1, variants // 2)):
                put(*_varied(picture, blank if mask is None else mask, rng), index, real)
            for _ in range(0 if one.defective else variants):
                turned, _ = _varied(picture, blank, rng)
                if (worse := spoiled(turned, rng, others=good)) is not None:
                    put(*worse, index, cls.SYNTHETIC)
        fine = []
        for start in range(0, len(pictures), _PASS):
            maps = tower.features(pictures[start : start + _PASS])
            fine.append(finest(maps).half())
            counted.add(len(pictures[start : start + _PASS]))
        whole = []
        for picture, _ in scaled:
            whole.append(moments(tower.features([picture])))
            counted.add(1)
        cells = torch.stack([_cells(mask, min(tower.strides)) for mask in masks])
        kinds = torch.tensor(kind)
        # a defect that was moved out of the picture leaves a good one, but who knows
        kinds[(kinds == cls.MARKED) & ~cells.flatten(1).any(1)] = cls.UNUSED
        return cls(
            fine=torch.cat(fine),
            cells=cells,
            source=torch.tensor(source),
            kind=kinds,
            whole=torch.stack(whole),
        )


def _scaled(one: Example, height: int, width: int) -> tuple[Picture, Mask | None]:
    shrinks = height * width < one.picture.shape[0] * one.picture.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    picture = cv2.resize(one.picture, (width, height), interpolation=interpolation)
    if one.mask is None or not one.mask.any():
        return picture.astype(np.uint8, copy=False), None
    marked = np.where(one.mask > 0, 255, 0).astype(np.uint8)
    mask = cv2.resize(marked, (width, height), interpolation=cv2.INTER_AREA)
    return picture.astype(np.uint8, copy=False), mask.astype(np.uint8, copy=False)


def _varied(picture: Picture, mask: Mask, rng: np.random.Generator) -> tuple[Picture, Mask]:
    """Mirrored, a little turned, scaled and moved, in another light and contrast."""
    height, width = mask.shape
    mirrored = rng.choice((1, -1), 2)
    scale, angle = rng.uniform(0.9, 1.12), np.deg2rad(rng.uniform(-4.0, 4.0))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]) * mirrored
    middle = np.array([(width - 1) / 2.0, (height - 1) / 2.0])
    moved = middle + rng.uniform(-0.04, 0.04, 2) * (width, height) - turn @ middle
    affine = np.column_stack([turn, moved])
    warped = [
        cv2.warpAffine(
            plane, affine, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        for plane in (picture, mask)
    ]
    light = warped[0].astype(np.float32)
    mean = light.mean()
    light = (light - mean) * rng.uniform(0.8, 1.25) + mean * rng.uniform(0.8, 1.2)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8), warped[1].astype(np.uint8, copy=False)


def _cells(mask: Mask, stride: int) -> Tensor:
    """Which cells are defective, (rows, columns): by their most covered quarter, so thin lines count.

    A defect that is smaller than that is at least in the cell which holds most of it.
    """
    share = torch.from_numpy(mask).float().div_(255.0)[None]
    covered = F.max_pool2d(F.avg_pool2d(share, stride // 4), 4)[0]
    most = float(covered.max())
    return covered >= min(_IN_MASK, most) if most > 0.0 else torch.zeros_like(covered, dtype=torch.bool)


@dataclass(frozen=True, kw_only=True)
class _Learned:
    net: CellNet
    direction: Direction

    def look(self, assessment: Assessment) -> tuple[NDArray[np.float64], float]:
        """The three opinions of one picture, and the logit of its highest cell."""
        with torch.inference_mode():
            cells = self.net(finest(assessment.features))
        whole = self.direction.score(moments(assessment.features))
        return opinions(assessment.score, whole, cells), float(cells.max())


def _learn(
    examples: Sequence[Example],
    inside: Sequence[int],
    pool: _Pool,
    tower: AdaptableTower,
    settings: AdaptationSettings,
    seed: int,
    counted: _Counter,
) -> _Learned:
    chosen = torch.tensor(list(inside))
    truth = torch.tensor([examples[index].defective for index in inside])
    direction = _direction(pool.whole[chosen][~truth], pool.whole[chosen][truth], settings.shrinkage)
    net = _train(pool, torch.isin(pool.source, chosen), tower, settings, seed, counted)
    return _Learned(net=net, direction=direction)


def _fold_memory(
    examples: Sequence[Example],
    inside: Sequence[int],
    tower: AdaptableTower,
    settings: MemorySettings,
    seed: int,
) -> NormalityMemory:
    good = [examples[index] for index in inside if not examples[index].defective]
    return NormalityMemory.teach(
        [one.picture for one in good],
        tower=tower,
        groups=[one.group for one in good],
        settings=settings,
        seed=seed,
    )


def _direction(good: Tensor, bad: Tensor, shrinkage: float) -> Direction:
    """Fisher's linear discriminant, of length 1 in deviations, so that folds compare.

    The covariance within the kinds is shrunk towards the identity; with fewer pictures than channels its
    inverse is had through a matrix as large as there are pictures (Woodbury).
    """
    everything = torch.cat([good, bad]).double()
    deviation = everything.std(0).clamp_min(1e-3)
    good_mean, bad_mean = good.double().mean(0), bad.double().mean(0)
    apart = (bad_mean - good_mean) / deviation
    rest = torch.cat([good - good_mean, bad - bad_mean]) / deviation
    ridge = shrinkage / (1.0 - shrinkage) * len(rest)
    inner = rest @ rest.T + ridge * torch.eye(len(rest), dtype=torch.float64)
    weights = apart - rest.T @ torch.linalg.solve(inner, rest @ apart)
    weights = weights / weights.norm().clamp_min(1e-12) / deviation
    return Direction(weights=weights.float(), offset=float((good_mean + bad_mean) / 2.0 @ weights))


def _train(
    pool: _Pool,
    allowed: Tensor,
    tower: AdaptableTower,
    settings: AdaptationSettings,
    seed: int,
    counted: _Counter,
) -> CellNet:
    """Train stages and decoder on windows of the cached maps; the mean of the second half's weights is kept.

    Windows of half the sides hold a defect every other time, where whole pictures would be nearly all good
    cells, and cost a quarter.
    """
    rng = torch.Generator().manual_seed(seed)
    share = {_Pool.GOOD: settings.good_share, _Pool.SYNTHETIC: settings.synthetic_share}
    share[_Pool.MARKED] = 1.0 - sum(share.values())
    weights = torch.zeros(len(pool.kind))
    for kind, wanted in share.items():
        of_kind = allowed & (pool.kind == kind)
        weights[of_kind] = wanted / max(int(of_kind.sum()), 1)
    unmarked = (allowed & (pool.kind == _Pool.UNMARKED)).nonzero()[:, 0]
    marked = int((allowed & (pool.kind == _Pool.MARKED)).sum())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        middle = tower.tail()
        channels = int(middle(pool.fine[:1].float()).shape[1])
        net = CellNet(middle, fine_channels=pool.fine.shape[1], middle_channels=channels)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # stub lacks it
    pretrained = list(net.tail.parameters())
    fresh = [tensor for name, tensor in net.named_parameters() if not name.startswith("tail.")]
    rates = [3.0 * settings.rate, 0.5 * settings.rate]
    optimizer = torch.optim.AdamW([{"params": fresh}, {"params": pretrained}], weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=settings.steps, pct_start=0.1
    )
    average = AveragedModel(net, avg_fn=lambda mean, new, _: torch.lerp(mean, new, 0.01))
    for step in range(settings.steps):
        drawn = torch.multinomial(weights, settings.batch, replacement=True, generator=rng)
        fine, truth = _windows(pool, drawn, rng)
        loss = _window_loss(net(_shaken(fine, rng)), truth)
        if len(unmarked):  # all that a label without a mask says: somewhere there is a cell like that
            some = unmarked[torch.randint(len(unmarked), (max(1, settings.batch // 8),), generator=rng)]
            whole = CellNet.of_pictures(net(_shaken(pool.fine[some].float(), rng)))
            loss = loss + len(unmarked) / (len(unmarked) + marked) * F.softplus(-whole).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # stub lacks it
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        schedule.step()
        if 2 * step >= settings.steps:
            average.update_parameters(net)
        counted.add(settings.batch // 4)
    averaged = average.module
    assert isinstance(averaged, CellNet)
    return averaged.eval()


def _shaken(fine: Tensor, rng: torch.Generator) -> Tensor:
    """Each channel a little stronger or weaker, so that none is relied upon; channels last."""
    gain = torch.randn(len(fine), fine.shape[1], 1, 1, generator=rng).mul_(0.1).exp_()
    return (fine * gain).contiguous(memory_format=torch.channels_last)


def _windows(pool: _Pool, drawn: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A window from each map: with a defective cell where there is one, else anywhere.

    Returns:
        (windows, channels, rows, columns) and (windows, rows, columns); even rows and columns, about half.
    """
    rows, columns = pool.cells.shape[1:]
    height, width = (max(2, side // 4 * 2) for side in (rows, columns))

    def random(below: int) -> int:
        return int(torch.randint(below, (1,), generator=rng))

    fine, cells = [], []
    for index in drawn.tolist():
        spots = pool.cells[index].nonzero()
        if len(spots):
            row, column = spots[random(len(spots))].tolist()
            top, left = row - random(height), column - random(width)
        else:  # as often at the border as elsewhere: there good pictures look odd
            top = random(rows - height + height // 2 + 1) - height // 4
            left = random(columns - width + width // 2 + 1) - width // 4
        top, left = min(max(top // 2 * 2, 0), rows - height), min(max(left // 2 * 2, 0), columns - width)
        here = np.s_[top : top + height, left : left + width]
        fine.append(pool.fine[index][:, here[0], here[1]])
        cells.append(pool.cells[index][here])
    return torch.stack(fine).float(), torch.stack(cells)


def _window_loss(logits: Tensor, defective: Tensor) -> Tensor:
    """How wrong the cells are, one by one and together, and each window as a whole.

    Focal loss of the cells (Lin et al., ICCV 2017, arXiv:1708.02002), dice of all of them (Milletari et al.,
    "V-Net", 2016, arXiv:1606.04797), cross-entropy of the windows.
    """
    truth = defective.float()
    probability = torch.sigmoid(logits)
    right = probability * truth + (1.0 - probability) * (1.0 - truth)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    focal = ((1.0 - right) * entropy * (1.0 + 4.0 * truth)).mean()
    dice = 1.0 - (2.0 * (probability * truth).sum() + 1.0) / (probability.sum() + truth.sum() + 1.0)
    # a window is a quarter of a picture, so four times the share of cells
    of_windows = CellNet.of_pictures(logits, share=0.01)
    window = F.binary_cross_entropy_with_logits(of_windows, truth.flatten(1).amax(1))
    return 3.0 * focal + 0.5 * dice + window


def _level(
    seen: NDArray[np.float64], defective: NDArray[np.bool_], fold_of: NDArray[np.int_]
) -> NDArray[np.float64]:
    """Where good pictures lie for the models that judged each picture: the middling held-out one of its fold.

    Models of different folds have different zeros, which would pass for a difference between pictures.

    Returns:
        (pictures, 3)
    """
    level = np.tile(np.median(seen[~defective], axis=0), (len(seen), 1))
    for fold in set(fold_of.tolist()):
        good = ~defective & (fold_of == fold)
        if good.any():
            level[fold_of == fold] = np.median(seen[good], axis=0)
    return level


def _rule(
    seen: NDArray[np.float64],
    level: NDArray[np.float64],
    peaks: NDArray[np.float64],
    defective: NDArray[np.bool_],
    overkill: float,
) -> Rule:
    """Weights, threshold and level from opinions of models that had not seen the pictures.

    The threshold is from the opinions as they are: the final models' zero is as unsure as that of a fold.
    """
    weights = _logistic(seen - level, defective)
    score = seen @ weights
    centre = float(np.median(score[~defective]))
    spread = max(float(score[~defective].std()), 1e-6)
    unseen = np.sort((score[~defective] - centre) / spread)
    # the conformal quantile, as the memory's
    rank = min(math.ceil((len(unseen) + 1) * (1 - overkill)), len(unseen))
    of_memory, of_whole, of_cells = (float(weight) for weight in weights / spread)
    return Rule(
        memory=of_memory,
        whole=of_whole,
        cells=of_cells,
        offset=-centre / spread,
        threshold=max(float(unseen[rank - 1]), 1.0),
        cell_level=float(np.quantile(peaks[~defective], 0.9)),
    )


def _logistic(seen: NDArray[np.float64], defective: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of a logistic regression, none negative: an opinion that points the wrong way is left out.

    Newton's method; both kinds weigh the same; a ridge of one picture's weight on standardised opinions keeps
    them finite where the kinds part cleanly.
    """
    deviation = seen.std(axis=0).clip(1e-6)
    standard = (seen - seen.mean(axis=0)) / deviation
    share = np.where(defective, 0.5 / defective.sum(), 0.5 / (~defective).sum()) * len(seen)
    used = list(range(seen.shape[1]))
    while True:
        design = np.column_stack([standard[:, used], np.ones(len(seen))])
        ridge = np.diag([1.0] * len(used) + [1e-6])
        beta = np.zeros(design.shape[1])
        for _ in range(30):
            likely = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30.0, 30.0)))
            slope = design.T @ (share * (defective - likely)) - ridge @ beta
            curve = (design.T * (share * likely * (1.0 - likely))) @ design + ridge
            beta = beta + np.linalg.solve(curve, slope)
        worst = int(np.argmin(beta[:-1]))
        if beta[worst] >= 0.0:
            break
        used.pop(worst)
        if not used:  # no opinion is worth anything: the memory's stays
            used, beta = [0], np.array([1.0, 0.0])
            break
    weights = np.zeros(seen.shape[1])
    weights[used] = beta[:-1]
    scaled: NDArray[np.float64] = weights / deviation
    return scaled
