"""What was said of the needles' colours, against what is seen: soft evidence, as words and light are."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.needle.axis import Axis
from inspection.instruments.colour import rgb_of
from inspection.instruments.dial import Needle, SecondNeedle

_LEANS = 0.3
"""By how much a second needle must be more like its own colour than the first one is."""

_APART = 30.0
"""Distance in CIE Lab from which colours tell needles apart: red from orange is 42, silver from white 17."""

TINTED = 8.0
"""Distance in colour alone, without lightness, from which something has a colour that another has not."""
VIVID = 20.0
"""Chroma from which a colour is one, and not black, grey or white."""


@lru_cache(maxsize=64)
def lab_of(colour: str) -> npt.NDArray[np.float64] | None:
    """CIE Lab of a colour's name; None where the word says nothing."""
    rgb = rgb_of(colour)
    if rgb is None:
        return None
    lab = cv2.cvtColor(np.array([[rgb]], np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab[0, 0], np.float64)


def is_the_other(axis: Axis, needle: Needle) -> bool:
    """Whether this is rather the second needle than the first: the first is not seen then."""
    return needle.second_needle is not None and _leaning(axis, needle, needle.second_needle) > 0


def _leaning(axis: Axis, needle: Needle, second: SecondNeedle) -> float:
    """By how much its colour is rather that of the second needle than of the first, -1..1."""
    mine, others = _likeness(axis, needle.color), _likeness(axis, second.color)
    return (0.5 if others is None else others) - (0.5 if mine is None else mine)


def is_second_to(axis: Axis, best: Axis, needle: Needle) -> bool:
    """Whether this is the described second needle beside ``best``: clearly more of its colour."""
    second = needle.second_needle
    if second is None:
        return False
    return _leaning(axis, needle, second) > _leaning(best, needle, second) + _LEANS


def tells_apart(needle: Needle) -> bool:
    """Whether what was said of the colours tells the needle from a second one; so where there is none."""
    if needle.second_needle is None:
        return True
    first, second = lab_of(needle.color), lab_of(needle.second_needle.color)
    if first is None or second is None:
        return first is not None or second is not None
    return float(np.linalg.norm(first - second)) > _APART


def denied(axis: Axis, needle: Needle) -> bool:
    """Whether it has a hue that the colour said of the needle has not, nor a mixture of that and the face.

    A thin needle is seen mixed with the face beside it, so that being pale denies nothing.
    """
    named = lab_of(needle.color)
    if named is None:
        return False
    tint, chroma = _tint(axis), float(np.hypot(named[1], named[2]))
    strength = float(np.hypot(*tint))
    return strength > VIVID and (chroma <= VIVID or float(tint @ named[1:]) < 0.5 * strength * chroma)


def of_one_paint(one: Axis, other: Axis) -> bool:
    """Whether both have a colour that the face has not, and no other than each other."""
    colours = [np.array(axis.colour) for axis in (one, other)]
    tints = [np.hypot(*(colour - axis.face)[1:]) for colour, axis in zip(colours, (one, other), strict=True)]
    return min(tints) > TINTED and float(np.linalg.norm(colours[0] - colours[1])) < _APART


def suits(axis: Axis, needle: Needle) -> float:
    """How well the colour fits what was said: soft, since words and light are what they are."""
    first = _likeness(axis, needle.color)
    if needle.second_needle is None:
        return 1.0 if first is None else 0.6 + 0.4 * first
    second = _likeness(axis, needle.second_needle.color)
    if first is None and second is None:
        return 1.0
    if second is None:
        return 0.3 + 0.7 * (first or 0.0)
    if first is None:
        return 1.0 - 0.8 * second
    return 0.15 + 0.85 * first / (first + second + 0.1)


def _likeness(axis: Axis, colour: str) -> float | None:
    """0..1: whether something on this face is of a colour of that name; None where the word says nothing."""
    named = lab_of(colour)
    if named is None:
        return None
    seen, face = np.array(axis.colour), np.array(axis.face)
    chroma = float(np.hypot(named[1], named[2]))
    tinted = _tint(axis)
    strength = float(np.hypot(tinted[0], tinted[1]))
    if chroma > VIVID:
        turn = float(tinted @ named[1:]) / max(strength * chroma, 1e-6)
        return float(np.clip((turn - 0.3) / 0.5, 0, 1) * np.clip((strength - 5) / 15, 0, 1))
    plain = float(np.clip((30 - strength) / 20, 0, 1))
    if named[0] < 35:
        return (
            plain
            * float(np.clip((face[0] - seen[0]) / 15 + 0.5, 0, 1))
            * float(np.clip((75 - seen[0]) / 25, 0, 1))
        )
    if named[0] > 85:
        return plain * float(np.clip((seen[0] - face[0]) / 15 + 0.5, 0, 1))
    return plain


def _tint(axis: Axis) -> npt.NDArray[np.float64]:
    """Its colour without lightness, in a light that makes the face grey where that is nearly so."""
    seen, face = np.array(axis.colour[1:]), np.array(axis.face[1:])
    return seen - face if np.hypot(*face) < 25 else seen
