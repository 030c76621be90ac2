"""Measures what labels add to the memory, on photographs, split by group so that no near-copy helps.

Half of the groups with good pictures teach, and half of the groups without any. From the teaching side come
100 good pictures and the labelled defects; all other groups test, the same ones for every number of labels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from inspection.files.one_by_one import OneByOne
from inspection.part import Picture
from inspection.pictures.decoding.decoding import read_picture
from models.backbone.features import AdaptableTower
from models.benchmarks.memory import mean_and_deviation
from models.benchmarks.splits import READERS, DatasetName, label_split
from models.evaluation.metrics import evaluate
from models.eye.seeing import SeeingMemory
from models.memory.adaptation import Adaptation, distance_of
from models.memory.embedding import described
from models.memory.memory import NormalityMemory
from models.training.adapting.adaptation import adapt
from models.training.adapting.labelled import AdaptationSettings, read_example
from models.training.data.photographs import read_photographs
from models.training.eye.teaching import seeing, train_eye

Listener = Callable[[str], None]
"""Is told in words how far it is."""


def label_benchmark(
    dataset: DatasetName,
    *,
    data: Path,
    tower: AdaptableTower,
    labels: Sequence[int],
    seeds: Sequence[int],
    teach_on: int = 100,
    eye: bool = False,
    settings: AdaptationSettings | None = None,
    earlier: Sequence[dict[str, Any]] = (),
    listener: Listener | None = None,
) -> dict[str, Any]:
    """Teach, adapt and test for each seed and number of labels, through the calls that the station makes.

    Args:
        dataset: which photographs.
        data: the folder with ``bsdata`` and ``magnetic-tile``.
        tower: the vision tower.
        labels: numbers of labelled defective pictures; 0 is the memory alone.
        seeds: one split each.
        teach_on: good pictures, for the memory and as good labels.
        eye: train one on the good pictures first, as ``recipe teach`` does, and adapt what that leads to.
        settings: of the adaptation; None takes the defaults.
        earlier: rows of earlier results, of other seeds and the same ``eye``, to be counted in.
        listener: is told of each row.

    Returns:
        A dict for JSON: ``rows``, one for each seed and number of labels, and ``by_labels``, their mean and
        deviation over the seeds. Each has: auroc and overkill_at_1_percent_escape on the test groups, of what
        the station would use: the adaptation where cross-validation kept it (``kept``), else the memory;
        escape and overkill rate at its own threshold, and what the adaptation expected of it
        (``expected_…``); which opinions its sum takes
        (``counted``); what cross-validation said on the teaching side (``cv_…``); adapt_s and
        refine_p50_ms.

    Raises:
        CameraError: a photograph cannot be read.
        RecipeError: too few labels to learn from.
    """
    samples = READERS[dataset](data)
    photographs = {photograph.path: photograph for photograph in read_photographs(data / dataset)}
    rows = list(earlier)
    for seed in seeds:
        teach, defects, test = label_split(samples, teach_on=teach_on, seed=seed)
        good = OneByOne(teach, lambda sample: read_picture(sample.path))
        groups = [photographs[sample.path].group for sample in teach]
        memory = NormalityMemory.teach(good, tower=tower, groups=groups, seed=seed)
        if eye:
            memory = seeing(memory, train_eye(good, memory=memory, tower=tower, groups=groups, seed=seed))
        judged = _Judged(memory, OneByOne(test, lambda sample: read_picture(sample.path)), tower)
        truth = [sample.defective for sample in test]
        for count in labels:
            row: dict[str, Any] = {
                "seed": seed,
                "labels": min(count, len(defects)),
                "eye_asked": eye,
                "eye": isinstance(memory, SeeingMemory),
                "kept": False,
            }
            adaptation: Adaptation | None = None
            if count:
                labelled = [photographs[sample.path] for sample in (*teach, *defects[:count])]
                examples = OneByOne(labelled, read_example)
                started = time.perf_counter()
                found = adapt(examples, memory=memory, tower=tower, settings=settings, seed=seed)
                weights = found.adaptation.rule.model_dump()
                row |= {
                    "kept": found.better,
                    "cv_auroc_memory": found.alone.auroc,
                    "cv_auroc": found.together.auroc,
                    "counted": [name for name in ("memory", "distance", "whole", "cells") if weights[name]],
                    "cv_overkill_memory": found.alone.at_one_percent.overkill_rate,
                    "cv_overkill": found.together.at_one_percent.overkill_rate,
                    "expected_escape_rate_at_threshold": found.threshold.escapes.expected,
                    "expected_overkill_rate_at_threshold": found.threshold.overkill.expected,
                    "adapt_s": time.perf_counter() - started,
                }
                adaptation = found.adaptation if found.better else None
            row |= _tested(judged.scores(adaptation), truth, memory, adaptation)
            rows.append(row)
            if listener is not None:
                listener(
                    f"split {seed}, {count} labels: AUROC {row['auroc']:.4f}, "
                    f"overkill at 1 % escapes {row['overkill_at_1_percent_escape']:.3f}; at its threshold "
                    f"escapes {row['escape_rate_at_threshold']:.3f}, "
                    f"overkill {row['overkill_rate_at_threshold']:.3f}"
                )
    return {
        "dataset": dataset,
        "tower": tower.name,
        "settings": (settings or AdaptationSettings()).model_dump(),
        "taught_on": teach_on,
        "by_labels": [_over_seeds([r for r in rows if r["labels"] == n], n) for n in _counts(rows)],
        "rows": rows,
    }


class _Judged:
    """The test pictures: each is looked at once, for all that is adapted for them."""

    def __init__(self, memory: NormalityMemory, pictures: Sequence[Picture], tower: AdaptableTower) -> None:
        self._memory, self._pictures, self._tower = memory, pictures, tower
        # an eye's own pass is large, and so is not kept: looking again is counted, and is not the station's
        self._first = [replace(memory.assess(picture), closer=None) for picture in pictures]
        self._looked: dict[tuple[int, int] | None, list[tuple[Tensor, float]]] = {}

    def scores(self, adaptation: Adaptation | None) -> tuple[list[float], list[float]]:
        """What the station would say of each, and the milliseconds that refining took."""
        if adaptation is None:
            return [one.score for one in self._first], []
        scores, times_ms = [], []
        for first, (whole, look_ms) in zip(self._first, self._looks(adaptation.closer), strict=True):
            started = time.perf_counter()
            distance = distance_of(self._memory, first)
            scores.append(adaptation.refine(first, distance=distance, whole=whole).score)
            times_ms.append(look_ms + 1e3 * (time.perf_counter() - started))
        return scores, times_ms

    def _looks(self, closer: tuple[int, int] | None) -> list[tuple[Tensor, float]]:
        """The second look at each, and the milliseconds that it took."""
        if closer not in self._looked:
            self._looked[closer] = []
            for first, picture in zip(self._first, self._pictures, strict=True):
                started = time.perf_counter()
                whole = described(first.features, picture, tower=self._tower, closer=closer)
                self._looked[closer].append((whole, 1e3 * (time.perf_counter() - started)))
        return self._looked[closer]


def _tested(
    judged: tuple[Sequence[float], Sequence[float]],
    truth: Sequence[bool],
    memory: NormalityMemory,
    adaptation: Adaptation | None,
) -> dict[str, float]:
    scores, times_ms = judged
    threshold = memory.threshold if adaptation is None else adaptation.rule.threshold
    found = evaluate(scores, truth, threshold=threshold)
    assert found.at_threshold is not None
    return {
        "good": found.good,
        "defective": found.defective,
        "auroc": found.auroc,
        "overkill_at_1_percent_escape": found.at_one_percent.overkill_rate,
        "escape_rate_at_threshold": found.at_threshold.escape_rate,
        "overkill_rate_at_threshold": found.at_threshold.overkill_rate,
        "refine_p50_ms": float(np.median(times_ms)) if times_ms else 0.0,
    }


def _counts(rows: Sequence[dict[str, Any]]) -> list[int]:
    return sorted({row["labels"] for row in rows})


def _over_seeds(rows: Sequence[dict[str, Any]], labels: int) -> dict[str, Any]:
    measured = [
        name
        for name in rows[0]
        if name not in ("seed", "labels", "eye_asked", "eye", "kept", "counted", "good", "defective")
    ]
    return {
        "labels": labels,
        "splits": len(rows),
        "kept": sum(bool(row["kept"]) for row in rows),
        **mean_and_deviation(rows, measured),
    }


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw a benchmark's figures over the number of labels to a picture file.

    Args:
        result: from :func:`label_benchmark`.
        path: where to; the suffix says the format.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 6.4), layout="constrained")
    panels = {
        "auroc": "AUROC",
        "overkill_at_1_percent_escape": "overkill at 1 % escapes",
        "escape_rate_at_threshold": "escapes at its own threshold",
        "overkill_rate_at_threshold": "overkill at its own threshold",
    }
    places = {labels: place for place, labels in enumerate(_counts(result["rows"]))}
    for axes, (name, title) in zip(figure.subplots(2, 2).flat, panels.items(), strict=True):
        for seed in sorted({row["seed"] for row in result["rows"]}):
            rows = sorted((r for r in result["rows"] if r["seed"] == seed), key=lambda r: r["labels"])
            axes.plot([places[r["labels"]] for r in rows], [r[name] for r in rows], color="0.7", marker=".")
        axes.plot(
            [places[point["labels"]] for point in result["by_labels"]],
            [point["mean"][name] for point in result["by_labels"]],
            color="tab:blue",
            marker="o",
        )
        axes.set_xticks(list(places.values()), [str(labels) for labels in places])
        axes.set_xlabel("labelled defective pictures")
        axes.set_title(f"{result['dataset']}: {title}", fontsize=10)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
