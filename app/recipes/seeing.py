"""How a recipe's view is to be seen, as people ask for it, and what looking at it so takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.recipes.library import RecipeLibrary, Taught
from inspection.errors import RecipeError
from inspection.pictures.decoding.decoding import picture_size
from inspection.pictures.sight.drawn_mask import read_drawn_mask
from inspection.pictures.sight.learning import Asked
from inspection.pictures.sight.sight import PLAIN
from inspection.recipe import Motion, Recipe, Register
from models.appearances.several import MOST
from models.backbone.pace import Pace, measured, refuse_too_slow

NO_MASK: Final = Path("none")
"""Takes a recipe's mask away."""


def how_seen(
    recipe: Recipe, *, library: RecipeLibrary, register: Register | None, mask: Path | None, shown: Path
) -> Asked:
    """What is asked of how a recipe's one view is seen; what is not named stays as the recipe has it.

    Args:
        recipe: As it is planned.
        library: Has its version so far, if there is one.
        register: None: as so far.
        mask: See ``read_drawn_mask``; ``NO_MASK`` for none, None: as so far.
        shown: One of the good pictures: the mask must be as large.

    Raises:
        CameraError, DatasetError: The mask cannot be read, or is of another size.
    """
    (view,) = recipe.views
    drawn = kept = None
    if mask is not None and mask != NO_MASK:
        drawn = read_drawn_mask(mask, size=picture_size(shown))
    elif mask is None and view.masked:
        kept = library.sights(recipe.name).get(view.name, PLAIN).judged
    match register:
        case None:
            motion = view.registration
        case Register.SHIFT | Register.TURN:
            motion = Motion(register)
        case _:
            motion = None
    return Asked(motion=motion, where_it_pays=register is Register.AUTO, mask=drawn, kept_mask=kept)


def as_so_far(taught: Taught) -> Asked:
    """What makes the one view of ``taught`` be seen again as it is."""
    (view,) = taught.recipe.views
    return Asked(motion=view.registration, kept_mask=taught.sights.get(view.name, PLAIN).judged)


def appearances_of(
    files: Sequence[Path], good: Path, *, so_far: Sequence[str], several: bool
) -> tuple[str, ...]:
    """The appearance of each good picture: the folder of ``good`` that it lies in; empty where there is one.

    Args:
        files: The pictures, below ``good``.
        good: The folder of all.
        so_far: The appearances that the recipe has: the same folders are taken for them again.
        several: Whether the folders are appearances.

    Raises:
        RecipeError: They are, and there is one, or more than a recipe can have; or a picture lies in none.
    """
    names = tuple((path.relative_to(good).parts[:-1] or ("",))[0] for path in files)
    found = set(names)
    if not several and (not so_far or found != set(so_far)):
        return ()
    if "" in found or not 2 <= len(found) <= MOST:
        raise RecipeError(
            f"{good} has {len(found - {''})} folders of appearances"
            + (", and pictures beside them" if "" in found else ""),
            part="nothing was taught",
            todo=f"give each appearance a folder of its own, 2 to {MOST} of them",
        )
    return names


def pace_of(taught: Taught, *, threads: int) -> Pace:
    """What looking at a picture takes at least, on this machine.

    Args:
        taught: Of one view.
        threads: That the station looks with.

    Raises:
        RecipeError: Every part would miss the recipe's deadline.
    """
    (view,) = taught.recipe.views
    memory = taught.memories[view.name]
    seen = taught.sights.get(view.name, PLAIN).of_nothing(view, size=taught.recipe.quality.size).picture
    deadline_ms = taught.recipe.deadline_ms
    area_px = sum(height * width for height, width in memory.looks)
    pace = measured(lambda: memory.assess(seen), area_px=area_px, threads=threads, deadline_ms=deadline_ms)
    refuse_too_slow(pace, deadline_ms=deadline_ms)
    return pace
