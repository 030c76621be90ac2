"""Where in a view's picture a gauge lies: cut out for its reader, and what was read carried back.

A description that a recipe holds is in pixels of the view's whole picture, and so is what is on record; a
reader gets only the gauge's region, so that its time is bounded whatever the camera's size.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from inspection.decision import Box
from inspection.instruments.code import CodeDescription
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription, Reference
from inspection.instruments.display import DisplayDescription
from inspection.instruments.indicator import LampDescription, LevelDescription
from inspection.instruments.place import Mark, Point
from inspection.instruments.reading import Reading
from inspection.levels import Picture

MOST_SIDE_PX: Final = 1600
"""Longest side of what a reader gets, in pixels; a larger region is shrunk to it."""

_ROOM: Final = 0.25
"""Share of a region's longer side that a dial with a reference gets on each side: it is looked for there.
Where it was when it was taught lies within, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A part of a picture, and how its pixels lie in the whole: x = left + x' / scale."""

    left: int
    top: int
    width: int
    """Of the part in the whole picture, in its pixels."""
    height: int
    scale: float
    """At most 1: by how much it is shrunk."""

    @classmethod
    def of(cls, region: Box, *, size: tuple[int, int], what: Description) -> "Cut | None":
        """The cut for a gauge; None where its region lies outside the picture, wholly or in part.

        Args:
            region: The gauge's, in pixels of the picture.
            size: Width and height of the picture.
            what: Its description.
        """
        left, top, width, height = region
        if left < 0 or top < 0 or left + width > size[0] or top + height > size[1]:
            return None
        if isinstance(what, DialDescription) and what.reference is not None:
            room, taught = round(_ROOM * max(width, height)), what.reference.box
            right = min(size[0], max(left + width + room, taught[0] + taught[2]))
            bottom = min(size[1], max(top + height + room, taught[1] + taught[3]))
            left, top = max(0, min(left - room, taught[0])), max(0, min(top - room, taught[1]))
            width, height = right - left, bottom - top
        scale = min(1.0, MOST_SIDE_PX / max(width, height))
        return cls(left=left, top=top, width=width, height=height, scale=scale)

    def picture(self, whole: Picture) -> Picture:
        """The part of a picture: a view into it, or a smaller one."""
        part = whole[self.top : self.top + self.height, self.left : self.left + self.width]
        if self.scale == 1.0:
            return part
        size = (max(1, round(self.width * self.scale)), max(1, round(self.height * self.scale)))
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)

    def description(self, what: Description) -> Description:
        """A description, in pixels of the part."""
        changes: dict[str, Any]
        match what:
            case DialDescription(relative=True):
                return what
            case DialDescription():
                changes = {
                    "center": self._point(what.center),
                    "marks": tuple(map(self._mark, what.marks)),
                    "reference": what.reference and self._reference(what.reference),
                }
            case DisplayDescription(corners=corners):
                changes = {"corners": corners and tuple(map(self._point, corners))}
            case LampDescription(region=region) | CodeDescription(region=region):
                changes = {"region": region and self._box(region)}
            case LevelDescription():
                changes = {
                    "bottom": self._mark(what.bottom),
                    "top": self._mark(what.top),
                    "width_px": what.width_px * self.scale,
                }
        return what.model_copy(update=changes)

    def reading(self, read: Reading) -> Reading:
        """What was read of the part, its box in pixels of the whole picture."""
        if read.box is None:
            return read
        left, top, width, height = (value / self.scale for value in read.box)
        box = (round(self.left + left), round(self.top + top), max(1, round(width)), max(1, round(height)))
        return read.model_copy(update={"box": box})

    def _point(self, point: Point) -> Point:
        """Coordinates are 0 at the centre of the first pixel, and edges are what shrinking keeps in place."""
        return (
            (point[0] - self.left + 0.5) * self.scale - 0.5,
            (point[1] - self.top + 0.5) * self.scale - 0.5,
        )

    def _mark(self, mark: Mark) -> Mark:
        x, y = self._point((mark.x, mark.y))
        return mark.model_copy(update={"x": x, "y": y})

    def _reference(self, reference: Reference) -> Reference:
        return reference.model_copy(update={"box": self._box(reference.box)})

    def _box(self, box: Box) -> Box:
        left, top = (box[0] - self.left) * self.scale, (box[1] - self.top) * self.scale
        width, height = box[2] * self.scale, box[3] * self.scale
        return round(left), round(top), max(1, round(width)), max(1, round(height))
