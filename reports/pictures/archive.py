"""The picture archive: every picture once, under the SHA-256 of its file.

**Encoding.** PNG, lossless: a scratch one pixel wide must look in court as it looked to the model, and a
picture must judge the same when it is judged again. Filter UP with run-length strategy is what makes that fit
the budget. Measured with OpenCV 5 on one core of the development machine, synthetic surface with sensor noise
of σ = 1 (640x480 / 1130x460; kiB of the first; largest error of a pixel):

====================  =============  ======  =====
encoding              ms             kiB     error
====================  =============  ======  =====
PNG, UP + RLE         7 / 11 to 20   304     0
PNG level 1, default  17 / 29        374     0
PNG uncompressed      9 / 14 to 22   901     0
WebP lossless         101 / 310      267     0
JPEG quality 95       0.5 / 1.0      33      6
====================  =============  ======  =====

JPEG would be quicker and ten times smaller, but it smooths away just the faint, thin defects (errors up to 18
grey levels at σ = 3). The file's extension, and ``encoding`` in the database, say how a picture was written.

**Depth.** A picture above 8 bits is a PNG of 16, its levels unchanged (aligned to the least significant bit,
as the camera gave them, so it looks dark where it is shown as it is) and grey in one channel; the file says
its depth (:mod:`inspection.pictures.decoding.png_depth`).

**Files.** ``<root>/ab/cd/<sha256>.png``, written beside its place, synchronised, then renamed: under its
final name a picture is always whole. That takes two or three disk
flushes more (4 ms each on that machine). A picture that comes again only gets a new time of last use.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

from inspection.errors import StoreError
from inspection.files.atomic import atomic_write, make_folder_durable, sync_folder
from inspection.levels import BitDepth, RawPicture, misfit
from inspection.messages.codes import Code
from inspection.part import Frame
from inspection.pictures.decoding.png_depth import with_depth
from reports.record.schema import PICTURE_ENCODING

_PNG = (
    cv2.IMWRITE_PNG_COMPRESSION,
    1,
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_FILTER_UP,
)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class PictureArchive:
    """Content-addressed pictures below ``root``. ``path`` may be called from any thread."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the first level of folders, so that no part has to wait for them. Raises OSError."""
        make_folder_durable(self.root)
        for first in range(256):
            (self.root / f"{first:02x}").mkdir(exist_ok=True)
        sync_folder(self.root)

    def keep(self, frame: Frame) -> str:
        """Archive a frame's picture, durable on return.

        Returns:
            SHA-256 of the file, lower-case hex.

        Raises:
            StoreError: The picture cannot be encoded, or the disk refuses.
        """
        data = encode(frame.picture, bit_depth=frame.bit_depth)
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        try:
            if path.is_file() and path.stat().st_size == len(data):
                os.utime(path)
            else:
                make_folder_durable(path.parent)
                _write(path, data)
        except OSError as error:
            raise StoreError(
                f"A picture of camera {frame.camera} cannot be archived in {self.root}: {error}",
                part="The part goes to manual review, as all do until a picture is kept again",
                todo="Make room on the disk of the archive, and check its rights",
                code=Code.PICTURE_NOT_ARCHIVED,
                params={"camera": frame.camera},
            ) from error
        return sha256

    def path(self, sha256: str) -> Path:
        """Where the picture lies, or would lie. Raises ValueError for what is no SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hex")
        return self.root / sha256[:2] / sha256[2:4] / f"{sha256}.{PICTURE_ENCODING}"

    def folders(self) -> Iterator[Path]:
        """Every folder that may hold pictures, in the order of their hashes. Raises OSError."""
        if self.root.is_dir():
            for first in sorted(self.root.iterdir()):
                if first.is_dir():
                    yield from sorted(each for each in first.iterdir() if each.is_dir())

    def files(self) -> Iterator[Path]:
        """Every picture that is there under its final name, in the order of the hashes. Raises OSError."""
        for folder in self.folders():
            for path in sorted(folder.iterdir()):
                if _SHA256.fullmatch(path.stem) and path.suffix == f".{PICTURE_ENCODING}":
                    yield path


def encode(picture: RawPicture, *, bit_depth: BitDepth = 8) -> bytes:
    """The picture (H x W x 3, RGB) as a lossless PNG file, at its depth.

    Raises:
        StoreError: It is no such array.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0 or misfit(picture, bit_depth):
        raise StoreError(
            f"A picture of shape {picture.shape} and type {picture.dtype}, said to have {bit_depth} bits, "
            "cannot be archived"
        )
    try:
        done, data = cv2.imencode(f".{PICTURE_ENCODING}", _as_stored(picture), _PNG)
    except cv2.error as error:
        raise StoreError(f"A picture cannot be encoded: {error}") from error
    if not done:
        raise StoreError("A picture cannot be encoded")
    return data.tobytes() if bit_depth == 8 else with_depth(data.tobytes(), bit_depth)


def _as_stored(picture: RawPicture) -> MatLike:
    """As OpenCV takes it; grey above 8 bits in one channel, which takes a third."""
    red, green, blue = (picture[..., channel] for channel in range(3))
    if picture.dtype == np.uint16 and np.array_equal(red, green) and np.array_equal(red, blue):
        return np.ascontiguousarray(red)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)


def _write(path: Path, data: bytes) -> None:
    with atomic_write(path) as unfinished:
        unfinished.write_bytes(data)
