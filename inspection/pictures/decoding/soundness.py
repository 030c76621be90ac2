"""Whether a picture file can be used: of a kind that is read, whole, and one picture.

libjpeg reads on behind a lost sector and invents the rest of the picture; its warning goes to stderr, where
no program sees it. One such picture among the good ones makes the threshold worthless.

- JPEG: decoded once more, in grey and at an eighth of the size, by libjpeg-turbo with its warnings as errors
  (simplejpeg). Of 720 damaged photographs (sectors zeroed, lost, swapped, doubled, overwritten, files cut
  off, eight bits flipped) that finds 97 %, where OpenCV finds 12 % and Pillow 30 %; of single flipped bits a
  quarter. JPEG has no checksum: what still decodes without a complaint cannot be told, so whoever teaches
  looks for pictures that lie far from the others as well.
- TIFF: Pillow looks at what LZW can tell, zlib at deflate's checksums; OpenCV at neither.
- PNG has checksums, which OpenCV keeps; BMP, WebP and uncompressed TIFF have none, and OpenCV refuses those
  that are cut off.
"""

import io
import struct
import warnings
import zlib
from typing import Final

import numpy as np
import simplejpeg
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from inspection.pictures.decoding.kinds import (
    TOO_LARGE,
    Unread,
    format_of,
    undecodable,
    unread_bmp,
    unread_format,
    unread_jpeg,
)
from inspection.pictures.decoding.tiff import has_alpha, unread_tiff

# Of sizes, which too_large refuses, and of damage, which is told here. catch_warnings is no thread's own.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")

_COMPRESSION, _STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 259, 273, 279, 324, 325
"""Tags of a TIFF: how the data are compressed, where they lie, how many bytes."""
_JPEG_TABLES: Final = 347
_DEFLATE: Final = (8, 32946)
_AS_JPEG: Final = 7
_EMPTY_JPEG: Final = b"\xff\xd8\xff\xd9"
_OPAQUE: Final = "save it without transparency"


def unusable(encoded: bytes) -> Unread | None:
    """Why a picture file cannot be used; None where nothing is known against it.

    Args:
        encoded: The whole file. Its kind is told by its first bytes, not by its name.
    """
    match format_of(encoded):
        case "JPEG":
            return unread_jpeg(encoded) or _damaged_jpeg(encoded)
        case "BMP":
            return unread_bmp(encoded)
        case "TIFF":
            return unread_tiff(encoded) or _unusable_to_pillow(encoded)
        case "PNG" | "WebP":
            return _unusable_to_pillow(encoded)
    return unread_format(encoded)


def transparent(encoded: bytes) -> Unread | None:
    """Why a sound file shows something else than its colours: part of it is transparent.

    What stands behind that no file says, and programs differ in what they put there: OpenCV black in a TIFF,
    and in a PNG whatever colour lies hidden.
    """
    kind = format_of(encoded)
    if kind == "JPEG" or (kind == "TIFF" and not has_alpha(encoded)):
        return None
    try:
        with _opened(encoded) as image:
            if not image.has_transparency_data:
                return None
            alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        if kind == "BMP":
            return None  # Pillow knows fewer of them than OpenCV
        if kind == "TIFF" or isinstance(error, ValueError):
            return Unread("whether parts of it are transparent cannot be told", _OPAQUE)
        return undecodable(encoded)
    unused = kind == "BMP" and not alpha.any()  # as programs on Windows leave it
    if alpha.min() == 255 or unused:
        return None
    return Unread("parts of it are transparent, and what shows there is not known", _OPAQUE)


def _damaged(why: object) -> Unread:
    return Unread(f"it is damaged ({why})")


def _damaged_jpeg(encoded: bytes) -> Unread | None:
    try:
        simplejpeg.decode_jpeg(encoded, "GRAY", min_height=1, min_width=1, min_factor=8, strict=True)
    except ValueError as error:
        said = str(error)
        if "subsampling" in said or "color conversion" in said:
            return Unread(
                "its colours are stored in a way that cannot be checked for damage",
                "save it as PNG, or as a JPEG with 4:2:0 or 4:4:4",
            )
        return _damaged(said)
    return None


def _opened(encoded: bytes) -> Image.Image:
    return Image.open(io.BytesIO(encoded))


def _unusable_to_pillow(encoded: bytes) -> Unread | None:
    try:
        image = _opened(encoded)
    except Image.DecompressionBombError:
        return TOO_LARGE
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        # Of TIFFs it knows fewer than OpenCV, which is asked next.
        return None if format_of(encoded) == "TIFF" else undecodable(encoded)
    with image:
        try:
            if (count := getattr(image, "n_frames", 1)) > 1 and not isinstance(image, TiffImageFile):
                return Unread(
                    f"it holds {count} pictures, and which one shows the part is not known",
                    "save the picture alone",
                )
            if isinstance(image, TiffImageFile):
                return _damaged_tiff(encoded, image)
        except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
            return _damaged(error)
    return None


def _damaged_tiff(encoded: bytes, image: TiffImageFile) -> Unread | None:
    """Decode a TIFF with Pillow, and look at what it does not look at. Raises what Pillow and zlib raise."""
    image.load()
    tags = image.tag_v2
    pieces = [
        encoded[place : place + length]
        for where, how_many in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES))
        for place, length in zip(tags.get(where, ()), tags.get(how_many, ()), strict=True)
    ]
    if tags.get(_COMPRESSION) in _DEFLATE:
        for piece in pieces:
            zlib.decompress(piece)  # libtiff stops before the checksum
    elif tags.get(_COMPRESSION) == _AS_JPEG:
        tables = tags.get(_JPEG_TABLES, _EMPTY_JPEG)
        for piece in pieces:  # a JPEG each, whose tables are kept once
            if problem := _damaged_jpeg(tables[:-2] + piece[2:]):
                return problem
    return None
