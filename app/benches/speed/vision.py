"""Pictures alone, as the reflex judges them, stage by stage."""

import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from app.benches.speed.percentiles import percentiles
from app.memory_use import peak_memory_mb
from app.progress import progress
from app.recipes.inspectors import build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.teaching import teach_simulated
from inspection.cameras.simulated import SimulatedCamera
from inspection.pictures.quality import check
from models.backbone.features import EfficientNetLite0

SEED: Final = 1
STAGES: Final = ("capture", "quality", "vision_and_memory")


def bench_vision(pictures: int) -> dict[str, Any]:
    """Judge simulated pictures alone, stage by stage; times in ms, memory in MB (10⁶)."""
    camera = SimulatedCamera("main", seed=SEED)
    camera.open()
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="passgate-bench-") as name:
        library = RecipeLibrary(Path(name))
        teach_simulated(library, seed=SEED)
        started = time.perf_counter()
        recipe, inspector = build_inspector(library, library.names()[0])
        inspector.prepare(recipe)
        ready_s = time.perf_counter() - started
        memory = library.load(recipe.name, tower=EfficientNetLite0()).memories[recipe.views[0].name]
    with progress("pictures", pictures) as bar:
        for number in range(1, pictures + 1):
            marks = [time.perf_counter()]
            frame = camera.capture(number)
            marks.append(time.perf_counter())
            check(frame, recipe.quality, None)
            marks.append(time.perf_counter())
            memory.assess(recipe.levels.of(frame))
            marks.append(time.perf_counter())
            for stage, begin, end in zip(STAGES, marks, marks[1:], strict=False):
                times[stage].append((end - begin) * 1e3)
            bar.show(number)
    totals = [sum(stages) for stages in zip(*(times[stage] for stage in STAGES), strict=True)]
    return {
        "pictures": pictures,
        "latency_ms": percentiles(totals),
        "stages_ms": {stage: percentiles(values) for stage, values in times.items()},
        "peak_mb": round(peak_memory_mb(), 1),
        "ready_s": round(ready_s, 2),
    }
