"""Exports of labelling tools, told by their files, so that none is taken for folders of classes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

_MOST: Final = 50
"""Files of one kind that are looked at."""


def foreign_export(root: Path) -> str:
    """The name of the layout that ``root`` has, where it is one that is not read; empty otherwise."""
    return next((name for name, has in _LAYOUTS.items() if has(root)), "")


def _yolo(root: Path) -> bool:
    described = any((root / name).is_file() for name in ("data.yaml", "data.yml", "obj.data", "dataset.yaml"))
    return (
        described
        or any(_some(root / folder, "*.txt") for folder in ("labels", "obj_train_data"))
        or any(path.with_suffix(".txt").is_file() for path in _some(root, "*.jpg") + _some(root, "*.png"))
        or any(path.parent.name == "labels" for path in _some(root, "*.txt"))
    )


def _voc(root: Path) -> bool:
    return bool(_some(root / "Annotations", "*.xml")) or any(
        _begins(path, "<annotation") for path in _some(root, "*.xml")
    )


def _cvat(root: Path) -> bool:
    return any(_begins(path, "<annotations") for path in _some(root, "*.xml"))


def _coco(root: Path) -> bool:
    return any(_has_keys(path, {"images", "annotations"}) for path in _some(root, "*.json"))


def _labelme(root: Path) -> bool:
    return any(_has_keys(path, {"shapes", "imagePath"}) for path in _some(root, "*.json"))


_LAYOUTS: Final[dict[str, Callable[[Path], bool]]] = {
    "YOLO": _yolo,
    "Pascal VOC": _voc,
    "CVAT": _cvat,
    "COCO": _coco,
    "LabelMe": _labelme,
}


def _some(root: Path, pattern: str) -> list[Path]:
    return sorted(root.rglob(pattern))[:_MOST] if root.is_dir() else []


def _begins(path: Path, tag: str) -> bool:
    with path.open("rb") as file:
        start = file.read(500).decode("utf-8", errors="replace")
    return f"{tag}>" in start or f"{tag} " in start


def _has_keys(path: Path, keys: set[str]) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and keys <= content.keys()
