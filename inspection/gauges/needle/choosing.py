"""Which of the things that run outward on a face is the needle, and when nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inspection.gauges.needle.axis import Axis, again, measure
from inspection.gauges.needle.cues import Direction, directions
from inspection.gauges.needle.face import Face
from inspection.gauges.needle.polar import unwrap
from inspection.instruments.colour import rgb_of
from inspection.instruments.dial import Needle
from inspection.instruments.reading import Unreadable

_TRIED = 4
"""Directions whose flanks are measured; the needle is among the first two of nearly all dials."""
_LEAST_COVERED = 0.22
"""Radii over which both flanks must be seen: a numeral with its tick has less."""
_RIVAL = 0.7
"""A second thing with this share of the best one's merit may as well be the needle."""
_BESIDE = 0.3
"""Radii by which an axis may pass the pivot: farther off it is no needle of this dial."""


@dataclass(frozen=True)
class Found:
    """The needle, and how sure it is that this is it."""

    axis: Axis
    cue: float
    """Direction that the first search gave, to its coarser precision, radians."""
    merit: float
    rival: float
    """Merit of the next best thing, as a share of this one's."""
    hidden_second: bool
    """A second needle was described and isn't seen: it may lie under or over this one."""


@dataclass(frozen=True)
class _Candidate:
    direction: Direction
    axis: Axis
    merit: float


def find_needle(face: Face, needle: Needle) -> Found | Unreadable:
    """The needle on the face, or why there is none that can be told."""
    candidates = _measured(face, needle)
    if not candidates:
        return Unreadable.NOT_FOUND
    best = max(candidates, key=lambda one: one.merit)
    rivals = [one for one in candidates if one is not best and not _same(one.axis, best.axis)]
    others = [one for one in rivals if not _opposite(one.axis, best.axis)]
    tails = [one for one in rivals if _opposite(one.axis, best.axis)]
    if best.axis.covered < _LEAST_COVERED or abs(best.axis.offset) > _BESIDE:
        return Unreadable.GLARE if best.axis.glare > 0.25 else Unreadable.NOT_FOUND
    if best.axis.glare > 0.25:
        return Unreadable.GLARE
    if _is_the_other(best.axis, needle):
        return Unreadable.TWO_NEEDLES
    rival = max((one.merit for one in others), default=0.0) / best.merit
    if rival > _RIVAL:
        return Unreadable.TWO_NEEDLES
    if any(one.axis.tip > best.axis.tip - 0.1 and one.merit > 0.6 * best.merit for one in tails):
        return Unreadable.DISAGREEMENT
    return Found(
        axis=again(face, best.axis, best.direction.begin, best.direction.end, best.direction.width),
        cue=best.direction.angle,
        merit=best.merit,
        rival=rival,
        hidden_second=False,
    )


def _measured(face: Face, needle: Needle) -> list[_Candidate]:
    candidates = []
    for one in directions(unwrap(face))[:_TRIED]:
        axis = measure(face, one.angle, one.offset, one.begin, one.end, one.width)
        if axis is not None:
            merit = axis.covered * axis.contrast / (axis.contrast + 12) * _suits(axis, needle)
            candidates.append(_Candidate(one, axis, merit))
    return candidates


def _is_the_other(axis: Axis, needle: Needle) -> bool:
    """Whether this is rather the second needle than the first: the first is not seen then."""
    if needle.second_needle is None:
        return False
    first, second = _likeness(axis, needle.color), _likeness(axis, needle.second_needle.color)
    if second is None:
        return first is None or first < 0.5
    return second > (0.5 if first is None else first)


def _suits(axis: Axis, needle: Needle) -> float:
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
    rgb = rgb_of(colour)
    if rgb is None:
        return None
    named = cv2.cvtColor(np.array([[rgb]], np.float32) / 255, cv2.COLOR_RGB2LAB)[0, 0]
    seen, face = np.array(axis.colour), np.array(axis.face)
    chroma = float(np.hypot(named[1], named[2]))
    tinted = seen[1:] - face[1:] if np.hypot(face[1], face[2]) < 25 else seen[1:]
    strength = float(np.hypot(tinted[0], tinted[1]))
    if chroma > 20:
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


def _apart(one: float, other: float) -> float:
    return abs((one - other + np.pi) % (2 * np.pi) - np.pi)


def _same(one: Axis, other: Axis) -> bool:
    """Whether both are of one thing: their ends lie together, measured by its width."""
    near = max(0.07, 0.75 * max(one.width, other.width))
    return _apart(one.ray, other.ray) < near


def _opposite(one: Axis, other: Axis) -> bool:
    return _apart(one.angle, other.angle + np.pi) < 0.15
