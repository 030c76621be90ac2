"""Layouts that are known and not read, so that none of them is taken for folders of classes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from inspection.errors import DatasetError
from inspection.pictures.layouts.reading import json_keys, read_json

_MOST_ASKED: Final = 50
"""JSON files that are looked into."""


def layout_of(root: Path) -> str:
    """The name of the layout that ``root`` has, where it is one of these; empty otherwise."""
    return next((name for name, has in _LAYOUTS.items() if has(root)), "")


def _first_of_list(path: Path) -> Any:
    try:
        content = read_json(path)
    except DatasetError:
        return {}
    return content[0] if isinstance(content, list) and content and isinstance(content[0], dict) else {}


def _create_ml(root: Path) -> bool:
    return any({"image", "annotations"} <= set(_first_of_list(path)) for path in _jsons(root))


def _label_studio(root: Path) -> bool:
    return any({"data", "annotations"} <= set(_first_of_list(path)) for path in _jsons(root))


def _via(root: Path) -> bool:
    return any(any(key.startswith("_via_") for key in json_keys(path)) for path in _jsons(root))


def _table(root: Path) -> bool:
    return any(root.rglob("_annotations.csv")) or any(root.rglob("_annotations.txt"))


def _classes(root: Path) -> bool:
    return any(root.rglob("_classes.csv"))


def _records(root: Path) -> bool:
    return any(root.rglob("*.tfrecord"))


def _masks_of_classes(root: Path) -> bool:
    return (root / "SegmentationClass").is_dir()


def _jsons(root: Path) -> list[Path]:
    return sorted(root.rglob("*.json"))[:_MOST_ASKED]


_LAYOUTS: Final[dict[str, Callable[[Path], bool]]] = {
    "Pascal VOC's masks of classes": _masks_of_classes,
    "CreateML": _create_ml,
    "Label Studio's own JSON": _label_studio,
    "VGG Image Annotator": _via,
    "Roboflow's tables of boxes": _table,
    "Roboflow's tables of classes": _classes,
    "TFRecord": _records,
}
