"""Which of the things that run outward on a face is the needle, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from inspection.gauges.needle.axis import Axis, again, measure
from inspection.gauges.needle.beneath import beneath
from inspection.gauges.needle.cues import Direction, directions
from inspection.gauges.needle.face import Face
from inspection.gauges.needle.polar import unwrap
from inspection.instruments.colour import rgb_of
from inspection.instruments.dial import Needle, SecondNeedle
from inspection.instruments.reading import Unreadable

_TRIED = 4
"""Directions whose flanks are measured; the needle is among the first two of nearly all dials."""
_WORTH = 0.22
"""Share of the best score from which a direction's flanks are worth measuring."""
_ASKEW = 0.06
"""Radians and radii by which flanks may lie off the direction that was searched along, before they are
measured along their own."""
_LEAST_EVIDENCE = 0.6
"""Score of the search and length over which both flanks are seen, radii, together. Dials drawn without
a needle have at most 0.53 (a numeral with its tick), those with one 0.9 and more, but for a few."""
_LEAST_CLARITY = 3.3
"""Contrast in multiples of the face's own grain: pure noise shows up to 3.8 with little length, needles 4."""
_CUES_APART = 0.03
"""Radians by which the search and the flanks may differ, or a needle's width where that is more."""
_OFF_SCALE = 0.6
"""Weight of what points where the scale has no values: a needle stands there seldom, a case's edge often."""
_PAST_END = 0.1
"""Radians past an end of the scale from which that counts: a needle may rest on its pin."""
_RIVAL = 0.65
"""A second thing with this share of the best one's merit may as well be the needle."""
_LEANS = 0.3
"""By how much a second needle must be more like its own colour than the first one is."""
_CLEARER = 1.3
_SHARPER = 2.0
"""A rival with so many times the contrast counts more as its flanks are sharper, up to this: a reflection
may be long and straight, but it is pale and soft beside the needle."""
_BESIDE = 0.3
"""Radii by which an axis may pass the pivot: farther off it is no needle of this dial."""


@dataclass(frozen=True)
class Found:
    """The needle, and how sure it is that this is it."""

    axis: Axis
    merit: float
    rival: float
    """Merit of the next best thing, as a share of this one's."""


@dataclass(frozen=True)
class _Candidate:
    direction: Direction
    axis: Axis
    merit: float


def find_needle(
    face: Face, needle: Needle, beyond: Callable[[float], float] | None = None
) -> Found | Unreadable:
    """The needle on the face, or why there is none that can be told.

    ``beyond`` says how far past an end of the scale a direction is, radians, 0 on the scale.
    """
    candidates = _measured(face, needle, beyond)
    if not candidates:
        return Unreadable.NOT_FOUND
    best = max(candidates, key=lambda one: one.merit)
    axis = best.axis
    if axis.glare > 0.25:
        return Unreadable.GLARE
    if axis.covered + best.direction.score < _LEAST_EVIDENCE or abs(axis.offset) > _BESIDE:
        return Unreadable.NOT_FOUND
    if axis.contrast < _LEAST_CLARITY * axis.grain:
        return Unreadable.NOT_FOUND
    if _is_the_other(axis, needle):
        return _under(face, best, needle)
    others = [
        one
        for one in candidates
        if one is not best and not _same(one.axis, axis) and not _is_second_to(one.axis, axis, needle)
    ]
    tails = [one for one in others if _opposite(one.axis, axis)]
    if any(one.axis.tip > axis.tip - 0.1 and one.merit > 0.6 * best.merit for one in tails):
        return Unreadable.DISAGREEMENT
    rivals = [_standing(one, axis) for one in others if not _opposite(one.axis, axis)]
    rival = max(rivals, default=0.0) / best.merit
    if rival > _RIVAL:
        return Unreadable.TWO_NEEDLES
    started = best.direction
    finer = again(face, axis, started.begin, started.end, started.width)
    between = (started.begin + started.end) / 2
    cue, seen = (one.angle + np.arcsin(np.clip(one.offset / between, -0.9, 0.9)) for one in (started, finer))
    if _apart(cue, seen) > max(_CUES_APART, finer.width / between):
        return Unreadable.DISAGREEMENT
    return Found(axis=finer, merit=best.merit, rival=rival)


def _standing(rival: _Candidate, axis: Axis) -> float:
    """The rival's merit, and more where it is the clearer and the sharper of the two."""
    if rival.axis.contrast < _CLEARER * axis.contrast:
        return rival.merit
    return rival.merit * float(np.clip(axis.flank / max(rival.axis.flank, 1e-3), 1, _SHARPER))


def _under(face: Face, over: _Candidate, needle: Needle) -> Found | Unreadable:
    """The first needle where the second is what is seen best, and the first nowhere but under it."""
    if needle.second_needle is None:
        return Unreadable.TWO_NEEDLES
    axis = beneath(face, over.axis, rgb_of(needle.color), rgb_of(needle.second_needle.color))
    if axis is None:
        return Unreadable.TWO_NEEDLES
    return Found(axis=axis, merit=over.merit, rival=1.0)


def _measured(face: Face, needle: Needle, beyond: Callable[[float], float] | None) -> list[_Candidate]:
    candidates = []
    seen = directions(unwrap(face))
    most = max((one.score - one.gap for one in seen), default=0.0)
    for one in [one for one in seen if one.score - one.gap > _WORTH * most][:_TRIED]:
        axis = measure(face, one.angle, one.offset, one.begin, one.end, one.width)
        if axis is not None:
            if abs(axis.angle - one.angle) + abs(axis.offset - one.offset) > _ASKEW:
                axis = again(face, axis, one.begin, one.end, one.width)
            merit = _merit(one, axis) * _suits(axis, needle)
            if beyond is not None and beyond(axis.ray) > _PAST_END:
                merit *= _OFF_SCALE
            candidates.append(_Candidate(one, axis, merit))
    return candidates


def _merit(direction: Direction, axis: Axis) -> float:
    """How much it is like a needle: long, clear, unlike its sides, through the pivot and from it."""
    clear = axis.contrast / (axis.contrast + 12)
    alike = direction.score / (direction.score + 0.2)
    central = 1 / (1 + (axis.offset / 0.2) ** 2)
    attached = 1 / (1 + (direction.gap / 0.2) ** 2)
    return axis.covered * clear * alike * central * attached


def _is_the_other(axis: Axis, needle: Needle) -> bool:
    """Whether this is rather the second needle than the first: the first is not seen then."""
    return needle.second_needle is not None and _leaning(axis, needle, needle.second_needle) > 0


def _leaning(axis: Axis, needle: Needle, second: SecondNeedle) -> float:
    """By how much its colour is rather that of the second needle than of the first, -1..1."""
    mine, others = _likeness(axis, needle.color), _likeness(axis, second.color)
    return (0.5 if others is None else others) - (0.5 if mine is None else mine)


def _is_second_to(axis: Axis, best: Axis, needle: Needle) -> bool:
    """Whether this is the described second needle beside ``best``: clearly more of its colour."""
    second = needle.second_needle
    if second is None:
        return False
    return _leaning(axis, needle, second) > _leaning(best, needle, second) + _LEANS


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
