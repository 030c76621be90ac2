"""Picture files of instruments: read as on a station, and also those that a station would not take.

A station refuses what no camera of its own gives. Photographs of an instrument come from anywhere: with
transparency, a palette, 16 bits, as GIF or AVIF. What is said of each that was read so is a note.
"""

import io
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from inspection.errors import CameraError
from inspection.instruments.dial import DialDescription
from inspection.levels import DEEP, Picture, to_8_bits
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.decoding.kinds import too_large
from inspection.pictures.decoding.soundness import unusable

_ORIENTATION: Final = 0x0112
"""EXIF's tag: how the stored picture is to be turned to be upright."""
_BEHIND_THE_LAST_PIXEL: Final = "before marker 0xd9"
"""libjpeg's warning of bytes between the picture and its end, as some cameras leave them."""


class Shown(NamedTuple):
    """A picture to be read."""

    picture: Picture
    notes: tuple[str, ...] = ()


def picture_of(path: Path) -> Shown:
    """A picture file in 8 bits, turned upright as its EXIF orientation says.

    Raises:
        CameraError: It cannot be read, or is damaged.
    """
    try:
        return Shown(read_picture(path))
    except CameraError as error:
        shown = _from_anywhere(path, as_stored=False)
        return Shown(shown.picture, (*shown.notes, f"a station would not take it: {error.what}"))


def picture_with(path: Path, dial: DialDescription) -> Shown:
    """The picture of a labelled dial: upright, as nearly every program shows it to whoever clicks marks.

    Where marks lie beyond the upright picture, but all within the one that is stored, they were clicked in
    that one: it is given as stored then, with a note.

    Raises:
        CameraError: As :func:`picture_of`.
    """
    shown = picture_of(path)
    height, width = shown.picture.shape[:2]
    if dial.relative or _hold(dial, width, height) or not _hold(dial, height, width):
        return shown
    if _orientation(path) not in (5, 6, 7, 8):
        return shown
    stored = _from_anywhere(path, as_stored=True)
    note = "its marks lie in the picture as it is stored, not as EXIF turns it: read as stored"
    return Shown(stored.picture, (*shown.notes, note))


def _hold(dial: DialDescription, width: int, height: int) -> bool:
    """Whether a picture of this size has all marks and the centre in it."""
    places = (dial.center, *(mark.point for mark in dial.marks))
    return all(-1.0 <= x <= width and -1.0 <= y <= height for x, y in places)


def _orientation(path: Path) -> int:
    try:
        with Image.open(path) as image:
            return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, ValueError, TypeError, SyntaxError):
        return 1


def _from_anywhere(path: Path, *, as_stored: bool) -> Shown:
    """As Pillow decodes it. Transparent pixels show white; 16 bits become 8 over the depth that they fill."""
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
