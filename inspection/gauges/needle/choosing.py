"""Which of the things that run outward on a face is the needle, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from inspection.gauges.needle.axis import Axis, again, measure
from inspection.gauges.needle.beneath import beneath
from inspection.gauges.needle.cues import Direction, directions
from inspection.gauges.needle.face import Face
from inspection.gauges.needle.far_side import reach_behind
from inspection.gauges.needle.outline import outline
from inspection.gauges.needle.polar import unwrap
from inspection.gauges.needle.said_colours import (
    denied,
    is_second_to,
    is_the_other,
    of_one_paint,
    suits,
    tells_apart,
)
from inspection.instruments.dial import Needle
from inspection.instruments.reading import Unreadable

_Beyond = Callable[[float], float]

_TRIED = 4
"""Directions whose flanks are measured, and twice as many where there are two needles, each with a tail;
the needle is among the first two of nearly all dials."""
_WORTH = 0.22
"""Share of the best score from which a direction's flanks are worth measuring."""
_ASKEW = 0.06
"""Radians and radii by which flanks may lie off the direction that was searched along, before they are
measured along their own."""
_HIDDEN = 0.25
"""Share of the needle's length in glare, or outside the picture, from which it is hidden."""
_GLARING = 0.04
"""Share of the face that is hidden, from which that is why no needle is seen."""
_LEAST_EVIDENCE = 0.6
"""Score of the search and length over which both flanks are seen, radii, together. Dials drawn without
a needle have at most 0.53 (a numeral with its tick), those with one 0.9 and more, but for a few."""
_ENOUGH = 0.85
"""Evidence from which clarity isn't asked for: numerals all around are a coarse grain too."""
_LEAST_CLARITY = 3.3
"""Contrast in multiples of the face's own grain: pure noise shows up to 3.8 with little length, needles 4."""
_CUES_APART = 0.03
"""Radians by which the search and the flanks may differ, or a needle's width where that is more."""
_OFF_SCALE = 0.6
"""Weight of what points where the scale has no values: a needle stands there seldom, a case's edge often."""
_NEAR = 0.12
"""Radii within which a needle's axis passes the pivot, but for one that stands high above its face."""
_PAST_END = 0.1
"""Radians past an end of the scale from which that counts: a needle may rest on its pin."""
_RIVAL = 0.65
"""A second thing with this share of the best one's merit may as well be the needle."""
_RIVAL_ALIKE = 0.35
"""The same where a second needle was described and no colour tells it apart, and for what has the needle's
own paint: a rotor's arms have, numerals and ticks seldom."""
_CLEARER = 1.3
_SHARPER = 2.0
"""A rival with so many times the contrast counts more as its flanks are sharper, up to this: a reflection
may be long and straight, but it is pale and soft beside the needle."""
_TAIL = (0.1, 0.26)
"""Radii between which a needle's tail is looked for."""
_TAILS_LENGTH = 0.06
_HUBS_WIDTH = 0.2
"""Radii: as much of a tail must be seen there, and what is as wide as that is a hub."""
_BESIDE = 0.3
"""Radii by which an axis may pass the pivot: farther off it is no needle of this dial."""
_SHORT = 0.8
"""Radii of the ring that a needle mostly reaches: what ends before may be its tail."""
_LONGER = 0.9
"""Of its own reach: how far the other side may be taken before it may be the pointing half."""

_FLANKED = 0.5
"""Of its length: along most of it a needle's flanks are seen, unless a second needle may lie over them. Else
the line through their middles is chance."""
_OUTER = 0.5
"""Of its reach: what begins beyond that runs from no hub that is seen. Somebody may have set it there."""
_SUITING = 0.8
"""How well an outline's colour must fit what was said: rather well than not."""


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
    twice: bool
    """Whether it was measured along its own axis already."""
    astray: bool
    """Whether it neither points at the scale nor passes near the pivot: a case's edge does that."""


def find_needle(face: Face, needle: Needle, beyond: _Beyond | None = None) -> Found | Unreadable:
    """The needle on the face, or why there is none that can be told.

    ``beyond`` says how far past an end of the scale a direction is, radians, 0 on the scale.
    """
    candidates = _measured(face, needle, beyond)
    if not candidates:
        return _by_outline(face, needle, beyond, []) or _nothing(face)
    best = max(candidates, key=lambda one: one.merit)
    if needle.second_needle is None:
        best = _pointer(best, candidates)
    elif not tells_apart(needle):
        best = _balanced(face, best, candidates)
    axis = best.axis
    if axis.glare > _HIDDEN:
        return Unreadable.GLARE
    score = max(one.direction.score for one in candidates if _same(one.axis, axis))
    evidence = axis.covered + score
    unclear = axis.contrast < _LEAST_CLARITY * axis.grain and evidence < _ENOUGH
    if evidence < _LEAST_EVIDENCE or unclear or abs(axis.offset) > _BESIDE:
        return _by_outline(face, needle, beyond, []) or _nothing(face)
    if is_the_other(axis, needle):
        return _under(face, best, needle)
    if axis.begin > _OUTER * axis.tip and denied(axis, needle):
        return Unreadable.NOT_FOUND
    if needle.second_needle is None and _patchy(axis):
        return _by_outline(face, needle, beyond, []) or _nothing(face)
    others = [one for one in candidates if _is_another(one, best, needle)]
    tails = [one for one in others if _opposite(one.axis, axis)]
    if any(_longer(one, best) for one in tails):
        return Unreadable.DISAGREEMENT
    if _may_be_tail(face, axis, beyond, 0.0) or _may_be_tail_of_hidden(axis, candidates, needle, beyond):
        return _by_outline(face, needle, beyond, [axis]) or Unreadable.DISAGREEMENT
    beside = [one for one in others if not _opposite(one.axis, axis)]
    standing = [_standing(one, axis) / best.merit for one in beside]
    rivals = [
        one.axis
        for one, share in zip(beside, standing, strict=True)
        if share > _most(one.axis, axis, needle) and not _is_arm(one.axis, axis)
    ]
    if rivals and not _alone_has_tail(face, axis, rivals, needle):
        return _by_outline(face, needle, beyond, [axis, *rivals]) or Unreadable.TWO_NEEDLES
    started = best.direction
    finer = axis if best.twice else again(face, axis, started.begin, started.end, started.width)
    between = (started.begin + started.end) / 2
    cue, seen = (one.angle + np.arcsin(np.clip(one.offset / between, -0.9, 0.9)) for one in (started, finer))
    if _apart(cue, seen) > max(_CUES_APART, finer.width / between):
        return Unreadable.DISAGREEMENT
    return Found(axis=finer, merit=best.merit, rival=max(standing, default=0.0))


def _by_outline(
    face: Face, needle: Needle, beyond: _Beyond | None, parts: list[Axis]
) -> Found | Unreadable | None:
    """A wide needle by its outline, of which ``parts`` are, and both flanks; None where there is none."""
    shape = outline(face) if needle.second_needle is None else None
    if shape is None or not all(shape.holds(part) for part in parts):
        return None
    along = shape.begin, shape.end, shape.width
    axis = measure(face, shape.angle, shape.offset, *along)
    if axis is None:
        return None
    axis = again(face, axis, *along)
    past = beyond is not None and beyond(axis.ray) > _PAST_END
    if past or abs(axis.offset) > _BESIDE or _patchy(axis):
        return None
    if suits(axis, needle) < _SUITING:
        return None
    if _may_be_tail(face, axis, beyond, shape.back):
        return Unreadable.DISAGREEMENT
    # Two ways to see one axis: half of what is between them is how uncertain it is.
    spread = float(np.hypot(axis.spread, _apart(axis.angle, shape.angle) / 2))
    return Found(axis=replace(axis, spread=spread), merit=axis.covered, rival=0.0)


def _patchy(axis: Axis) -> bool:
    """Whether its flanks run as a needle's do along less than half of it, outside the hub."""
    return axis.covered < _FLANKED * (axis.tip - max(axis.begin, _TAIL[0]))


def _pointer(best: _Candidate, candidates: list[_Candidate]) -> _Candidate:
    """The one of the best one's paint that comes to a point, where it is an arm of a rotor that has one."""
    pointed = [one for one in candidates if _is_pointed(one.axis) and of_one_paint(one.axis, best.axis)]
    if not pointed:
        return best
    first = max(pointed, key=lambda one: one.merit)
    alone = all(_same(one.axis, first.axis) for one in pointed)
    return first if alone and not _same(first.axis, best.axis) else best


def _is_pointed(axis: Axis) -> bool:
    """Whether it runs from the hub to the scale and comes to a point, so wide as no second needle is."""
    narrows = -axis.widens > max(axis.width, 2 * axis.flank)
    return narrows and axis.width > _HUBS_WIDTH and axis.begin < _HUBS_WIDTH and axis.tip > _SHORT


def _is_arm(one: Axis, axis: Axis) -> bool:
    """Whether it holds something on the rotor whose pointer ``axis`` is: of its paint, and not pointed."""
    return _is_pointed(axis) and of_one_paint(one, axis) and not _is_pointed(one)


def _may_be_tail(face: Face, axis: Axis, beyond: _Beyond | None, known: float) -> bool:
    """Whether it is short or widens, and something on the other side may be a pointing half that is longer.

    ``known`` is how far the other side is known to be of this very thing, radii. A needle narrows towards
    its tip and a tail widens to balance it: what is short and widens besides is no needle by itself, however
    bare the other side seems.
    """
    widens = axis.widens > 2 * axis.flank  # beyond what both flanks leave unclear
    if widens and axis.tip < _SHORT:
        return True
    on_scale = beyond is None or beyond(axis.ray + np.pi) < _PAST_END
    return (
        (widens or axis.tip < _SHORT)
        and on_scale
        and reach_behind(face, axis) > max(_LONGER * axis.tip, known)
    )


def _may_be_tail_of_hidden(
    axis: Axis, candidates: list[_Candidate], needle: Needle, beyond: _Beyond | None
) -> bool:
    """Whether the second needle lies on the other side, so that it hides the half that points.

    A drag needle lies on the needle that pushes it. What is seen of that one then is its tail, and that may
    seem to reach the scale where a tick or a numeral stands before it.
    """
    if beyond is not None and beyond(axis.ray + np.pi) >= _PAST_END:
        return False
    second = [one.axis for one in candidates if is_second_to(one.axis, axis, needle)]
    return any(_hides_half(one, axis) and one.tip > min(_SHORT, _LONGER * axis.tip) for one in second)


def _hides_half(second: Axis, tail: Axis) -> bool:
    """Whether it lies over half of what points on the tail's other side, or more, at least by its edge.

    Two things at an angle lie apart from the distance on at which the angle is as wide as both their halves.
    """
    angle = _apart(second.ray, tail.ray + np.pi)
    return _opposite(second, tail) and np.sin(angle) * second.tip / 2 < (second.width + tail.width) / 2


def _longer(behind: _Candidate, best: _Candidate) -> bool:
    """Whether what lies on the other side may be the half that points, which no tail is longer than."""
    one, other = behind.axis, best.axis
    if other.tip < _SHORT and one.tip > other.tip and one.covered > other.covered:
        return True  # however pale it is, as in light that eats a thin tip
    return one.tip > other.tip - 0.1 and behind.merit > 0.6 * best.merit


def _is_another(one: _Candidate, best: _Candidate, needle: Needle) -> bool:
    """Whether it may be the needle as well: another thing than ``best``, and not known for something else."""
    if one is best or one.astray or _same(one.axis, best.axis):
        return False
    return not is_second_to(one.axis, best.axis, needle)


def _nothing(face: Face) -> Unreadable:
    """Why there is no needle to be seen."""
    hidden = face.blind is not None and float((face.blind > 0).mean()) > _GLARING
    return Unreadable.GLARE if hidden else Unreadable.NOT_FOUND


def _standing(rival: _Candidate, axis: Axis) -> float:
    """The rival's merit: less where it would be no needle by itself, more where it is clearer and sharper."""
    if rival.axis.contrast < _CLEARER * axis.contrast:
        return rival.merit * min(1.0, (rival.axis.covered + rival.direction.score) / _LEAST_EVIDENCE)
    return rival.merit * float(np.clip(axis.flank / max(rival.axis.flank, 1e-3), 1, _SHARPER))


def _most(rival: Axis, axis: Axis, needle: Needle) -> float:
    """The greatest share of the needle's merit that this rival may have."""
    return _RIVAL if tells_apart(needle) and not of_one_paint(rival, axis) else _RIVAL_ALIKE


def _balanced(face: Face, best: _Candidate, candidates: list[_Candidate]) -> _Candidate:
    """The one with a tail, where the best has none and may as well be the second needle by its colour."""
    others = [
        one
        for one in candidates
        if one.merit > _RIVAL_ALIKE * best.merit and not one.astray and not _same(one.axis, best.axis)
    ]
    if not others or _tail(face, best.axis) is not None:
        return best
    return next((one for one in others if _tail(face, one.axis) is not None), best)


def _alone_has_tail(face: Face, axis: Axis, rivals: list[Axis], needle: Needle) -> bool:
    """Whether of two needles of one colour this is the one with a tail, and the other is no longer.

    A needle is balanced by its tail, or it would turn by its weight; what it pushes is held by friction and
    needs none. Where both have one, or it may be that something hides the other's, nobody can tell.
    """
    if needle.second_needle is None or _tail(face, axis) is None:
        return False
    longest = axis.tip + _TAILS_LENGTH
    return all(
        _same(one, rivals[0]) and one.tip < longest and reach_behind(face, one) <= _HUBS_WIDTH
        for one in rivals
    )


def _under(face: Face, over: _Candidate, needle: Needle) -> Found | Unreadable:
    """The first needle where the second is what is seen best, and the first nowhere but under it."""
    if needle.second_needle is None:
        return Unreadable.TWO_NEEDLES
    axis = beneath(face, over.axis, needle.color, needle.second_needle.color)
    if axis is None and _has_tail_of_first(face, over.axis, needle):
        axis = replace(over.axis, spread=float(np.hypot(over.axis.spread, over.axis.width / 4)))
    if axis is None:
        return Unreadable.TWO_NEEDLES
    return Found(axis=axis, merit=over.merit, rival=1.0)


def _has_tail_of_first(face: Face, over: Axis, needle: Needle) -> bool:
    """Whether the first needle's tail is seen behind the second, so that it lies under it altogether."""
    tail = _tail(face, over)
    return tail is not None and not is_the_other(tail, needle)


def _tail(face: Face, axis: Axis) -> Axis | None:
    """What lies on the other side of the pivot along the same line, as a tail does."""
    tail = measure(face, axis.angle + np.pi, -axis.offset, *_TAIL, axis.width)
    if tail is None or _apart(tail.angle, axis.angle + np.pi) > 0.1 or abs(tail.offset) > 0.04:
        return None
    seen = tail.covered > _TAILS_LENGTH and tail.begin < 0.7 * _TAIL[1] and tail.width < _HUBS_WIDTH
    return tail if seen else None


def _measured(face: Face, needle: Needle, beyond: _Beyond | None) -> list[_Candidate]:
    candidates = []
    seen = directions(unwrap(face))
    most = max((one.score - one.gap for one in seen), default=0.0)
    tried = _TRIED if needle.second_needle is None else 2 * _TRIED
    for one in [one for one in seen if one.score - one.gap > _WORTH * most][:tried]:
        axis = measure(face, one.angle, one.offset, one.begin, one.end, one.width)
        if axis is not None:
            askew = abs(axis.angle - one.angle) + abs(axis.offset - one.offset) > _ASKEW
            if askew:
                axis = again(face, axis, one.begin, one.end, one.width)
            merit = _merit(one, axis) * suits(axis, needle)
            past = beyond is not None and beyond(axis.ray) > _PAST_END
            astray = past and abs(axis.offset) > _NEAR
            candidates.append(_Candidate(one, axis, merit * (_OFF_SCALE if past else 1), askew, astray))
    return candidates


def _merit(direction: Direction, axis: Axis) -> float:
    """How much it is like a needle: long, clear, unlike its sides, through the pivot and from it."""
    clear = axis.contrast / (axis.contrast + 12)
    alike = direction.score / (direction.score + 0.2)
    central = 1 / (1 + (axis.offset / 0.2) ** 2)
    attached = 1 / (1 + (direction.gap / 0.2) ** 2)
    return axis.covered * clear * alike * central * attached


def _apart(one: float, other: float) -> float:
    return abs((one - other + np.pi) % (2 * np.pi) - np.pi)


def _same(one: Axis, other: Axis) -> bool:
    """Whether both are of one thing: their ends lie together, measured by its width."""
    near = max(0.07, 0.75 * max(one.width, other.width))
    return _apart(one.ray, other.ray) < near


def _opposite(one: Axis, other: Axis) -> bool:
    return _apart(one.angle, other.angle + np.pi) < 0.15
