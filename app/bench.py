"""Speed and memory, measured on the programs as they are shipped; never in a timed test."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from app.commands.output import progress
from app.demo import read_plc_log, read_record, reconcile, simulated_tables
from app.engine import peak_memory_mb
from app.judge import build_inspector
from app.recipes import RecipeLibrary
from app.rig import LineRig
from app.teaching import teach_simulated
from inspection.cameras.simulated import SimulatedCamera
from inspection.part import Inspection
from inspection.quality import check
from inspection.status import Percentiles
from models.vision import EfficientNetLite0

SEED = 1
RATE = 60.0
STAGES = ("capture", "quality", "vision_and_memory")


def bench_line(parts: int) -> dict[str, Any]:
    """Run the simulated line at 60 parts a minute with default settings; times in ms, memory in MB (10⁶).

    ``latency_ms`` is the PLC's process's: from the trigger in its registers to the accepted result there.
    ``stages_ms`` are the engine's own: ``total`` ends with the decision, ``recording`` makes it durable, and
    ``accepted`` is from the trigger as the engine saw it to the PLC's acknowledgement as it saw it.
    """
    with tempfile.TemporaryDirectory(prefix="passgate-bench-") as name:
        folder = Path(name)
        tables = simulated_tables(folder, seed=SEED)
        with (
            LineRig(folder, tables=tables, parts=parts, rate=RATE, seed=SEED) as rig,
            progress("parts", parts) as bar,
        ):
            rig.watch(until=lambda: False, on_progress=bar.show)
            rig.measure_engine()
        record = read_record(rig.record)
        summary = reconcile(read_plc_log(rig.plc_log), record, restarts=rig.engine_restarts, folder=folder)
    return {
        "parts": summary.triggers,
        "rate_per_min": RATE,
        "latency_ms": summary.latency_ms,
        "stages_ms": _stages(record),
        "deadline_misses": summary.deadline_misses,
        "unreconciled": summary.unreconciled,
        "engine_peak_mb": round(rig.engine_peak_mb, 1),
        "engine_ready_s": round(rig.engine_ready_s, 2),
        "engine_restarts": rig.engine_restarts,
    }


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
            memory.assess(frame.picture)
            marks.append(time.perf_counter())
            for stage, begin, end in zip(STAGES, marks, marks[1:], strict=False):
                times[stage].append((end - begin) * 1e3)
            bar.show(number)
    totals = [sum(stages) for stages in zip(*(times[stage] for stage in STAGES), strict=True)]
    return {
        "pictures": pictures,
        "latency_ms": _percentiles(totals),
        "stages_ms": {stage: _percentiles(values) for stage, values in times.items()},
        "peak_mb": round(peak_memory_mb(), 1),
        "ready_s": round(ready_s, 2),
    }


def _stages(record: Iterable[Inspection]) -> dict[str, dict[str, float]]:
    """Percentiles of every stage that was timed."""
    times: dict[str, list[float]] = defaultdict(list)
    for inspection in record:
        stages: Mapping[str, float | None] = {
            **inspection.decision.timings_ms.model_dump(),
            "recording": inspection.recording_ms,
            "accepted": inspection.accepted_ms,
        }
        for stage, value in stages.items():
            if value is not None:
                times[stage].append(value)
    return {stage: _percentiles(values) for stage, values in times.items()}


def _percentiles(values: Iterable[float]) -> dict[str, float]:
    found = Percentiles.of(values)
    return {} if found is None else {k: round(v, 2) for k, v in found.model_dump(exclude={"n"}).items()}
