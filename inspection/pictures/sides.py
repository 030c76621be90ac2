"""The good and the defective pictures of folders that are named for one of the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from inspection.errors import DatasetError
from inspection.pictures.export import read_export
from inspection.pictures.labels.files import PictureFolder, picture_folders
from inspection.pictures.labels.folder_names import says_good, telling_folders

log = structlog.get_logger(__name__)

_NOTHING_USED = "nothing in the folder was used"


@dataclass(frozen=True, slots=True)
class Side:
    """The pictures of one side of a folder."""

    pictures: tuple[Path, ...]
    """Sorted."""
    labelled: bool
    """Labels say which they are; the folders that they lie in then say nothing."""


def good_pictures(good: Path) -> Side:
    """The pictures of a folder of good parts; of an export those that its labels call good.

    Raises:
        CameraError: The folder is missing, or holds no picture.
        DatasetError: Its labels cannot be used, or call none good; or its folders are classes.
    """
    (found,) = _sides([(good, False)])
    return found


def good_and_defective(good: Path, bad: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The pictures of a folder of good parts and of one of defective parts, which may be one export. Sorted.

    Of an export the first are those that its labels call good, the second those in which they mark a defect.

    Raises:
        CameraError: A folder is missing, or holds no picture.
        DatasetError: Labels cannot be used, or call none good, or none defective; or the folders of one side
            are classes.
    """
    first, second = _sides([(good, False), (bad, True)])
    return first.pictures, second.pictures


def _sides(folders: Sequence[tuple[Path, bool]]) -> list[Side]:
    """Of each folder its pictures of one side: True for the defective ones."""
    labelled = [_labelled(folder, defective=defective) for folder, defective in folders]
    plain = [one for one, found in zip(folders, labelled, strict=True) if found is None]
    rest = iter(picture_folders(*(folder for folder, _ in plain)))
    sides = []
    for (_, defective), found in zip(folders, labelled, strict=True):
        if found is not None:
            sides.append(Side(found, labelled=True))
            continue
        folder = next(rest)
        _refuse_classes(folder, defective=defective)
        sides.append(Side(folder.pictures, labelled=False))
    return sides


def _labelled(folder: Path, *, defective: bool) -> tuple[Path, ...] | None:
    """Of an export the pictures of one side; None for any other folder."""
    annotations = read_export(folder)
    if annotations is None:
        return None
    side = tuple(one.path for one in annotations.pictures if bool(one.marks) is defective)
    word = "defective" if defective else "good"
    if not side:
        raise DatasetError(
            f"the {annotations.layout} labels in {folder} call no picture {word}",
            part=_NOTHING_USED,
            todo="name another folder, or label some",
        )
    log.warning(
        f"{folder} has labels: of its pictures those are used that they call {word}",
        layout=annotations.layout,
        used=len(side),
        not_used=len(annotations.pictures) - len(side),
        not_labelled=len(annotations.left_out),
    )
    return side


def _refuse_classes(folder: PictureFolder, *, defective: bool) -> None:
    """Raise DatasetError for a folder of classes where one of good, or of defective parts was asked for."""
    found: dict[str, bool] = {}
    for path in folder.pictures:
        for name in telling_folders(path.relative_to(folder.directory)):
            found[name] = says_good(name)
    good = [name for name, is_good in found.items() if is_good]
    others = [name for name, is_good in found.items() if not is_good]
    if defective and good:
        raise DatasetError(
            f"{folder.directory} was named for defective parts, and its folder {good[0]} is for good ones",
            part=_NOTHING_USED,
            todo="name the folders of defective parts only, or rename it where it shows such",
        )
    if not defective and good and others:
        raise DatasetError(
            f"{folder.directory} was named for good parts, and has the folder {others[0]} beside {good[0]}",
            part=_NOTHING_USED,
            todo=f"name the folder {good[0]} itself; where all of them show good parts, rename {good[0]}",
        )
