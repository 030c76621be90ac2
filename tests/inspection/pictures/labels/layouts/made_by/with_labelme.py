"""labelme 6.3.1, its own LabelFile: polygons, a mask, a circle, flags. OUT is the argument.

Only ``_label_file.py`` and ``utils/image.py`` are loaded: the package imports Qt and onnxruntime.
"""

import importlib.util
import sys
import types
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

OUT = Path(sys.argv[1])
FOLDER = Path(str(distribution("labelme").locate_file("labelme")))


def load(name: str, path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


for name in ("PyQt5", "PyQt5.QtGui"):
    sys.modules[name] = types.ModuleType(name)
vars(sys.modules["PyQt5"])["QtGui"] = sys.modules["PyQt5.QtGui"]
vars(sys.modules["PyQt5.QtGui"])["QImage"] = object
package = types.ModuleType("labelme")
vars(package)["__version__"] = distribution("labelme").version
sys.modules["labelme"] = package
vars(package)["utils"] = load("labelme.utils", FOLDER / "utils" / "image.py")
LabelFile = load("labelme._label_file", FOLDER / "_label_file.py").LabelFile


def shape(kind: str) -> dict[str, object]:
    left, top, right, bottom = world.box(kind)
    common: dict[str, object] = {"label": kind, "group_id": None, "description": "", "flags": {}}
    if kind == "scratch":
        return {**common, "shape_type": "polygon", "points": [[float(x), float(y)] for x, y in world.SCRATCH]}
    cut = world.region(kind)[top:bottom, left:right].astype(np.uint8)
    coded = package.utils.img_arr_to_b64(cut * 255)
    corners = [[left, top], [right - 1, bottom - 1]]
    return {**common, "shape_type": "mask", "points": corners, "mask": coded}


for name, path in world.write_pictures(OUT / "json").items():
    LabelFile().save(
        filename=str(path.with_suffix(".json")),
        shapes=[shape(kind) for kind in world.PARTS[name]],
        image_path=path.name,
        image_height=world.HEIGHT,
        image_width=world.WIDTH,
        flags={"good": not world.PARTS[name], "unsure": False},
    )
