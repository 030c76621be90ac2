"""After training: how far the model's doubt is to be trusted, and what it is to be compared with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.backbone.features import VisionTower
from models.evaluation.metrics import evaluate
from models.evaluation.type_baseline import TypeRegression
from models.evaluation.vla import Shown, judge_all
from models.inspectors.vla import not_pass
from models.training.material import Material, Progress, counting
from models.training.run import ADAPTER
from models.training.settings import TrainingSettings
from models.training.steps.features import prepare
from models.vla import checkpoint

_TRUSTS: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


def calibrate(
    settings: TrainingSettings,
    *,
    tower: VisionTower,
    material: Sequence[Material],
    progress: Progress = lambda *_: None,
) -> Path:
    """Finish an adapter: how far to trust its doubt beside the memory's, and a baseline to compare with.

    ``trust`` is the one of a few that gives the best mean AUROC on validation pictures of the products that
    have a memory. The
    logistic regression that the model is compared with is fitted on the training features and kept beside it.

    Raises:
        WeightsError: The adapter cannot be read or written.
    """
    path = settings.out / ADAPTER
    adapter = checkpoint.load(path, tower=tower)
    examples = [example for one in material for example in one.examples]
    regression = TypeRegression.fit(
        [example.seen for example in examples], [example.kind for example in examples], seed=settings.seed
    )
    scored: list[tuple[list[float], list[float], list[bool]]] = []
    for one in material:
        chosen = one.samples.of("val")
        if one.memory is None or len({bool(sample.decision.defects) for sample in chosen}) < 2:
            continue
        name = one.settings.samples.stem
        seen = prepare(
            one.samples,
            chosen,
            tower=tower,
            memory=one.memory,
            perception=adapter.header.settings.perception,
            cache=settings.cache or settings.out / "features",
            mm_per_pixel=one.settings.mm_per_pixel,
            progress=counting(progress, f"looking at {name}, validation", len(chosen)),
        )
        shown = [Shown(seen=each.seen, kind=each.kind) for each in seen]
        judged = judge_all(
            shown,
            adapter,
            kinds=one.kinds,
            progress=counting(progress, f"validating on {name}", len(shown)),
        )
        scored.append(
            (
                [each.seen.above_threshold or 0.0 for each in shown],
                [each.defect_probability for each in judged],
                [each.kind is not None for each in shown],
            )
        )

    def quality(trust: float) -> float:
        pairs = (
            ([not_pass(above, doubt, trust=trust) for above, doubt in zip(a, d, strict=True)], truth)
            for a, d, truth in scored
        )
        return float(np.mean([evaluate(scores, truth).auroc for scores, truth in pairs]))

    trust = max(_TRUSTS, key=quality) if scored else 0.0
    header = adapter.header.model_copy(
        update={
            "trust": trust,
            "trained": {**adapter.header.trained, "baseline_kinds": list(regression.kinds)},
        }
    )
    checkpoint.rewrite(path, header, extra=regression.packed())
    return path
