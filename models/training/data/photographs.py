"""Reads folders of labelled photographs: which defects each one shows, and where.

Two kinds of layout are read. One folder a class, with masks beside the pictures (like magnetic-tile, see
:mod:`inspection.pictures.labels.files`) or with no places at all (like x-sdd), and ``index.csv``
(``file,class,group``) where groups are known. Or labels in files: ``images/`` with ``labels.json`` (like
bsdata) and what labelling tools export (:mod:`inspection.pictures.labels.layouts`).

**Places.** Outlines, run lengths and masks say which pixels are the defect, and become a mask where they do
for all defects of a picture. A box says where it is, and becomes no mask: most of its pixels may be good.

**Splits.** An export's own train, val and test are read as one and split anew by group; the augmented copies
that Roboflow makes of one picture (``NAME.rf.HASH``) are one group.

**Severity.** Photographs without a scale have no lengths in mm, so severity goes by the longer side of the
defect's box as a share of the picture's longer side: from ``MAJOR_FROM`` on major, from ``CRITICAL_FROM`` on
critical. A defect whose place is unknown is major.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import structlog

from inspection.decision import Box, Severity
from inspection.errors import DatasetError
from inspection.pictures.decoding.decoding import picture_size
from inspection.pictures.export import read_export
from inspection.pictures.labels.files import picture_folder
from inspection.pictures.labels.folder_names import (
    MOST_IN_A_NAME,
    SOME_GOOD_WORDS,
    UNSORTED_FOLDERS,
    says_good,
    telling_folders,
)
from inspection.pictures.labels.layouts import own
from inspection.pictures.labels.layouts.annotated import Annotations
from inspection.pictures.labels.masks import read_mask
from inspection.pictures.sides import good_pictures
from models.training.data.samples import LabelledDefect, Polygon, Split, split_groups

log = structlog.get_logger(__name__)

MAJOR_FROM: Final = 0.05
CRITICAL_FROM: Final = 0.2

INDEX: Final = "index.csv"

_SPLITS: Final = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
_SHOWN: Final = 20
"""Pictures that a message names."""
_SPECK_PX: Final = 9
"""Pieces of a mask below this many pixels are its ragged edge, unless there is no larger one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """One labelled photograph."""

    path: Path
    group: str
    """Photographs of one group are near-copies of each other."""
    split: Split = "train"
    """Follows from the groups of the whole folder, so every use of the folder splits it alike."""
    defects: tuple[LabelledDefect, ...] = ()
    mask: Path | None = None
    polygons: tuple[Polygon, ...] = ()


def severity_by_share(box: Box | None, *, width: int, height: int) -> Severity:
    """The rule in this module's docstring. ``width`` and ``height`` are the picture's, in pixels."""
    if box is None:
        return Severity.MAJOR
    share = max(box[2], box[3]) / max(width, height)
    if share >= CRITICAL_FROM:
        return Severity.CRITICAL
    return Severity.MAJOR if share >= MAJOR_FROM else Severity.MINOR


def read_photographs(root: Path, *, without_good: bool = False) -> tuple[Photograph, ...]:
    """Read a folder of any of the layouts; sorted by path.

    Args:
        root: The folder.
        without_good: No class of it shows good parts, and that is meant so.

    Raises:
        DatasetError: The labels cannot be understood, or do not fit the pictures; no picture is good.
        CameraError: The folder holds no pictures, or one of them is damaged.
    """
    annotations = read_export(root)
    found = _read_classes(root) if annotations is None else _read_annotated(root, annotations)
    # What labels.json outlines is a defect by definition; the classes of a tool may be anything.
    ours = annotations is not None and annotations.layout == own.NAME
    if not (without_good or ours) and all(photograph.defects for photograph in found):
        kinds = ", ".join(sorted({defect.type for photograph in found for defect in photograph.defects}))
        what, name = f"none of the folders {kinds} in {root} is named for good parts", "the folder"
        if annotations is not None:
            what, name = f"the annotations in {root} leave no picture without a defect ({kinds})", "the class"
        raise DatasetError(
            f"{what}: all would be defects",
            todo=f"name {name} of good parts {SOME_GOOD_WORDS}; where they lie elsewhere, name that "
            "folder with --good (recipe adapt); where there are none, say --without-good (dataset convert)",
        )
    return _split(found)


def good_photographs(root: Path) -> tuple[Photograph, ...]:
    """The photographs of good parts in ``root``.

    A labelled folder gives those without a defect. In any other folder all pictures are good, and a subfolder
    is a group.

    Raises:
        DatasetError: The labels cannot be understood, or none of the photographs is good.
        CameraError: The folder holds no pictures.
    """
    side = None if (root / INDEX).is_file() else good_pictures(root)
    if side is None or side.labelled:
        good = tuple(photograph for photograph in read_photographs(root) if not photograph.defects)
    else:
        good = _split(
            tuple(
                Photograph(path=path, group=path.stem if path.parent == root else path.parent.name)
                for path in side.pictures
            )
        )
    if not good:
        raise DatasetError(f"{root} holds no picture of a good part", todo="name another folder")
    return good


def _split(photographs: tuple[Photograph, ...]) -> tuple[Photograph, ...]:
    splits = split_groups([photograph.group for photograph in photographs])
    return tuple(replace(photograph, split=splits[photograph.group]) for photograph in photographs)


def _read_classes(root: Path) -> tuple[Photograph, ...]:
    groups = _read_index(root / INDEX)
    found = []
    empty: list[Path] = []
    unsorted: list[Path] = []
    folder = picture_folder(root)
    for path in folder.pictures:
        inside = path.relative_to(root)
        folders = telling_folders(inside)
        if not folders:
            raise DatasetError(
                f"{path} lies in no class folder, so nothing says what it shows",
                todo=f"sort the pictures into folders, good ones into one named {SOME_GOOD_WORDS}",
            )
        kind = folders[0]
        if kind.lower() in UNSORTED_FOLDERS:
            unsorted.append(path)
            continue
        good = says_good(kind)
        if not good and any(says_good(folder) for folder in folders[1:]):
            raise DatasetError(
                f"{path} lies in a folder for good parts inside one named {kind}, which would be its defect",
                todo=f"name the folder {root / kind} itself, or take its class folders out of it",
            )
        if not good and len(kind) > MOST_IN_A_NAME:
            raise DatasetError(
                f"the folder {root / kind} would be a type of defect, and its name has {len(kind)} letters",
                todo=f"shorten it to {MOST_IN_A_NAME} letters at most",
            )
        mask = None if good else folder.masks.get(path)
        boxes = [] if mask is None else _boxes_of_mask(mask, path)
        if mask is not None and not boxes:
            empty.append(mask)
            mask = None
        defects = () if good else _defects(path, {kind: boxes})
        group = groups.get((kind, path.name), inside.with_suffix("").as_posix())
        found.append(Photograph(path=path, group=group, defects=defects, mask=mask))
    _tell_empty(empty)
    if unsorted:
        log.warning(
            f"{len(unsorted)} pictures are left out, since their folder says that nobody sorted them",
            pictures=[path.relative_to(root).as_posix() for path in unsorted[:_SHOWN]],
        )
    return tuple(found)


def _tell_empty(masks: Sequence[Path]) -> None:
    if masks:
        log.warning(
            "masks mark nothing: where the defects lie is taken for unknown",
            masks=[str(mask) for mask in masks],
            todo="mark the defects in them, or remove them",
        )


def _read_annotated(root: Path, annotations: Annotations) -> tuple[Photograph, ...]:
    """What an export says; what it leaves out and joins is told."""
    if annotations.left_out:
        log.warning(
            f"{len(annotations.left_out)} pictures are left out, since no annotation names them",
            layout=annotations.layout,
            pictures=[path.relative_to(root).as_posix() for path in annotations.left_out[:_SHOWN]],
            todo="where they are good, say so as the layout does (an empty label), or sort them into good",
        )
    folders = {part.lower() for one in annotations.pictures for part in one.path.relative_to(root).parts[:-1]}
    if len(splits := sorted(folders & _SPLITS)) > 1:
        log.info("the export's own splits are read as one, and split anew by group", splits=splits)
    empty: list[Path] = []
    found = []
    for picture in annotations.pictures:
        boxes: dict[str, list[Box]] = {}
        for mark in picture.marks:
            boxes.setdefault(mark.kind, []).extend([] if mark.box is None else [mark.box])
        mask = picture.mask
        if mask is not None:
            drawn = _boxes_of_mask(mask, picture.path)
            if not drawn:
                empty.append(mask)
                mask = None
            elif len(boxes) == 1:
                boxes = dict.fromkeys(boxes, drawn)
        exact = all(mark.outlines for mark in picture.marks)
        outlines = tuple(outline for mark in picture.marks for outline in mark.outlines) if exact else ()
        found.append(
            Photograph(
                path=picture.path,
                # With its suffix, so that it is no group of a class folder's (app.recipes.adapting).
                group=picture.group or picture.path.relative_to(root).as_posix(),
                defects=_defects(picture.path, boxes),
                mask=mask,
                polygons=outlines,
            )
        )
    _tell_empty(empty)
    return tuple(found)


def _read_index(path: Path) -> dict[tuple[str, str], str]:
    """Groups by class and file; empty where there is no index."""
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        if any(not row["group"] for row in rows):
            raise ValueError("a line names no group")
        return {(row["class"], row["file"]): row["group"] for row in rows}
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise DatasetError(
            f"{path} is no index of groups: {error!r}",
            todo="give it the columns file,class,group, or remove it",
        ) from error


def _defects(path: Path, boxes: Mapping[str, Sequence[Box]]) -> tuple[LabelledDefect, ...]:
    """Defects by type, each at its box; one without a place where a type has no boxes."""
    if not boxes:
        return ()
    height, width = picture_size(path)
    return tuple(
        LabelledDefect(type=kind, severity=severity_by_share(box, width=width, height=height), box=box)
        for kind, places in boxes.items()
        for box in (tuple(_within(place, width, height) for place in places) or (None,))
    )


def _boxes_of_mask(mask: Path, picture: Path) -> list[Box]:
    """A box for each connected piece; raises DatasetError where mask and picture differ in size."""
    drawn = read_mask(mask, size=picture_size(picture))
    count, _, table, _ = cv2.connectedComponentsWithStats(drawn)
    pieces = sorted(table[1:count].tolist(), key=lambda row: -row[cv2.CC_STAT_AREA])
    large = [row for row in pieces if row[cv2.CC_STAT_AREA] >= _SPECK_PX] or pieces[:1]
    return [(row[0], row[1], row[2], row[3]) for row in large]


def _within(box: Box, width: int, height: int) -> Box:
    """``box``, cut off at the picture's borders and one pixel at least."""
    left, top = min(max(box[0], 0), width - 1), min(max(box[1], 0), height - 1)
    right, bottom = min(box[0] + box[2], width), min(box[1] + box[3], height)
    return left, top, max(right - left, 1), max(bottom - top, 1)
