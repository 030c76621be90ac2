"""Reads a folder in whichever layout of annotations it has: one way for all who take labelled pictures."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from inspection.errors import DatasetError
from inspection.pictures.copies import original_name
from inspection.pictures.labels.folder_names import MOST_IN_A_NAME, says_good, telling_folders
from inspection.pictures.labels.layouts import coco, cvat, labelme, not_read, own, visa, voc, yolo
from inspection.pictures.labels.layouts.annotated import AnnotatedPicture, Annotations
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.layouts.reading import refused


class _Layout(NamedTuple):
    name: str
    is_there: Callable[[Path], bool]
    read: Callable[[Path, ExportedPictures], Iterator[AnnotatedPicture]]


_LAYOUTS: Final = tuple(
    _Layout(each.NAME, each.is_there, each.read) for each in (own, visa, yolo, voc, cvat, coco, labelme)
)


def read_export(root: Path) -> Annotations | None:
    """What the annotations in a folder say; None where it holds none, as a folder of classes does.

    A picture is good where its annotations name no defect, or only what has a name for good
    (:func:`inspection.pictures.labels.folder_names.says_good`), or where no annotation names it and it lies
    in a folder for good parts. Any other picture that no annotation names is left out.

    Raises:
        DatasetError: The annotations are of several layouts, or of one that is not read; they name a picture
            that is missing or of another size, or a class without a name; or they contradict the folders.
        CameraError: There is no picture.
    """
    if not root.is_dir():
        return None
    there = [layout for layout in _LAYOUTS if layout.is_there(root)]
    if not there:
        if layout := not_read.layout_of(root):
            raise DatasetError(
                f"{root} is an export in the layout of {layout}, which is not read",
                part="nothing in the folder was used",
                todo="export it as COCO, YOLO, Pascal VOC or CVAT, or sort the pictures into class folders",
            )
        return None
    if len(there) > 1:
        raise DatasetError(
            f"{root} holds annotations in the layouts of {' and of '.join(one.name for one in there)}",
            part="nothing in the folder was used",
            todo="keep one of them",
        )
    (layout_there,) = there
    pictures = ExportedPictures(root)
    found: dict[Path, AnnotatedPicture] = {}
    for each in layout_there.read(root, pictures):
        if each.path in found:
            raise DatasetError(
                f"the annotations in {root} name {each.path} twice", todo="join what they say, or keep one"
            )
        found[each.path] = _defects_only(each, pictures)
    if pictures.missing:
        name, said_by = next(iter(pictures.missing.items()))
        raise refused(
            said_by,
            f"names {name}, which is missing"
            + (f", and so are {len(pictures.missing) - 1} more" if len(pictures.missing) > 1 else ""),
            todo="export the labels with their pictures, or take out those of pictures that are gone",
        )
    for path in pictures.files:
        if path not in found and _in_good_folder(path, root):
            found[path] = AnnotatedPicture(path)
    if not found:
        raise DatasetError(
            f"the {layout_there.name} annotations in {root} name none of its {len(pictures.files)} pictures",
            todo="put each label where the layout wants it, or export anew",
        )
    return Annotations(
        layout_there.name,
        tuple(found[path] for path in sorted(found)),
        tuple(path for path in pictures.files if path not in found),
    )


def _defects_only(picture: AnnotatedPicture, pictures: ExportedPictures) -> AnnotatedPicture:
    """Without the marks of what is good; raises DatasetError for one that cannot be used."""
    marks = []
    for mark in picture.marks:
        if not mark.kind.strip() or len(mark.kind) > MOST_IN_A_NAME:
            raise DatasetError(
                f"an annotation of {picture.path} has the class {mark.kind[:80]!r}",
                todo=f"give each class a name of 1 to {MOST_IN_A_NAME} letters",
            )
        if says_good(mark.kind):
            continue
        if mark.box is not None:
            width, height = pictures.size(picture.path)
            left, top, across, down = mark.box
            if left >= width or top >= height or left + across < 0 or top + down < 0 or min(across, down) < 0:
                raise DatasetError(
                    f"an annotation of {picture.path} puts {mark.kind!r} outside the picture",
                    todo="export the labels for the pictures as they are",
                )
        marks.append(mark)
    if marks and _in_good_folder(picture.path, pictures.root):
        raise DatasetError(
            f"{picture.path} lies in a folder for good parts, and its annotations mark {marks[0].kind!r}",
            todo="move it, or take out the annotation",
        )
    original = original_name(picture.path)
    group = picture.group or ("" if original == picture.path.stem else original)
    return replace(picture, marks=tuple(marks), mask=picture.mask if marks else None, group=group)


def _in_good_folder(path: Path, root: Path) -> bool:
    return any(says_good(folder) for folder in telling_folders(path.relative_to(root)))
