"""Judging pictures by a taught recipe, without a PLC."""

import os
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import structlog

from app.command_line.beforehand import refuse_unwritable
from app.datasets.file_frames import FileFrames, read_through
from app.progress import progress
from app.recipes.in_force import certification, labelled_scores
from app.recipes.library import RecipeLibrary
from app.settings.station import InspectorKind
from inspection.decision import Decision, ModelRef
from inspection.errors import CameraError, PassgateError, SettingsError
from inspection.part import Frame, Picture, Trigger
from inspection.pictures.quality import check
from inspection.ports import Inspector
from inspection.recipe import Recipe
from inspection.station.guard import undecided
from models.backbone.transformers_tower import build_tower
from models.inspectors.pretrained_vlm import ForeignVlmInspector
from models.inspectors.reflex import ReflexInspector
from models.inspectors.unheard import Unheard, unheard
from models.inspectors.vla import VlaInspector
from models.language.base import LanguageSettings
from models.language.free_generation import ForeignModel
from models.vla.checkpoint import SHIPPED, load, read_header

THREADS = 2
REFLEX_NAME = "passgate-reflex"

log = structlog.get_logger(__name__)


def build_inspector(
    library: RecipeLibrary,
    name: str,
    *,
    version: int | None = None,
    kind: InspectorKind = InspectorKind.VLA,
    adapter: Path | None = None,
    base: str | None = None,
    device: str | None = None,
    quantization: str | None = None,
    tower_folder: Path | None = None,
    threads: int = THREADS,
) -> tuple[Recipe, ReflexInspector | VlaInspector | ForeignVlmInspector]:
    """A recipe and the inspector that judges by it.

    Args:
        library: Has the recipe.
        name: Of the recipe.
        version: Of the recipe; None for the newest.
        kind: Who judges; by ``vla`` the reflex alone where the language model has no say.
        adapter: The language model's adapter; None for the one that ships.
        base: Where its base lies on this machine, if not where the adapter says; a foreign model's folder.
        device: Where the language model runs, if not where the adapter says.
        quantization: How it is held, if not as the adapter says: none or nf4.
        tower_folder: Folder of the vision tower; None: EfficientNet-Lite0.
        threads: CPU threads of one inspection.

    Raises:
        RecipeError: The recipe is unknown or damaged.
        WeightsError: Weights are absent, or not the ones that recipe and adapter were made on.
        SettingsError: The model wants a device that this machine lacks, or no foreign model is named.
    """
    library.recipe(name, version)  # an unknown name is said at once, before the weights are read
    tower = build_tower(tower_folder)
    taught = library.load(name, version, tower=tower)
    recipe = taught.recipe
    if not taught.sealed:
        log.warning(
            "the recipe's file is from before digests: nothing proves that it is as it was taught",
            recipe=recipe.name,
            version=recipe.version,
            todo=f"measure it (passgate recipe evaluate), then: passgate recipe seal {recipe.name}",
        )
    memories = {(recipe.id, recipe.version, view): memory for view, memory in taught.memories.items()}
    silent = kind is InspectorKind.VLA and not _has_a_say(recipe, adapter or SHIPPED)
    if kind is InspectorKind.REFLEX or silent:
        model = ModelRef(name=REFLEX_NAME, version=metadata.version("passgate"), sha256=tower.sha256)
        return recipe, ReflexInspector(memories, model=model, threads=threads)
    asked = {"base": base, "device": device, "quantization": quantization}
    given = {name: value for name, value in asked.items() if value is not None}
    if kind is InspectorKind.FOREIGN:
        if base is None:
            raise SettingsError(
                "a foreign inspector was asked for, but no folder with its model is named",
                part="nothing is inspected",
                todo='set base in the table [model], beside inspector = "foreign"',
            )
        foreign = ForeignModel(LanguageSettings.model_validate(given))
        return recipe, ForeignVlmInspector(memories, model=foreign, threads=threads)
    file = adapter or SHIPPED
    language = read_header(file).settings.language.model_copy(update=given) if given else None
    loaded = load(file, tower=tower, language=language)
    if not loaded.proven:
        log.warning(
            "the adapter's file is from before digests: nothing proves that it is as it was trained",
            adapter=str(file),
            sha256=loaded.sha256,
            todo="train it again when there is time, or compare its SHA-256 with a copy's",
        )
    return recipe, VlaInspector(memories, adapter=loaded, tower=tower, threads=threads)


def _has_a_say(recipe: Recipe, adapter: Path) -> bool:
    """Whether the language model is asked at all.

    A recipe that names no defects and has no words leaves it nothing to say. Where it was not trained on what
    the recipe names, it does not know the product and would doubt nearly every part.
    """
    if not recipe.has_words:
        return False
    missed = unheard(recipe, read_header(adapter).kinds)
    if missed.types:
        log.warning(
            missed.in_words,
            recipe=recipe.name,
            todo="train an adapter with pictures of them: passgate model train",
        )
    return not missed.types


def unheard_by(kind: InspectorKind, recipe: Recipe, adapter: Path | None) -> Unheard:
    """What of ``recipe`` does not come into force where that kind of inspector judges.

    A foreign model is told the recipe's types and may name any of them; the reflex names none.
    """
    match kind:
        case InspectorKind.FOREIGN:
            return Unheard()
        case InspectorKind.REFLEX:
            return unheard(recipe, None)
        case InspectorKind.VLA:
            return unheard(recipe, read_header(adapter or SHIPPED).kinds)


def judge_files(
    files: Sequence[Path],
    *,
    library: RecipeLibrary,
    recipe_name: str,
    kind: InspectorKind = InspectorKind.VLA,
    annotate_into: Path | None = None,
) -> list[tuple[Path, Decision]]:
    """Judge each picture as the line would: quality check, inspector, but no deadline and no PLC.

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
    recipe, inspector = build_inspector(library, recipe_name, kind=kind)
    bit_depth = recipe.levels.bit_depth

    def look(_: int, frame: Frame) -> None:
        if recipe.quality.size is None:  # where it wants a size, the quality check says so of each picture
            refuse_too_small(frame, recipe=recipe, inspector=inspector, part="nothing was judged")

    read_through(files, look, bit_depth=bit_depth)
    inspector.prepare(recipe)
    held = certification(recipe, model=inspector.model, library=library)
    labelled = labelled_scores(recipe, model=inspector.model, certification=held, library=library)
    judged, frames = [], FileFrames(files, bit_depth=bit_depth)
    with progress("judging", len(files)) as bar:
        for index, (path, frame) in enumerate(zip(files, frames, strict=True)):
            decision = judge(frame, recipe=recipe, inspector=inspector)
            if labelled is not None:
                decision = labelled.on(decision)
            if drawings:
                _annotate(recipe.levels.of(frame), decision, drawings[index])
            judged.append((path, decision))
            bar.show(index + 1)
    return judged


def refuse_too_small(
    frame: Frame,
    *,
    recipe: Recipe,
    inspector: ReflexInspector | VlaInspector | ForeignVlmInspector,
    part: str,
) -> None:
    """Raise CameraError where a picture is too small to show anything; ``part`` is what becomes of all."""
    if reason := inspector.too_small((frame,), recipe=recipe):
        raise CameraError(
            f"{frame.source} has {reason}",
            part=part,
            todo="take it out, or take it anew as the station would",
        )


def judge(frame: Frame, *, recipe: Recipe, inspector: Inspector) -> Decision:
    """The decision on one picture of no particular part."""
    faults = check(frame, recipe.quality, None, levels=recipe.levels)
    if faults:
        nobody = Trigger(seq=1, part_id=0, plc_boot_id=0, seen_at=frame.captured_at)
        reason = "; ".join(fault.reason for fault in faults)
        return undecided(nobody, recipe=recipe, reason=reason).model_copy(update={"trigger_seq": 0})
    return inspector.inspect(
        (frame,), recipe=recipe, part_id=0, trigger_seq=0, deadline_ns=time.monotonic_ns() + 10**12
    )


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
