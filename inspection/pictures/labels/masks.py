"""Masks beside photographs: what is named like one, and what looks like one.

A mask marks the defect on the photograph that it belongs to; it shows no part. Taken for a part, it counts as
one more defective picture, and one that any inspector rejects: enough of them buy a certificate. So both its
name and its content are asked (:mod:`inspection.pictures.labels.files` has the rule).
"""

import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.errors import CameraError, DatasetError
from inspection.pictures.decoding.kinds import Unread, undecodable
from inspection.pictures.decoding.soundness import unusable

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
_ORIENTATION: Final = 0x0112
"""Tag of EXIF and TIFF."""
_TURNED: Final = Unread(
    "it is a mask that says that it must be turned, and programs differ in whether they do",
    "save it turned, without that tag",
)
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
        values = _read(path).values
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


def read_mask(path: Path, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Read a mask: (height, width), 255 where the defect is, else 0.

    Whatever is not 0 in any channel is the defect, so class numbers, 16 bits, colours and palettes all count.
    Where transparency varies, what is transparent is not the defect. In a mask whose borders were blurred, by
    resizing or by lossy compression, the defect begins at half of the brightest.

    Args:
        path: The file.
        size: Height and width of the picture that it belongs to.

    Raises:
        CameraError: It cannot be read.
        DatasetError: It is of another size.
    """
    marked = _marked(path)
    if marked.shape != size:
        raise DatasetError(
            f"the mask {path} has {marked.shape[1]}x{marked.shape[0]} pixels and is not as large as its "
            f"picture, which has {size[1]}x{size[0]}",
            todo="draw it on the picture as it is, or remove it",
        )
    return np.where(marked, 255, 0).astype(np.uint8)


def _marked(path: Path) -> NDArray[np.bool_]:
    stored = _read(path)
    values, black = stored.values, stored.background
    if black is not None:
        return np.asarray(values[..., 0] != black)
    if values.shape[2] in (2, 4):
        *_, alpha = np.moveaxis(values, 2, 0)
        values = values[..., :-1]
        if alpha.min() < alpha.max():
            colour = np.where(alpha > 0, values.max(axis=2), 0)
            return np.asarray(colour > 0 if colour.any() else alpha > 0)
    brightest = values.max(axis=2)
    if not stored.lossy and _few_in_areas(stored.values):
        return np.asarray(brightest > 0)
    return np.asarray(brightest > brightest.max() / 2)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A picture file's pixels as they are stored."""

    values: NDArray[np.generic]
    """Height x width x channels; the indices of a palette, not its colours."""
    lossy: bool
    background: int | None = None
    """Where there is a palette: its index of what is not marked."""


def _read(path: Path) -> _Stored:
    """Raises CameraError for what cannot be read or is damaged."""
    try:
        encoded = path.read_bytes()
        if problem := unusable(encoded):
            raise _unreadable(path, problem)
        # OpenCV puts colours for the indices of a palette; Pillow knows some files less.
        with suppress(OSError, ValueError, SyntaxError), Image.open(io.BytesIO(encoded)) as image:
            if image.getexif().get(_ORIENTATION, 1) != 1:
                raise _unreadable(path, _TURNED)
            if image.mode == "1":
                return _Stored(np.atleast_3d(np.asarray(image)), lossy=False, background=0)
            if image.mode in ("P", "PA"):
                indices = np.atleast_3d(np.asarray(image))
                used = np.unique(indices[..., 0]).tolist()
                return _Stored(indices, lossy=False, background=_background(image.getpalette() or [], used))
        decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error) as error:
        raise _unreadable(path, Unread(str(error))) from error
    if decoded is None:
        raise _unreadable(path, undecodable(encoded))
    lossy = encoded.startswith(b"\xff\xd8") or (encoded[8:12] == b"WEBP" and b"VP8 " in encoded[12:64])
    return _Stored(np.atleast_3d(decoded), lossy=lossy)


def _background(palette: Sequence[int], used: Sequence[int]) -> int:
    """The palette's index of what is not marked: 0, unless that has a colour and another one is black."""
    colours = {index: palette[3 * index : 3 * index + 3] for index in {0, *used}}
    if any(colours[0]):
        return next((index for index in used if colours[index] == [0, 0, 0]), 0)
    return 0


def _unreadable(path: Path, problem: Unread) -> CameraError:
    return CameraError(f"{path} cannot be read: {problem.what}", todo=problem.todo)


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
