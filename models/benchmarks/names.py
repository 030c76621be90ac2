"""Measures names by examples on a product that nothing was trained on, split by group.

For each split half of the groups with good pictures teach a memory, and of each type half of the groups (the
larger half) give the examples, the first of each group before the second of any. All defective pictures of
the other groups are named, by the place that the memory finds foremost: nobody says where the defect is, and
whether the memory would have rejected the part is not asked. A type of fewer than ``FEWEST_GROUPS`` groups
is *apart*: it is never shown, and what is called by a name of it is wrong.

Beside it stands logistic regression on the very same examples, without unknown: on all of their numbers, and
on those of the middle extent alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inspection.files.one_by_one import OneByOne
from inspection.pictures.decoding.decoding import read_picture
from models.backbone.features import VisionTower
from models.benchmarks.splits import half_of
from models.evaluation.metrics import calibration_error
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings
from models.naming.belief import softmax
from models.naming.directions import EXTENTS, Directions
from models.naming.names import UNKNOWN, Name, Names, ShownExample
from models.training.data.photographs import Photograph, read_photographs

FEWEST_GROUPS: Final = 10
"""Of a type: half of them give five examples of five parts, and as many are left to test on."""
_PENALTY: Final = 1.0
"""Of the regression's squared weights, on columns of deviation 1: what scikit-learn takes by default."""
_MIDDLING: Final = EXTENTS.index(1.0)
_SIMULATED: Final = 200
"""Draws of answers that come true exactly as often as they say, for what calibration error chance gives."""


@dataclass(frozen=True, kw_only=True)
class NameSplit:
    """Who teaches, shows and is named."""

    good: tuple[Photograph, ...]
    shown: dict[str, tuple[Photograph, ...]]
    """By type, in the order in which they are shown."""
    named: tuple[Photograph, ...]
    apart: tuple[Photograph, ...]
    """Of types with too few groups."""


def name_split(photographs: Sequence[Photograph], *, teach_on: int, seed: int) -> NameSplit:
    """Split by group; the same seed gives the same split. Pictures of several types are left out."""
    draw = np.random.default_rng(seed)
    good = [one for one in photographs if not one.defects]
    teaching = half_of({one.group for one in good}, draw)
    pool = [one for one in good if one.group in teaching]
    chosen = np.sort(draw.choice(len(pool), min(teach_on, len(pool)), replace=False))
    by_type: dict[str, list[Photograph]] = {}
    for one in photographs:
        if len(kinds := {defect.type for defect in one.defects}) == 1:
            by_type.setdefault(kinds.pop(), []).append(one)
    shown, showing = {}, set[str]()
    for kind, of_kind in sorted(by_type.items()):
        groups = {one.group for one in of_kind}
        if len(groups) >= FEWEST_GROUPS:
            half = half_of(groups, draw, larger=True)
            showing |= half
            shown[kind] = _in_turn([one for one in of_kind if one.group in half], draw)
    rest = [one for kind, of_kind in sorted(by_type.items()) for one in of_kind if one.group not in showing]
    return NameSplit(
        good=tuple(pool[place] for place in chosen),
        shown=shown,
        named=tuple(one for one in rest if _kind(one) in shown),
        apart=tuple(one for one in rest if _kind(one) not in shown),
    )


def names_benchmark(
    dataset: str,
    *,
    data: Path,
    tower: VisionTower,
    examples: Sequence[int],
    seeds: Sequence[int],
    teach_on: int = 100,
    settings: MemorySettings | None = None,
    listener: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Teach, show and name for each seed and number of examples, through the calls that the station makes.

    Args:
        dataset: Folder of ``data`` with labelled photographs.
        data: The folder with all photographs.
        tower: The vision tower.
        examples: Numbers of examples of each type.
        seeds: One split each.
        teach_on: Good pictures that are taught.
        settings: Of the memory; None takes the defaults.
        listener: Is told of each row.

    Returns:
        A dict for JSON: ``rows``, one for each seed and number, and ``by_examples``, their means. Each has,
        averaged over the types: ``right_of_named``, ``right_of_all`` (*unknown* counting as wrong),
        ``right_if_forced`` (the likeliest type, without *unknown*), ``right_by_regression`` and
        ``right_by_regression_on_one_extent``; ``named`` and ``apart_named`` are the shares that got a name,
        ``held_out`` what the examples themselves had said of ``right_of_all``; ``vouched`` is 1.0 where
        probabilities would be shown. ``calibration_error`` is of the names that were given, of all splits
        together, ``calibration_error_shown`` of those whose probability is shown, and
        ``calibration_error_by_chance`` what as many answers have that come true exactly as often as they say.

    Raises:
        CameraError, DatasetError: The photographs cannot be read.
        RecipeError: Too few good pictures or examples.
    """
    photographs = read_photographs(data / dataset)
    rows: list[dict[str, Any]] = []
    said: dict[int, list[tuple[Name, bool]]] = {count: [] for count in examples}
    for seed in seeds:
        split = name_split(photographs, teach_on=teach_on, seed=seed)
        memory = NormalityMemory.teach(
            OneByOne(split.good, lambda one: read_picture(one.path)),
            tower=tower,
            groups=[one.group for one in split.good],
            settings=settings,
            seed=seed,
        )
        most = max(examples)
        wanted = [*split.named, *split.apart, *(one for kind in split.shown.values() for one in kind[:most])]
        look = Directions(memory)
        places = {one.path: _direction(one, memory, look) for one in wanted}
        for count in examples:
            shown = [
                ShownExample(kind=kind, direction=places[one.path], group=one.group)
                for kind, of_kind in split.shown.items()
                for one in of_kind[:count]
            ]
            row, answers = _row(shown, split, places, memory)
            rows.append({"seed": seed, "examples": count, **row})
            said[count] += answers
            if listener is not None:
                listener(f"split {seed}, {count} examples: {row['right_of_named']:.3f} right of those named")
    return {
        "dataset": dataset,
        "tower": tower.name,
        "taught_on": teach_on,
        "settings": (settings or MemorySettings()).model_dump(),
        "by_examples": [
            _together([row for row in rows if row["examples"] == count], count, said[count])
            for count in examples
        ],
        "rows": rows,
    }


def _row(
    shown: Sequence[ShownExample],
    split: NameSplit,
    places: dict[Path, NDArray[np.float32]],
    memory: NormalityMemory,
) -> tuple[dict[str, Any], list[tuple[Name, bool]]]:
    """One split's figures, and each name that was given with whether it was right."""
    names = Names.teach(shown, memory=memory)
    kinds = [one.name for one in names.types]
    truth = np.array([kinds.index(_kind(one)) for one in split.named])
    tested = np.stack([places[one.path] for one in split.named])
    called = names.called(tested)
    named = np.array([one.kind != UNKNOWN for one in called])
    right = np.array([one.kind == kinds[true] for one, true in zip(called, truth, strict=True)])
    forced = names.likeliest(tested) == truth
    regression = _regression(shown, kinds, tested) == truth
    on_one = [replace(one, direction=one.direction[_MIDDLING]) for one in shown]
    regression_on_one = _regression(on_one, kinds, tested[:, _MIDDLING]) == truth
    apart = [one.kind != UNKNOWN for one in _called(names, places, split.apart)]
    row = {
        "tested": len(truth),
        "named": float(named.mean()),
        "right_of_named": _macro(right[named], truth[named]),
        "right_of_all": _macro(right, truth),
        "right_if_forced": _macro(forced, truth),
        "right_by_regression": _macro(regression, truth),
        "right_by_regression_on_one_extent": _macro(regression_on_one, truth),
        "held_out": float(np.mean([one.right for one in names.types])),
        "vouched": float(names.vouched),
        "apart": len(apart),
        "apart_named": float(np.mean(apart)) if apart else 0.0,
        "by_type": {
            kind: {"tested": int((truth == place).sum()), "right_of_all": float(right[truth == place].mean())}
            for place, kind in enumerate(kinds)
        },
    }
    given = zip(called, right, strict=True)
    return row, [(one, bool(hit)) for one, hit in given if one.kind != UNKNOWN]


def _called(
    names: Names, places: dict[Path, NDArray[np.float32]], photographs: Sequence[Photograph]
) -> tuple[Name, ...]:
    return names.called(np.stack([places[one.path] for one in photographs])) if photographs else ()


def _macro(right: NDArray[np.bool_], truth: NDArray[np.intp]) -> float:
    """The share that is right, on average over the types that occur."""
    return float(np.mean([right[truth == one].mean() for one in np.unique(truth)])) if len(truth) else 0.0


def _together(
    rows: Sequence[dict[str, Any]], count: int, said: Sequence[tuple[Name, bool]]
) -> dict[str, Any]:
    figures = [key for key, value in rows[0].items() if isinstance(value, float)]
    probabilities, true = [one.probability for one, _ in said], [hit for _, hit in said]
    shown = [(one.probability, hit) for one, hit in said if one.vouched]
    draw = np.random.default_rng(0)
    chance = [
        calibration_error(probabilities, (draw.random(len(said)) < probabilities).tolist())
        for _ in range(_SIMULATED if said else 0)
    ]
    return {
        "examples": count,
        "splits": len(rows),
        "mean": {key: float(np.mean([row[key] for row in rows])) for key in figures},
        "deviation": {key: float(np.std([row[key] for row in rows])) for key in figures},
        "names_given": len(said),
        "calibration_error": calibration_error(probabilities, true) if said else None,
        "probabilities_shown": len(shown),
        "calibration_error_shown": (
            calibration_error([one for one, _ in shown], [hit for _, hit in shown]) if shown else None
        ),
        "calibration_error_by_chance": float(np.mean(chance)) if chance else None,
    }


def _direction(one: Photograph, memory: NormalityMemory, look: Directions) -> NDArray[np.float32]:
    """The foremost place's."""
    picture = read_picture(one.path)
    return look.of(memory.assess(picture), shape=picture.shape)[0]


def _regression(
    shown: Sequence[ShownExample], kinds: Sequence[str], places: NDArray[np.float32]
) -> NDArray[np.intp]:
    """What multinomial logistic regression with a ridge calls places, (places, …), told as examples are."""
    from scipy.optimize import minimize

    examples = np.stack([one.direction.ravel() for one in shown]).astype(np.float64)
    mean, deviation = examples.mean(0), np.maximum(examples.std(0), 1e-6)
    inputs = np.hstack([(examples - mean) / deviation, np.ones((len(shown), 1))])
    wanted = np.eye(len(kinds))[[kinds.index(one.kind) for one in shown]]
    penalised = np.ones((len(kinds), inputs.shape[1]))
    penalised[:, -1] = 0.0

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(penalised.shape)
        shares = softmax(inputs @ weights.T)
        ridge = _PENALTY * penalised * weights
        surprise = -np.log(np.maximum(shares[wanted > 0.0], 1e-300)).sum()
        return float(surprise + 0.5 * (ridge * weights).sum()), ((shares - wanted).T @ inputs + ridge).ravel()

    weights = minimize(loss, np.zeros(penalised.size), jac=True, method="L-BFGS-B").x.reshape(penalised.shape)
    tested = np.hstack([(places.reshape(len(places), -1) - mean) / deviation, np.ones((len(places), 1))])
    called: NDArray[np.intp] = (tested @ weights.T).argmax(1)
    return called


def _in_turn(photographs: Sequence[Photograph], draw: np.random.Generator) -> tuple[Photograph, ...]:
    """One of each group, then another of each that has more, in random order."""
    by_group: dict[str, list[Photograph]] = {}
    for place in draw.permutation(len(photographs)):
        by_group.setdefault(photographs[place].group, []).append(photographs[place])
    turns = max(len(of_group) for of_group in by_group.values())
    return tuple(
        of_group[turn] for turn in range(turns) for of_group in by_group.values() if turn < len(of_group)
    )


def _kind(one: Photograph) -> str:
    return one.defects[0].type
