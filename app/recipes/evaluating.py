"""Measuring a taught recipe on pictures whose truth is known."""

import time
from pathlib import Path
from typing import Any

from app.progress import progress
from app.recipes.file_frames import FileFrames, read_through
from app.recipes.inspecting import refuse_too_small
from app.recipes.inspectors import build_inspector, unheard_by
from app.recipes.learned_from import NOT_REMEMBERED, LearnedFrom
from app.recipes.library import RecipeLibrary
from app.settings.station import AS_SHIPPED, ModelTable
from inspection.decision import SCORE_LIMIT, Action
from inspection.motion.chunk import PhysicsContext
from inspection.part import Frame
from inspection.pictures.copies import SeenPictures
from inspection.pictures.quality import wrong_size
from inspection.pictures.sides import good_and_defective
from inspection.status import Percentiles
from models.evaluation.metrics import evaluate


def evaluate_recipe(
    name: str,
    *,
    good: Path,
    bad: Path,
    library: RecipeLibrary,
    model: ModelTable = AS_SHIPPED,
    line: PhysicsContext | None = None,
) -> dict[str, Any]:
    """Judge every picture below two folders by the newest version of a recipe.

    ``auroc`` and the overkill at few escapes are of the decisions' defect scores; escapes and overkill as
    such are of the decisions: whatever is not passed is held. The quality check has no say here. The times
    are those of the inspector for one picture, without reading its file. ``unheard`` says what of the recipe
    had no say, since nobody can name what it speaks of. ``learned_from`` counts the pictures among them that
    the recipe was taught from or adapted on, None where an older Passgate taught it; ``certified_from`` those
    that its certificate was issued on, None where there is none or that is not known; ``mind`` says in words
    that these flatter, and how many are of a size that the station would hold; empty where nothing is to say.

    Raises:
        CameraError: A folder is missing or empty, or a picture cannot be read.
        DatasetError: A picture is there twice, or labels cannot be used.
        RecipeError: The recipe is unknown.
        WeightsError: The model cannot be loaded.
    """
    library.recipe(name)
    fine, defective = good_and_defective(good, bad)
    files = [(path, False) for path in fine] + [(path, True) for path in defective]
    recipe, inspector = build_inspector(library, name, model=model, line=line)
    inspector.prepare(recipe)
    scores, passed, milliseconds = [], [], []
    seen = SeenPictures(part="nothing was measured")
    paths = [path for path, _ in files]
    bit_depth = recipe.levels.bit_depth
    sized = 0

    def look(index: int, frame: Frame) -> None:
        nonlocal sized
        seen.add(frame.picture, path=paths[index], group=index)
        refuse_too_small(frame, recipe=recipe, inspector=inspector, part="nothing was measured")
        sized += wrong_size(frame.picture, recipe.quality) is None

    read_through(paths, look, bit_depth=bit_depth)
    with progress("evaluating", len(files)) as bar:
        for number, frame in enumerate(FileFrames(paths, bit_depth=bit_depth), 1):
            started = time.perf_counter()
            decision = inspector.inspect(
                (frame,), recipe=recipe, part_id=0, trigger_seq=0, deadline_ns=time.monotonic_ns() + 10**12
            ).decision
            milliseconds.append((time.perf_counter() - started) * 1e3)
            assert decision.defect_score is not None
            scores.append(decision.defect_score)
            passed.append(decision.action is Action.PASS)
            bar.show(number)
    learned_from = library.learned_from(name, recipe.version)
    overlap = learned_from.among(seen.sha256)
    issued = library.certified_from(name)
    on = issued.get(recipe.version)
    again = None if on is None else on.among(seen.sha256)
    truth = [defective for _, defective in files]
    result = evaluate(scores, truth)
    times = Percentiles.of(milliseconds)
    assert times is not None
    return {
        "recipe": recipe.name,
        "version": recipe.version,
        "model": f"{inspector.model.name} {inspector.model.version}",
        "auroc": result.auroc,
        "threshold": SCORE_LIMIT,
        "escape_rate": sum(p for p, d in zip(passed, truth, strict=True) if d) / result.defective,
        "overkill_rate": sum(not p for p, d in zip(passed, truth, strict=True) if not d) / result.good,
        "overkill_at_zero_escape": result.at_no_escape.overkill_rate,
        "overkill_at_one_percent_escape": result.at_one_percent.overkill_rate,
        "ms_per_image": {"p50": times.p50, "p95": times.p95},
        "n_good": result.good,
        "n_bad": result.defective,
        "learned_from": None if learned_from == NOT_REMEMBERED else overlap,
        "certified_from": again,
        "mind": "; ".join(
            said
            for said in (
                _flattery(overlap, of=len(files), known=learned_from),
                _no_second_proof(again, of=len(files), certified=recipe.version in issued),
                _held_back(len(files) - sized, of=len(files)),
            )
            if said
        ),
        "unheard": unheard_by(model, recipe).in_words,
    }


def _no_second_proof(again: int | None, *, of: int, certified: bool) -> str:
    if again:
        return (
            f"{again} of these {of} pictures are ones that the recipe's certificate was issued on: the "
            "figures are no second proof of it"
        )
    if certified and again is None:
        return "which pictures the recipe's certificate was issued on is not known"
    return ""


def _held_back(others: int, *, of: int) -> str:
    if not others:
        return ""
    return f"{others} of these {of} pictures have not the size that the recipe wants: the station holds such"


def _flattery(overlap: int, *, of: int, known: LearnedFrom) -> str:
    if overlap:
        return (
            f"{'' if known.complete else 'at least '}{overlap} of these {of} pictures are ones that the "
            "recipe learned from, so the figures flatter it: measure on pictures of other parts"
        )
    if known == NOT_REMEMBERED:
        return (
            "which pictures this recipe learned from is not known, since an older Passgate taught it; on "
            "these the figures would flatter it"
        )
    return ""
