"""A needle's own axis by both its flanks: the line through the middles between them.

The line isn't forced through the pivot: a needle stands above the face, and seen from the side its own pivot
lies beside the one that was taught. How far it passes is kept, for whoever judges what that means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from inspection.gauges.needle.face import RADIUS_PX, Bytes, Face, Floats
from inspection.gauges.needle.polar import true_lab

Doubles = npt.NDArray[np.float64]

_LONG = 1.2
_FARTHEST = 0.5
"""Half the strip's width at most, radii."""
_STOUT = 0.12
"""Half a filter's width from which a needle may be much wider near its hub than where it was found."""
STEP_PX = 2
"""The strip's rows are this far apart; each is the mean over that length."""


@dataclass(frozen=True)
class Axis:
    """A straight thing on the face, by its flanks: lengths in radii, angles in radians clockwise from up."""

    angle: float
    offset: float
    """By how much it passes the pivot, positive on the clockwise side."""
    spread: float
    """Standard uncertainty of the angle from the scatter of the middles."""
    ray: float
    """Direction from the pivot to the end."""
    begin: float
    tip: float
    covered: float
    """Length over which both flanks are seen and run as a needle's do."""
    width: float
    widens: float
    """By how much it is wider at its outer end than at its inner one."""
    contrast: float
    """Colour distance from the face."""
    grain: float
    """How far the face beside it is from one colour, in the same measure."""
    colour: tuple[float, float, float]
    """Lab."""
    face: tuple[float, float, float]
    flank: float
    """Width of a flank from 20 to 80 %."""
    glare: float
    """Share of its length that lies in glare or outside the picture."""

    def about(self, place: Doubles, sure: float) -> Axis:
        """The same as seen from there (radii from the pivot, y down), which is known to within ``sure``."""
        along = place @ (np.sin(self.angle), -np.cos(self.angle))
        offset = self.offset - place @ (np.cos(self.angle), np.sin(self.angle))
        tip = max(self.tip - along, 0.2)
        return replace(
            self,
            offset=float(offset),
            spread=float(np.hypot(self.spread, sure / tip)),
            ray=float(self.angle + np.arctan2(offset, tip)),
            begin=float(max(self.begin - along, 0.0)),
            tip=float(tip),
        )


@dataclass(frozen=True)
class _Rows:
    """What each row across the strip shows, pixels of the straightened face; NaN where nothing is."""

    u: Doubles
    middle: Doubles
    width: Doubles
    unlike: Doubles
    flank: Doubles
    blind: Doubles


def measure(face: Face, angle: float, offset: float, begin: float, end: float, width: float) -> Axis | None:
    """The axis of what runs that way between those radii; None where no flanks are seen."""
    lab, blind = strip(face, angle, offset, width)
    u = (np.arange(lab.shape[0]) - (lab.shape[0] - 1) / 2) * STEP_PX
    run = (u >= begin * RADIUS_PX) & (u <= (begin + 0.85 * (end - begin)) * RADIUS_PX)
    if run.sum() < 6:
        return None
    half = width * RADIUS_PX / 2
    colour = _core(lab[run], half)
    sides = _sides(lab, half)
    apart = colour - sides
    size = np.linalg.norm(apart, axis=2)
    contrast = _median(size[run])
    if contrast < 4:
        return None
    rows = _rows(lab, blind, colour, sides, u, half, contrast)
    fitted = _fit(rows, begin * RADIUS_PX, end * RADIUS_PX)
    if fitted is None:
        return None
    slope, shift, spread, good, taper = fitted
    expected = np.maximum(taper[0] * u + taper[1], 1.0)
    tip, inner = _extent(rows, slope, shift, expected, (begin + end) / 2 * RADIUS_PX)
    turned = angle + np.arctan(slope)
    passes = offset + shift / RADIUS_PX * np.cos(np.arctan(slope))
    reach = max(tip / RADIUS_PX, 0.2)
    body = (u >= inner) & (u <= tip)
    return Axis(
        angle=float(turned),
        offset=float(passes),
        spread=spread,
        ray=float(turned + np.arcsin(np.clip(passes / reach, -0.9, 0.9))),
        begin=inner / RADIUS_PX,
        tip=tip / RADIUS_PX,
        covered=float(good.sum() * STEP_PX / RADIUS_PX),
        width=_median(rows.width[good]) / RADIUS_PX,
        widens=taper[0] * float(np.ptp(u[good])) / RADIUS_PX,
        contrast=contrast,
        grain=_grain(lab[run], sides[run], half),
        colour=_named(colour),
        face=_named(_medians(sides[run].reshape(-1, 3), 0)),
        flank=_median(rows.flank[good]) / RADIUS_PX,
        glare=float(rows.blind[body].mean()) if body.any() else 0.0,
    )


def again(face: Face, axis: Axis, begin: float, end: float, width: float) -> Axis:
    """The same axis, measured once more along itself, for its last tenths of a degree."""
    return measure(face, axis.angle, axis.offset, begin, end, width) or axis


def strip(face: Face, angle: float, offset: float, width: float) -> tuple[Floats, Floats]:
    """Lab and blindness along the line: rows outward from -_LONG, columns clockwise about the line."""
    aside_px = round(np.clip(1.6 * width + 0.12, 0.15, _FARTHEST) * RADIUS_PX)
    rows, columns = 2 * round(_LONG * RADIUS_PX), 2 * aside_px + 1
    along = np.array([np.sin(angle), -np.cos(angle)])
    aside = np.array([np.cos(angle), np.sin(angle)])
    origin = face.middle + (offset * RADIUS_PX - aside_px) * aside + (0.5 - rows / 2) * along
    onto = np.stack([aside, along, origin], axis=1)
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    fine = cv2.warpAffine(face.lab, onto, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    lab = true_lab(_mean_of_rows(np.asarray(fine, np.uint8)))
    if face.blind is None:
        return lab, np.zeros(lab.shape[:2], np.float32)
    hidden = cv2.warpAffine(
        face.blind, onto, (columns, rows), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=255.0
    )
    return lab, _mean_of_rows(np.asarray(hidden, np.uint8)) / np.float32(255.0)


def _mean_of_rows(fine: Bytes) -> Floats:
    """Rows taken together by STEP_PX, each mean rounded to a whole number."""
    together = fine[::STEP_PX].astype(np.float32)
    for more in range(1, STEP_PX):
        together += fine[more::STEP_PX]
    together *= np.float32(1 / STEP_PX)
    return np.rint(together, out=together)


def _median(values: npt.NDArray[np.floating]) -> float:
    flat = values.reshape(-1)
    return float(np.partition(flat, len(flat) // 2)[len(flat) // 2])


def _medians(values: Floats, axis: int) -> Floats:
    middle = values.shape[axis] // 2
    return np.asarray(np.partition(values, middle, axis=axis).take(middle, axis=axis), np.float32)


def _named(lab: Floats) -> tuple[float, float, float]:
    return float(lab[0]), float(lab[1]) - 128, float(lab[2]) - 128


def _core(lab: Floats, half: float) -> Floats:
    middle = lab.shape[1] // 2
    near = max(1, round(half * 0.4))
    return _medians(lab[:, middle - near : middle + near + 1].reshape(-1, 3), 0)


def _sides(lab: Floats, half: float) -> Floats:
    """Rows x 2 x 3: the face's colour on the anticlockwise and the clockwise side of each row.

    Medians, so that what is printed there doesn't count; of every third row and column, which is enough.
    """
    gap, far = _aside(lab, half)
    middle = lab.shape[1] // 2
    few = lab[1::3]
    left = _medians(few[:, middle - far : middle - gap : 3], 1)
    right = _medians(few[:, middle + gap + 1 : middle + far + 1 : 3], 1)
    smooth = [cv2.medianBlur(np.ascontiguousarray(side[:, None], np.float32), 3) for side in (left, right)]
    sides = np.concatenate([side.reshape(-1, 1, 3) for side in smooth], axis=1)
    return np.asarray(np.repeat(sides, 3, axis=0), np.float32)


def _aside(lab: Floats, half: float) -> tuple[int, int]:
    """Columns from the line between which the face is looked at on either side."""
    middle = lab.shape[1] // 2
    gap = min(round((1.2 if half < _STOUT * RADIUS_PX else 1.7) * half) + 3, middle - 12)
    return gap, min(gap + max(24, round(2 * half)), middle)


def _grain(lab: Floats, sides: Floats, half: float) -> float:
    gap, _ = _aside(lab, half)
    middle = lab.shape[1] // 2
    few, ground = lab[::3], sides[::3]
    beside = few[:, : middle - gap : 3], few[:, middle + gap + 1 :: 3]
    off = [_unlike(side, ground[:, at, None]) for at, side in enumerate(beside)]
    return _median(np.concatenate(off, axis=1))


def _rows(
    lab: Floats, blind: Floats, colour: Floats, sides: Floats, u: Doubles, half: float, contrast: float
) -> _Rows:
    middle = lab.shape[1] // 2
    between = np.asarray((sides[:, 0] + sides[:, 1]) / 2, np.float32)
    parts = [
        likeness(lab[:, :middle], colour, sides[:, 0], contrast),
        likeness(lab[:, middle : middle + 1], colour, between, contrast),
        likeness(lab[:, middle + 1 :], colour, sides[:, 1], contrast),
    ]
    level = np.concatenate(parts, axis=1)
    level[blind > 0.5] = 0
    reach = max(3, round(0.5 * half))
    window = cv2.blur(level, (3, 1))[:, middle - reach : middle + reach + 1]
    nearest = 1 - 0.2 * np.abs(np.arange(-reach, reach + 1)) / reach
    peak = (np.minimum(window, 1) * nearest).argmax(axis=1) + middle - reach
    row = np.arange(len(u))
    out = level < 0.5
    columns = level.shape[1]
    place, here = np.arange(columns, dtype=np.int16), peak[:, None].astype(np.int16)
    left = np.where(out & (place <= here), place, np.int16(-1)).max(axis=1).astype(np.int64)
    right = np.where(out & (place >= here), place, np.int16(columns)).min(axis=1).astype(np.int64)
    known = ~out[row, peak] & (left >= 0) & (right < columns)
    left, right = np.minimum(np.maximum(left, 0), columns - 2), np.minimum(np.maximum(right, 1), columns - 1)
    before = left + _crossing(level[row, left], level[row, left + 1])
    after = right - _crossing(level[row, right], level[row, right - 1])
    steep = np.maximum(
        np.abs(level[row, left + 1] - level[row, left]), np.abs(level[row, right] - level[row, right - 1])
    )
    nothing = np.where(known, 0.0, np.nan)
    line = slice(middle - 1, middle + 2)
    unlike = _unlike(lab[:, line], np.stack([sides[:, 0], between, sides[:, 1]], axis=1)) / contrast
    return _Rows(
        u=u,
        middle=(before + after) / 2 - middle + nothing,
        width=after - before + nothing,
        unlike=unlike.mean(axis=1),
        flank=0.6 / np.maximum(steep, 0.05) + nothing,
        blind=blind[:, line].mean(axis=1),
    )


def _unlike(lab: Floats, ground: Floats) -> Floats:
    """Colour distances."""
    apart = lab - ground
    return np.asarray(np.sqrt((apart * apart).sum(axis=2)), np.float32)


def likeness(lab: Floats, colour: Floats, ground: Floats, contrast: float) -> Floats:
    """How far each place is from the ground of its row to the needle (0..1)."""
    apart = colour - ground
    size = np.maximum((apart * apart).sum(axis=1), 1.0)[:, None]
    seen = [lab[..., k] - ground[:, k, None] for k in range(3)]
    along = seen[0] * apart[:, 0, None] + seen[1] * apart[:, 1, None] + seen[2] * apart[:, 2, None]
    far = seen[0] * seen[0] + seen[1] * seen[1] + seen[2] * seen[2]
    share = along / size
    rest = np.maximum(far - share * along, 0.0)
    level = share * np.exp(rest / (-0.32 * size))
    level[(size < (0.35 * contrast) ** 2)[:, 0]] = 0
    return np.asarray(level, np.float32)


def _crossing(low: Doubles, high: Doubles) -> Doubles:
    return np.minimum(np.maximum((0.5 - low) / np.maximum(high - low, 1e-3), 0), 1)


def _fit(
    rows: _Rows, begin: float, end: float
) -> tuple[float, float, float, npt.NDArray[np.bool_], tuple[float, float]] | None:
    """Line through the middles: slope, shift, the slope's spread, its rows, line of the widths."""
    known = np.isfinite(rows.middle)
    outward = known & (rows.u >= begin) & (rows.u <= end)
    if outward.sum() < 6:
        return None
    wide = robust_line(rows.u, rows.width, outward, 1.5, None)
    expected = np.maximum(wide[0] * rows.u + wide[1], 1.0)
    alike = known & (np.abs(rows.width - expected) < 0.3 * expected + 2)
    usable = outward & alike
    if usable.sum() < 6:
        return None
    slope, shift = robust_line(rows.u, rows.middle, usable, 1.0, 0.04 * RADIUS_PX)
    away = np.abs(rows.middle - slope * rows.u - shift)
    tolerance = np.maximum(1.5, 0.1 * expected)
    good = known & alike & (away < tolerance) & (rows.u > 0.1 * RADIUS_PX) & (rows.u < end + 0.1 * RADIUS_PX)
    tail = known & (away < tolerance) & (rows.u < -0.12 * RADIUS_PX) & (rows.unlike > 0.5)
    both = good | tail
    if good.sum() < 6:
        return None
    slope, shift = robust_line(rows.u, rows.middle, both, 0.7, 0.04 * RADIUS_PX)
    rest = (rows.middle - slope * rows.u - shift)[both]
    scatter = float(np.sqrt(np.mean(rest * rest)))
    # Neighbouring rows share their errors: a fifth of them count as independent.
    lever = float(np.sum((rows.u[both] - rows.u[both].mean()) ** 2)) / 5
    return slope, shift, max(scatter, 0.15) / np.sqrt(max(lever, 1.0)), good, wide


def robust_line(
    u: Doubles, v: Doubles, which: npt.NDArray[np.bool_], scale: float, pivot: float | None
) -> tuple[float, float]:
    """Slope and value at 0 of the line through v(u) by Cauchy's weights; ``pivot``: spread of v at 0."""
    x, y = u[which], v[which]
    weight = np.ones_like(x)
    powers = np.stack([weight, x, x * x, y, x * y])
    slope, shift = 0.0, _median(y)
    for _ in range(6):
        sums = powers @ weight
        prior = 0.0 if pivot is None else (scale / pivot) ** 2 * 5
        count, first, second = sums[0] + prior, sums[1], sums[2]
        determinant = count * second - first * first
        if abs(determinant) < 1e-6:
            break
        slope = float((count * sums[4] - first * sums[3]) / determinant)
        shift = float((second * sums[3] - first * sums[4]) / determinant)
        rest = (y - slope * x - shift) / scale
        weight = 1 / (1 + rest * rest)
    return slope, shift


def _extent(rows: _Rows, slope: float, shift: float, expected: Doubles, start: float) -> tuple[float, float]:
    """How far the needle reaches outward and inward from ``start``, pixels."""
    away = np.abs(rows.middle - slope * rows.u - shift)
    near = np.isfinite(rows.middle) & (away < np.maximum(2.0, 0.35 * expected))
    body = rows.u[near & (rows.width < 2 * expected + 4)]
    if len(body) == 0:
        return start, start
    start = float(body[np.abs(body - start).argmin()])
    tip = _reach(body[body >= start], start)
    inner = -_reach(-body[body <= start][::-1], -start)
    return tip, max(inner, 0.0)


def _reach(places: Doubles, start: float) -> float:
    """The last of rising ``places`` before there is a gap, as seen from ``start``."""
    steps = places - np.concatenate([[start], places[:-1]])
    broken = np.flatnonzero(steps > 0.05 * RADIUS_PX + STEP_PX)
    last = broken[0] if len(broken) else len(places)
    return float(places[last - 1]) if last > 0 else start
