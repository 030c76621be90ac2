"""Measures vision towers beside each other: how well two plain methods judge through each, and its cost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch.utils.flop_counter import FlopCounterMode

from inspection.pictures.decoding.decoding import read_picture
from models.backbone.features import EfficientNetLite, FeatureMaps, VisionTower
from models.benchmarks.baselines import BASELINES
from models.benchmarks.memory import mean_and_deviation
from models.benchmarks.splits import Sample, group_split
from models.evaluation.metrics import evaluate
from models.memory.embedding import resized, working_size


def tower_benchmark(
    samples: Sequence[Sample],
    *,
    towers: Sequence[VisionTower],
    areas_px: Sequence[int],
    seeds: Sequence[int],
    teach_on: int = 100,
) -> dict[str, Any]:
    """Teach and test the two plain methods once for each seed, on each tower, at each size.

    A larger tower must be better than a smaller one on larger pictures, where both cost the same.

    Args:
        samples: Labelled photographs.
        towers: The vision towers.
        areas_px: Working sizes, in pixels.
        seeds: One split each.
        teach_on: Good pictures to teach from.

    Returns:
        A dict for JSON, by ``tower at size``: ``gflop``, multiplications and additions of one picture in 10⁹;
        ``ms``, the median time of one picture, all towers and sizes in turn on each, so that it says a ratio
        even where other programs run; ``mean`` and ``deviation`` of each method's AUROC over the splits.

    Raises:
        CameraError: A photograph cannot be read.
    """
    sides = [read_picture(sample.path).shape[:2] for sample in samples[:: max(1, len(samples) // 40)]]
    looks = {
        f"{tower.name} at {height}x{width}": (tower, (height, width))
        for tower in towers
        for height, width in (
            working_size(sides, area_px=area, multiple=tower.strides[-1]) for area in areas_px
        )
    }
    times_ms: dict[str, list[float]] = {name: [] for name in looks}

    def seen(sample: Sample) -> dict[str, FeatureMaps]:
        picture, maps = read_picture(sample.path), {}
        for name, (tower, size) in looks.items():
            fitting = resized(picture, *size)
            start = time.perf_counter()
            maps[name] = tower.features([fitting])
            times_ms[name].append((time.perf_counter() - start) * 1e3)
        return maps

    rows: dict[str, list[Mapping[str, float]]] = {name: [] for name in looks}
    for seed in seeds:
        teach, test = group_split(samples, teach_on=teach_on, seed=seed)
        good = [seen(sample) for sample in teach]
        methods = {
            (name, method.name): method([maps[name] for maps in good], seed=seed)
            for name in looks
            for method in BASELINES
        }
        del good
        scores: dict[tuple[str, str], list[float]] = {which: [] for which in methods}
        for sample in test:
            maps = seen(sample)
            for (name, kind), method in methods.items():
                scores[name, kind].append(method.score(maps[name]))
        truth = [sample.defective for sample in test]
        for name in looks:
            rows[name].append(
                {kind: evaluate(found, truth).auroc for (at, kind), found in scores.items() if at == name}
            )
    return {
        name: {
            "gflop": gflop(tower, size),
            "ms": float(np.median(times_ms[name])),
            **mean_and_deviation(rows[name], [method.name for method in BASELINES]),
        }
        for name, (tower, size) in looks.items()
    }


def gflop(tower: VisionTower, size: tuple[int, int]) -> float:
    """Count the multiplications and additions of one picture of a size (height, width), in 10⁹."""
    counted = tower.unfused() if isinstance(tower, EfficientNetLite) else tower
    with FlopCounterMode(display=False) as counter:
        counted.features([np.zeros((*size, 3), np.uint8)])
    return float(counter.get_total_flops()) / 1e9
