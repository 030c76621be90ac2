"""Which files of a folder are pictures of parts, and which are masks: one rule for all who read folders.

**Masks.** A mask shows no part. It is told by its name and by its content together:

- ``a.png`` beside ``a.jpg``: of two files of one name, in any two formats, the one that looks like a mask;
- ``a_mask.png``, ``a_gt.png``, ``a__mask.png``, ``mask_a.png``, … beside ``a.jpg``;
- ``ground_truth/TYPE/000_mask.png`` for ``test/TYPE/000.png`` (MVTec AD), ``Masks/x/0.png`` for
  ``Images/x/0.JPG`` (VisA), ``masks/a.png`` for ``a.jpg`` or ``images/a.jpg``.

What cannot be told is refused with words and never counted as a part: a mask without its picture, two
photographs of one name, a photograph where a mask should be. Where every picture looks like a mask (a camera
that gives black and white) the product looks so, and only names tell.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from inspection.errors import CameraError
from inspection.pictures.labels.folder_names import NEUTRAL_FOLDERS
from inspection.pictures.labels.masks import (
    MASK_FOLDERS,
    Likeness,
    likeness,
    looks_like_mask,
    may_be_mask,
    named_as_mask,
)

PICTURE_SUFFIXES: Final = frozenset(
    {".png", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".jpg", ".jpeg", ".jpe", ".jfif"}
)
OTHER_SUFFIXES: Final = frozenset(
    {
        ".gif",
        ".pbm",
        ".pgm",
        ".ppm",
        ".pnm",
        ".pfm",
        ".jp2",
        ".j2k",
        ".jxl",
        ".jxr",
        ".avif",
        ".heic",
        ".heif",
    }
    | {".exr", ".hdr", ".tga", ".pcx", ".ras", ".qoi", ".dcm", ".dng", ".psd"}
)
"""Of pictures that are not read: left out in silence, they would be missed."""

_NOTHING_USED: Final = "nothing in the folder was used"
_NEARLY_ALL: Final = 0.9
_SHOWN: Final = 3
"""Files that a message names; it counts the others."""


@dataclass(frozen=True, slots=True)
class PictureFolder:
    """The pictures of one folder and its subfolders."""

    directory: Path
    pictures: tuple[Path, ...]
    """Sorted by their path within the folder, folder by folder."""
    masks: Mapping[Path, Path] = field(default_factory=dict)
    """The mask of each picture that has one."""


def picture_files(directory: Path) -> tuple[Path, ...]:
    """The pictures of one folder, see :func:`picture_folders`. Raises CameraError."""
    return picture_folder(directory).pictures


def picture_folder(directory: Path) -> PictureFolder:
    """One folder, see :func:`picture_folders`. Raises CameraError."""
    (found,) = picture_folders(directory)
    return found


def picture_folders(*directories: Path) -> tuple[PictureFolder, ...]:
    """The pictures of folders that are used together, as good and defective parts are, without their masks.

    Hidden files are left out.

    Raises:
        CameraError: A folder is missing or holds no picture, or what is a picture and what a mask cannot be
            told; see this module's text.
    """
    found = [_Sorting(directory, every_picture_file(directory)) for directory in directories]
    _refuse_lone_masks(found)
    return tuple(
        PictureFolder(one.directory, tuple(sorted(one.pictures, key=one.place)), one.masks) for one in found
    )


def pictures_among(files: Sequence[Path]) -> tuple[Path, ...]:
    """Those of some named files that are pictures of parts, in their order, without the others' masks.

    Raises:
        CameraError: What is a picture and what a mask cannot be told; see this module's text.
    """
    parents = [path.absolute().parent for path in files]
    among = _Sorting(Path(os.path.commonpath(parents)), [path.absolute() for path in files])
    _refuse_lone_masks([among])
    pictures = set(among.pictures)
    return tuple(path for path in files if path.absolute() in pictures)


def every_picture_file(directory: Path) -> list[Path]:
    """All files with the suffix of a picture, masks as well, but no hidden ones.

    Raises:
        CameraError: The folder is missing, or holds none, or one of a kind that is not read.
    """
    if not directory.is_dir():
        fault = "is a file, not a folder" if directory.is_file() else "does not exist"
        raise CameraError(
            f"the picture folder {directory} {fault}",
            part="nothing was looked at",
            todo="correct its name, or mount the drive",
        )
    named = [
        path
        for path in directory.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES | OTHER_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    ]
    if lost := [path for path in named if path.is_symlink() and not path.exists()]:
        _refuse(
            f"{_listed(lost)} {_are(lost)} a link to what is not there",
            todo="mount the drive that has the pictures, or take the links out of the folder",
        )
    shown = [path for path in named if path.is_file()]
    found = [path for path in shown if path.suffix.lower() in PICTURE_SUFFIXES]
    if others := [path for path in shown if path.suffix.lower() in OTHER_SUFFIXES]:
        _refuse(
            f"{_listed(others)} {_are(others)} of no kind of picture that is read",
            todo="save them as PNG with 8 bits, or take them out of the folder",
        )
    if not found:
        raise CameraError(
            f"there is no picture in {directory}",
            part="nothing was looked at",
            todo=f"put pictures there ({', '.join(sorted(PICTURE_SUFFIXES))}), or name another folder",
        )
    return found


class _Sorting:
    """Sorts the files of one folder into pictures, their masks, and masks that belong to none."""

    def __init__(self, directory: Path, files: Sequence[Path]) -> None:
        self.directory = directory
        self.masks: dict[Path, Path] = {}
        self.lone: list[Path] = []
        """Named and looking like a mask, but of no picture."""
        self.misnamed: list[Path] = []
        """Named like a mask beyond doubt, looking like a photograph, of no picture."""
        named: dict[Path, str] = {}
        plain: list[Path] = []
        for path in files:
            name = named_as_mask(path.relative_to(directory))
            if name is None or not (name[1] or looks_like_mask(path)):
                plain.append(path)
            else:
                named[path] = name[0]
        self.pictures = self._without_masks_of_one_name(plain)
        self._assign(named)

    def place(self, path: Path) -> tuple[str, ...]:
        """By which pictures are sorted."""
        return path.relative_to(self.directory).parts

    def _without_masks_of_one_name(self, plain: Iterable[Path]) -> list[Path]:
        by_name: defaultdict[Path, list[Path]] = defaultdict(list)
        for path in plain:
            by_name[path.with_suffix("")].append(path)
        pictures = []
        for same in by_name.values():
            if len(same) == 1:
                pictures += same
                continue
            picture, *others = sorted(same, key=likeness)
            pictures.append(picture)
            if len(others) > 1 or likeness(others[0]) <= likeness(picture):
                _refuse(
                    f"{_listed(same)} have one name, and nothing says which one shows the part",
                    todo="keep one of them, or give photographs of different parts different names; name a "
                    "mask NAME_mask, or put it into a folder ground_truth",
                )
            self.masks[picture] = others[0]
        return pictures

    def _assign(self, named: Mapping[Path, str]) -> None:
        by_stem: defaultdict[str, list[Path]] = defaultdict(list)
        for picture in self.pictures:
            by_stem[picture.stem].append(picture)
            by_stem[picture.name].append(picture)
        for mask, stem in named.items():
            own = [
                one
                for one in by_stem[stem] or by_stem[mask.stem]
                if self._context(one) == self._context(mask)
            ]
            if not own:
                (self.lone if looks_like_mask(mask) else self.misnamed).append(mask)
            elif not looks_like_mask(mask):
                _refuse(
                    f"{mask} is named like the mask of {own[0]}, but looks like a photograph",
                    todo="rename it where it shows a part; else save the mask as PNG with its areas in full",
                )
            elif len(own) > 1 or own[0] in self.masks:
                masks = [mask, *(self.masks[one] for one in own if one in self.masks)]
                _refuse(
                    f"{_listed(masks)} and {_listed(own)} do not belong together one by one",
                    todo="join the masks of one picture into one, and keep one picture of each name",
                )
            else:
                self.masks[own[0]] = mask

    def _context(self, path: Path) -> tuple[str, ...]:
        """The folders that a picture and its mask have in common."""
        folders = path.relative_to(self.directory).parent.parts
        return tuple(part for part in folders if part.lower() not in MASK_FOLDERS | NEUTRAL_FOLDERS)


def _refuse_lone_masks(found: Sequence[_Sorting]) -> None:
    """Raise CameraError for masks that belong to no picture, and for what only looks like one."""
    pictures = [path for one in found for path in one.pictures]
    lone = [path for one in found for path in one.lone]
    misnamed = [path for one in found for path in one.misnamed]
    if lone:
        _refuse(
            f"{_listed(lone)} {_are(lone)} named like a mask and {_look(lone)} like one, but there is no "
            "picture that it could belong to",
            todo="put the pictures beside their masks, or take the masks out of the folder",
        )
    if misnamed and pictures:
        _refuse(
            f"{_listed(misnamed)} {_are(misnamed)} named like a mask, {_look(misnamed)} like a photograph, "
            "and belongs to no picture",
            todo="rename it where it shows a part, or take it out of the folder",
        )
    for one in found:
        one.pictures += one.misnamed  # all are named so: parts that are masks, say
    pictures += misnamed
    paired = {picture for one in found for picture in one.masks}
    suspect = [p for p in pictures if p not in paired and may_be_mask(p) and likeness(p) is Likeness.MASK]
    if not suspect or (_product_looks_so(pictures) and not any(_names_masks(one.directory) for one in found)):
        return
    _refuse(
        f"{_listed(suspect)} {_look(suspect)} like a mask (few grey values in whole areas) or "
        f"{_are(suspect)} empty, and belongs to no picture",
        todo="take masks out of the folder, or name them as their pictures with _mask; a part that looks so "
        "among others that do not is no picture to go by",
    )


def _product_looks_so(pictures: Sequence[Path]) -> bool:
    """Whether nearly every picture of a folder looks like a mask, so that its looks say nothing."""
    readable = [like for path in pictures if (like := likeness(path)) is not Likeness.UNREADABLE]
    return sum(like is not Likeness.PHOTOGRAPH for like in readable) >= _NEARLY_ALL * len(readable)


def _names_masks(directory: Path) -> bool:
    return any(part.lower() in MASK_FOLDERS for part in directory.resolve().parts[-2:])


def _listed(paths: Sequence[Path]) -> str:
    shown = " and ".join(str(path) for path in sorted(paths)[:_SHOWN])
    return shown if len(paths) <= _SHOWN else f"{shown} and {len(paths) - _SHOWN} more"


def _are(paths: Sequence[Path]) -> str:
    return "is" if len(paths) == 1 else "are"


def _look(paths: Sequence[Path]) -> str:
    return "looks" if len(paths) == 1 else "look"


def _refuse(what: str, *, todo: str) -> NoReturn:
    raise CameraError(what, part=_NOTHING_USED, todo=todo)
