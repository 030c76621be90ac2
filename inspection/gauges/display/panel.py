"""Where a display may be in a picture, and its field seen straight from the front.

A panel stands out from its housing as a whole: brighter or darker, within four straight sides, some of which
the picture's border may cut. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from inspection.levels import Picture

Array = NDArray[np.float32]
Corners = NDArray[np.float64]
"""4 x 2: x, y in pixels of the picture, from the upper left clockwise as a person reads it."""

FIELD_HEIGHT: Final = 128
"""Pixels to which a field is brought: a stroke is then some 10 wide, and its core many pixels."""
_WIDEST: Final = 12.0
"""Width by height beyond which a field is none: twelve digits, the most that a display has."""
_SEARCHED: Final = 320
"""Pixels of the longer side at which panels are sought."""
_LEAST_AREA: Final = 0.006
"""Of the picture: smaller panels are too small to be read anyway."""
_NARROWEST: Final = 1.2
_FILLS: Final = (0.8, 1.15)
"""Of the four-sided figure's area, what the panel's outline encloses: else it has not four sides."""
_OUTSIDE: Final = 0.05
"""Of a taught field's height: by how much its corners may lie beyond the picture."""
_MOST_PANELS: Final = 10
_MOST_ROWS: Final = 6
_SEARCHED_STROKES: Final = 480
"""Pixels of the longer side at which strokes are sought."""
_STROKES: Final = (0.01, 0.03)
"""Of the picture's width: what is narrower is a stroke."""
_REACH: Final = 2.5
"""Such widths that two digits are apart at most."""
_SHORTEST: Final = 0.4
"""Width by height of a row of digits: a single one."""
_ROOM: Final = 0.3
"""Of its height: ground to be seen around a row."""
_BEFORE: Final = 1.1
"""Of its height: what is looked at left of it, where a minus may stand apart."""
_SAME: Final = 0.06
"""Of the width: panels whose corners are all nearer than this are one."""


@dataclass(frozen=True)
class Place:
    """Where digits may be."""

    corners: Corners
    margin: float = 0.0
    """Room to be seen around it, in shares of its height."""
    taught: bool = False
    """Whether digits are known to be there, and nowhere else."""

    def turned(self) -> "Place":
        """The same place, for digits that stand on their heads."""
        return replace(self, corners=np.roll(self.corners, 2, axis=0))

    @property
    def taught_height(self) -> float | None:
        """Of the digits, as a share of the height with both margins; None where it is not known."""
        return 1.0 - 2.0 * self.margin_share if self.taught else None

    @property
    def margin_share(self) -> float:
        """The margin as a share of the height with both margins."""
        return self.margin / (1.0 + 2.0 * self.margin)


@dataclass(frozen=True)
class Field:
    """The part of a picture in which digits are sought, seen from the front."""

    picture: Picture
    """FIELD_HEIGHT x width x 3, RGB."""
    corners: Corners
    """Where it is in the whole picture."""
    to_field: NDArray[np.float64]
    """3 x 3, from the picture's pixels to the field's."""
    of_size: tuple[int, int]
    """Width and height of the whole picture."""
    margin: float = 0.0
    """Room around a taught field, in pixels of the field: digits lie inside of it."""

    def in_sight(self, x: Array, y: Array) -> NDArray[np.bool_]:
        """Which of these places of the field lie inside of the picture that it was taken from."""
        back = np.linalg.inv(self.to_field)
        places = back @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)]).astype(np.float64)
        px, py = places[0] / places[2], places[1] / places[2]
        width, height = self.of_size
        seen = (px >= 0) & (py >= 0) & (px <= width - 1) & (py <= height - 1)
        return np.asarray(seen.reshape(x.shape), np.bool_)

    @property
    def sight(self) -> NDArray[np.bool_]:
        """Height x width: which of its pixels are."""
        full, width = self.picture.shape[:2]
        across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(full, dtype=np.float32))
        return self.in_sight(across, down)

    @property
    def own_corners(self) -> Corners:
        """Where its own ones are in the whole picture, without the margin: ``corners`` may be a part's."""
        full, x1 = self.picture.shape[0], self.width - 1.0 - self.margin
        y1 = full - 1.0 - self.margin
        own = np.array([[self.margin, self.margin], [x1, self.margin], [x1, y1], [self.margin, y1]])
        return np.asarray(cv2.perspectiveTransform(own[None], np.linalg.inv(self.to_field))[0], np.float64)

    @property
    def width(self) -> int:
        """In pixels of the field."""
        return int(self.picture.shape[1])


def panels(pictures: Mapping[bool, Picture], *, any_turn: bool) -> list[Place]:
    """Four-sided figures that may be a display's panel; the likelier first, none twice."""
    found: list[Corners] = []
    for picture in {id(picture): picture for picture in pictures.values()}.values():
        size = _small(picture, _SEARCHED)
        grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        grey = cv2.medianBlur(grey, 5)
        scale = np.array([picture.shape[1] / size[0], picture.shape[0] / size[1]])
        for level in _levels(grey):
            for mask in (grey <= level, grey > level):
                outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
                for outline in sorted(outlines, key=cv2.contourArea, reverse=True):
                    corners = _four_sided(outline, grey.shape, any_turn=any_turn)
                    if corners is not None:
                        _add(found, (corners + 0.5) * scale - 0.5, picture.shape[1])
    return [Place(corners) for corners in found[:_MOST_PANELS]]


def rows(pictures: Mapping[bool, Picture], *, any_turn: bool) -> list[Place]:
    """Boxes around strokes that stand side by side: digits without a panel around them, and words."""
    found: list[tuple[float, Corners]] = []
    for dark, picture in pictures.items():
        size = _small(picture, _SEARCHED_STROKES)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        channel = 255 - small.min(2) if dark else small.max(2)
        scale = np.array([picture.shape[1] / size[0], picture.shape[0] / size[1]])
        for share in _STROKES:
            width = max(3, round(share * size[0]))
            for energy, corners in _side_by_side(channel, width, any_turn=any_turn):
                found.append((energy, (corners + 0.5) * scale - 0.5))
    found.sort(key=lambda place: -place[0])
    kept: list[Corners] = []
    for _, corners in found:
        _add(kept, corners, next(iter(pictures.values())).shape[1])
    return [Place(corners) for corners in kept[:_MOST_ROWS]]


def _side_by_side(channel: Picture, width: int, *, any_turn: bool) -> Iterator[tuple[float, Corners]]:
    """Boxes around strokes not wider than ``width`` and brighter than their ground, joined to neighbours."""
    hat = cv2.morphologyEx(channel, cv2.MORPH_TOPHAT, np.ones((2 * width + 1, 2 * width + 1), np.uint8))
    mask = (hat > max(4.0, float(np.quantile(hat, 0.99)) / 2)).astype(np.uint8)
    reach = round(_REACH * width)
    joined = cv2.morphologyEx(
        mask, cv2.MORPH_CLOSE, np.ones((reach, reach if any_turn else width), np.uint8).T
    )
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:_MOST_ROWS]:
        corners = upright(cv2.boxPoints(cv2.minAreaRect(outline)).astype(np.float64), any_turn=any_turn)
        wide, high = size_of(corners)
        if high < 3 * width or not _SHORTEST < wide / high < _WIDEST:
            continue
        left, top, across, down = cv2.boundingRect(outline)
        energy = float(hat[top : top + down, left : left + across].sum())
        middle = corners.mean(0)
        along, up = (corners[1] - corners[0]) / wide, (corners[3] - corners[0]) / high
        room = _ROOM * high
        first = -wide / 2 - (_BEFORE * high if not any_turn else room)
        last, half = wide / 2 + room, high / 2 + room
        reached = np.array([[first, -half], [last, -half], [last, half], [first, half]])
        yield energy, middle + reached[:, :1] * along + reached[:, 1:] * up


def inside(picture: Picture, corners: Corners) -> bool:
    """Whether the field lies in the picture, but for a little of its height."""
    beyond = np.maximum(-corners, corners - np.array([picture.shape[1] - 1, picture.shape[0] - 1])).max()
    return bool(beyond <= _OUTSIDE * size_of(corners)[1])


def _small(picture: Picture, longest: int) -> tuple[int, int]:
    """Width and height at which the longer side has at most ``longest`` pixels."""
    height, width = picture.shape[:2]
    shrink = max(1.0, max(height, width) / longest)
    return max(1, round(width / shrink)), max(1, round(height / shrink))


def _add(found: list[Corners], corners: Corners, width: int) -> None:
    """Appends the corners unless they are there already."""
    if not any(np.abs(corners - other).max() < _SAME * width for other in found):
        found.append(corners)


def _levels(grey: MatLike) -> list[float]:
    """Grey levels that part it into two, and each of these into two (Otsu)."""
    middle = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)[0]
    levels = [middle]
    for part in (grey[grey <= middle], grey[grey > middle]):
        if part.size > grey.size // 50:
            levels.append(cv2.threshold(part.reshape(-1, 1), 0, 255, cv2.THRESH_OTSU)[0])
    return levels


def _four_sided(outline: MatLike, shape: tuple[int, ...], *, any_turn: bool) -> Corners | None:
    """The corners of the outline where it has four sides and a display's shape."""
    area = cv2.contourArea(outline)
    if area < _LEAST_AREA * shape[0] * shape[1]:
        return None
    _left, _top, width, height = cv2.boundingRect(outline)
    if width >= shape[1] - 1 and height >= shape[0] - 1 and area > 0.98 * width * height:
        return None  # the whole picture
    hull = cv2.convexHull(outline)
    around = cv2.arcLength(hull, True)
    for share in (0.02, 0.03, 0.04, 0.05, 0.07, 0.1):
        sides = cv2.approxPolyDP(hull, share * around, True)
        if len(sides) <= 4:
            break
    if len(sides) != 4:
        return None
    corners = upright(sides[:, 0].astype(np.float64), any_turn=any_turn)
    enclosed = cv2.contourArea(corners.astype(np.float32))
    if not _FILLS[0] < area / max(enclosed, 1.0) < _FILLS[1]:
        return None
    wide, high = size_of(corners)
    return corners if _NARROWEST < wide / max(high, 1e-9) < _WIDEST else None


def upright(corners: Corners, *, any_turn: bool) -> Corners:
    """The corners of a convex figure from its upper left clockwise, turned by less than 45 degrees.

    In a picture of ``any_turn`` the longer sides are taken for the upper and the lower one.
    """
    middle = corners.mean(0)
    around = np.argsort(np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0]))
    ordered = corners[around]
    sides = np.roll(ordered, -1, axis=0) - ordered
    lengths = np.maximum(np.hypot(sides[:, 0], sides[:, 1]), 1e-9)
    ordered = np.roll(ordered, -int(np.argmax(sides[:, 0] / lengths)), axis=0)
    wide, high = size_of(ordered)
    return np.roll(ordered, -1, axis=0) if any_turn and high > wide else ordered


def size_of(corners: Corners) -> tuple[float, float]:
    """Width and height: means of opposite sides, in pixels."""
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2


def field_of(picture: Picture, place: Place, *, full: int = FIELD_HEIGHT) -> Field | None:
    """The field at ``place``, ``full`` pixels high. None: it has no display's shape."""
    corners, margin = place.corners, place.margin
    wide, high = size_of(corners)
    if high < 1.0 or not 0.2 < wide / high < _WIDEST:
        return None
    inner_height = full / (1.0 + 2.0 * margin)
    inner_width = inner_height * wide / high
    room = inner_height * margin
    width = max(8, round(inner_width + 2.0 * room))
    x0, y0, x1, y1 = room, room, room + inner_width - 1.0, full - 1.0 - room
    target = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    to_field = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    seen = _seen_straight(picture, corners, to_field, (width, full), high / inner_height)
    return Field(
        picture=seen,
        corners=corners,
        to_field=np.asarray(to_field, np.float64),
        of_size=(picture.shape[1], picture.shape[0]),
        margin=room,
    )


def beyond(picture: Picture, field: Field, *, left: int, right: int) -> Field:
    """The field with so many more pixels at its left and its right."""
    width = field.width + left + right
    shift = np.array([[1.0, 0.0, left], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    to_field = shift @ field.to_field
    full = field.picture.shape[0]
    shrink = size_of(field.corners)[1] / (full - 2.0 * field.margin)
    seen = _seen_straight(picture, field.corners, to_field, (width, full), shrink)
    return replace(field, picture=seen, to_field=to_field)


def _seen_straight(
    picture: Picture, corners: Corners, to_field: MatLike, size: tuple[int, int], shrink: float
) -> Picture:
    """The picture through ``to_field``; ``shrink``: pixels of it that become one, to be averaged before."""
    if shrink > 2.0:  # between one pixel and the next others would be left out
        room = np.ceil(corners.max(0) - corners.min(0)).max() / 2
        left, top = np.maximum(corners.min(0) - room, 0).astype(int)
        right, bottom = (corners.max(0) + room).astype(int)
        part = picture[top:bottom, left:right]
        smaller = tuple(max(1, side // int(shrink)) for side in (part.shape[1], part.shape[0]))
        small = cv2.resize(part, smaller, interpolation=cv2.INTER_AREA)
        fx, fy = small.shape[1] / part.shape[1], small.shape[0] / part.shape[0]
        back = np.array(
            [
                [1 / fx, 0.0, left - 0.5 + 0.5 / fx],
                [0.0, 1 / fy, top - 0.5 + 0.5 / fy],
                [0.0, 0.0, 1.0],
            ]
        )
        picture, to_field = np.asarray(small, np.uint8), to_field @ back
    seen = cv2.warpPerspective(
        picture, to_field, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(seen, np.uint8)
