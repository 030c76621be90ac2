"""The whole inspector on pictures alone: vision, language model and action head, stage by stage."""

import itertools
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from app.benches.speed.percentiles import percentiles
from app.memory_use import peak_memory_mb
from app.progress import progress
from app.recipes.inspectors import THREADS
from app.recipes.library import RecipeLibrary
from app.recipes.teaching import teach_simulated
from inspection.cameras.simulated import SimulatedCamera
from inspection.motion.chunk import NOMINAL_LINE
from inspection.recipe import Recipe
from inspection.simulation import Variation
from models.backbone.features import EfficientNetLite0
from models.language.base import LanguageSettings, load_base
from models.language.decoding import DecisionGrammar, Tokens
from models.language.instructions import instruction_of
from models.vla.checkpoint import SHIPPED, load
from models.vla.perception import Seen
from models.vla.vla import InspectionVLA, Prompt, VlaSettings

SEED: Final = 1


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
    perception = adapter.header.settings.perception
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
            seen = perception.see(
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
        "stages_ms": {stage: percentiles(values) for stage, values in times.items()},
        "language_steps": percentiles([float(step) for step in steps]),
        "reason_tokens": percentiles([float(count) for count in tokens]),
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
    return percentiles(times[1:])
