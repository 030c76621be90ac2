"""Teaches a dial by a picture: keeps what it looks like, so that it is found in later ones. Pure."""

import base64
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from inspection.errors import RecipeError
from inspection.frozen import Box
from inspection.gauges.dial.rectified import Rectified, rectify
from inspection.gauges.dial.registration import Registered, register
from inspection.gauges.dial.scale import Scale
from inspection.instruments.dial import MOST_SIDE_PX, DialDescription, Reference

_ROUND_IT: Final = 1.15
"""Radii of what is kept: numerals or a bezel around the marks tell one turn from another."""
_LEAST_RADIUS_PX: Final = 24.0
"""A smaller dial cannot be found again to a per cent of its scale."""
_OFF_RING: Final = 0.15
"""In radii: marks that lie farther off one ring than that, as a root mean square, were clicked wrongly."""
_BACK: Final = 0.005
"""In radii: how near to its place the dial must be found in its own picture."""


def taught(picture: npt.NDArray[np.uint8], dial: DialDescription) -> DialDescription:
    """``dial`` with a reference, by which it is found again where it has moved a little.

    Args:
        picture: The taught one, H x W x 3, RGB.
        dial: In its pixels, not ``relative``; a reference that it has is replaced.

    Raises:
        RecipeError: If the dial could not be found again: marks that fit no dial, too small, outside the
            picture, or nothing to hold on to.
    """
    if dial.relative:
        raise _refused("a dial whose marks are shares of the picture is not looked for", "teach it in pixels")
    rectified = _disc(dial)
    box = _box(rectified, picture.shape)
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    known = dial.model_copy(update={"reference": Reference(png=_patch(grey, box), box=box)})
    _check_found(picture, known, rectified)
    return known


def _disc(dial: DialDescription) -> Rectified:
    try:
        rectified = rectify(dial.center, dial.marks)
        Scale.of(dial, rectified)
    except ValueError as exc:
        raise _refused(f"the marks fit no dial: {exc}", "click centre and marks again") from None
    if rectified.residual > _OFF_RING:
        raise _refused(
            f"the marks lie {100 * rectified.residual:.0f} % of the radius off one ring about the centre",
            "click the marks where their lines end at the scale's arc, and the centre where the needle turns",
        )
    if rectified.radius_px < _LEAST_RADIUS_PX:
        raise _refused(
            f"the dial's radius is {rectified.radius_px:.0f} px, less than {_LEAST_RADIUS_PX:.0f}",
            "bring the camera nearer, or let it give larger pictures",
        )
    return rectified


def _box(rectified: Rectified, shape: tuple[int, ...]) -> Box:
    turns = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    rim = rectified.to_picture(_ROUND_IT * np.stack([np.sin(turns), -np.cos(turns)], axis=1))
    height, width = shape[:2]
    x0, y0 = (max(int(np.floor(low)), 0) for low in rim.min(axis=0))
    x1, y1 = (
        min(int(np.ceil(high)) + 1, most) for high, most in zip(rim.max(axis=0), (width, height), strict=True)
    )
    if min(x1 - x0, y1 - y0) < _LEAST_RADIUS_PX:
        raise _refused("the dial lies outside the picture", "click centre and marks again")
    return x0, y0, x1 - x0, y1 - y0


def _patch(grey: npt.NDArray[np.uint8], box: Box) -> str:
    left, top, width, height = box
    cut = grey[top : top + height, left : left + width]
    by = min(MOST_SIDE_PX / max(width, height), 1.0)
    size = max(round(width * by), 8), max(round(height * by), 8)
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA) if by < 1.0 else cut
    written, png = cv2.imencode(".png", small)
    if not written:
        raise _refused("its picture cannot be kept as PNG", "teach it by another picture")
    return base64.b64encode(png.tobytes()).decode()


def _check_found(picture: npt.NDArray[np.uint8], dial: DialDescription, rectified: Rectified) -> None:
    assert dial.reference is not None
    found = register(picture, dial.reference)
    if not isinstance(found, Registered) or found.shift_px > _BACK * rectified.radius_px:
        raise _refused(
            "the dial is not found again in its own picture: it is too dark, too plain or out of focus",
            "teach it by a sharp picture in which scale and numerals are seen",
        )


def _refused(what: str, todo: str) -> RecipeError:
    return RecipeError(what, part="nothing was taught", todo=todo)
