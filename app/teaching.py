"""Teaching a recipe: from good pictures to a file in the library."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.commands.output import progress
from app.recipes import RecipeLibrary, Taught
from inspection.cameras.simulated import SimulatedCamera
from inspection.errors import RecipeError
from inspection.part import Frame
from inspection.pictures.decoding import read_picture
from inspection.pictures.files import picture_files
from inspection.quality import teach_limits
from inspection.recipe import Recipe, View
from inspection.simulation import Variation
from inspection.simulation.spec import MM_PER_PIXEL, DefectType
from models.checkpoint import SHIPPED, read_header
from models.inspector import crop
from models.memory import MemorySettings, NormalityMemory
from models.towers import build_tower
from models.unheard import Unheard, unheard
from models.vision import EfficientNetLite0, VisionTower

DEFAULT_OVERKILL = MemorySettings().overkill
SIMULATED_PRODUCT = "cover"
SIMULATED_GOOD_PARTS = 60
_SIMULATED_FROM = 1_000_000
"""Part ids for teaching the simulated product; the line's own ids start at 1 and do not come so far."""


def teach(
    name: str,
    frames: Sequence[Frame],
    *,
    library: RecipeLibrary,
    tower: VisionTower,
    groups: Sequence[str] | None = None,
    mm_per_pixel: float | None = None,
    overkill: float = DEFAULT_OVERKILL,
    defect_types: Sequence[str] = (),
    instruction: str = "",
) -> Taught:
    """Teach ``name`` from good pictures of one view; the result is not yet kept.

    A recipe of that name that exists keeps its id, policy, limits and words; only what is taught is new.

    Args:
        name: Of the recipe.
        frames: Good pictures, at least five.
        library: Tells id and version.
        tower: The vision tower that judges later.
        groups: One for each picture: pictures of one group are near-copies of each other.
        mm_per_pixel: Scale in the part's plane, where it is known.
        overkill: Share of good parts that the threshold may reject; more of it lets fewer defects through.
        defect_types: What the language model may call a defect; empty keeps what the recipe says.
        instruction: The policy in words; empty keeps what the recipe says.

    Raises:
        RecipeError: Too few pictures, or a name that cannot be one.
    """
    identity, version = library.next_identity(name)
    taught: dict[str, Any] = {"id": identity, "version": version, "quality": teach_limits(frames)}
    if defect_types:
        taught["defect_types"] = tuple(defect_types)
    if instruction:
        taught["instruction"] = instruction
    try:
        if version > 1:
            recipe = Recipe.model_validate(library.recipe(name).model_dump() | taught)
        else:
            recipe = Recipe(name=name, views=(View(mm_per_pixel=mm_per_pixel),), **taught)
    except ValueError as error:
        raise RecipeError(
            f"{name!r} cannot be a recipe's name, or {list(defect_types)} its defects'",
            todo="use letters, digits, space, dot and hyphen",
        ) from error
    if len(recipe.views) != 1:
        raise RecipeError(
            f"recipe {name!r} has {len(recipe.views)} views; only one can be taught from a folder",
            part="the recipe as it was stays in use",
        )
    view = recipe.views[0]
    memory = NormalityMemory.teach(
        [crop(frame.picture, view) for frame in frames],
        tower=tower,
        groups=groups,
        settings=MemorySettings(overkill=overkill),
    )
    return Taught(recipe, {view.name: memory})


def teach_folder(
    name: str,
    good: Path,
    *,
    library: RecipeLibrary,
    mm_per_pixel: float | None = None,
    overkill: float = DEFAULT_OVERKILL,
    defect_types: Sequence[str] = (),
    instruction: str = "",
    tower: Path | None = None,
) -> Taught:
    """Teach ``name`` from the pictures below a folder of good ones; a subfolder is a group.

    ``tower`` is the folder of the vision tower that judges later; None: EfficientNet-Lite0.

    Raises:
        CameraError: The folder is missing or empty, or a picture cannot be read.
        RecipeError: Too few pictures.
        WeightsError: No vision tower there.
    """
    files = picture_files(good)
    frames = read_frames(files)
    folders = [str(path.parent) for path in files]
    return teach(
        name,
        frames,
        library=library,
        tower=build_tower(tower),
        groups=folders if len(set(folders)) > 1 else None,
        mm_per_pixel=mm_per_pixel,
        overkill=overkill,
        defect_types=defect_types,
        instruction=instruction,
    )


def hear(taught: Taught, *, adapter: Path | None, accept: bool) -> tuple[Taught, Unheard]:
    """``taught``, and what of its recipe the language model will not hear.

    Args:
        taught: The recipe, not yet kept.
        adapter: What will judge; None for the adapter that ships.
        accept: Whether that is accepted; the recipe then says so.

    Raises:
        RecipeError: More is asked than will be done, and nobody accepted it.
        WeightsError: The adapter is absent or damaged.
    """
    missed = unheard(taught.recipe, read_header(adapter or SHIPPED).kinds)
    if missed.lost and not accept:
        raise RecipeError(
            missed.in_words,
            part="nothing was taught",
            todo="use names that the model knows (passgate model list), name the --adapter that was trained "
            "on these, or accept it with --accept-unheard",
        )
    recipe = taught.recipe.model_copy(update={"unheard_accepted": bool(missed.lost)})
    return replace(taught, recipe=recipe), missed


def seal(name: str, *, library: RecipeLibrary) -> Path:
    """Keep the newest version of a recipe from before digests as the next one; returns its file.

    Raises:
        RecipeError: Unknown, damaged, or sealed already.
        WeightsError: Taught on another tower than EfficientNet-Lite0, or what was taught is damaged.
    """
    taught = library.load(name, tower=EfficientNetLite0())
    if taught.sealed:
        raise RecipeError(f"recipe {name!r} version {taught.recipe.version} is sealed already")
    _, version = library.next_identity(name)
    return library.save(
        Taught(taught.recipe.model_copy(update={"version": version, "sha256": ""}), taught.memories)
    )


def teach_simulated(library: RecipeLibrary, *, seed: int, good_parts: int = SIMULATED_GOOD_PARTS) -> Taught:
    """Teach the demo's product from good parts that the line will not show, and keep it."""
    camera = SimulatedCamera("main", seed=seed, variation=Variation(defect_rate=0.0))
    camera.open()
    with progress("teaching from good parts", good_parts + 1) as bar:
        frames = []
        for number in range(good_parts):
            frames.append(camera.capture(_SIMULATED_FROM + number))
            bar.show(number + 1)
        taught = teach(
            SIMULATED_PRODUCT,
            frames,
            library=library,
            tower=EfficientNetLite0(),
            mm_per_pixel=MM_PER_PIXEL,
            defect_types=tuple(DefectType),
        )
        library.save(taught)
        bar.show(good_parts + 1)
    return taught


def read_frames(files: Sequence[Path], on_progress: Callable[[int], None] | None = None) -> list[Frame]:
    """Read pictures from files. Raises CameraError, naming the file."""
    frames = []
    for number, path in enumerate(files, 1):
        frames.append(
            Frame(
                picture=read_picture(path),
                camera="main",
                captured_at=datetime.now(UTC),
                captured_ns=time.monotonic_ns(),
                number=number,
                simulated=True,
                source=str(path),
            )
        )
        if on_progress is not None:
            on_progress(number)
    return frames
