"""Kinds of TIFF: a box for anything."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from tests.inspection.pictures.picture_kind import DEEP, MANY, SHEER, UPRIGHT, WIDE, WIDE_GREY, Row
from tests.inspection.pictures.picture_writers import (
    BLACK_WHITE,
    COLOUR,
    GREY,
    Values,
    deep,
    opaque,
    palette,
    saved,
    tiff,
    tiff_pages,
    with_alpha,
    written,
)

_ARRANGED: dict[str, dict[str, Any]] = {
    "one strip": {},
    "strips": {"rowsperstrip": 7},
    "tiles": {"tile": (16, 32)},
}


def tiff_kinds() -> Iterator[Row]:
    for compression in (None, "lzw", "deflate", "packbits"):
        name = compression or "no compression"
        for how, options in _ARRANGED.items():
            make = partial(_rgb, compression=compression, **options)
            if compression is None and how == "tiles":
                tiles = "it is a TIFF in tiles that are not compressed, which is not read"
                yield f"RGB, {name}, {how}", "tifffile", make, COLOUR, tiles
            else:
                yield f"RGB, {name}, {how}", "tifffile", make, COLOUR
    for compression in ("lzw", "deflate"):
        yield (
            f"RGB, {compression}, predictor",
            "tifffile",
            partial(_rgb, compression=compression, predictor=True),
            COLOUR,
        )
    planes = np.moveaxis(COLOUR, -1, 0)
    for compression in (None, "lzw"):
        apart = partial(tiff, planes, photometric="rgb", planarconfig="separate", compression=compression)
        yield f"RGB in separate planes, {compression or 'no compression'}", "tifffile", apart, COLOUR
    jpeg: dict[str, Any] = {"compression": "jpeg", "compressionargs": {"level": 95}}
    yield "RGB, JPEG", "tifffile", partial(_rgb, **jpeg), COLOUR, 6
    yield "RGB, JPEG, tiles", "tifffile", partial(_rgb, **jpeg, tile=(16, 32)), COLOUR, 6
    yield "RGB, JPEG", "Pillow", partial(saved, COLOUR, "tiff", compression="jpeg", quality=95), COLOUR, 6
    for order, named in (("<", "little"), (">", "big")):
        yield f"RGB, {named}-endian", "tifffile", partial(_rgb, byteorder=order), COLOUR
    yield "BigTIFF, little-endian", "tifffile", partial(_rgb, bigtiff=True), COLOUR
    big = partial(_rgb, bigtiff=True, byteorder=">")
    refused = "it is a big-endian BigTIFF, which cannot be checked for damage"
    yield "BigTIFF, big-endian", "tifffile", big, COLOUR, refused
    for kind, named in (("minisblack", "black is 0"), ("miniswhite", "white is 0")):
        white = kind == "miniswhite"
        yield (
            f"grey, {named}",
            "tifffile",
            partial(tiff, 255 - GREY if white else GREY, photometric=kind),
            GREY,
        )
        bits = partial(tiff, ~BLACK_WHITE if white else BLACK_WHITE, photometric=kind)
        yield f"1 bit, {named}", "tifffile", bits, BLACK_WHITE
    for method in ("group3", "group4"):
        yield (
            f"1 bit, fax {method}",
            "Pillow",
            partial(saved, BLACK_WHITE, "tiff", compression=method),
            BLACK_WHITE,
        )
    for colours in (12, 100):
        image = palette(colours)
        yield (
            f"palette of {colours} colours",
            "Pillow",
            partial(written, image, "tiff"),
            np.asarray(image.convert("RGB")),
        )
    for orientation in range(2, 9):
        tag = [(274, "H", 1, orientation, True)]
        make = partial(_rgb, extratags=tag)
        yield f"orientation {orientation}: turned as it says", "tifffile", make, UPRIGHT[orientation]
    yield "CMYK", "Pillow", partial(saved, COLOUR, "tiff", "CMYK"), COLOUR
    yield "YCbCr", "Pillow", partial(saved, COLOUR, "tiff", "YCbCr"), COLOUR, 4
    alpha: dict[str, Any] = {"photometric": "rgb", "extrasamples": ["unassalpha"]}
    yield "RGB and alpha, opaque", "tifffile", partial(tiff, opaque(COLOUR), **alpha), COLOUR
    small: tuple[Values, dict[str, Any]] = (COLOUR[::4, ::4].copy(), {"photometric": "rgb", "subfiletype": 1})
    full: tuple[Values, dict[str, Any]] = (COLOUR, {"photometric": "rgb"})
    yield "with a thumbnail", "tifffile", partial(tiff_pages, full, small), COLOUR
    yield (
        "with a smaller copy inside (pyramid)",
        "tifffile",
        partial(tiff_pages, (COLOUR, {"photometric": "rgb", "subifds": 1}), small),
        COLOUR,
    )
    yield from _tiff_refused()


def _rgb(**options: Any) -> bytes:
    return tiff(COLOUR, photometric="rgb", **options)


def _tiff_refused() -> Iterator[Row]:
    yield (
        "RGB and alpha",
        "tifffile",
        partial(tiff, with_alpha(COLOUR), photometric="rgb", extrasamples=["unassalpha"]),
        COLOUR,
        SHEER,
    )
    yield (
        "grey and alpha",
        "tifffile",
        partial(
            tiff,
            with_alpha(GREY),
            photometric="minisblack",
            planarconfig="contig",
            extrasamples=["unassalpha"],
        ),
        GREY,
        SHEER,
    )
    for channels in (2, 4, 5):
        values = np.concatenate([COLOUR, COLOUR], axis=2)[..., :channels]
        kind = "rgb" if channels == 4 else "minisblack"
        make = partial(
            tiff,
            values,
            photometric=kind,
            planarconfig="contig",
            extrasamples=["unspecified"] * (channels - (3 if kind == "rgb" else 1)),
        )
        yield (
            f"{channels} channels",
            "tifffile",
            make,
            COLOUR,
            f"it is a TIFF whose channels ({channels}) are not all colours",
        )
    for compression, named in {
        "zstd": "Zstandard",
        "lzma": "LZMA",
        "webp": "WebP",
        "jpeg2000": "JPEG 2000",
        "png": "PNG",
        "jpegxl": "JPEG XL",
        "lerc": "LERC",
    }.items():
        make = partial(_rgb, compression=compression)
        yield (
            f"RGB, {named}",
            "tifffile",
            make,
            COLOUR,
            f"it is a TIFF compressed with {named}, which is not read",
        )
    for bits in (2, 4, 10, 12, 14):
        values = GREY >> 8 - bits if bits < 8 else deep(GREY, 2 ** (bits - 8))
        make = partial(tiff, values, bitspersample=bits, photometric="minisblack")
        yield (
            f"grey, {bits} bits packed",
            "tifffile",
            make,
            GREY,
            f"it is a TIFF of {bits} bits a channel, which is not read",
        )
    black = {"photometric": "minisblack"}
    yield "grey, 16 bits", "tifffile", partial(tiff, WIDE_GREY, **black), GREY, DEEP
    yield "RGB, 16 bits", "tifffile", partial(tiff, WIDE, photometric="rgb"), COLOUR, DEEP
    yield (
        "RGB, 16 bits, big-endian",
        "tifffile",
        partial(tiff, WIDE, photometric="rgb", byteorder=">"),
        COLOUR,
        DEEP,
    )
    yield (
        *(
            "grey, 16 bits, white is 0",
            "tifffile",
            partial(tiff, 65535 - WIDE_GREY, photometric="miniswhite"),
            GREY,
        ),
        "it is a TIFF of 16 bits where white is 0, which is not read",
    )
    yield (
        *(
            "RGB, 16 bits, separate planes",
            "tifffile",
            partial(tiff, np.moveaxis(WIDE, -1, 0), photometric="rgb", planarconfig="separate"),
            COLOUR,
        ),
        "it is a TIFF of 16 bits whose channels lie apart, which is not read",
    )
    yield (
        "grey, 32 bits",
        "tifffile",
        partial(tiff, GREY.astype(np.uint32), **black),
        GREY,
        "it is a TIFF of 32 bits a channel, which is not read",
    )
    for kind, named in {
        "int8": "signed",
        "int16": "signed",
        "float16": "floating-point",
        "float32": "floating-point",
        "float64": "floating-point",
        "complex64": "complex",
    }.items():
        make = partial(tiff, (GREY // 2).astype(kind), **black)
        yield (
            f"grey, {kind}",
            "tifffile",
            make,
            GREY,
            f"it is a TIFF of {named} numbers, not of grey levels from 0 on",
        )
    floats = partial(tiff, (COLOUR / 255).astype(np.float32), photometric="rgb")
    yield (
        "RGB, float32",
        "tifffile",
        floats,
        COLOUR,
        "it is a TIFF of floating-point numbers, not of grey levels from 0 on",
    )
    yield (
        "Lab",
        "tifffile",
        partial(tiff, COLOUR, photometric="cielab"),
        COLOUR,
        "it is a TIFF of Lab colours, which are not read",
    )
    bayer = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, (0, 1, 1, 2), True)]
    yield (
        "Bayer (CFA)",
        "tifffile",
        partial(tiff, GREY, photometric="cfa", extratags=bayer),
        GREY,
        "it is a TIFF of a sensor's raw values under a colour filter",
    )
    yield (
        "two pages",
        "tifffile",
        partial(tiff, np.stack([COLOUR, 255 - COLOUR]), photometric="rgb"),
        COLOUR,
        MANY,
    )
    yield "ImageJ's stack", "tifffile", partial(tiff, np.stack([GREY, 255 - GREY]), imagej=True), GREY, MANY
    volume = partial(
        tiff, np.stack([GREY, GREY]), **black, volumetric=True, tile=(2, 16, 16), compression="deflate"
    )
    yield "volume", "tifffile", volume, GREY, "it is a TIFF of a volume, not of one picture"
