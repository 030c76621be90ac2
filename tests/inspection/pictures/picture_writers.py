"""Picture files of kinds that no library at hand writes, byte by byte as their standards say."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

HEIGHT, WIDTH = 48, 64
_ROWS, _COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
COLOUR = np.stack([40 + 3 * _COLUMNS, 30 + 4 * _ROWS, 225 - _COLUMNS - 2 * _ROWS], axis=2).astype(np.uint8)
"""Each channel rises in a way of its own, so that a channel, a side or a range that is wrong shows."""
GREY = (20 + 2 * _COLUMNS + _ROWS).astype(np.uint8)
BLACK_WHITE = (_COLUMNS + 2 * _ROWS) % 40 > 16
SHEER = np.where(_COLUMNS < 10, 0, 255).astype(np.uint8)
"""An alpha channel: the left is transparent."""

Values = NDArray[np.generic]


def deep(values: Values, times: int) -> NDArray[np.uint16]:
    return (values.astype(np.uint32) * times).astype(np.uint16)


def with_alpha(values: Values, alpha: Values = SHEER) -> Values:
    return np.concatenate([np.atleast_3d(values), np.atleast_3d(alpha).astype(values.dtype)], axis=2)


def opaque(values: Values) -> Values:
    return with_alpha(values, np.full((HEIGHT, WIDTH), 255, np.uint8))


def saved(values: Values, kind: str, mode: str = "", **options: Any) -> bytes:
    """By Pillow."""
    image = Image.fromarray(values)
    return written(image.convert(mode) if mode else image, kind, **options)


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def palette(colours: int) -> Image.Image:
    return Image.fromarray(COLOUR).quantize(colours)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def tiff(values: Values, **options: Any) -> bytes:
    """By tifffile."""
    file = io.BytesIO()
    tifffile.imwrite(file, values, **options)
    return file.getvalue()


def tiff_pages(*pages: tuple[Values, dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for values, options in pages:
            writer.write(values, **options)
    return file.getvalue()


def packed(values: Values, bits: int) -> list[bytes]:
    """The rows of pixels of 1, 2 or 4 bits, the first pixel in the high bits."""
    spread = np.unpackbits(values.astype(np.uint8)[..., None], axis=2)[..., -bits:]
    return [row.tobytes() for row in np.packbits(spread.reshape(len(values), -1), axis=1)]


def png(
    rows: Sequence[bytes],
    *,
    bits: int = 8,
    kind: int = 2,
    interlaced: bool = False,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:
    """PNG (ISO 15948)."""
    head = struct.pack(">IIBBBBB", *size, bits, kind, 0, 0, interlaced)
    lines = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", lines) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def png_with(name: bytes, body: bytes) -> bytes:
    plain = saved(COLOUR, "png")
    return plain[:33] + _chunk(name, body) + plain[33:]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_interlaced() -> bytes:
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    return png([row.tobytes() for x, y, dx, dy in passes for row in COLOUR[y::dy, x::dx]], interlaced=True)


def bmp(
    bits: int,
    rows: Sequence[bytes],
    *,
    compression: int = 0,
    colours: Values | None = None,
    masks: tuple[int, ...] = (),
    top_down: bool = False,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:
    """BMP with a BITMAPINFOHEADER."""
    pixels = b"".join(row + bytes(-len(row) % 4) for row in (rows if top_down else rows[::-1]))
    return _bmp(bits, pixels, compression, colours, masks, (size[0], -size[1] if top_down else size[1]))


def _bmp(
    bits: int,
    pixels: bytes,
    compression: int = 0,
    colours: Values | None = None,
    masks: tuple[int, ...] = (),
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:
    table = b"" if colours is None else np.pad(colours[:, ::-1], ((0, 0), (0, 1))).astype(np.uint8).tobytes()
    table = struct.pack(f"<{len(masks)}I", *masks) + table
    start = 54 + len(table)
    head = struct.pack("<IHHI", start + len(pixels), 0, 0, start)
    number = 0 if colours is None else len(colours)
    info = struct.pack("<IiiHHIIiiII", 40, *size, 1, bits, compression, len(pixels), 2835, 2835, number, 0)
    return b"BM" + head + info + table + pixels


def bmp_of_os2(size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """BMP with a BITMAPCOREHEADER."""
    pixels = COLOUR[::-1, :, ::-1].tobytes()
    head = struct.pack("<IHHIIHHHH", 26 + len(pixels), 0, 0, 26, 12, *size, 1, 24)
    return b"BM" + head + pixels


GREYS = np.arange(256)[:, None].repeat(3, axis=1)


def bmp_run_lengths_8() -> bytes:
    pixels = b""
    for row in GREY[::-1]:
        for run in np.split(row, np.flatnonzero(np.diff(row)) + 1):
            pixels += bytes((len(run), run[0]))
        pixels += b"\0\0"
    return _bmp(8, pixels + b"\0\1", 1, GREYS)


def bmp_run_lengths_4() -> bytes:
    pixels = b""
    for row in GREY[::-1] >> 4:
        pixels += b"".join(bytes((2, left << 4 | right)) for left, right in row.reshape(-1, 2)) + b"\0\0"
    return _bmp(4, pixels + b"\0\1", 2, GREYS[::17])


def packed_colours(*places: tuple[int, int], kind: str) -> list[bytes]:
    """Rows of pixels with each channel at its place: (bits, shift) of red, green and blue."""
    pixels = np.zeros(GREY.shape, np.uint32)
    for channel, (bits, shift) in enumerate(places):
        pixels += COLOUR[..., channel].astype(np.uint32) >> 8 - bits << shift
    return [row.astype(kind).tobytes() for row in pixels]


def pnm(kind: int, values: Values, most: int = 255) -> bytes:
    head = f"P{kind}\n{WIDTH} {HEIGHT}\n" + ("" if kind in (1, 4) else f"{most}\n")
    if kind == 4:
        return head.encode() + b"".join(packed(np.logical_not(values), 1))
    if kind in (5, 6):
        return head.encode() + values.astype(">u2" if most > 255 else "u1").tobytes()
    shown = np.logical_not(values) if kind == 1 else values
    return (head + "\n".join(" ".join(str(int(v)) for v in row.ravel()) for row in shown) + "\n").encode()


def without_segment(marker: int, jpeg: bytes) -> bytes:
    """Takes out the segments of one kind that stand before a JPEG's first scan."""
    kept, place = jpeg[:2], 2
    while jpeg[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if jpeg[place + 1] != marker:
            kept += jpeg[place:end]
        place = end
    return kept + jpeg[place:]


Maker = Callable[[], bytes | bytearray]
