"""Masks beside photographs: what is named like one, and what looks like one.

A mask marks the defect on the photograph that it belongs to; it shows no part. Taken for a part, it counts as
one more defective picture, and one that any inspector rejects: enough of them buy a certificate. So both its
name and its content are asked (:mod:`inspection.pictures.files` has the rule).
"""

import re
from contextlib import suppress
from enum import IntEnum
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.errors import CameraError

MASK_FOLDERS: Final = frozenset(
    {"mask", "masks", "gt", "ground_truth", "ground-truth", "ground truth", "groundtruth"}
    | {"segmentationclass", "segmentationobject", "maske", "masken", "掩码", "掩膜", "掩模"}
)
"""Folders of masks, in lower case: those of MVTec AD, VisA, Pascal VOC, and what people write."""

_STRONG: Final = r"masks?|gt|ground[ _.\-]?truth|masken?|掩[码膜模]"
_WEAK: Final = r"labels?|seg(?:m|mentation)?|anno(?:t|tation)?|标[注签]"
_COUNT: Final = r"(?:[ _.\-]*\d+)?"


def _patterns(words: str) -> tuple[re.Pattern[str], ...]:
    return (
        re.compile(rf"(?P<stem>.+?)[ _.\-]+(?:{words}){_COUNT}", re.IGNORECASE),
        re.compile(rf"(?:{words})[ _.\-]+(?P<stem>.+)", re.IGNORECASE),
    )


_STRONG_NAMES: Final = (*_patterns(_STRONG), re.compile(rf"(?P<stem>.*[a-z0-9])(?:Mask|GT){_COUNT}"))
_WEAK_NAMES: Final = _patterns(_WEAK)

_MOST_LEVELS: Final = 32
"""Different values in a mask that nothing has blurred: Pascal VOC has 22 classes."""
_LEAST_FLAT: Final = 0.7
"""Share of a mask's pixels that equal their neighbours: photographs have noise, masks have areas."""
_FAR: Final = 40
"""Grey levels: what compression may add to a mask's background, or take from its marks."""
_MOST_BITS: Final = 2
"""A pixel of a compressed mask: many times of what areas take."""
_HEADERS: Final = 4096
"""Bytes of colour profiles, palettes and the like."""
_UNCOMPRESSED: Final = frozenset({"BMP", "TIFF"})


class Likeness(IntEnum):
    """How much a file looks like a mask by its pixels."""

    UNREADABLE = -1
    """Whoever reads it says what is wrong."""
    PHOTOGRAPH = 0
    BLURRED_MASK = 1
    """Two levels, and what resizing or lossy compression made of their borders."""
    MASK = 2
    """A few values, in areas, exactly."""


def named_as_mask(inside: PurePath) -> tuple[str, bool] | None:
    """Whether a path names a mask.

    Args:
        inside: Path within the folder that is read.

    Returns:
        The stem of the picture that it would belong to, and whether the name leaves no doubt (``a_mask`` does
        not; ``a_label`` may be a photograph of a label). None where the name is not a mask's.
    """
    for patterns, certain in ((_STRONG_NAMES, True), (_WEAK_NAMES, False)):
        for pattern in patterns:
            if match := pattern.fullmatch(inside.stem):
                return match["stem"], certain
    if any(part.lower() in MASK_FOLDERS for part in inside.parent.parts):
        return inside.stem, True
    return None


def may_be_mask(path: Path) -> bool:
    """Whether a lossless file is small enough, for its pixels, to hold nothing but areas. Reads the header.

    A photograph's noise takes bits; a mask needs hardly any. What is not compressed may be one at any size.
    """
    try:
        with Image.open(path) as image:
            if image.format in _UNCOMPRESSED:
                return True
            room = _MOST_BITS * image.width * image.height // 8 + _HEADERS
            return image.format not in ("JPEG", "MPO") and path.stat().st_size < room
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


@lru_cache(maxsize=65_536)
def _likeness(path: Path, _modified_ns: int, _size: int) -> Likeness:
    try:
        values = read_values(path)
    except CameraError:
        return Likeness.UNREADABLE
    if _few_in_areas(values):
        return Likeness.MASK
    return Likeness.BLURRED_MASK if _two_levels(values) else Likeness.PHOTOGRAPH


def likeness(path: Path) -> Likeness:
    """How much the file looks like a mask. Remembered while the file stays as it is."""
    try:
        about = path.stat()
    except OSError:
        return Likeness.UNREADABLE
    return _likeness(path, about.st_mtime_ns, about.st_size)


def looks_like_mask(path: Path) -> bool:
    """Whether the file looks like a mask, sharp or blurred."""
    return likeness(path) > Likeness.PHOTOGRAPH


def read_values(path: Path) -> NDArray[np.generic]:
    """Pixels as they are stored, height x width x channels, palette indices unresolved.

    Raises:
        CameraError: It cannot be read.
    """
    # OpenCV puts colours for the indices of a palette; Pillow knows some files less.
    with suppress(OSError, ValueError, SyntaxError, Image.DecompressionBombError), Image.open(path) as image:
        if image.mode in ("P", "PA", "1"):
            return np.atleast_3d(np.asarray(image))
    try:
        decoded = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error) as error:
        raise CameraError(f"{path} cannot be read: {error}", todo="remove the file, or restore it") from error
    if decoded is None:
        raise CameraError(f"{path} is not a picture, or damaged", todo="remove the file, or restore it")
    return np.atleast_3d(decoded)


def _few_in_areas(values: NDArray[np.generic]) -> bool:
    if values.dtype not in (np.uint8, np.uint16, np.bool_):
        return False
    same_right = (values[:, 1:] == values[:, :-1]).all(axis=2)
    same_below = (values[1:] == values[:-1]).all(axis=2)
    if min(same_right.mean() if same_right.size else 1.0, same_below.mean() if same_below.size else 1.0) < (
        _LEAST_FLAT
    ):
        return False
    # One number a pixel: quicker to sort than rows of channels. A sample tells most photographs.
    channels = [values[..., index].astype(np.uint64) << 16 * index for index in range(values.shape[2])]
    pixels = np.bitwise_or.reduce(channels).ravel()
    return all(
        len(np.unique(some)) <= _MOST_LEVELS for some in (pixels[:: 1 + len(pixels) // 20_000], pixels)
    )


def _two_levels(values: NDArray[np.generic]) -> bool:
    """Whether all pixels lie near the background or near one other level, as a mask saved as JPEG does."""
    if values.dtype != np.uint8:
        return False
    grey = np.ascontiguousarray(values[..., :3].max(axis=2))
    kernel = np.ones((3, 3), np.uint8)
    flat = cv2.subtract(cv2.dilate(grey, kernel), cv2.erode(grey, kernel)) <= 2
    if flat.mean() < 0.5:
        return False
    background = int(np.bincount(grey[flat], minlength=256).argmax())
    if (np.abs(grey[flat].astype(np.int16) - background) <= 3).mean() < 0.5:
        return False
    off = np.abs(grey.astype(np.int16) - background)
    marked = off[off > _FAR]
    if not marked.size:
        return bool(flat.mean() > 0.97)
    # A glow or a reflection on a dark part has every level up to its brightest, about a fifth of them near
    # that; a mark has one, and where it is small its resized border (0.53 at worst in the magnetic tiles).
    return bool((marked > np.quantile(marked, 0.95) - _FAR).mean() > 0.4)
