"""The needle's outline: a wide one, such as a water meter's, is a piece of one colour that lies on the pivot.

Its sides are so far apart, and close so fast, that looking along lines outward says little. What says much is
its shape: alike on both sides of its axis, longer than wide, and slimmer towards its point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.needle.axis import Axis, likeness
from inspection.gauges.needle.face import RADIUS_PX, Bytes, Face, Floats
from inspection.gauges.needle.polar import true_lab

_STEP: Final = 2
"""Pixels of the straightened face to one of the outline's."""
_HUB: Final = 0.15
"""Radii about the pivot where the needle shows its colour, whatever pin is in its middle."""
_FACE: Final = (0.3, 1.1)
"""Radii between which most of what is seen is face."""
_LEAST_CONTRAST: Final = 12.0
"""Distance in CIE Lab from the face."""
_SYMMETRY: Final = 0.8
"""Share of it and its mirror image together that both cover. What lies before a needle covers one side."""
_SOLIDITY: Final = 0.9
"""Share of its convex hull that it fills: a rotor with arms does not, nor what a hand leaves of a needle."""
_LENGTH: Final = 1.3
"""Its spread along the axis, in spreads across: a rounder thing has no axis."""
_POINTED: Final = 0.1
"""Skewness along the axis: an oval's is 0, a triangle's 0.57."""

_RIM: Final = 0.06
"""Radii about the outline where its shadow, or its edge's blur, still lies."""
_HELD: Final = 0.5
"""Share of a line that lies on it, if that is one of its own; its point may be paler than the rest."""


@dataclass(frozen=True)
class Outline:
    """A shape that is like a wide needle: lengths in radii, angle in radians clockwise from up."""

    angle: float
    """Of its axis of symmetry, towards the point."""
    offset: float
    """By how much that passes the pivot, positive on the clockwise side."""
    begin: float
    end: float
    """Of its pointing half, along the axis."""
    width: float
    """In the middle of that."""
    back: float
    """How far it reaches from the pivot the other way, with what its dark rim may add."""
    piece: Bytes
    """1 where it is, else 0."""

    def holds(self, axis: Axis) -> bool:
        """Whether this line is one of its own: along its side, or from corner to corner."""
        along = np.linspace(axis.begin, axis.tip, 12)[:, None]
        towards = np.array([np.sin(axis.angle), -np.cos(axis.angle)])
        aside = np.array([np.cos(axis.angle), np.sin(axis.angle)])
        places = (along * towards + axis.offset * aside) * RADIUS_PX / _STEP + (len(self.piece) - 1) / 2
        x, y = np.clip(np.rint(places).astype(int), 0, len(self.piece) - 1).T
        return bool(self.piece[y, x].mean() > _HELD)


def outline(face: Face) -> Outline | None:
    """The shape on the pivot, if it is one that a needle has and ends all around on the face."""
    lab = _shrunk(face.lab)
    radius = _radius(len(lab))
    core, ground = (_median(lab[(radius >= low) & (radius < high)]) for low, high in ((0.0, _HUB), _FACE))
    contrast = float(np.linalg.norm(core - ground))
    if contrast < _LEAST_CONTRAST:
        return None
    level = likeness(lab, core, np.tile(ground, (len(lab), 1)), contrast)
    piece = _piece(np.asarray(level > 0.5), np.asarray(radius < _HUB))
    if piece is None or _goes_on(piece, face):
        return None
    return _shape(piece)


def _shrunk(lab: Bytes) -> Floats:
    small = cv2.resize(lab, None, fx=1 / _STEP, fy=1 / _STEP, interpolation=cv2.INTER_AREA)
    return true_lab(small.astype(np.float32))


@lru_cache(maxsize=2)
def _radius(side: int) -> Floats:
    away = (np.arange(side) - (side - 1) / 2) * _STEP / RADIUS_PX
    return np.asarray(np.hypot(away[:, None], away[None]), np.float32)


def _median(colours: Floats) -> Floats:
    return np.asarray(np.median(colours, axis=0), np.float32)


def _piece(alike: npt.NDArray[np.bool_], hub: npt.NDArray[np.bool_]) -> Bytes | None:
    """What hangs together and lies on the hub, without holes; lines that cross it don't count."""
    clean = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(clean)
    there = labels[hub & (clean > 0)]
    if len(there) == 0:
        return None
    one = (labels == np.bincount(there).argmax()).astype(np.uint8)
    rims, _ = cv2.findContours(one, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros_like(one), rims, -1, 1, cv2.FILLED), np.uint8)


def _goes_on(piece: Bytes, face: Face) -> bool:
    """Whether it reaches what is hidden or not in the picture, so that its end isn't seen."""
    if piece[[0, -1]].any() or piece[:, [0, -1]].any():
        return True
    if face.blind is None:
        return False
    blind = cv2.resize(face.blind, piece.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return bool(cv2.dilate(blind, np.ones((5, 5), np.uint8))[piece > 0].any())


def _shape(piece: Bytes) -> Outline | None:
    y, x = np.nonzero(piece)
    places = np.stack([x, y], axis=1).astype(np.float64)
    middle = places.mean(axis=0)
    away = places - middle
    spreads, axes = np.linalg.eigh(away.T @ away / len(away))
    along = away @ axes[:, 1]
    skewness = float((along**3).mean() / max(spreads[1], 1e-9) ** 1.5)
    towards = axes[:, 1] * np.sign(skewness)
    along = along * np.sign(skewness)
    if spreads[1] < _LENGTH**2 * spreads[0] or abs(skewness) < _POINTED:
        return None
    if _symmetry(piece, middle, towards) < _SYMMETRY or _solidity(piece) < _SOLIDITY:
        return None
    scale = _STEP / RADIUS_PX
    aside = np.array([-towards[1], towards[0]])
    from_pivot = (middle - (len(piece) - 1) / 2) * scale
    begin = float(from_pivot @ towards)
    end = begin + float(along.max()) * scale
    half_way = np.abs(along - 0.5 * along.max()) < 1.0
    return Outline(
        angle=float(np.arctan2(towards[0], -towards[1])),
        offset=float(from_pivot @ aside),
        begin=max(begin, 0.0),
        end=end,
        width=float(np.ptp(away[half_way] @ aside)) * scale,
        back=_RIM - begin - float(along.min()) * scale,
        piece=piece,
    )


def _symmetry(piece: Bytes, middle: npt.NDArray[np.float64], towards: npt.NDArray[np.float64]) -> float:
    """Share that the piece and its mirror image have in common, of what either covers."""
    mirror = 2 * np.outer(towards, towards) - np.eye(2)
    onto = np.column_stack([mirror, middle - mirror @ middle])
    other = cv2.warpAffine(piece, onto, piece.shape[::-1], flags=cv2.INTER_NEAREST)
    both = np.count_nonzero(cv2.bitwise_and(piece, other))
    return both / np.count_nonzero(cv2.bitwise_or(piece, other))


def _solidity(piece: Bytes) -> float:
    rims, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rim = max(rims, key=cv2.contourArea)
    return float(cv2.contourArea(rim) / max(cv2.contourArea(cv2.convexHull(rim)), 1.0))
