"""Pictures that join a recipe one by one: looked at, held against what it knows, and copied beside it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.recipes.file_frames import FileFrames, read_through
from app.recipes.learned_from import Joined, LearnedFrom, remembered
from app.recipes.recipe_file import Taught
from inspection.errors import DatasetError, RecipeError
from inspection.files.atomic import atomic_write
from inspection.part import Frame
from inspection.pictures.copies import pixels_sha256
from inspection.pictures.labels.files import picture_folder
from inspection.pictures.labels.masks import read_mask
from inspection.pictures.sight.sight import PLAIN

STAYS: Final = "the recipe as it was stays in use"
_MOST_SAID: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    """A picture that a person gives a label."""

    path: Path
    defective: bool
    mask: Path | None = None
    """Marks the defect, in a picture of the same size."""
    said: str = ""
    """Where it comes from, for people; empty for its file's path."""


def named(paths: Sequence[Path], *, defective: bool) -> list[NewPicture]:
    """The pictures that a person names: files, with ``NAME_mask.png`` beside them, and folders of such.

    Raises:
        CameraError: A folder holds no picture, or what is a mask in it cannot be told.
    """
    found = []
    for path in paths:
        if path.is_dir():
            folder = picture_folder(path)
            found += [
                NewPicture(path=one, defective=defective, mask=folder.masks.get(one) if defective else None)
                for one in folder.pictures
            ]
        else:
            mask = path.with_name(f"{path.stem}_mask.png")
            marked = defective and mask.is_file()
            found.append(NewPicture(path=path, defective=defective, mask=mask if marked else None))
    return found


@dataclass(frozen=True, slots=True)
class Joining:
    """Pictures that are to join, looked at."""

    pictures: tuple[NewPicture, ...]
    joined: tuple[Joined, ...]
    """What the recipe will remember of each."""


def look_at(pictures: Sequence[NewPicture], *, taught: Taught, version: int) -> Joining:
    """Read what is to join ``taught`` as ``version``; refuse what it knows, or what its camera never gave.

    Raises:
        CameraError: A picture cannot be read.
        DatasetError: One is known already, comes twice, or its mask cannot be read or is of another size.
        RecipeError: There is none, or one has another size than those that were taught.
    """
    if not pictures:
        raise RecipeError("no picture was named that is to join", part=STAYS)
    learned_from, size = taught.learned_from, taught.recipe.quality.size
    first: dict[str, Path] = {}
    joined: list[Joined] = []

    def look(index: int, frame: Frame) -> None:
        one = pictures[index]
        sha256 = pixels_sha256(frame.picture)
        height, width = frame.picture.shape[:2]
        if known := learned_from.knows(sha256) or ("given twice" if sha256 in first else ""):
            raise DatasetError(
                f"{one.path} is {known} already",
                part=STAYS,
                todo="leave it out; to change a label, "
                "take its picture out of the folder it lies in, and teach or adapt anew",
            )
        if size is not None and size != (width, height):
            raise RecipeError(
                f"{one.path} has {width} x {height} pixels, and the recipe's pictures {size[0]} x {size[1]}",
                part=STAYS,
                todo="give the whole picture as the station's camera takes it",
            )
        if one.mask is not None:
            read_mask(one.mask, size=(height, width))
        first[sha256] = one.path
        name = remembered(sha256)
        joined.append(
            Joined(
                file=f"{name}{one.path.suffix.lower()}",
                mask="" if one.mask is None else f"{name}_mask.png",
                defective=one.defective,
                version=version,
                said=(one.said or str(one.path))[-_MOST_SAID:],
            )
        )

    read_through([one.path for one in pictures], look, bit_depth=taught.recipe.levels.bit_depth)
    return Joining(tuple(pictures), tuple(joined))


@contextmanager
def copied(joining: Joining, folder: Path) -> Iterator[Callable[[], object]]:
    """Copy what joins into ``folder``; it is taken away again unless the body calls what this yields.

    Raises:
        RecipeError: The disk refuses.
    """
    with ExitStack() as undone:
        try:
            for new, one in zip(joining.pictures, joining.joined, strict=True):
                for source, name in ((new.path, one.file), (new.mask, one.mask)):
                    if source is not None:
                        undone.callback(_remove, folder / name)
                        with atomic_write(folder / name) as unfinished:
                            shutil.copyfile(source, unfinished)
        except OSError as error:
            raise RecipeError(
                f"cannot keep a copy in {folder}: {error}",
                part=STAYS,
                todo="check the disk and the folder's rights",
            ) from error
        yield undone.pop_all


def judged(joined: Sequence[Joined], folder: Path, *, taught: Taught) -> list[dict[str, Any]]:
    """How ``taught`` judges pictures that joined it: score, threshold, and whether it rejects each.

    Raises:
        CameraError: One cannot be read.
        PositionError: In one the part cannot be brought to where it was taught.
    """
    view, levels = taught.recipe.views[0], taught.recipe.levels
    memory, sight = taught.memories[view.name], taught.sights.get(view.name, PLAIN)
    frames = FileFrames([folder / one.file for one in joined], bit_depth=levels.bit_depth)
    found = []
    for frame in frames:
        assessment = memory.assess(sight.of(levels.of(frame), view).picture)
        found.append(
            {
                "score": assessment.score,
                "threshold": memory.threshold,
                "rejected": not assessment.normal,
            }
        )
    return found


def refuse_lost(learned_from: LearnedFrom, folder: Path) -> None:
    """Raise RecipeError where a copy of what joined is gone."""
    lost = [one for one in learned_from.joined if not (folder / one.file).is_file()]
    if lost:
        raise RecipeError(
            f"{len(lost)} pictures that joined the recipe are gone from {folder}, the first {lost[0].file}",
            part=STAYS,
            todo=f"restore them; it came from {lost[0].said}",
        )


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
