"""Layouts that are known and not read, so that none of them is taken for folders of classes."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from inspection.pictures.labels.layouts.reading import has_keys, label_files, some_json


def layout_of(root: Path) -> str:
    """The name of the layout that ``root`` has, where it is one of these; empty otherwise."""
    return next((name for name, has in _LAYOUTS.items() if has(root)), "")


def _lists(root: Path, keys: frozenset[str]) -> bool:
    """Whether a JSON file is a list of objects with these keys."""
    lists = (content for content in some_json(root) if isinstance(content, list))
    return any(has_keys(next(iter(content), None), keys) for content in lists)


def _create_ml(root: Path) -> bool:
    return _lists(root, frozenset({"image", "annotations"}))


def _label_studio(root: Path) -> bool:
    return _lists(root, frozenset({"data", "annotations"}))


def _via(root: Path) -> bool:
    objects = (content for content in some_json(root) if isinstance(content, dict))
    return any(str(key).startswith("_via_") for content in objects for key in content)


def _table(root: Path) -> bool:
    return bool(label_files(root, "_annotations.csv") or label_files(root, "_annotations.txt"))


def _classes(root: Path) -> bool:
    return bool(label_files(root, "_classes.csv"))


def _records(root: Path) -> bool:
    return bool(label_files(root, "*.tfrecord"))


def _masks_of_classes(root: Path) -> bool:
    return (root / "SegmentationClass").is_dir()


_LAYOUTS: Final[dict[str, Callable[[Path], bool]]] = {
    "Pascal VOC's masks of classes": _masks_of_classes,
    "CreateML": _create_ml,
    "Label Studio's own JSON": _label_studio,
    "VGG Image Annotator": _via,
    "Roboflow's tables of boxes": _table,
    "Roboflow's tables of classes": _classes,
    "TFRecord": _records,
}
