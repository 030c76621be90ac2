"""Small pictures of defects for the report, each with its defect framed, or the reason why there is none."""

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from inspection.errors import CameraError
from inspection.frozen import Box
from inspection.part import Picture
from inspection.pictures.decoding.decoding import read_archived
from reports.pictures.archive import PictureArchive
from reports.shift.examples.choosing import Example

WIDTH: Final = 320
HEIGHT: Final = 240
"""Of a small picture, in pixels: a dozen of them take about 200 kB."""
_QUALITY: Final = (cv2.IMWRITE_JPEG_QUALITY, 82)
_SURROUNDINGS: Final = 3.0
"""How much wider than the defect is what is shown."""
_LEAST: Final = 0.3
"""Of the picture's width and height that is shown at least, so that one sees where on the part it is."""
_MOST_ENLARGED: Final = 4.0
_LIGHT, _DARK = (255, 235, 60), (20, 20, 20)


class NoPicture(StrEnum):
    """Why an example has no picture."""

    NONE = "none"
    """The archive did not take it."""
    SEVERAL = "several"
    """The record does not say which of the part's pictures shows it."""
    GONE = "gone"
    """Retention deleted it, or the archive is not here."""
    DAMAGED = "damaged"
    """It is not the picture that was put on record, or no picture at all."""


def thumbnail(example: Example, archive: Path | None) -> bytes | NoPicture:
    """What an example looks like: a JPEG of ``WIDTH`` x ``HEIGHT``, in colours without transparency.

    Args:
        example: Which.
        archive: Root of the picture archive; None where it is not at hand.
    """
    if not example.sha256:
        return NoPicture.SEVERAL if example.pictures else NoPicture.NONE
    if archive is None:
        return NoPicture.GONE
    try:
        path = PictureArchive(archive).path(example.sha256)
        data = path.read_bytes()
    except (OSError, ValueError):
        return NoPicture.GONE
    if hashlib.sha256(data).hexdigest() != example.sha256:
        return NoPicture.DAMAGED
    try:
        return _encoded(framed(read_archived(path), example.box))
    except (CameraError, cv2.error):
        return NoPicture.DAMAGED


def framed(picture: Picture, box: Box) -> Picture:
    """The defect amid its surroundings, framed: ``HEIGHT`` x ``WIDTH`` x 3.

    Args:
        picture: height x width x 3; not written into.
        box: Where the defect is; what lies outside of the picture is cut off.
    """
    height, width = picture.shape[:2]
    left, top, wide, high = box
    scale = min(
        WIDTH / max(_SURROUNDINGS * wide, _LEAST * width), HEIGHT / max(_SURROUNDINGS * high, _LEAST * height)
    )
    scale = min(max(scale, min(WIDTH / width, HEIGHT / height)), _MOST_ENLARGED)
    # of the middle of what is shown: within the picture, or the picture's own where all of it fits
    middle_x = _within(left + wide / 2.0, WIDTH / scale / 2.0, width)
    middle_y = _within(top + high / 2.0, HEIGHT / scale / 2.0, height)
    right, down = WIDTH / 2.0 - scale * middle_x, HEIGHT / 2.0 - scale * middle_y
    half = (scale - 1.0) / 2.0  # the middle of a pixel stays the middle of what it becomes
    shift = np.array([[scale, 0.0, right + half], [0.0, scale, down + half]])
    smoothed: MatLike = picture
    if scale < 0.5:  # every pixel counts: else fine patterns become others
        smoothed = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale)
    white = (255, 255, 255)
    shown = cv2.warpAffine(smoothed, shift, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderValue=white)
    first, last = (
        (round(scale * x + right), round(scale * y + down))
        for x, y in ((left, top), (left + wide, top + high))
    )
    for colour, thick in ((_DARK, 4), (_LIGHT, 2)):  # told apart on light and dark parts
        cv2.rectangle(shown, first, last, colour, thick)
    return shown.astype(np.uint8, copy=False)


def _within(middle: float, half: float, length: int) -> float:
    return length / 2.0 if 2.0 * half >= length else min(max(middle, half), length - half)


def _encoded(picture: Picture) -> bytes:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), _QUALITY)
    if not done:
        raise cv2.error("no JPEG")
    return data.tobytes()
