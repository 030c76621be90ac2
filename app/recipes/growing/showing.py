"""Showing types of defects by examples: from pictures to a new version that can name them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.progress import progress
from app.recipes.library import RecipeLibrary, Taught
from inspection.decision import Box
from inspection.errors import RecipeError
from inspection.pictures.copies import pixels_sha256
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.labels.files import picture_folder
from inspection.pictures.sight.sight import PLAIN
from inspection.recipe import Recipe
from models.backbone.transformers_tower import build_tower
from models.naming.directions import Directions
from models.naming.names import Names, ShownExample
from models.training.data.photographs import read_photographs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What showing examples has led to."""

    taught: Taught
    """The next version, not yet kept."""
    left_out: tuple[Path, ...]
    """Pictures of which nothing was learned: several types are on them, and nothing stands out there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """One picture, and the types on it with their boxes in its pixels; no boxes where nobody marked them."""

    path: Path
    group: str
    kinds: dict[str, list[Box]]


def show_types(
    name: str, examples: Path, *, kind: str | None, library: RecipeLibrary, tower: str | None = None
) -> Shown:
    """Learn from examples what defects of recipe ``name`` are called; the result is not yet kept.

    A place on a picture is what the memory finds foremost there, as it will be on the line; where several
    types are marked on one picture, what it finds within the marks. Examples of a type replace those that
    showed it before; other types keep theirs.

    Args:
        name: Of the recipe.
        examples: Folder of pictures: of ``kind``, or in a layout of :mod:`models.training.data.photographs`.
        kind: What all of them show; None: the labels say it.
        library: Has the recipe.
        tower: The vision tower that it was taught on, as ``build_tower`` takes it.

    Raises:
        CameraError: The folder is missing or empty, or a picture cannot be read.
        DatasetError: The labels cannot be understood.
        RecipeError: The recipe is unknown or has several views, or a type has too few examples.
        WeightsError: No vision tower there, or another than the recipe was taught on.
    """
    library.recipe(name)  # an unknown name is said at once, before the weights are read
    taught = library.load(name, tower=build_tower(tower))
    if len(taught.recipe.views) != 1:
        raise RecipeError(
            f"recipe {name!r} has {len(taught.recipe.views)} views; only one can be shown from a folder",
            part="the recipe as it was stays in use",
        )
    if several := taught.recipe.views[0].appearances:
        raise RecipeError(
            f"recipe {name!r} knows several appearances ({', '.join(several)}), and no examples on top",
            part="the recipe as it was stays in use",
            todo="teach a recipe for each appearance, or one for all without --appearances",
        )
    library.refuse_unwritable(name)
    pictures = _of_kind(examples, kind) if kind is not None else _labelled(examples)
    found, sha256, left_out = _places(pictures, taught)
    view = taught.recipe.views[0].name
    before = taught.names.get(view)
    anew = {one.kind for one in found}
    # groups of two folders are not the same parts for having one name
    kept = [] if before is None else [one for one in before.examples if one.kind not in anew]
    kept = [replace(one, group=f"before {one.group}") for one in kept]
    names = Names.teach([*kept, *found], memory=taught.memories[view])
    _, version = library.next_identity(name)
    said = {"version": version, "shown_types": names.types}
    return Shown(
        taught=replace(
            taught,
            recipe=Recipe.model_validate(taught.recipe.model_dump() | said),
            sealed=True,
            names={view: names},
            learned_from=taught.learned_from.and_examples(sha256),
        ),
        left_out=tuple(left_out),
    )


def _of_kind(root: Path, kind: str) -> list[_Picture]:
    """All pictures below a folder, as of one type; a subfolder is a group."""
    return [
        _Picture(path=path, group=str(path if path.parent == root else path.parent), kinds={kind: []})
        for path in picture_folder(root).pictures
    ]


def _labelled(root: Path) -> list[_Picture]:
    """The defective pictures of a labelled folder."""
    found = []
    for photograph in read_photographs(root, without_good=True):
        kinds: dict[str, list[Box]] = {}
        for defect in photograph.defects:
            kinds.setdefault(defect.type, []).extend([] if defect.box is None else [defect.box])
        if kinds:
            found.append(_Picture(path=photograph.path, group=photograph.group, kinds=kinds))
    return found


def _places(pictures: Sequence[_Picture], taught: Taught) -> tuple[list[ShownExample], list[str], list[Path]]:
    """The examples, the pictures' SHA-256, and those of which nothing was learned."""
    recipe = taught.recipe
    view = recipe.views[0]
    memory, sight = taught.memories[view.name], taught.sights.get(view.name, PLAIN)
    directions = Directions(memory)
    found: list[ShownExample] = []
    sha256, left_out = [], []
    with progress("looking at examples", len(pictures)) as bar:
        for number, one in enumerate(pictures, 1):
            read = read_picture(one.path, bit_depth=recipe.levels.bit_depth)
            seen = sight.of(recipe.levels.shown(read), view)
            if reason := memory.too_small(seen.picture.shape):
                raise RecipeError(f"{one.path} has {reason}", part="the recipe as it was stays in use")
            assessment = memory.assess(seen.picture)
            told = directions.of(assessment, shape=seen.picture.shape)
            regions = assessment.regions or (assessment.foremost,)
            places = [seen.box_as_taken(_whole_pixels(region.box)) for region in regions]
            learned = False
            for kind, boxes in one.kinds.items():
                within = [n for n, box in enumerate(places) if any(_meet(box, mark) for mark in boxes)]
                if len(one.kinds) > 1 and not within:
                    continue
                learned = True
                place = within[0] if within else 0
                found.append(ShownExample(kind=kind, direction=told[place], group=one.group))
            sha256.append(pixels_sha256(read))
            if not learned:
                left_out.append(one.path)
            bar.show(number)
    return found, sha256, left_out


def _whole_pixels(box: tuple[float, float, float, float]) -> Box:
    x, y, width, height = (round(value) for value in box)
    return x, y, max(width, 1), max(height, 1)


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes share a pixel."""
    return all(
        one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2]
        for axis in (0, 1)
    )
