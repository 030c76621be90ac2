"""Measures whether what labels say of a score is true of other parts, on photographs split by group.

Half of the groups teach the memory, as in :mod:`models.benchmarks.labels`. The parts of all others are
judged, and drawn into two halves by group, again and again: the labels of one half say how many parts with
such a score are defective, and the parts of the other half are counted. Beside it stands the naive figure,
the reflex's ``confidence``: a curve over the score, cut at n/(n+1) of n taught pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inspection.certification.probability import LabelledScores, Origin, one_of_each
from inspection.decision import ModelRef
from inspection.files.one_by_one import OneByOne
from inspection.pictures.decoding.decoding import read_picture
from models.backbone.features import AdaptableTower
from models.benchmarks.labels import Listener
from models.benchmarks.splits import READERS, DatasetName, Sample, half_of, label_split
from models.evaluation.metrics import binned, calibration_error
from models.inspectors.reflex import unclamped
from models.memory.adaptation import AdaptedMemory
from models.memory.memory import NormalityMemory
from models.training.adapting.adaptation import adapt
from models.training.adapting.labelled import read_example
from models.training.data.photographs import read_photographs

EDGES: Final = (0.0, 0.02, 0.05, 0.2, 0.5, 0.8, 0.95, 0.98, 1.0)
"""Of the bins: shares from the one up to the next are counted together."""
ONE_PICTURE_A_PART: Final = frozenset({"bsdata"})
"""Its groups are places that were photographed over months, and show other parts each time."""
_NOBODY: Final = ModelRef(name="benchmark", version="0", sha256="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A picture that was judged."""

    sample: Sample
    part: str
    defect_score: float
    naive: float
    """What the reflex's confidence makes of it: the share of parts like it that are defective."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What was said of a part whose truth is known."""

    share: float | None
    """By labels; None where they say nothing of such a score."""
    naive: float
    defective: bool


def probability_benchmark(
    dataset: DatasetName,
    *,
    data: Path,
    tower: AdaptableTower,
    seeds: Sequence[int],
    halvings: int = 20,
    most_parts: Sequence[int] = (),
    labels: int = 0,
    teach_on: int = 100,
    listener: Listener | None = None,
) -> dict[str, Any]:
    """Teach, judge, and count how many parts are defective of which labels said so and so much.

    Args:
        dataset: which photographs.
        data: the folder with ``bsdata`` and ``magnetic-tile``.
        tower: the vision tower.
        seeds: one memory each.
        halvings: of the other parts, for each memory.
        most_parts: also with no more labelled parts than so many.
        labels: also adapt on so many labelled defects of the teaching side, and count by what their
            cross-fitted scores say; minutes for each seed. 0: not.
        teach_on: good pictures.
        listener: is told how far it is.

    Returns:
        A dict for JSON with ``held_out``, one entry for all labelled parts and one for each of
        ``most_parts``, and ``cross_fitted``: see :func:`counted`.

    Raises:
        CameraError: a photograph cannot be read.
        RecipeError: too few labels to learn from.
    """
    samples = READERS[dataset](data)
    photographs = {photograph.path: photograph for photograph in read_photographs(data / dataset)}
    held_out: dict[int, list[Said]] = {most: [] for most in (0, *most_parts)}
    fitted: list[Said] = []
    for seed in seeds:
        teach, defects, test = label_split(samples, teach_on=teach_on, seed=seed)
        memory = NormalityMemory.teach(
            OneByOne(teach, lambda sample: read_picture(sample.path)),
            tower=tower,
            groups=[photographs[sample.path].group for sample in teach],
            seed=seed,
        )
        scored = _judged(test, memory, dataset)
        generator = np.random.default_rng(seed)
        for _ in range(halvings):
            labelled, others = _halved(scored, generator)
            for most, said in held_out.items():
                chosen = labelled if not most else _drawn(labelled, most, generator)
                said += _said(_scores(chosen, Origin.HELD_OUT), others)
        if listener is not None:
            listener(f"split {seed}: {len(scored)} pictures judged")
        if labels:
            given = [photographs[sample.path] for sample in (*teach, *defects[:labels])]
            found = adapt(OneByOne(given, read_example), memory=memory, tower=tower, seed=seed)
            cross_fitted = _scores(
                [
                    Scored(
                        sample=sample,
                        part=_part(sample, dataset),
                        defect_score=unclamped(float(above)),
                        naive=0.5,
                    )
                    for sample, above in zip((*teach, *defects[:labels]), found.above_threshold, strict=True)
                ],
                Origin.CROSS_FITTED,
            )
            fitted += _said(
                cross_fitted,
                _one_picture_each(_judged(test, AdaptedMemory(memory, found.adaptation), dataset)),
            )
            if listener is not None:
                listener(f"split {seed}: adapted on {len(given)} pictures, better: {found.better}")
    return {
        "dataset": dataset,
        "tower": tower.name,
        "seeds": list(seeds),
        "halvings": halvings,
        "held_out": [{"most_parts": most or None, **counted(said)} for most, said in held_out.items()],
        "cross_fitted": counted(fitted) if fitted else None,
    }


def counted(said: Sequence[Said]) -> dict[str, Any]:
    """How true it is: by bins of what was said, and in one figure each.

    Returns:
        ``parts``, and ``silent``, those of which labels say nothing; for ``labelled`` and ``naive``, of the
        other parts: ``bins`` (``said``, the mean; ``defective``, the share that is; ``parts``), ``log_loss``
        (nats a part), ``brier`` and ``off``, the mean distance between said and true over the bins, weighted
        by parts.
    """
    spoken = [one for one in said if one.share is not None]
    truth = np.array([one.defective for one in spoken], dtype=float)
    return {
        "parts": len(said),
        "silent": len(said) - len(spoken),
        "labelled": _compared(np.array([one.share for one in spoken], dtype=float), truth),
        "naive": _compared(np.array([one.naive for one in spoken], dtype=float), truth),
    }


def _compared(shares: NDArray[np.float64], truth: NDArray[np.float64]) -> dict[str, Any]:
    if not len(shares):
        return {"bins": [], "log_loss": None, "brier": None, "off": None}
    said, true = shares.tolist(), (truth > 0).tolist()
    return {
        "bins": [
            {"from": one.low, "to": one.high, "said": one.said, "defective": one.true, "parts": one.count}
            for one in binned(said, true, edges=EDGES)
        ],
        "log_loss": float(-np.mean(np.log(np.where(truth > 0, shares, 1.0 - shares)))),
        "brier": float(np.mean((shares - truth) ** 2)),
        "off": calibration_error(said, true, edges=EDGES),
    }


def _judged(test: Iterable[Sample], memory: NormalityMemory, dataset: DatasetName) -> list[Scored]:
    finest = 1.0 / (memory.taught_on + 1)
    found = []
    for sample in test:
        assessment = memory.assess(read_picture(sample.path))
        found.append(
            Scored(
                sample=sample,
                part=_part(sample, dataset),
                defect_score=unclamped(assessment.score - memory.threshold),
                naive=1.0 - min(max(assessment.confidence, finest), 1.0 - finest),
            )
        )
    return found


def _part(sample: Sample, dataset: DatasetName) -> str:
    return str(sample.path) if dataset in ONE_PICTURE_A_PART else f"{sample.group}, {sample.defective}"


def _halved(scored: Sequence[Scored], generator: np.random.Generator) -> tuple[list[Scored], list[Scored]]:
    """One picture of each part, in halves that share no group: of groups with good parts, and of others."""
    with_good = {one.sample.group for one in scored if not one.sample.defective}
    first: set[str] = set()
    for of_kind in (with_good, {one.sample.group for one in scored} - with_good):
        first |= half_of(of_kind, generator, larger=True)
    each = _one_picture_each(scored)
    return (
        [one for one in each if one.sample.group in first],
        [one for one in each if one.sample.group not in first],
    )


def _one_picture_each(scored: Sequence[Scored]) -> list[Scored]:
    """As ``one_of_each`` draws scores."""
    indices = one_of_each(range(len(scored)), parts=[one.part for one in scored], names=map(_name, scored))
    return [scored[int(index)] for index in indices]


def _name(one: Scored) -> str:
    """Says nothing of the score, and is the same wherever the photographs lie."""
    path = one.sample.path
    return hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).hexdigest()


def _drawn(labelled: Sequence[Scored], most: int, generator: np.random.Generator) -> list[Scored]:
    """At most so many parts at random, at least one of each kind among them."""
    order = [labelled[index] for index in generator.permutation(len(labelled))]
    kinds = [next((one for one in order if one.sample.defective is kind), None) for kind in (False, True)]
    needed = [one for one in kinds if one is not None]
    return [*needed, *(one for one in order if one not in needed)][:most]


def _scores(labelled: Sequence[Scored], origin: Origin) -> LabelledScores | None:
    each = _one_picture_each(labelled)
    return LabelledScores.of(
        good=[one.defect_score for one in each if not one.sample.defective],
        defective=[one.defect_score for one in each if one.sample.defective],
        origin=origin,
        judged_by=_NOBODY,
    )


def _said(scores: LabelledScores | None, others: Iterable[Scored]) -> list[Said]:
    found = []
    for one in others:
        probability = None if scores is None else scores.probability(one.defect_score)
        share = None if probability is None else probability.among_labelled
        found.append(Said(share=share, naive=one.naive, defective=one.sample.defective))
    return found
