"""Judging pictures by a taught recipe, without a PLC."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from app.command_line.writable import refuse_unwritable
from app.progress import progress
from app.recipes.file_frames import FileFrames, read_through
from app.recipes.in_force import certification, labelled_scores
from app.recipes.inspectors import build_inspector, unheard_by
from app.recipes.library import RecipeLibrary
from app.settings.station import AS_SHIPPED, ModelTable
from inspection.certification.certificate import Certification
from inspection.decision import Decision
from inspection.errors import CameraError, PassgateError
from inspection.instruments.display import MOST_FRAMES
from inspection.motion.chunk import PhysicsContext
from inspection.part import Frame, Picture, Trigger
from inspection.pictures.quality import check
from inspection.ports import Inspector
from inspection.recipe import Recipe
from inspection.station.gauging.reading import GaugeReader
from inspection.station.guard import review, undecided
from inspection.unheard import Unheard
from models.inspectors.reflex import ReflexInspector
from models.inspectors.second_opinion import SecondOpinionInspector


def inspect_files(
    files: Sequence[Path],
    *,
    library: RecipeLibrary,
    recipe_name: str,
    model: ModelTable = AS_SHIPPED,
    line: PhysicsContext | None = None,
    annotate_into: Path | None = None,
) -> list[tuple[Path, Decision]]:
    """Judge each picture as the line would: quality check, inspector, gauges and guard; no deadline, no PLC.

    A gauge that is read off several pictures, such as a blinking lamp, has this one for all of them; one in a
    view of its own has none, and holds the part.

    Each is read twice: before the first is judged, to see whether they all can be, and for its own judgement.

    Raises:
        CameraError: A picture cannot be read, or is too small to show anything; nothing is judged then.
        RecipeError: The recipe is unknown.
        PassgateError: The drawings cannot be written, or would lie among the pictures.
    """
    drawings: list[Path] = []
    if annotate_into is not None:
        refuse_unwritable(annotate_into / "picture.png")
        drawings = _drawings(files, annotate_into)
    recipe, inspector = build_inspector(library, recipe_name, model=model, line=line)
    bit_depth = recipe.levels.bit_depth

    def look(_: int, frame: Frame) -> None:
        if recipe.quality.size is None:  # where it wants a size, the quality check says so of each picture
            refuse_too_small(frame, recipe=recipe, inspector=inspector, part="nothing was judged")

    read_through(files, look, bit_depth=bit_depth)
    inspector.prepare(recipe)
    held = certification(recipe, model=inspector.model, library=library)
    unheard = unheard_by(model, recipe)
    labelled = labelled_scores(recipe, model=inspector.model, certification=held, library=library)
    gauges = GaugeReader(recipe)
    judged, frames = [], FileFrames(files, bit_depth=bit_depth)
    with progress("judging", len(files)) as bar:
        for index, (path, frame) in enumerate(zip(files, frames, strict=True)):
            decision = inspect_one(frame, recipe=recipe, inspector=inspector)
            if labelled is not None:
                decision = labelled.on(decision)
            read = {recipe.views[0].name: [frame] * MOST_FRAMES}
            decision = decision.model_copy(update={"gauges": tuple(gauges.readings(read))})
            decision = _as_guarded(decision, frame, recipe=recipe, held=held, unheard=unheard)
            if drawings:
                _annotate(recipe.levels.of(frame), decision, drawings[index])
            judged.append((path, decision))
            bar.show(index + 1)
    return judged


def refuse_too_small(
    frame: Frame,
    *,
    recipe: Recipe,
    inspector: ReflexInspector | SecondOpinionInspector,
    part: str,
) -> None:
    """Raise CameraError where a picture is too small to show anything; ``part`` is what becomes of all."""
    if reason := inspector.too_small((frame,), recipe=recipe):
        raise CameraError(
            f"{frame.source} has {reason}",
            part=part,
            todo="take it out, or take it anew as the station would",
        )


def inspect_one(frame: Frame, *, recipe: Recipe, inspector: Inspector) -> Decision:
    """The decision on one picture of no particular part."""
    faults = check(frame, recipe.quality, None, levels=recipe.levels)
    if faults:
        nobody = _nobody(frame)
        reason = "; ".join(fault.reason for fault in faults)
        return undecided(nobody, recipe=recipe, reason=reason).model_copy(update={"trigger_seq": 0})
    return inspector.inspect(
        (frame,), recipe=recipe, part_id=0, trigger_seq=0, deadline_ns=time.monotonic_ns() + 10**12
    ).decision


def _as_guarded(
    decision: Decision, frame: Frame, *, recipe: Recipe, held: Certification, unheard: Unheard
) -> Decision:
    """What the guard makes of it on the line: the certified threshold is its rule, and others are."""
    nobody = _nobody(frame)
    return review(
        decision.model_copy(update={"trigger_seq": nobody.seq}),
        trigger=nobody,
        recipe=recipe,
        certificate=held.certificate,
        unheard=unheard,
    ).model_copy(update={"trigger_seq": 0})


def _nobody(frame: Frame) -> Trigger:
    """In place of the trigger that no PLC gave."""
    return Trigger(seq=1, part_id=0, plc_boot_id=0, seen_at=frame.captured_at)


def _drawings(files: Sequence[Path], folder: Path) -> list[Path]:
    """Where the drawing of each picture goes: below ``folder`` as the picture lies below all that they share.

    Raises:
        PassgateError: Drawings would lie among the pictures, and could overwrite one, or its mask.
    """
    theirs = [path.parent.resolve() for path in files]
    shared = os.path.commonpath(theirs)
    drawings = [
        folder / inside.relative_to(shared) / f"{path.stem}.png"
        for path, inside in zip(files, theirs, strict=True)
    ]
    if {drawing.parent.resolve() for drawing in drawings} & set(theirs):
        raise PassgateError(
            f"{folder} holds the pictures themselves, and drawings in it could overwrite them",
            part="nothing was judged",
            todo="name another folder for the drawings",
        )
    return drawings


def _annotate(picture: Picture, decision: Decision, path: Path) -> None:
    import cv2

    from inspection.pictures.annotation import annotate

    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = annotate(picture, decision)
    _, data = cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
    data.tofile(path)  # not cv2.imwrite: on Windows it takes no path with Chinese in it
