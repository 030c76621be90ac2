"""Picture files that no camera of a station gives, read all the same: photographs of an instrument.

A station's reader (``decoding``) refuses what it does not know to be right. These come from anywhere: with
transparency, a palette, 16 bits, as GIF or AVIF. They are only measured, never judged, and a note says how
each was read.
"""

import io
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from inspection.errors import CameraError
from inspection.levels import DEEP, Picture, to_8_bits
from inspection.pictures.decoding.kinds import too_large
from inspection.pictures.decoding.soundness import unusable

_ORIENTATION: Final = 0x0112
"""EXIF's tag: how the stored picture is to be turned to be upright."""
_BEHIND_THE_LAST_PIXEL: Final = "before marker 0xd9"
"""libjpeg's warning of bytes between the picture and its end, as some cameras leave them."""


class Shown(NamedTuple):
    """A picture in 8 bits, and what is to be said of how it was read."""

    picture: Picture
    notes: tuple[str, ...] = ()


def orientation(path: Path) -> int:
    """EXIF's number of how the stored picture is to be turned, 1 to 8; 1 where nothing is said."""
    try:
        with Image.open(path) as image:
            return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, ValueError, TypeError, SyntaxError):
        return 1


def read_leniently(path: Path, *, as_stored: bool = False) -> Shown:
    """As Pillow decodes it. Transparent pixels show white; 16 bits become 8 over the depth that they fill.

    Args:
        path: The file.
        as_stored: Whether EXIF's orientation is left aside.

    Raises:
        CameraError: It cannot be read, or is damaged.
    """
    try:
        encoded = path.read_bytes()
        problem = unusable(encoded)
        if problem is not None and "damaged" in problem.what and _BEHIND_THE_LAST_PIXEL not in problem.what:
            raise _unread(path, problem.what)
        with Image.open(io.BytesIO(encoded)) as image:
            if problem := too_large(*image.size):
                raise _unread(path, problem.what)
            deep = _deep(encoded, as_stored=as_stored)
            if deep is not None:
                return Shown(deep, ("it has more than 8 bits: made 8 over the levels that it uses",))
            upright = image if as_stored else ImageOps.exif_transpose(image)
            return Shown(_coloured(upright))
    except UnidentifiedImageError as error:
        raise _unread(path, "it is empty, or no picture") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise _unread(path, getattr(error, "strerror", None) or str(error)) from error


def _deep(encoded: bytes, *, as_stored: bool) -> Picture | None:
    """A picture of 16 bits in 8; None where it has 8."""
    how = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | (cv2.IMREAD_IGNORE_ORIENTATION if as_stored else 0)
    try:
        decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), how)
    except cv2.error:
        return None
    if decoded is None or decoded.dtype != np.uint16:
        return None
    words = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint16, copy=False)
    top = int(words.max())
    return to_8_bits(words, bit_depth=next(depth for depth in DEEP if top < 1 << depth))


def _coloured(image: Image.Image) -> Picture:
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"), np.uint8)
    seen = image.convert("RGBA")
    ground = Image.new("RGBA", seen.size, "white")
    return np.asarray(Image.alpha_composite(ground, seen).convert("RGB"), np.uint8)


def _unread(path: Path, why: str) -> CameraError:
    return CameraError(
        f"{path} cannot be read: {why}", part="nothing was read of it", todo="restore it, or save it as PNG"
    )
