"""Woven belt with a printed stripe, rendered for the bench alone: flat, straight, without a fixed place.

A twill: every warp yarn lies over two weft yarns and under two, one yarn further in each row. A yarn is a
cylinder lit from the side; where it dives below the other one it grows dark. Rolls differ in yarn, dye, print
and light; pieces of one roll in where along the belt they are taken, in their turn, focus and exposure.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.part import Picture
from models.benchmarks.products.product import Product, Specimen, with_drawn_defect

HEIGHT: Final = 320
WIDTH: Final = 480
_ROLLS: Final = 32
_PIECES: Final = 12
"""Of each roll."""
_HALF_WIDTH: Final = 128.0
"""Of the belt, in pixels, from its middle line to the selvage."""
_TABLE: Final = (38.0, 40.0, 44.0)
"""The dark table beside the belt, grey levels."""
_DYES: Final = ((58.0, 74.0, 104.0), (96.0, 104.0, 72.0), (150.0, 96.0, 52.0), (118.0, 116.0, 112.0))
_INKS: Final = ((216.0, 208.0, 190.0), (198.0, 60.0, 48.0), (228.0, 186.0, 60.0))
_Plane = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roll:
    """What all pieces of one roll share."""

    warp_px: float
    weft_px: float
    twill: int
    dye: NDArray[np.float64]
    ink: NDArray[np.float64]
    stripe_px: float
    mark_px: float
    lamp: float
    gradient: tuple[float, float]
    uneven: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "_Roll":
        return cls(
            warp_px=float(rng.uniform(7.2, 8.8)),
            weft_px=float(rng.uniform(5.4, 6.6)),
            twill=int(rng.choice([-1, 1])),
            dye=np.array(_DYES[int(rng.integers(len(_DYES)))]) * rng.uniform(0.92, 1.08, 3),
            ink=np.array(_INKS[int(rng.integers(len(_INKS)))]),
            stripe_px=float(rng.uniform(14.0, 22.0)),
            mark_px=float(rng.uniform(86.0, 110.0)),
            lamp=float(rng.uniform(-0.5, 0.5)),
            gradient=(float(rng.uniform(-0.1, 0.1)), float(rng.uniform(-0.1, 0.1))),
            uneven=float(rng.uniform(0.03, 0.06)),
        )


def webbing(seed: int, roll: int, piece: int) -> Picture:
    """Render one piece of one roll: RGB, uint8, (``HEIGHT``, ``WIDTH``, 3); about 30 ms on one core."""
    of_roll = _Roll.drawn(np.random.default_rng([seed, roll]))
    rng = np.random.default_rng([seed, roll, piece])
    along, across = _belt_axes(rng)
    on_belt = np.clip(_HALF_WIDTH - np.abs(across) + 0.5, 0.0, 1.0)[..., None]
    light, top = _woven(along + rng.uniform(0.0, 500.0), across, of_roll, rng)
    ink = _printed(along + rng.uniform(0.0, of_roll.mark_px), across + rng.normal(0.0, 1.5), of_roll)
    # the print reaches the yarns' backs, not where they dive
    amount = (0.85 * ink * np.clip(1.6 * top - 0.2, 0.0, 1.0))[..., None]
    cloth = light[..., None] * (of_roll.dye + amount * (of_roll.ink - of_roll.dye))
    scene = np.array(_TABLE) + on_belt * (cloth - np.array(_TABLE))
    x, y = np.linspace(-1.0, 1.0, WIDTH)[None], np.linspace(-1.0, 1.0, HEIGHT)[:, None]
    exposure = rng.uniform(0.94, 1.06)
    scene *= (exposure * (1.0 + of_roll.gradient[0] * x + of_roll.gradient[1] * y))[..., None]
    scene = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.6, 0.9))
    noisy = scene + rng.normal(0.0, 1.6, scene.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def _belt_axes(rng: np.random.Generator) -> tuple[_Plane, _Plane]:
    """Pixels along the belt and across it from its middle line, which lies a little off and askew."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    turn, off = rng.normal(0.0, 0.012), rng.normal(0.0, 3.0)
    x, y = columns - WIDTH / 2.0, rows - HEIGHT / 2.0 - off
    return np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x


def _woven(along: _Plane, across: _Plane, roll: _Roll, rng: np.random.Generator) -> tuple[_Plane, _Plane]:
    """How the cloth reflects, about 1 on the yarns' backs, and how high the upper yarn stands, 0 to 1."""
    # yarns are never quite straight
    warp = (across + 0.5 * np.sin(along / 61.0 + rng.uniform(0.0, 6.3))) / roll.warp_px
    weft = (along + 0.7 * np.sin(across / 43.0 + rng.uniform(0.0, 6.3))) / roll.weft_px
    end, pick = np.floor(warp), np.floor(weft)
    warp_above = np.mod(end * roll.twill + pick, 4.0) < 2.0
    in_end, in_pick = warp - end - 0.5, weft - pick - 0.5
    # the middle of a float of two yarns, in yarns from here: there the upper yarn stands highest
    float_of_warp = np.mod(end * roll.twill + pick, 4.0) + in_pick - 0.5
    float_of_weft = np.mod(pick * roll.twill + end, 2.0) + in_end - 0.5
    rise = np.where(warp_above, np.cos(0.42 * np.pi * float_of_warp), np.cos(0.42 * np.pi * float_of_weft))
    section = np.where(warp_above, in_end, in_pick)
    top = np.clip(0.35 + 0.65 * rise, 0.0, 1.0) * np.sqrt(np.clip(1.0 - (1.75 * section) ** 2, 0.0, 1.0))
    thick = np.where(
        warp_above,
        1.0 + roll.uneven * rng.standard_normal(200)[np.mod(end, 200.0).astype(np.intp)],
        0.94 + roll.uneven * rng.standard_normal(400)[np.mod(pick, 400.0).astype(np.intp)],
    )
    fibres = cv2.GaussianBlur(rng.standard_normal(along.shape), (0, 0), 1.2) * 0.12
    light = (0.3 + 0.85 * top) * thick * (1.0 + roll.lamp * section) * (1.0 + fibres)
    return light, top


def _printed(along: _Plane, across: _Plane, roll: _Roll) -> _Plane:
    """Where the ink is, 0 to 1: a stripe along the middle, broken by a mark at equal distances."""
    stripe = np.clip(roll.stripe_px - np.abs(across) + 0.5, 0.0, 1.0)
    place = np.mod(along, roll.mark_px) - roll.mark_px / 2.0
    gap = np.clip(9.0 - np.abs(place + 0.6 * across) + 0.5, 0.0, 1.0)
    return np.asarray(stripe * (1.0 - gap), np.float64)


def _specimens(_data: Path, seed: int) -> tuple[Specimen, ...]:
    found = []
    for roll in range(_ROLLS):
        for piece in range(_PIECES):
            read = partial(webbing, seed, roll, piece)
            defective = piece % 2 == 1
            drawn_by = (seed * _ROLLS + roll) * _PIECES + piece
            found.append(
                Specimen(
                    name=f"roll {roll}, piece {piece}",
                    group=f"roll {roll}",
                    kin=f"roll {roll}, piece {piece}",
                    defective=defective,
                    read=with_drawn_defect(read, seed=drawn_by, places=_on_belt) if defective else read,
                )
            )
    return tuple(found)


def _on_belt(picture: Picture) -> NDArray[np.bool_]:
    """Clear of the selvages, wherever the belt lies."""
    allowed = np.zeros(picture.shape[:2], np.bool_)
    margin = round(HEIGHT / 2 - _HALF_WIDTH + 20)
    allowed[margin:-margin, 20:-20] = True
    return allowed


WEBBING: Final = Product(name="webbing", defects="drawn", folder=None, specimens=_specimens)
