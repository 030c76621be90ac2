"""Which TIFFs are read: TIFF is a box for anything, and OpenCV opens more of it than it understands.

OpenCV 5.0.0 (libtiff 4.7.1) reads without a word: a compression that it does not know, as a black picture
(findings/opencv_tiff_black.sh); 16 bits in separate planes, as noise; 16 bits white-is-zero, as the negative;
10, 12 and 14 packed bits, moved up to 16; three channels that are no colours, as the first.
"""

import io
import struct
from collections.abc import Iterator
from typing import Final

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from inspection.pictures.decoding.kinds import Unread, too_large

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_SAMPLES, _PLANAR, _TILE_WIDTH, _EXTRA, _SAMPLE_FORMAT, _DEPTH = 277, 284, 322, 338, 339, 32997
"""Tags (TIFF 6.0; the last is SGI's)."""
_TAGS: Final = (
    *(_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC),
    *(_SAMPLES, _PLANAR, _EXTRA, _SAMPLE_FORMAT, _TILE_WIDTH, _DEPTH),
)
_REDUCED: Final = 1
"""Bit of the subfile type: a smaller copy of another picture of the file."""

_NO_COMPRESSION: Final = 1
_READ_COMPRESSIONS: Final = frozenset({_NO_COMPRESSION, 2, 3, 4, 5, 7, 8, 32773, 32946})
_COMPRESSIONS: Final = {
    6: "the JPEG of 1992",
    34712: "JPEG 2000",
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34887: "LERC",
    34892: "the JPEG of raw files",
    34925: "LZMA",
    34933: "PNG",
    50000: "Zstandard",
    50001: "WebP",
    34927: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
_NUMBERS: Final = {
    2: "signed numbers",
    3: "floating-point numbers",
    5: "complex numbers",
    6: "complex numbers",
}
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_READ_CHANNELS: Final = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1, _CMYK: 4, _YCBCR: 3}
_SEPARATE: Final = 2
_ALPHAS: Final = frozenset({1, 2})
"""Kinds of further channels: transparency, by which the colours have been multiplied or not."""
_COLOURS: Final = {4: "a mask", 8: "Lab colours", 9: "Lab colours", 10: "Lab colours"}
_RAW: Final = {32803: "a sensor's raw values under a colour filter", 34892: "a sensor's raw values"}

_BIG_BIG_ENDIAN: Final = b"MM\0+"
"""Pillow 13.0.0 takes its head for that of a smaller kind."""
_LZW: Final = "save it as an ordinary TIFF with LZW or deflate, or as PNG"
_EIGHT_BITS: Final = "save it with 8 bits a channel, black as 0, or as PNG"


_Page = dict[int, tuple[int, ...]]
"""The values of each tag that a page has."""


def unread_tiff(encoded: bytes) -> Unread | None:
    """Why a TIFF is of no kind that is read, or damaged in its directories; else None."""
    if encoded.startswith(_BIG_BIG_ENDIAN):
        return Unread("it is a big-endian BigTIFF, which cannot be checked for damage", _LZW)
    try:
        pages = list(_pages(encoded))
    except (OSError, ValueError, SyntaxError, struct.error, TypeError, IndexError, OverflowError):
        pages = []
    if not pages:
        return Unread("it is damaged (its directory cannot be read)")
    shown = [page for page in pages if not _first(page, _SUBFILE, 0) & _REDUCED]
    if len(shown) > 1 or shown[:1] != pages[:1]:
        return Unread(
            f"it holds {len(pages)} pictures, and which one shows the part is not known",
            "save the picture alone",
        )
    page = pages[0]
    return (
        too_large(_first(page, _WIDTH, 0), _first(page, _HEIGHT, 0))
        or _unread_storage(page)
        or _unread_numbers(page)
        or _unread_channels(page)
    )


def has_alpha(encoded: bytes) -> bool:
    """Whether a TIFF that is read says that it has a channel of transparency."""
    return bool(_ALPHAS & set(next(_pages(encoded)).get(_EXTRA, ())))


def _pages(encoded: bytes) -> Iterator[_Page]:
    """The directories of a file, each once, in the order in which they are linked."""
    file = io.BytesIO(encoded)
    directory = ImageFileDirectory_v2(encoded[: 16 if 43 in encoded[2:4] else 8])  # BigTIFF's head is longer
    seen: set[int] = set()
    while directory.next and directory.next not in seen:
        seen.add(directory.next)
        file.seek(directory.next)
        directory.load(file)
        yield {tag: _values(directory[tag]) for tag in _TAGS if tag in directory}


def _values(value: object) -> tuple[int, ...]:
    return tuple(int(one) for one in (value if isinstance(value, tuple) else (value,)))


def _first(page: _Page, tag: int, otherwise: int) -> int:
    return next(iter(page.get(tag, ())), otherwise)


def _unread_storage(page: _Page) -> Unread | None:
    """Of how the pixels lie in the file."""
    compression = _first(page, _COMPRESSION, _NO_COMPRESSION)
    if compression not in _READ_COMPRESSIONS:
        name = _COMPRESSIONS.get(compression, f"a method of number {compression}")
        return Unread(f"it is a TIFF compressed with {name}, which is not read", _LZW)
    if _TILE_WIDTH in page and compression == _NO_COMPRESSION:
        return Unread("it is a TIFF in tiles that are not compressed, which is not read", _LZW)
    if _first(page, _DEPTH, 1) > 1:
        return Unread("it is a TIFF of a volume, not of one picture", "save one slice alone")
    return None


def _unread_numbers(page: _Page) -> Unread | None:
    """Of what kind of number a pixel is."""
    kind = _first(page, _SAMPLE_FORMAT, 1)
    if kind in _NUMBERS:
        return Unread(f"it is a TIFF of {_NUMBERS[kind]}, not of grey levels from 0 on", _EIGHT_BITS)
    bits, photometric = set(page.get(_BITS, (1,))), _first(page, _PHOTOMETRIC, _BLACK_IS_ZERO)
    if len(bits) > 1:
        return Unread("it is a TIFF whose channels have different numbers of bits", _EIGHT_BITS)
    if bits == {16}:
        if photometric == _WHITE_IS_ZERO:
            return Unread("it is a TIFF of 16 bits where white is 0, which is not read", _EIGHT_BITS)
        if _first(page, _PLANAR, 1) == _SEPARATE:
            return Unread("it is a TIFF of 16 bits whose channels lie apart, which is not read", _EIGHT_BITS)
        return None
    if bits == {8} or (bits == {1} and photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)):
        return None
    if bits == {4} and photometric == _PALETTE:
        return None
    return Unread(f"it is a TIFF of {min(bits)} bits a channel, which is not read", _EIGHT_BITS)


def _unread_channels(page: _Page) -> Unread | None:
    """Of what the channels mean."""
    photometric, channels = _first(page, _PHOTOMETRIC, _BLACK_IS_ZERO), _first(page, _SAMPLES, 1)
    if photometric in _RAW:
        return Unread(f"it is a TIFF of {_RAW[photometric]}", "let the camera's program make RGB of it")
    if photometric not in _READ_CHANNELS:
        colours = _COLOURS.get(photometric, f"colours of number {photometric}")
        return Unread(f"it is a TIFF of {colours}, which are not read", "save it as RGB or grey")
    extra = page.get(_EXTRA, ())
    if (
        channels - len(extra) != _READ_CHANNELS[photometric]
        or len(extra) > 1
        or not _ALPHAS.issuperset(extra)
    ):
        return Unread(
            f"it is a TIFF whose channels ({channels}) are not all colours", "save what shows the part alone"
        )
    return None
