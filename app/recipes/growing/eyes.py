"""Training the eye of a taught recipe: what follows teaching, in the background of whoever asked for it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

from app.progress import progress
from app.recipes.file_frames import FileFrames
from app.recipes.recipe_file import Taught
from app.recipes.seeing import pace_of
from app.recipes.teaching import good_files
from inspection.errors import RecipeError
from inspection.files.one_by_one import OneByOne
from inspection.part import Frame
from inspection.pictures.sight.sight import PLAIN
from models.backbone.features import VisionTower
from models.backbone.pace import Pace, measured, refuse_too_slow
from models.backbone.transformers_tower import build_tower
from models.eye.eye import Choice, Described
from models.eye.seeing import SeeingMemory
from models.memory.embedding import look
from models.training.eye.grounds import SPAN_PX
from models.training.eye.teaching import Effort, Progress, seeing, size_for, train_eye


@dataclass(frozen=True, kw_only=True)
class Sharpened:
    """What training an eye has led to."""

    taught: Taught | None
    """The recipe with the eye, not yet kept, of the version as before; None where it is not better."""
    choice: Choice | None
    """What was chosen and by what figures; None where there was nothing to train on."""
    why: str
    """The result in words."""

    def in_time(self, *, threads: int) -> Self:
        """The same; without the eye where with it every part would be late.

        Args:
            threads: That the station looks with.
        """
        try:
            if self.taught is not None:
                pace_of(self.taught, threads=threads)
        except RecipeError as error:
            return replace(self, taught=None, why=f"the trained eye is not kept: {error.what}")
        return self

    def overtaken(self) -> Self:
        """The same where the recipe got another version meanwhile: that one stays the newest."""
        if self.taught is None:
            return self
        return replace(
            self,
            taught=None,
            why="the trained eye is not kept: the recipe got another version meanwhile; teach again",
        )

    def in_json(self) -> dict[str, Any]:
        """The same for machines."""
        choice = None if self.choice is None else self.choice.model_dump(mode="json")
        return {"kept": self.taught is not None, "choice": choice, "why": self.why}


def described_in_json(eye: Described) -> dict[str, Any]:
    """What was chosen when the eye of a recipe was trained, for machines; sizes in pixels."""
    height, width = eye.working
    return {
        "working_height": height,
        "working_width": width,
        **eye.choice.model_dump(mode="json"),
        "told": eye.rule.told.model_dump(mode="json"),
    }


def described_in_words(eye: Described) -> str:
    """The same for people."""
    height, width = eye.working
    told = eye.rule.told
    return (
        f"a trained eye looks at {width} x {height} pixels; {in_words(eye.choice)}; of drawn defects the eye "
        f"tells {told.eye:.0%}, the patches {told.patches:.0%}, the whole picture {told.whole:.0%}; the "
        f"farther above half, which is a guess, the more each counts"
    )


def sharpen(
    taught: Taught,
    frames: Sequence[Frame],
    *,
    tower: VisionTower,
    groups: Sequence[str] | None = None,
    effort: Effort | None = None,
    on_progress: Progress | None = None,
) -> Sharpened:
    """Train an eye on the good pictures that a recipe of one view was taught on; minutes on two cores.

    Args:
        taught: The recipe with its memory.
        frames: The pictures that it was taught on.
        tower: The one that it was taught on.
        groups: Of each picture; None: each is its own.
        effort: None takes the usual.
        on_progress: Is told now and then.

    Raises:
        WeightsError: The tower gives no usable numbers.
    """
    recipe = taught.recipe
    (view,) = recipe.views
    if view.appearances:
        return Sharpened(
            taught=None, choice=None, why="no eye is trained where a recipe has several appearances"
        )
    memory, sight = taught.memories[view.name], taught.sights.get(view.name, PLAIN)
    eye = train_eye(
        OneByOne(frames, lambda frame: sight.of(recipe.levels.of(frame), view).picture),
        memory=memory,
        tower=tower,
        groups=list(range(len(frames))) if groups is None else list(groups),
        detail_px=view.detail_px,
        on_progress=on_progress,
        effort=effort,
    )
    if eye is None:
        return Sharpened(
            taught=None,
            choice=None,
            why="no eye was trained: there are too few good pictures or groups to hold some of them out, "
            "or nothing that is drawn on them shows",
        )
    judging = seeing(memory, eye)
    if judging is memory:
        return Sharpened(
            taught=None, choice=eye.choice, why=f"the trained eye is not kept: {in_words(eye.choice)}"
        )
    return Sharpened(
        taught=replace(taught, memories={view.name: judging}),
        choice=eye.choice,
        why=f"the trained eye is kept: {in_words(eye.choice)}",
    )


def sharpen_folder(taught: Taught, good: Path, *, tower: str | None = None) -> Sharpened:
    """Train an eye on the folder of good pictures that a recipe was taught on; raises as ``teach_folder``."""
    files, groups = good_files(good)
    with progress("training the eye", None) as bar:
        return sharpen(
            taught,
            FileFrames(files, lambda _: None, bit_depth=taught.recipe.levels.bit_depth),
            tower=build_tower(tower),
            groups=groups,
            on_progress=bar.show,
        )


def refuse_late_eye(taught: Taught, pace: Pace, *, tower: str | None, threads: int) -> None:
    """Refuse, before minutes are spent, a recipe whose eye would have to look too closely for its deadline.

    Args:
        taught: The recipe, without an eye.
        pace: What looking by its memory takes.
        tower: The vision tower, as ``build_tower`` takes it.
        threads: That the station looks with.

    Raises:
        RecipeError: A person said how small a defect has to be found, and then every part would be late.
    """
    (view,) = taught.recipe.views
    if view.detail_px is None or view.appearances:
        return
    eyes, deadline_ms = build_tower(tower), taught.recipe.deadline_ms
    blank = taught.sights.get(view.name, PLAIN).of_nothing(view, size=taught.recipe.quality.size).picture
    shown, multiple = [(blank.shape[0], blank.shape[1])], eyes.strides[-1]
    size = size_for(view.detail_px, shown, multiple=multiple)
    left_ms = deadline_ms - pace.took_ms
    closely = measured(
        lambda: look(blank, eyes, size), area_px=math.prod(size), threads=threads, deadline_ms=left_ms
    )
    try:
        refuse_too_slow(closely, deadline_ms=deadline_ms, besides_ms=pace.took_ms)
    except RecipeError as error:
        most_px = closely.most_area_px(left_ms)
        larger = range(math.floor(view.detail_px) + 1, max(shown[0]))
        kept = (px for px in larger if math.prod(size_for(px, shown, multiple=multiple)) <= most_px)
        advised = [f"ask for --detail {px}" for px in islice(kept, 1)]
        ways = [
            "look at a smaller --region",
            *advised,
            "let the PLC wait longer and say so with --deadline-ms",
        ]
        raise RecipeError(
            f"to find defects of {view.detail_px:g} pixels the eye must look at {size[1]} x {size[0]}: "
            f"{error.what}; the memory takes {pace.took_ms:.0f} ms of the others",
            part=error.part,
            todo=f"{', '.join(ways)}, or take more threads or a faster machine",
        ) from error


def overlooked(taught: Taught) -> str:
    """Why defects as small as a person named will hardly be found; empty where an eye looks for them."""
    (view,) = taught.recipe.views
    memory = taught.memories[view.name]
    if view.detail_px is None or isinstance(memory, SeeingMemory):
        return ""
    blank = taught.sights.get(view.name, PLAIN).of_nothing(view, size=taught.recipe.quality.size).picture
    area_px = blank.shape[0] * blank.shape[1]
    spans = view.detail_px * math.sqrt(min(1.0, memory.settings.working_area_px / area_px))
    if spans >= SPAN_PX:
        return ""
    return (
        f"defects of {view.detail_px:g} pixels will hardly be found without a trained eye: where the memory "
        f"looks they span {spans:.1f} pixels, and {SPAN_PX:.0f} are needed"
    )


def in_words(choice: Choice) -> str:
    """What was chosen, and by what figures."""
    sizes = ", ".join(
        f"{100 * one.told:.0f} % of the drawn defects told at {one.width} x {one.height} pixels"
        for one in choice.sizes
    )
    return (
        f"held-out good parts against the same with drawn defects: AUROC {choice.auroc_memory:.3f} by the "
        f"memory alone, {choice.auroc_eye:.3f} with the eye, error {choice.error:.3f}; {sizes}; "
        f"smallest lessons {choice.least_px:.0f} pixels"
    )
