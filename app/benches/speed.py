"""Speed and memory, measured on the programs as they are shipped; never in a timed test."""

import itertools
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.demo.demo import reconcile, simulated_tables
from app.memory_use import peak_memory_mb
from app.progress import progress
from app.recipes.judging import THREADS, build_inspector
from app.recipes.library import RecipeLibrary
from app.recipes.teaching import teach_simulated
from app.testline.reconciliation import read_plc_log, read_record
from app.testline.rig import LineRig
from inspection.cameras.simulated import SimulatedCamera
from inspection.part import Inspection
from inspection.pictures.quality import check
from inspection.recipe import Recipe
from inspection.simulation import Variation
from inspection.status import Percentiles
from models.backbone.features import EfficientNetLite0
from models.inspectors.vla import NOMINAL_LINE, instruction_of
from models.language.base import LanguageSettings, load_base
from models.language.decoding import DecisionGrammar, Tokens
from models.vla.checkpoint import SHIPPED, load
from models.vla.perception import Seen, look
from models.vla.vla import InspectionVLA, Prompt, VlaSettings

SEED = 1
RATE = 60.0
STAGES = ("capture", "quality", "vision_and_memory")


def bench_line(parts: int) -> dict[str, Any]:
    """Run the simulated line at 60 parts a minute with default settings; times in ms, memory in MB (10⁶).

    ``latency_ms`` is the PLC's process's: from the trigger in its registers to the accepted result there.
    ``stages_ms`` are the engine's own: ``total`` ends with the decision, ``recording`` makes it durable, and
    ``accepted`` is from the trigger as the engine saw it to the PLC's acknowledgement as it saw it. ``link``
    is what the engine's link measured of itself, in ms: the cycle from start to start over its last minute,
    and the handshake's own time (trigger seen → camera called; decision made, over its record on disk →
    telegram with the result answered by the PLC).
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
        "link": {
            "cycle_ms": rig.link["cycle"]["interval_ms"],
            "exchange_ms": rig.link["cycle"]["exchange_ms"],
            "handshake_overhead_ms": rig.link["overhead_ms"],
            "counters": rig.link["counters"],
        },
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
            memory.assess(recipe.levels.of(frame))
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


def _choices(shipped: LanguageSettings) -> dict[str, LanguageSettings]:
    """Ways to hold the base, compared in speed; untrained, since weights don't change the time."""
    return {
        "8 layers": shipped.model_copy(update={"layers": 8}),
        "as shipped": shipped,
        "all layers": shipped.model_copy(update={"layers": None}),
        "as shipped, float32": shipped.model_copy(update={"dtype": "float32"}),
        "as shipped, NF4": shipped.model_copy(update={"quantization": "nf4"}),
    }


def bench_model(pictures: int, *, choices: bool) -> dict[str, Any]:
    """Judge simulated pictures with the whole inspector's parts, stage by stage; times in ms.

    ``look`` is the closer look at each place; ``prefill`` the first step of the language model, which reads
    the picture and the first words; ``slots`` all later steps together; ``action_head`` the chunk, its limits
    and what else there is to decide; ``reason`` the sentence that is written after the decision was
    published. ``total`` is without the reason.

    Args:
        pictures: How many to judge, one in two with defects.
        choices: Measure other ways to hold the base as well.
    """
    camera = SimulatedCamera("main", seed=SEED, variation=Variation(defect_rate=0.5))
    camera.open()
    tower = EfficientNetLite0()
    with tempfile.TemporaryDirectory(prefix="passgate-bench-") as name:
        taught = teach_simulated(RecipeLibrary(Path(name)), seed=SEED)
    view = taught.recipe.views[0]
    memory = taught.memories[view.name]
    torch.set_num_threads(THREADS)
    adapter = load(SHIPPED, tower=tower)
    grammar = DecisionGrammar.compile(taught.recipe, adapter.vla.base.encode)
    prompt = _TimedPrompt(adapter.vla, instruction_of(taught.recipe))
    times: dict[str, list[float]] = defaultdict(list)
    steps, tokens = [], []
    shown = []
    with progress("pictures", pictures) as bar:
        for number in range(pictures + 1):
            picture = taught.recipe.levels.of(camera.capture(number + 1))
            marks = [time.perf_counter()]
            assessment = memory.assess(picture)
            marks.append(time.perf_counter())
            seen = look(
                picture,
                tower=tower,
                memory=memory,
                assessment=assessment,
                mm_per_pixel=view.mm_per_pixel,
            )
            marks.append(time.perf_counter())
            prompt.reads_ms = []
            verdict, reason = prompt.decide(seen, grammar, physics=NOMINAL_LINE)
            marks.append(time.perf_counter())
            prefill, *slots = prompt.reads_ms
            words = reason.write()
            marks.append(time.perf_counter())
            if number == 0:
                continue  # the first pass pays for everything that is set up once
            vision, closer, decided, written = (
                (end - begin) * 1e3 for begin, end in itertools.pairwise(marks)
            )
            for stage, value in {
                "vision_and_memory": vision,
                "look": closer,
                "prefill": prefill,
                "slots": sum(slots),
                "action_head": decided - prefill - sum(slots),
                "reason": written,
                "total": vision + closer + decided,
            }.items():
                times[stage].append(value)
            shown.append(seen)
            steps.append(verdict.steps)
            tokens.append(len(adapter.vla.base.encode(words)))
            bar.show(number)
    result: dict[str, Any] = {
        "model": f"{adapter.header.name} {adapter.header.version}",
        "pictures": pictures,
        "threads": THREADS,
        "stages_ms": {stage: _percentiles(values) for stage, values in times.items()},
        "language_steps": _percentiles([float(step) for step in steps]),
        "reason_tokens": _percentiles([float(count) for count in tokens]),
        "peak_mb": round(peak_memory_mb(), 1),
    }
    if choices:
        instruction = instruction_of(taught.recipe)
        result["decide_ms_by_choice"] = {
            label: _decide_ms(settings, shown[:20], taught.recipe, instruction)
            for label, settings in _choices(adapter.header.settings.language).items()
        }
    return result


class _TimedPrompt(Prompt):
    """Tells how long each step of the language model took."""

    reads_ms: list[float]

    def read(self, parts: Sequence[Tokens | Tensor]) -> Tensor:
        """Read on, timed."""
        started = time.perf_counter()
        state = super().read(parts)
        if hasattr(self, "reads_ms"):
            self.reads_ms.append((time.perf_counter() - started) * 1e3)
        return state


def _decide_ms(
    settings: LanguageSettings, shown: Sequence[Seen], recipe: Recipe, instruction: str
) -> dict[str, float]:
    vla = InspectionVLA(VlaSettings(language=settings, lora=None), load_base(settings)).eval()
    grammar = DecisionGrammar.compile(recipe, vla.base.encode)
    prompt = vla.prompt(instruction)
    times = []
    for seen in (shown[0], *shown):
        one = replace(seen, difference=seen.difference[:1], zoom=seen.zoom[:1], places=seen.places[:1])
        started = time.perf_counter()
        prompt.decide(one, grammar, physics=NOMINAL_LINE)
        times.append((time.perf_counter() - started) * 1e3)
    return _percentiles(times[1:])


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
