"""Structure that is missing, or is there twice.

What is wrong is the shape alone: a line is interrupted or bridged to the next one, a hole is filled, an edge
has a bite out of it or a spur on it, a piece of the pattern stands where none belongs. Each is made of the
levels and the texture that the part shows beside it.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.seen import grain, shrunk
from inspection.simulation.spoiling.shapes import blended, blob, covered, noise, softness_px, turned
from inspection.simulation.spoiling.site import Site

_LESS: Final = 0.85
"""Missing structure leaves at most that share of the gradients that were there,"""
_MORE: Final = 1.2
"""doubled structure makes at least that many times as many."""
_SHIFTS: Final = 4
"""Places beside the defect of which the best is taken."""
_INPAINTED_PX: Final = 20.0
"""Inpainting takes as long as the hole is large; larger ones are filled otherwise."""
_MEDIAN_PX: Final = 60.0
_SIDE_PX: Final = 2.5
"""How far beside an edge its two sides are looked at."""
_LEAST_STEP: Final = 8.0
"""Grey levels between the two sides of an edge, or"""
_STEP_GRAINS: Final = 4.0
"""standard deviations of the grain: a streak of it has no sides."""
_COARSE_PX: Final = 48.0
"""Defects that are larger than that are looked at in as many times fewer pixels."""
_SOFT_PX: Final = 3.0
_LEAST_BRIDGE: Final = 0.35
"""Length of a bridge, as a share of the size that was drawn; what lies closer is for smaller ones."""
_Point = NDArray[np.float64]


def missing(site: Site, rng: np.random.Generator) -> Plane | None:
    """Structure makes room for what surrounds it: its median, its commonest level, the place beside it."""
    cover = covered(blob(site, rng, ragged=0.15), soft_px=min(_SOFT_PX, softness_px(site, rng)))
    ways = [_commonest, _emptiest]
    if site.size_px <= _INPAINTED_PX:
        ways.append(_inpainted)
    if site.size_px <= _MEDIAN_PX:
        ways.append(_median)
    after = blended(site, cover, ways[int(rng.integers(len(ways)))](site, rng, cover))
    return after if gradients(site, after, cover) <= _LESS * gradients(site, site.before, cover) else None


def doubled(site: Site, rng: np.random.Generator) -> Plane | None:
    """A piece of the pattern beside it stands where there is less of it."""
    cover = covered(blob(site, rng), soft_px=min(_SOFT_PX, softness_px(site, rng)))
    candidates = [blended(site, cover, beside) for beside in _around(site, rng)]
    after = max(candidates, key=lambda candidate: gradients(site, candidate, cover))
    return after if gradients(site, after, cover) >= _MORE * gradients(site, site.before, cover) else None


def bite(site: Site, rng: np.random.Generator) -> Plane | None:
    """One side of an edge reaches into the other: a bite out of it, or a spur on it."""
    edge = _edge(site, rng)
    if edge is None:
        return None
    at, towards, own, _ = edge
    into = at - towards * site.size_px * rng.uniform(0.0, 0.35)
    inside = blob(site, rng, at=(float(into[0]), float(into[1])), ragged=0.25)
    cover = covered(inside, soft_px=min(_SOFT_PX, softness_px(site, rng)))
    paint = own + _grain(site, rng)
    if site.good.levels is None and rng.random() < 0.5:  # with the texture of its side
        right, down = towards * site.size_px * rng.uniform(0.8, 1.1)
        paint = site.beside(right, down)
    return blended(site, cover, paint)


def bridge(site: Site, rng: np.random.Generator) -> Plane | None:
    """What separates two like places is crossed: two lines are joined, or a line between gaps is cut."""
    edge = _edge(site, rng)
    if edge is None:
        return None
    at, towards, own, other = edge
    steps = np.arange(_SIDE_PX, 1.2 * site.size_px, 0.5)
    walk = at - steps[:, None] * towards
    levels = _sampled(site.grey, walk + site.centre)
    own_grey, other_grey = float(own.mean()), float(other.mean())
    there = np.abs(levels - own_grey) < 0.4 * abs(other_grey - own_grey)
    if not there.any():
        return None
    length = float(steps[there.argmax()])
    if length < _LEAST_BRIDGE * site.size_px:
        return None
    width = max(2.0, min(site.size_px, length) * rng.uniform(0.25, 0.8))
    middle = at - towards * length / 2.0
    angle = float(np.arctan2(towards[1], towards[0]))
    along, across = turned(site, angle, at=(float(middle[0]), float(middle[1])))
    waist = np.float32(width / 2.0) + np.float32(0.12 * width) * noise(rng, *site.shape, cell_px=width)
    inside = np.minimum(np.float32(length / 2.0 + 1.5) - np.abs(along), waist - np.abs(across))
    return blended(site, covered(inside.astype(np.float32)), own + _grain(site, rng))


def gradients(site: Site, piece: Plane, cover: Plane) -> float:
    """Mean gradient in and close to what is covered, grey levels a pixel; of large defects a coarser one."""
    times = max(1, int(site.size_px / _COARSE_PX))
    grey = shrunk(piece.mean(axis=2), times)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *axes, scale=0.125 / times) for axes in ((1, 0), (0, 1)))
    near = cv2.dilate(shrunk(cover, times), np.ones((3, 3), np.uint8)) > 0.05
    return float(np.hypot(across, down)[near].mean()) if near.any() else 0.0


def _around(site: Site, rng: np.random.Generator) -> list[Plane]:
    """Places beside the defect, in all directions, about its size away."""
    first = rng.uniform(0.0, 2.0 * np.pi)
    shifts = []
    for turn in range(_SHIFTS):
        angle = first + 2.0 * np.pi * turn / _SHIFTS
        away = max(4.0, site.size_px * rng.uniform(0.7, 1.8))
        shifts.append(site.beside(away * np.cos(angle), away * np.sin(angle)))
    return shifts


def _emptiest(site: Site, rng: np.random.Generator, cover: Plane) -> Plane:
    return min(_around(site, rng), key=lambda beside: gradients(site, beside, cover))


def _commonest(site: Site, rng: np.random.Generator, cover: Plane) -> Plane:
    """The level that is most frequent around, with the picture's grain."""
    ring = (cover <= 0.0) & site.part
    if not ring.any():
        return site.before
    bins = (site.grey / 8.0).astype(np.intp)
    commonest = int(np.bincount(bins[ring], minlength=32).argmax())
    level: Plane = np.median(site.before[ring & (bins == commonest)], axis=0).astype(np.float32)
    return level + _grain(site, rng)


def _median(site: Site, rng: np.random.Generator, cover: Plane) -> Plane:
    side = max(5, int(1.4 * site.size_px)) | 1
    median = cv2.medianBlur(site.before.astype(np.uint8), side)
    return _of(site, median) + _grain(site, rng)


def _inpainted(site: Site, rng: np.random.Generator, cover: Plane) -> Plane:
    hole = (cover > 0.0).astype(np.uint8)
    filled = cv2.inpaint(site.before.astype(np.uint8), hole, 3.0, cv2.INPAINT_TELEA)
    return _of(site, filled) + _grain(site, rng)


def _of(site: Site, piece: cv2.typing.MatLike) -> Plane:
    """What OpenCV gave back, in the site's own shape: it drops a single channel."""
    shaped: Plane = piece.reshape(site.before.shape).astype(np.float32)
    return shaped


def _grain(site: Site, rng: np.random.Generator) -> Plane:
    """The picture's own grain, from another place: what is filled in is no smoother than the rest."""
    if site.good.levels is not None:
        return np.zeros_like(site.before)
    fine = site.before - cv2.GaussianBlur(site.before, (0, 0), 1.5).reshape(site.before.shape)
    most = 2.5 * grain(site.grey, site.part)
    grained: Plane = np.clip(fine[::-1, ::-1] if rng.random() < 0.5 else fine[:, ::-1], -most, most)
    return grained


def _edge(site: Site, rng: np.random.Generator) -> tuple[_Point, _Point, Plane, Plane] | None:
    """The clearest edge at the centre: where from the centre, towards which side, and both sides' colours.

    Which of both sides it is drawn; the first of the colours is that side's. None where there is no edge.
    """
    smooth = cv2.GaussianBlur(site.grey, (0, 0), 0.8)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    reach = 2.0 * site.good.step + 2.0
    near = (np.abs(site.along_x) <= reach) & (np.abs(site.along_y) <= reach)
    steep = np.where(near, np.hypot(across, down), np.float32(0.0))
    row, column = (int(place) for place in np.unravel_index(int(steep.argmax()), steep.shape))
    if steep[row, column] <= 0.0:
        return None
    towards = np.array([across[row, column], down[row, column]], np.float64) / float(steep[row, column])
    towards *= rng.choice((-1.0, 1.0))
    sides = [_colour(site, np.array([column, row]) + sign * _SIDE_PX * towards) for sign in (1.0, -1.0)]
    fine = 0.0 if site.good.levels is not None else grain(site.grey, site.part)
    if abs(float(sides[0].mean()) - float(sides[1].mean())) < max(_LEAST_STEP, _STEP_GRAINS * fine):
        return None
    return np.array([column - site.x, row - site.y]), towards, sides[0], sides[1]


def _colour(site: Site, at: _Point) -> Plane:
    """Colour around a point of the site: (channels,)."""
    height, width = site.shape
    row, column = int(np.clip(round(at[1]), 0, height - 1)), int(np.clip(round(at[0]), 0, width - 1))
    around = site.before[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    colour: Plane = np.median(around, axis=(0, 1)).astype(np.float32)
    return colour


def _sampled(grey: Plane, points: _Point) -> Plane:
    """Grey levels at points (n, 2); those outside are those at the border."""
    x, y = points.astype(np.float32).T[:, None]
    found: Plane = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    return found
