"""The part of a picture that a region names."""

from inspection.frozen import Box
from inspection.levels import Picture


def cut(picture: Picture, region: Box) -> Picture | None:
    """What lies in the region, as a view of the picture; None where the picture does not hold all of it."""
    left, top, width, height = region
    if min(left, top) < 0 or left + width > picture.shape[1] or top + height > picture.shape[0]:
        return None
    return picture[top : top + height, left : left + width]
