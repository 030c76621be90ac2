"""Rendered displays to teach by, kept in a folder: an interrupted run need not render them again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.errors import WeightsError
from inspection.levels import Picture
from inspection.simulation.instruments.designs import DisplayDesign
from inspection.simulation.instruments.display import render_display
from models.training.displays.designs import drawn_design

_HIGHEST_PX: Final = 64.0
"""Of a digit: the net sees it at half of that."""
_QUALITY: Final = 95
MINUS: Final = -1


@dataclass(frozen=True)
class Rendered:
    """A display, and where its digits are."""

    picture: Picture
    cells: NDArray[np.float64]
    """Digits x 4 x 2: corners of each, from its upper left clockwise, pixels."""
    signs: tuple[int, ...]
    """Which digit each is, or MINUS."""
    decimals: int
    pitch: float
    """From one place to the next, by a digit's width."""
    width: float
    stroke: float
    """By a digit's height, as its width is."""


def render(seed: int, folder: Path) -> None:
    """Renders display ``seed`` into ``folder``, unless it is there; what nobody can read has no digits."""
    label_file = folder / f"{seed:06d}.json"
    if label_file.exists():
        return
    design = drawn_design(np.random.default_rng([seed, 77]))
    pictures, label = render_display(design, seed)
    packed = cv2.imencode(".jpg", pictures[0][..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    (folder / f"{seed:06d}.jpg").write_bytes(packed.tobytes())
    shown = "" if label["hidden"] else label["text"].replace(".", "")
    kept = {
        "cells": _cells(design, label["corners"], len(shown)).tolist(),
        "signs": [MINUS if sign == "-" else int(sign) for sign in shown],
        "decimals": design.decimals,
        "pitch": design.pitch / design.width,
        "width": design.width,
        "stroke": design.stroke,
    }
    unfinished = label_file.with_suffix(".part")
    unfinished.write_text(json.dumps(kept), encoding="utf-8")
    unfinished.replace(label_file)


def loaded(seed: int, folder: Path) -> Rendered:
    """What ``render`` has made.

    Raises:
        WeightsError: Its picture or its label is broken.
    """
    picture = cv2.imread(str(folder / f"{seed:06d}.jpg"), cv2.IMREAD_COLOR)
    try:
        label: dict[str, Any] = json.loads((folder / f"{seed:06d}.json").read_text(encoding="utf-8"))
    except ValueError:
        label = {}
    if picture is None or not label:
        raise WeightsError(
            f"display {seed:06d} in {folder} is broken",
            part="nothing was taught",
            todo="remove the folder: all are rendered again",
        )
    cells = np.array(label.pop("cells"), np.float64).reshape(-1, 4, 2)
    if len(cells):
        high = float(np.hypot(*(cells[:, 0] - cells[:, 3]).T).mean())
        if high > _HIGHEST_PX:
            share = _HIGHEST_PX / high
            picture = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
            cells = (cells + 0.5) * share - 0.5
    return Rendered(
        picture=np.asarray(picture[..., ::-1], np.uint8),
        cells=cells,
        signs=tuple(label["signs"]),
        decimals=label["decimals"],
        pitch=label["pitch"],
        width=label["width"],
        stroke=label["stroke"],
    )


def _cells(design: DisplayDesign, corners: Any, shown: int) -> NDArray[np.float64]:
    """Corners of the last ``shown`` places in the picture, by those of the whole field."""
    lean = float(np.tan(np.deg2rad(design.slant_deg)))
    wide = (design.digits - 1) * design.pitch + design.width + lean
    field = np.array([[0, 0], [wide, 0], [wide, 1], [0, 1]], np.float32)
    to_picture = cv2.getPerspectiveTransform(field, np.array(corners, np.float32))
    lefts = [place * design.pitch for place in range(design.digits - shown, design.digits)]
    if not lefts:
        return np.zeros((0, 4, 2))
    places = np.array(
        [[[x + lean, 0], [x + lean + design.width, 0], [x + design.width, 1], [x, 1]] for x in lefts]
    )
    at = cv2.perspectiveTransform(places.reshape(1, -1, 2).astype(np.float64), to_picture)
    return np.asarray(at, np.float64).reshape(-1, 4, 2)
