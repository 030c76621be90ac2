"""Measures the normality memory on products, beside two plain methods on the same splits and feature maps.

docs/measurements/memory.md has the protocol.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.backbone.features import AdaptableTower
from models.benchmarks.baselines import BASELINES
from models.benchmarks.comparing.exchangeable import MOST_TESTED, resample
from models.benchmarks.comparing.paired import SplitScores, ratio_of_mistakes
from models.benchmarks.products.product import Product, Specimen
from models.benchmarks.remembering import RememberingTower
from models.benchmarks.splits import group_split
from models.benchmarks.teaching import chosen, teach_like_the_station
from models.evaluation.metrics import Evaluation, evaluate

MEMORY: Final = "memory"
PLAIN: Final = tuple(baseline.name for baseline in BASELINES)
_NO_FIGURES: Final = ("product", "defects", "seed", "taught", "good", "defective", "test_groups", "chosen")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured on each product."""

    seeds: Sequence[int] = (0, 1, 2, 3, 4)
    """One split each; what is rendered or drawn is another for each."""
    teach_on: int = 100
    """Good pictures, at most."""
    overkill: float = 0.05
    """The share that the threshold is asked for."""
    resamplings: int = 0
    """How often the threshold is tested on exchangeable parts; their seeds begin with the first split's."""
    quick: bool = False
    """Train no eye, as with ``recipe teach --quick``."""
    resampled_eye: bool = False
    """Train an eye in each resampling as well: some minutes each."""


class _Progress:
    """Counts pictures over the whole run."""

    def __init__(self, total: int, listener: Callable[[int, int, str], None] | None) -> None:
        self._done, self._total, self._listener = 0, total, listener

    def add(self, pictures: int, note: str) -> None:
        self._done += pictures
        if self._listener is not None:
            self._listener(self._done, self._total, note)


def benchmark(
    products: Sequence[Product],
    *,
    data: Path,
    tower: AdaptableTower,
    plan: Plan,
    listener: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Teach and test on each product once for each seed, through the same calls that the station makes.

    Args:
        products: Whose pictures can be had.
        data: The folder of all photographs.
        tower: The vision tower.
        plan: What is measured.
        listener: Is told how many pictures of how many are done, and at what it is.

    Returns:
        A dict for JSON. ``rows``, one for each product and split: pictures taught and tested; ``chosen``,
        what was chosen for the product; AUROC, overkill at no and at 1 % escapes, escapes and overkill at the
        memory's own threshold, the last also for the least, middling and most of the test groups; the same
        where what too few groups let through is held for a person (``escape_rate_with_holds``,
        ``unreleased_rate_of_good``); the two
        plain methods' AUROC and overkill; teach_s; assess_p50_ms and assess_p95_ms (scaling, tower and
        memory, without reading the picture). ``products``, by name: ``mean`` and ``deviation`` over the rows;
        ``mistakes``, the ratio of 1 − AUROC to the better plain method's, with its interval; ``threshold``,
        what :func:`models.benchmarks.comparing.exchangeable.resample` counted, None without resamplings.

    Raises:
        CameraError: A photograph cannot be read.
        RecipeError: A product's good pictures cannot be taught.
    """
    progress = _Progress(sum(_pictures(product, data, plan) for product in products), listener)
    rows: list[dict[str, Any]] = []
    found: dict[str, Any] = {}
    for product in products:
        splits = [_one_split(product, seed, data, tower, plan, progress) for seed in plan.seeds]
        rows += [row for row, _ in splits]
        figures = [name for name in splits[0][0] if name not in _NO_FIGURES]
        ratio = ratio_of_mistakes([tested for _, tested in splits], judge=MEMORY, plain=PLAIN)
        found[product.name] = {
            "defects": product.defects,
            **mean_and_deviation([row for row, _ in splits], figures),
            "mistakes": asdict(ratio),
            "threshold": _threshold(product, data, tower, plan, progress) if plan.resamplings else None,
        }
    return {"tower": tower.name, **asdict(plan), "seeds": list(plan.seeds), "products": found, "rows": rows}


def mean_and_deviation(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Give the ``mean`` and the ``deviation`` over some splits' rows, each by the name of the figure."""
    return {
        "mean": {name: float(np.mean([row[name] for row in rows])) for name in names},
        "deviation": {name: float(np.std([row[name] for row in rows])) for name in names},
    }


def _one_split(
    product: Product, seed: int, data: Path, tower: AdaptableTower, plan: Plan, progress: _Progress
) -> tuple[dict[str, Any], SplitScores]:
    teach, test = group_split(product.specimens(data, seed), teach_on=plan.teach_on, seed=seed)
    note = f"{product.name}, split {seed}"
    progress.add(0, f"{note}: teaching")
    start = time.perf_counter()
    taught = teach_like_the_station(
        teach,
        groups=[one.group for one in teach],
        tower=tower,
        overkill=plan.overkill,
        seed=seed,
        quick=plan.quick,
    )
    teach_s, memory = time.perf_counter() - start, taught.memory
    # the plain methods see the very maps that the memory saw
    good = [memory.assess(one.read()).features for one in teach]
    baselines = [baseline(good, seed=seed) for baseline in BASELINES]
    row = {
        "product": product.name,
        "defects": product.defects,
        "seed": seed,
        "taught": len(teach),
        "test_groups": len({one.group for one in test}),
        "chosen": chosen(taught, good[0]),
    }
    del good
    progress.add(len(teach), note)
    times_ms: list[float] = []
    released: list[bool] = []
    scores: dict[str, list[float]] = {name: [] for name in (MEMORY, *PLAIN)}
    for one in test:
        picture = one.read()
        start = time.perf_counter()
        assessment = memory.assess(picture)
        times_ms.append((time.perf_counter() - start) * 1e3)
        scores[MEMORY].append(assessment.score)
        released.append(assessment.normal and not assessment.in_doubt)
        for baseline in baselines:
            scores[baseline.name].append(baseline.score(assessment.features))
        progress.add(1, note)
    tested = SplitScores(
        groups=[one.group for one in test],
        kin=[one.kin for one in test],
        defective=np.array([one.defective for one in test]),
        scores={name: np.array(of_all) for name, of_all in scores.items()},
    )
    return row | _figures(tested, memory.threshold) | _held(tested, released) | {
        "teach_s": teach_s,
        "assess_p50_ms": float(np.percentile(times_ms, 50)),
        "assess_p95_ms": float(np.percentile(times_ms, 95)),
    }, tested


def _figures(tested: SplitScores, threshold: float) -> dict[str, float]:
    found = evaluate(tested.scores[MEMORY], tested.defective, threshold=threshold)
    assert found.at_threshold is not None
    rejected: dict[str, list[bool]] = {}
    for group, defective, score in zip(tested.groups, tested.defective, tested.scores[MEMORY], strict=True):
        if not defective:
            rejected.setdefault(group, []).append(bool(score >= threshold))
    by_group = sorted(float(np.mean(of_group)) for of_group in rejected.values())
    row = {
        "good": found.good,
        "defective": found.defective,
        **_ranking(found),
        "escape_rate_at_threshold": found.at_threshold.escape_rate,
        "overkill_rate_at_threshold": found.at_threshold.overkill_rate,
        "overkill_rate_of_least_group": by_group[0],
        "overkill_rate_of_middling_group": float(np.median(by_group)),
        "overkill_rate_of_most_group": by_group[-1],
    }
    for name in PLAIN:
        ranking = _ranking(evaluate(tested.scores[name], tested.defective))
        row |= {f"{figure} of {name}": value for figure, value in ranking.items()}
    return row


def _held(tested: SplitScores, released: Sequence[bool]) -> dict[str, float]:
    """What is left to escape, and what of the good is not released, where a person sees what is held."""
    passed = np.array(released)
    return {
        "escape_rate_with_holds": float(passed[tested.defective].mean()),
        "unreleased_rate_of_good": float(1.0 - passed[~tested.defective].mean()),
    }


def _ranking(found: Evaluation) -> dict[str, float]:
    return {
        "auroc": found.auroc,
        "overkill_at_no_escape": found.at_no_escape.overkill_rate,
        "overkill_at_1_percent_escape": found.at_one_percent.overkill_rate,
    }


def _threshold(
    product: Product, data: Path, tower: AdaptableTower, plan: Plan, progress: _Progress
) -> dict[str, Any]:
    """Resample one product's good pictures: the same ones again and again, so the tower remembers them."""
    specimens = product.specimens(data, plan.seeds[0])
    pictures = _resampled(specimens, plan)
    return resample(
        specimens,
        tower=RememberingTower(tower),
        seeds=range(plan.seeds[0], plan.seeds[0] + plan.resamplings),
        teach_on=plan.teach_on,
        overkill=plan.overkill,
        quick=not plan.resampled_eye,
        each_done=lambda: progress.add(pictures, f"{product.name}, resampled"),
    )


def _pictures(product: Product, data: Path, plan: Plan) -> int:
    """How many pictures a product has to look at; one counts each time that it is taught or tested."""
    total = 0
    for seed in plan.seeds:
        teach, test = group_split(product.specimens(data, seed), teach_on=plan.teach_on, seed=seed)
        total += len(teach) + len(test)
    return total + plan.resamplings * _resampled(product.specimens(data, plan.seeds[0]), plan)


def _resampled(specimens: Sequence[Specimen], plan: Plan) -> int:
    kin = len({one.kin for one in specimens if not one.defective})
    taught = min(plan.teach_on, kin // 2)
    return taught + min(MOST_TESTED, kin - taught)
