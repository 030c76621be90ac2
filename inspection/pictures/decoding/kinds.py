"""What a picture file is, told by its first bytes, and which kinds are read.

PNG, JPEG, BMP, TIFF and WebP are read, whatever the file's name ends with; any other kind is refused by its
name. So is each variant of the five that OpenCV 5.0.0 reads wrongly without a word, or calls damaged though
it is sound: docs/measurements/picture-kinds.md has them all.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_RESTORE: Final = "remove the file, or restore it"
_AS_PNG: Final = "save it as PNG with 8 bits, or remove it"
MOST_PIXELS: Final = 178_956_970
"""Half a gigabyte in RGB; a line-scan camera's 16,384 x 10,000 is below. Pillow refuses what is larger."""

_BY_FIRST_BYTES: Final = (
    ("PNG", 0, b"\x89PNG\r\n\x1a\n"),
    ("JPEG", 0, b"\xff\xd8\xff"),
    ("BMP", 0, b"BM"),
    *(("TIFF", 0, order) for order in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    ("WebP", 8, b"WEBP"),
    ("GIF", 0, b"GIF8"),
    ("AVIF", 4, b"ftypavif"),
    ("AVIF sequence", 4, b"ftypavis"),
    *(("HEIC", 4, b"ftyp" + brand) for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")),
    ("JPEG 2000", 4, b"jP  \r\n\x87\n"),
    ("JPEG 2000", 0, b"\xff\x4f\xff\x51"),
    ("JPEG XL", 0, b"\xff\x0a"),
    ("JPEG XL", 4, b"JXL \r\n\x87\n"),
    ("JPEG XR", 0, b"II\xbc"),
    *(("PNM", 0, b"P%d" % kind + space) for kind in range(1, 8) for space in (b"\n", b" ", b"\r", b"\t")),
    ("PFM", 0, b"PF\n"),
    ("PFM", 0, b"Pf\n"),
    ("Radiance HDR", 0, b"#?R"),
    ("OpenEXR", 0, b"v/1\x01"),
    ("Sun raster", 0, b"\x59\xa6\x6a\x95"),
    ("QOI", 0, b"qoif"),
    ("Photoshop", 0, b"8BPS"),
    ("DICOM", 128, b"DICM"),
    ("PDF", 0, b"%PDF"),
    ("ZIP", 0, b"PK\x03\x04"),
    ("NumPy", 0, b"\x93NUMPY"),
    ("HDF5", 0, b"\x89HDF\r\n"),
)
_READ: Final = frozenset({"PNG", "JPEG", "BMP", "TIFF", "WebP"})


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a picture file is not read."""

    what: str
    """What the file is, or what is wrong with it."""
    todo: str = _RESTORE
    """What to do about it."""


TOO_LARGE: Final = Unread(
    f"it says that it has more than {MOST_PIXELS // 1_000_000} million pixels, and no more are read",
    "cut it into several, make it smaller, or remove it",
)


def format_of(encoded: bytes) -> str:
    """The name of a file's format, by its first bytes; empty where it is not known."""
    for name, place, first in _BY_FIRST_BYTES:
        if encoded.startswith(first, place):
            return name
    return ""


def unread_format(encoded: bytes) -> Unread | None:
    """Why a file is of no format that is read; None where it is of one."""
    name = format_of(encoded)
    if name in _READ:
        return None
    if name:
        return Unread(f"its format is {name}; PNG, JPEG, BMP, TIFF and WebP are read", _AS_PNG)
    if not encoded:
        return Unread("it is empty: whoever wrote or copied it did not finish")
    if not any(encoded):
        return Unread("it holds nothing but zeros: the disk or the copy lost it")
    if encoded.startswith(b"version https://git-lfs"):
        return Unread("it is a pointer of Git LFS, not the picture", "fetch the pictures: git lfs pull")
    if _is_text(encoded[:512]):
        return Unread("it is text, not a picture", "remove the file, or put the picture in its place")
    return Unread("it is of no kind of picture that is known, or its beginning is damaged")


def undecodable(encoded: bytes) -> Unread:
    """Of a file of a kind that is read, with nothing known against it, that does not decode all the same."""
    return Unread(
        f"it is a {format_of(encoded)} file that does not decode: it is damaged, or of a rare kind",
        "restore it, save it anew as PNG, or remove it",
    )


def too_large(width: int, height: int) -> Unread | None:
    """Why a picture of this size, in pixels, is not read; None where it is not too large."""
    return TOO_LARGE if width * height > MOST_PIXELS else None


def _is_text(beginning: bytes) -> bool:
    return all(byte >= 0x20 or byte in b"\t\n\r\f" for byte in beginning) and b"\x7f" not in beginning


# --- JPEG: its frame header (ITU-T T.81, table B.1) says how it is coded.

_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_LOSSLESS: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_HIERARCHICAL: Final = frozenset({0xC5, 0xC6, 0xCD, 0xCE})
_JPEG_LS: Final = 0xF7
_START_OF_SCAN: Final = 0xDA
_ADOBE: Final = 0xEE


def unread_jpeg(encoded: bytes) -> Unread | None:
    """Why a JPEG is of no kind that is read, or damaged in its headers; else None."""
    adobe = False
    unread: Unread | None = Unread("it is damaged (nothing says how it is coded)")
    for marker, body in _segments(encoded):
        adobe |= marker == _ADOBE and body.startswith(b"Adobe")
        if marker in _FRAMES:
            if len(body) < 6 or len(body) < 6 + 3 * body[5]:
                break
            unread = _unread_frame(marker, *struct.unpack(">BHHB", body[:6]), adobe=adobe)
        elif marker == _START_OF_SCAN:
            return unread
    return unread or Unread("it is damaged (it ends before its pixels)")


def _unread_frame(
    marker: int, bits: int, height: int, width: int, channels: int, *, adobe: bool
) -> Unread | None:
    if marker == _JPEG_LS:
        return Unread("its format is JPEG-LS; JPEG is read", _AS_PNG)
    if marker in _LOSSLESS or marker in _HIERARCHICAL:
        kind = "lossless" if marker in _LOSSLESS else "hierarchical"
        return Unread(f"it is a {kind} JPEG, which is not read", _AS_PNG)
    if bits != 8:
        return Unread(f"it is a JPEG of {bits} bits a channel; 8 are read", _AS_PNG)
    if channels == 4 and not adobe:
        return Unread("it is a JPEG of four channels that does not say which they are", _AS_PNG)
    if channels not in (1, 3, 4):
        return Unread(f"it is a JPEG of {channels} channels; grey, colour and CMYK are read", _AS_PNG)
    return too_large(width, height)


def _segments(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers and what follows them, the first scan's as the last."""
    place = 2
    while place + 4 <= len(encoded) and encoded[place] == 0xFF:
        marker = encoded[place + 1]
        if marker == 0xFF:  # a filling byte
            place += 1
            continue
        (length,) = struct.unpack(">H", encoded[place + 2 : place + 4])
        yield marker, encoded[place + 4 : place + 2 + length]
        if marker == _START_OF_SCAN:
            return
        place += 2 + length


# --- BMP

_RUN_LENGTHS: Final = (1, 2)
_BITFIELDS: Final = 3
_HEAD: Final = 40
_OS2_END, _HEAD_END, _MASKS_END = 26, 54, 66
"""Where the heads end that must be there, in bytes."""
_USUAL_MASKS: Final = {
    16: ((0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)),
    32: ((0xFF0000, 0xFF00, 0xFF),),
}


def unread_bmp(encoded: bytes) -> Unread | None:
    """Why a BMP is of no kind that is read, or ends before its pixels; else None."""
    ended = Unread("it is damaged (it ends before its pixels)")
    if len(encoded) < _OS2_END:
        return ended
    length, head = struct.unpack("<2xI8xI", encoded[:18])
    if head < _HEAD:  # of OS/2
        return too_large(*struct.unpack("<HH", encoded[18:22]))
    if len(encoded) < _HEAD_END:
        return ended
    width, height, _, bits, compression = struct.unpack("<iiHHI", encoded[18:34])
    if compression == _BITFIELDS and bits in _USUAL_MASKS and len(encoded) >= _MASKS_END:
        masks = struct.unpack("<III", encoded[_HEAD_END:_MASKS_END])
        if masks not in _USUAL_MASKS[bits]:
            return Unread("it is a BMP whose channels lie in an order of its own", _AS_PNG)
    if compression in _RUN_LENGTHS and len(encoded) < length:
        return Unread("it is damaged (it is shorter than it says)")  # OpenCV leaves the rest as it comes
    return too_large(abs(width), abs(height))
