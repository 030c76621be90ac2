"""Whether the dial that was described is in the picture at all: by its marks, and by where its needle turns.

Marks and pivot are taken from a person's word, and on a picture of anything else a number could be read off
some line. Two things tell: there is print where the marks are said to be, and less of it where they would be
if they were turned and stretched at random (a permutation test, in many rows at once: Westfall and Young
1993); and the needle's axis passes the pivot nearer than a line would by chance. What both are worth is put
together by Fisher's method (1932), so that a pivot clicked carelessly is made good by marks that fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from inspection.gauges.dial.curve import Array
from inspection.gauges.dial.rectified import Rectified
from inspection.gauges.needle.axis import Axis
from inspection.gauges.needle.cues import OFFSETS
from inspection.gauges.needle.face import RADIUS_PX, Bytes, Face, Floats, straighten
from inspection.instruments.place import Mark

_MARKS: Final = 0.05
"""Probability that marks are taken for seen which have nothing to do with the picture."""
_MARKS_IF_FEW: Final = 0.2
"""The same with two or three: they come upon some print easily wherever they are laid."""
_FEW: Final = 3
_TOGETHER: Final = 0.05
"""Probability that marks and needle together are taken for a dial's that is not there."""
_DRAWN: Final = 399
"""Times that the marks are laid at random: the level is known to a hundredth."""
_STRETCH: Final = np.log(1.25)
"""The most by which they are stretched then, as a logarithm: a scale of 300 degrees for one of 240."""
_MOST_MARKS: Final = 32
"""That are looked at, spread along the scale: more say no more."""

_TURNS: Final = 720
"""Directions: half a degree, the width of a fine tick."""
_ROWS: Final = 22
_INNER, _OUTER = 0.36, 1.24
"""Radii between which a scale's print lies, numerals within the ring of marks or outside of it."""
_WIDER: Final = 1.36
"""How much farther out print is looked for then: as far as 1.7 radii, where ticks lie whose numerals' inner
ends were clicked."""
_FINER: Final = 3
_BEST: Final = 3
"""Rows and forms that count: ticks and numerals are seen in a few, and each dial has its own."""
_FORMS: Final = ((1, 17), (9, 61))
"""Directions over which print and what lies about it are taken: ticks, numerals."""
_LOUD: Final = 2.0
"""In usual contrasts: one mark that stands out far (under the needle, in a reflection) is not many marks."""
_GREY_LEVELS: Final = 1.0
"""That are nothing, however even the ground is."""

_BESIDE: Final = max(OFFSETS)
"""Radii within which lines are looked for that pass the pivot: one that has nothing to do with it does so
anywhere there."""


def is_there(picture: Bytes, face: Face, axis: Axis, marks: Sequence[Mark], rectified: Rectified) -> bool:
    """Whether the face that ``marks`` straightened has them, and the needle of that ``axis`` its pivot.

    Marks may have been clicked well inside of the print: where there is none, it is looked for farther out.
    """
    if _are_of_one(chance_of_marks(face, marks, rectified), axis, marks):
        return True
    outward = straighten(picture, np.diag([1 / _WIDER, 1 / _WIDER, 1.0]) @ rectified.matrix)
    return _are_of_one(2 * chance_of_marks(outward, marks, rectified), axis, marks)  # Bonferroni's: two looks


def _are_of_one(of_marks: float, axis: Axis, marks: Sequence[Mark]) -> bool:
    """Whether marks that meet print with that chance, and the needle, are of a dial that is there."""
    if of_marks > (_MARKS_IF_FEW if len(marks) <= _FEW else _MARKS):
        return False
    both = of_marks * min(max(abs(axis.offset), 1e-6) / _BESIDE, 1.0)
    return bool(both * (1.0 - np.log(both)) <= _TOGETHER)


def chance_of_marks(face: Face, marks: Sequence[Mark], rectified: Rectified) -> float:
    """How probable it is that marks laid at random meet as much print as these do, 0 to 1 (a p-value)."""
    spread = np.linspace(0, len(marks) - 1, min(len(marks), _MOST_MARKS)).round().astype(int)
    x, y = rectified.to_disc(np.array([marks[at].point for at in spread])).T
    angles = np.unwrap(np.arctan2(x, -y))
    turn, stretch = _laid()
    middle = angles.mean()
    elsewhere = middle + turn[:, None] + stretch[:, None] * (angles - middle)
    places = np.rint(np.concatenate([angles[None], elsewhere]) * (_TURNS / (2 * np.pi))).astype(int) % _TURNS
    clicked = rectified.click_px / rectified.radius_px
    print_ = _print(face, round(clicked * _TURNS / (2 * np.pi)))
    met = np.zeros((len(places), print_.shape[1]), np.float32)
    for column in places.T:
        met += print_[column]
    met -= met.mean(axis=0)
    met /= met.std(axis=0) + 1e-6
    best = np.partition(met, -_BEST, axis=1)[:, -_BEST:].sum(axis=1)
    return float((1 + np.count_nonzero(best[1:] >= best[0])) / len(best))


@lru_cache(maxsize=1)
def _laid() -> tuple[Array, Array]:
    """By how much the marks are turned and stretched each time."""
    drawn = np.random.default_rng(0).random((2, _DRAWN))
    return 2 * np.pi * drawn[0], np.exp(_STRETCH * (2 * drawn[1] - 1))


@lru_cache(maxsize=2)
def _maps(middle: float) -> tuple[Floats, Floats]:
    rows = _ROWS * _FINER
    radius = (_INNER + (np.arange(rows) + 0.5) * (_OUTER - _INNER) / rows) * RADIUS_PX
    turn = np.arange(_TURNS) * 2 * np.pi / _TURNS
    x, y = middle + radius[:, None] * np.sin(turn), middle - radius[:, None] * np.cos(turn)
    return x.astype(np.float32), y.astype(np.float32)


def _print(face: Face, near: int) -> Floats:
    """Directions x (rows, forms, darker or lighter): how much print there is, within so many directions."""
    x, y = _maps(face.middle)
    light = np.ascontiguousarray(face.lab[..., 0])
    fine = cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    size = (_TURNS, _ROWS)
    polar = cv2.resize(fine.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    seen = None
    if face.blind is not None:
        hidden = cv2.remap(
            face.blind, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=255
        )
        seen = cv2.resize(hidden, size, interpolation=cv2.INTER_AREA) == 0
    room = max(_FORMS)[1]
    around = np.concatenate([polar[:, -room:], polar, polar[:, :room]], axis=1)
    found = []
    for core, aside in _FORMS:
        apart = (cv2.blur(around, (core, 1)) - cv2.blur(around, (aside, 1)))[:, room:-room]
        usual = 1.4826 * np.partition(np.abs(apart), _TURNS // 2, axis=1)[:, _TURNS // 2, None]
        apart /= usual + _GREY_LEVELS
        apart /= 1 + np.abs(apart) / _LOUD
        if seen is not None:
            apart *= seen
        for kind in (apart, -apart):
            wrapped = np.concatenate([kind[:, -near:], kind, kind[:, :near]], axis=1) if near else kind
            reach = cv2.dilate(wrapped, np.ones((1, 2 * near + 1), np.uint8))
            found.append(reach[:, near : near + _TURNS])
    return np.ascontiguousarray(np.concatenate(found).T)
