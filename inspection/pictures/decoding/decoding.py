"""Decoding picture files."""

from pathlib import Path
from typing import Literal, overload

import cv2
import numpy as np

from inspection.errors import CameraError
from inspection.levels import BitDepth, Picture, RawPicture, misfit, suggestion, to_8_bits
from inspection.pictures.decoding.kinds import Unread, undecodable
from inspection.pictures.decoding.png_depth import stated_depth
from inspection.pictures.decoding.soundness import transparent, unusable

_NO_FURTHER: str = "no further picture was read"


@overload
def read_picture(path: Path, *, bit_depth: Literal[8] = 8, part: str = _NO_FURTHER) -> Picture: ...
@overload
def read_picture(path: Path, *, bit_depth: BitDepth, part: str = _NO_FURTHER) -> RawPicture: ...
def read_picture(path: Path, *, bit_depth: BitDepth = 8, part: str = _NO_FURTHER) -> RawPicture:
    """Decode a picture file: height x width x 3, RGB.

    Grey becomes RGB. The picture is turned as its file says (EXIF, TIFF's orientation). Values are as stored:
    no colour profile and no gamma is applied. Pictures of another depth than is stated, files of several
    pictures and what is transparent are refused. See docs/measurements/picture-kinds.md.

    Args:
        path: The file.
        bit_depth: Which of the bits the camera filled: the recipe's word, or the camera's settings'.
        part: What becomes of the part, or of what was asked for, where the file cannot be used.

    Raises:
        CameraError: The file cannot be read, is not a picture, is damaged, as far as that can be told
            (:mod:`inspection.pictures.decoding.soundness`), or is of another depth.
    """
    picture = _decoded(_read(path, part), path, part)
    if problem := misfit(picture, bit_depth):
        raise _unread(path, _of_another_depth(picture, problem, bit_depth), part)
    return picture


def read_archived(path: Path) -> Picture:
    """A picture of the archive in 8 bits, by the one way where it says that it is of more.

    Raises:
        CameraError: As :func:`read_picture`.
    """
    encoded = _read(path, _NO_FURTHER)
    bit_depth = stated_depth(encoded) or 8
    picture = _decoded(encoded, path, _NO_FURTHER)
    if problem := misfit(picture, bit_depth):
        raise _unread(path, _of_another_depth(picture, problem, bit_depth), _NO_FURTHER)
    return to_8_bits(picture, bit_depth=bit_depth)


def picture_size(path: Path) -> tuple[int, int]:
    """Height and width of a picture file, whatever its depth. Raises CameraError where it is damaged."""
    height, width = _decoded(_read(path, _NO_FURTHER), path, _NO_FURTHER).shape[:2]
    return height, width


def _read(path: Path, part: str) -> bytes:
    try:
        # Not cv2.imread: on Windows it takes no path with Chinese in it, and it reads on behind damage.
        return path.read_bytes()
    except OSError as error:
        if path.is_dir():
            raise _unread(path, Unread("it is a folder", "name the pictures in it"), part) from error
        raise _unread(path, Unread(error.strerror or str(error)), part) from error


def _decoded(encoded: bytes, path: Path, part: str) -> RawPicture:
    """The pixels of a file as they are in it; raises CameraError for what cannot be used."""
    if problem := unusable(encoded) or transparent(encoded):
        raise _unread(path, problem, part)
    try:
        picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error as error:
        raise _unread(path, Unread(error.err), part) from error
    if picture is None:
        raise _unread(path, undecodable(encoded), part)
    if picture.dtype not in (np.uint8, np.uint16):
        bits = 8 * picture.dtype.itemsize
        raise _unread(
            path,
            Unread(
                f"it has {bits} bits a channel ({picture.dtype}), which are no grey levels",
                "save it with 8 bits, or with 16 bits without a sign",
            ),
            part,
        )
    coloured = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    if coloured.dtype == np.uint16:
        return coloured.astype(np.uint16, copy=False)
    return coloured.astype(np.uint8, copy=False)


def _of_another_depth(picture: RawPicture, problem: str, bit_depth: BitDepth) -> Unread:
    if picture.dtype != np.uint16:
        return Unread(
            problem,
            f"let the camera give {bit_depth} bits (Mono{bit_depth}), saved as PNG or TIFF of 16 bits; where "
            "it gives 8, teach the recipe with --bit-depth 8",
        )
    return Unread(
        problem,
        f"state the depth that the camera gives ({suggestion(picture)}): passgate recipe teach --bit-depth, "
        "and bit_depth for a folder camera in the station's file; or let the camera give Mono8 or RGB8",
    )


def _unread(path: Path, problem: Unread, part: str) -> CameraError:
    return CameraError(f"{path} cannot be read: {problem.what}", part=part, todo=problem.todo)
