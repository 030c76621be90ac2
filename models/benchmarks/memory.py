"""Measures the normality memory on labelled photographs, beside two plain methods on the same splits."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inspection.files.one_by_one import OneByOne
from inspection.pictures.decoding.decoding import read_picture
from models.backbone.features import VisionTower
from models.benchmarks.baselines import BASELINES
from models.benchmarks.splits import READERS, DatasetName, Sample, group_split
from models.evaluation.metrics import Evaluation, evaluate
from models.memory.memory import NormalityMemory
from models.memory.settings import MemorySettings


def group_split_benchmark(
    dataset: DatasetName,
    *,
    data: Path,
    tower: VisionTower,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    teach_on: int = 100,
    settings: MemorySettings | None = None,
) -> dict[str, Any]:
    """Teach and test once for each seed, through the same calls that the station makes.

    Args:
        dataset: which photographs.
        data: the folder with ``bsdata`` and ``magnetic-tile``.
        tower: the vision tower.
        seeds: one split each.
        teach_on: good pictures to teach from.
        settings: of the memory; None takes the defaults.

    Returns:
        A dict for JSON: ``splits`` (one row a seed) and ``mean`` and ``deviation`` over them, of: auroc;
        overkill at no escapes and at 1 % escapes; escape and overkill rate at the memory's own threshold; the
        baselines' on the same splits;
        teach_s; assess_p50_ms and assess_p95_ms (resize, tower and memory, without reading the file).

    Raises:
        CameraError: a photograph cannot be read.
    """
    samples = READERS[dataset](data)
    rows = [_one_split(samples, tower=tower, seed=s, teach_on=teach_on, settings=settings) for s in seeds]
    measured = [name for name in rows[0] if name not in ("seed", "taught", "good", "defective")]
    return {
        "dataset": dataset,
        "tower": tower.name,
        "settings": (settings or MemorySettings()).model_dump(),
        "splits": rows,
        **mean_and_deviation(rows, measured),
    }


def _one_split(
    samples: Sequence[Sample],
    *,
    tower: VisionTower,
    seed: int,
    teach_on: int,
    settings: MemorySettings | None,
) -> dict[str, float]:
    teach, test = group_split(samples, teach_on=teach_on, seed=seed)
    pictures = OneByOne(teach, lambda sample: read_picture(sample.path))
    start = time.perf_counter()
    memory = NormalityMemory.teach(
        pictures, tower=tower, groups=[sample.group for sample in teach], settings=settings, seed=seed
    )
    teach_s = time.perf_counter() - start
    # the baselines see the very maps that the memory saw
    good = [memory.assess(picture).features for picture in pictures]
    baselines = [baseline(good, seed=seed) for baseline in BASELINES]
    del pictures, good
    scores, times_ms = [], []
    plain: dict[str, list[float]] = {baseline.name: [] for baseline in baselines}
    for sample in test:
        picture = read_picture(sample.path)
        start = time.perf_counter()
        assessment = memory.assess(picture)
        times_ms.append((time.perf_counter() - start) * 1e3)
        scores.append(assessment.score)
        for baseline in baselines:
            plain[baseline.name].append(baseline.score(assessment.features))
    truth = [sample.defective for sample in test]
    found = evaluate(scores, truth, threshold=memory.threshold)
    compared = {
        f"{key} of {name}": value
        for name, values in plain.items()
        for key, value in _row(evaluate(values, truth)).items()
        if key in ("auroc", "overkill_at_1_percent_escape")
    }
    return {"seed": seed, "taught": len(teach), **_row(found), **compared} | {
        "teach_s": teach_s,
        "assess_p50_ms": float(np.percentile(times_ms, 50)),
        "assess_p95_ms": float(np.percentile(times_ms, 95)),
    }


def _row(found: Evaluation) -> Mapping[str, float]:
    row = {
        "good": found.good,
        "defective": found.defective,
        "auroc": found.auroc,
        "overkill_at_no_escape": found.at_no_escape.overkill_rate,
        "overkill_at_1_percent_escape": found.at_one_percent.overkill_rate,
    }
    if found.at_threshold is not None:
        row["escape_rate_at_threshold"] = found.at_threshold.escape_rate
        row["overkill_rate_at_threshold"] = found.at_threshold.overkill_rate
    return row


def mean_and_deviation(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Give the ``mean`` and the ``deviation`` over some splits' rows, each by the name of the figure."""
    return {
        "mean": {name: float(np.mean([row[name] for row in rows])) for name in names},
        "deviation": {name: float(np.std([row[name] for row in rows])) for name in names},
    }
