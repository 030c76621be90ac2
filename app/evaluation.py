"""Measuring a taught recipe on pictures whose truth is known."""

import time
from pathlib import Path
from typing import Any

from app.commands.output import progress
from app.recipes import RecipeLibrary
from inspection.cameras.folder import picture_files, read_picture
from inspection.status import Percentiles
from models.evaluation import evaluate
from models.inspector import crop
from models.vision import EfficientNetLite0


def evaluate_recipe(name: str, *, good: Path, bad: Path, library: RecipeLibrary) -> dict[str, Any]:
    """Judge every picture below two folders by the newest version of a recipe.

    The times are those of vision and memory for one picture, without reading its file.

    Raises:
        CameraError: A folder is missing or empty, or a picture cannot be read.
        RecipeError: The recipe is unknown.
    """
    library.recipe(name)
    files = [(path, False) for path in picture_files(good)] + [(path, True) for path in picture_files(bad)]
    taught = library.load(name, tower=EfficientNetLite0())
    view = taught.recipe.views[0]
    memory = taught.memories[view.name]
    scores, milliseconds = [], []
    with progress("evaluating", len(files)) as bar:
        for number, (path, _) in enumerate(files, 1):
            picture = crop(read_picture(path), view)
            if number == 1:
                memory.assess(picture)  # the first pass pays for everything that is set up once
            started = time.perf_counter()
            scores.append(memory.assess(picture).score)
            milliseconds.append((time.perf_counter() - started) * 1e3)
            bar.show(number)
    result = evaluate(scores, [defective for _, defective in files], threshold=memory.threshold)
    assert result.at_threshold is not None
    times = Percentiles.of(milliseconds)
    assert times is not None
    return {
        "recipe": taught.recipe.name,
        "version": taught.recipe.version,
        "auroc": result.auroc,
        "threshold": memory.threshold,
        "escape_rate": result.at_threshold.escape_rate,
        "overkill_rate": result.at_threshold.overkill_rate,
        "overkill_at_zero_escape": result.at_no_escape.overkill_rate,
        "overkill_at_one_percent_escape": result.at_one_percent.overkill_rate,
        "ms_per_image": {"p50": times.p50, "p95": times.p95},
        "n_good": result.good,
        "n_bad": result.defective,
    }
