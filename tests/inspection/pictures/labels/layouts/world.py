"""Five parts and what is wrong with each: what every layout of labels must say, whoever wrote it.

Knows nothing of Passgate: the scripts in ``made_by`` draw from it in environments of their own.
"""

from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 96, 64
SCRATCH = ((10, 20), (40, 20), (40, 24), (10, 24))
"""Corners, inclusive."""
DENT, HOLE = (50, 30, 71, 51), (56, 36, 64, 44)
"""A ring: left, top, right, bottom of its outside and of its hole, right and bottom exclusive."""
KINDS = ("scratch", "dent")
PARTS: dict[str, tuple[str, ...]] = {
    "good_0": (),
    "good_1": (),
    "scratch_0": ("scratch",),
    "dent_0": ("dent",),
    "both_0": ("scratch", "dent"),
}
"""The types of each."""


def region(kind: str) -> np.ndarray:
    """(height, width) of bool."""
    marked = np.zeros((HEIGHT, WIDTH), bool)
    if kind == "scratch":
        (left, top), _, (right, bottom), _ = SCRATCH
        marked[top : bottom + 1, left : right + 1] = True
    else:
        left, top, right, bottom = DENT
        marked[top:bottom, left:right] = True
        left, top, right, bottom = HOLE
        marked[top:bottom, left:right] = False
    return marked


def box(kind: str) -> tuple[int, int, int, int]:
    """Left, top, right, bottom; right and bottom exclusive."""
    rows, columns = np.nonzero(region(kind))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def picture(name: str) -> np.ndarray:
    """(height, width, 3), 8 bits: noise, no two alike."""
    seed = list(PARTS).index(name)
    return np.random.default_rng(seed).normal(120, 6, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def write_pictures(folder: Path, suffix: str = ".jpg") -> dict[str, Path]:
    """Write all of them; for the scripts, which all have Pillow."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}{suffix}" for name in PARTS}
    for name, path in paths.items():
        Image.fromarray(picture(name)).save(path, quality=95)
    return paths
