"""Every kind of picture file that could be found a writer for, and what must become of it.

One row each of docs/measurements/picture-kinds.md. The files are made by libraries that are not the reader,
or byte by byte (:mod:`tests.inspection.pictures.picture_writers`); the pixels that they hold are known.
"""

import base64
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
import imagecodecs
import numpy as np
import simplejpeg
from cv2.typing import MatLike
from PIL import Image, ImageCms

from tests.inspection.pictures.picture_kind import (
    DEEP,
    MANY,
    SHEER,
    TOO_LARGE,
    UPRIGHT,
    WIDE,
    WIDE_GREY,
    PictureKind,
    Row,
)
from tests.inspection.pictures.picture_writers import (
    BLACK_WHITE,
    COLOUR,
    GREY,
    GREYS,
    HEIGHT,
    WIDTH,
    Maker,
    bmp,
    bmp_of_os2,
    bmp_run_lengths_4,
    bmp_run_lengths_8,
    deep,
    opaque,
    packed,
    packed_colours,
    palette,
    png,
    png_interlaced,
    png_with,
    pnm,
    saved,
    turned,
    with_alpha,
    without_segment,
    written,
)
from tests.inspection.pictures.tiff_kinds import tiff_kinds


def kinds() -> Iterator[PictureKind]:
    """All of them."""
    for format_, suffix, rows in (
        ("JPEG", ".jpg", _jpeg()),
        ("PNG", ".png", _png()),
        ("TIFF", ".tif", tiff_kinds()),
        ("BMP", ".bmp", _bmp()),
        ("WebP", ".webp", _webp()),
        ("Others", ".png", _others()),
    ):
        for what, by, make, shows, *end in rows:
            fate = end[0] if end else 0
            yield PictureKind(
                format=format_,
                what=what,
                by=by,
                make=make,
                suffix=suffix,
                shows=shows,
                off=fate if isinstance(fate, int) else 0,
                refused=fate if isinstance(fate, str) else "",
            )


_PROFILE: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_ARITHMETIC: Final = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQ"
    "ERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
    "FBQUFBQUFBQUFBQUFBT/yQARCAAwAEADAREAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/AN2xb38xh84C2wPE"
    "rRZXCAd8eiQcFqBc+sBejjYRPEfpTzNZMhAHrUE8v9uJqNhSrtsvfhme+SWJpaPgSIiVY49F2LP96rKpj1xabANdSNChCbSJ"
    "MIc6+BLUNTrR9XBZInifLI/sPCes9L7CNKrUsxeJVhTM9LcfSw2+Ns0yQ4QFTeXygNGv0T0RNncG3iPZKhYpeXJ0CBjkLlhV"
    "zeX7Y38cim2IB51B05cj1tVLRnBnw3RxwvAXqmt5/v8A6ko/QF2QRx+2KURV7ZNT/wA+6ou9fpHwg1kAkX/5FFGbutBv5wIt"
    "i1cxFuNC7ey9dPt4jECTi49sPzUc8ACN0fCenREmZI4krMj6SLBr6VZp9CHfBxB6PtTw4izrhSnHmkERZWZuEmic+wsfiktK"
    "zCevMn3T4BPN4mvf8TtQasszGAc8MF1vtP/Z"
)
_ARITHMETIC_PROGRESSIVE: Final = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQ"
    "ERMUFRUVDA8XGBYUGBIUFRT/ygALCAAwAEABAREA/8wABAAQ/9oACAEBAAAAAf8A13LGuX++7LoN2Y5CtBg+CBurIN+dsVyR"
    "dWvvb152T4s2cjTB6P/MAAQQBf/aAAgBAQABBQIa7mXLTvWPFID03Enx111111111111111111111111111111112P/MAAQQ"
    "Bf/aAAgBAQAGPwKo/8wABBAF/9oACAEBAAE/Ibxs/9oACAEBAAAAEAJa8bbbbv/MAAQQBf/aAAgBAQABPxAjGFdvMbUFCYiE"
    "JeaQagMpweFDrT8mMl7lfqD/2Q=="
)


def _jpeg() -> Iterator[Row]:
    ways: dict[str, dict[str, Any]] = {
        "baseline, 4:2:0": {},
        "baseline, 4:4:4": {"subsampling": 0},
        "baseline, 4:2:2": {"subsampling": 1},
        "baseline, 4:1:1": {"subsampling": "4:1:1"},
        "progressive": {"progressive": True},
        "optimized Huffman tables": {"optimize": True},
        "restart markers": {"restart_marker_blocks": 2},
        "stored as RGB": {"keep_rgb": True},
        "with an ICC profile, which is not applied": {"icc_profile": _PROFILE},
        "with a comment and EXIF": {"comment": b"camera 1", "exif": turned(1)},
    }
    for what, options in ways.items():
        yield what, "Pillow", partial(saved, COLOUR, "jpeg", **{"quality": 95, **options}), COLOUR, 6
    yield "quality 30", "Pillow", partial(saved, COLOUR, "jpeg", quality=30), COLOUR, 16
    yield "grey", "Pillow", partial(saved, GREY, "jpeg", quality=95), GREY, 2
    yield "grey, progressive", "Pillow", partial(saved, GREY, "jpeg", quality=95, progressive=True), GREY, 2
    yield "4:4:4", "simplejpeg", partial(simplejpeg.encode_jpeg, COLOUR, 95), COLOUR, 6
    yield "4:2:0", "OpenCV", partial(_opencv, ".jpg", COLOUR), COLOUR, 6
    yield "4:4:0", "imagecodecs", partial(imagecodecs.jpeg8_encode, COLOUR, 95, subsampling="440"), COLOUR, 6
    yield "a frame of a video", "FFmpeg, in OpenCV", _ffmpeg, COLOUR, 8
    frame = partial(without_segment, 0xC4)
    yield (
        *("without Huffman tables, as USB cameras send it", "Pillow"),
        *(lambda: frame(saved(COLOUR, "jpeg", quality=95)), COLOUR, 6),
    )
    yield "arithmetic coding", "cjpeg", lambda: _ARITHMETIC, COLOUR, 6
    yield "arithmetic coding, progressive, grey", "cjpeg", lambda: _ARITHMETIC_PROGRESSIVE, GREY, 2
    for orientation, upright in UPRIGHT.items():
        make = partial(saved, COLOUR, "jpeg", quality=95, exif=turned(orientation))
        yield f"EXIF orientation {orientation}: turned as it says", "Pillow", make, upright, 6
    yield "CMYK", "Pillow", partial(saved, COLOUR, "jpeg", "CMYK", quality=95), COLOUR, 6
    yield "YCCK", "imagecodecs", _ycck, COLOUR, 8
    yield (
        *("CMYK without Adobe's marker", "Pillow"),
        *(lambda: without_segment(0xEE, saved(COLOUR, "jpeg", "CMYK")), COLOUR),
        "it is a JPEG of four channels that does not say which they are",
    )
    two: dict[str, Any] = {"save_all": True, "append_images": [Image.fromarray(255 - COLOUR)]}
    yield (
        "MPO, of which the first is the picture",
        "Pillow",
        partial(saved, COLOUR, "mpo", quality=95, **two),
        COLOUR,
        8,
    )
    yield "something behind its end", "Pillow", lambda: saved(COLOUR, "jpeg", quality=95) + b"more", COLOUR, 6
    wide = partial(imagecodecs.jpeg8_encode, deep(GREY, 16), 95, bitspersample=12)
    yield "12 bits", "imagecodecs", wide, GREY, "it is a JPEG of 12 bits a channel; 8 are read"
    lossless = partial(imagecodecs.jpeg8_encode, COLOUR, lossless=True)
    yield "lossless", "imagecodecs", lossless, COLOUR, "it is a lossless JPEG, which is not read"
    lossless = partial(imagecodecs.ljpeg_encode, deep(GREY, 16), bitspersample=12)
    yield "lossless, 12 bits", "imagecodecs", lossless, GREY, "it is a lossless JPEG, which is not read"
    ls = partial(imagecodecs.jpegls_encode, COLOUR)
    yield "JPEG-LS", "imagecodecs", ls, COLOUR, "its format is JPEG-LS; JPEG is read"


def _ffmpeg() -> bytes:
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "video.avi")
        video = cv2.VideoWriter(path, cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10, (WIDTH, HEIGHT))
        video.write(np.ascontiguousarray(COLOUR[..., ::-1]))
        video.release()
        coded = Path(path).read_bytes()
    start = coded.index(b"\xff\xd8\xff")
    return coded[start : coded.index(b"\xff\xd9", start) + 2]


def _opencv(suffix: str, values: MatLike) -> bytes:
    return cv2.imencode(suffix, values[..., ::-1] if values.ndim == 3 else values)[1].tobytes()


def _ycck() -> bytes:
    """As Adobe writes it: inverted."""
    inks = with_alpha(COLOUR, np.full(GREY.shape, 255, np.uint8))
    return bytes(
        imagecodecs.jpeg8_encode(inks, 95, colorspace="CMYK", outcolorspace="YCCK", subsampling="444")
    )


def _png() -> Iterator[Row]:
    yield "grey, 1 bit", "Pillow", partial(saved, BLACK_WHITE, "png"), BLACK_WHITE
    for bits in (2, 4):
        levels = GREY >> 8 - bits
        make = partial(png, packed(levels, bits), bits=bits, kind=0)
        yield f"grey, {bits} bits", "its standard", make, levels * np.uint8(255 // (2**bits - 1))
    yield "grey, 8 bits", "Pillow", partial(saved, GREY, "png"), GREY
    yield "RGB, 8 bits", "Pillow", partial(saved, COLOUR, "png"), COLOUR
    yield "RGB, 8 bits", "OpenCV", partial(_opencv, ".png", COLOUR), COLOUR
    yield "RGB, interlaced", "its standard", png_interlaced, COLOUR
    for colours in (2, 12, 100):
        image = palette(colours)
        shown = np.asarray(image.convert("RGB"))
        yield f"palette of {colours} colours", "Pillow", partial(written, image, "png"), shown
    yield "grey and alpha, opaque", "Pillow", partial(saved, opaque(GREY), "png"), GREY
    yield "RGB and alpha, opaque", "Pillow", partial(saved, opaque(COLOUR), "png"), COLOUR
    yield "grey and alpha", "Pillow", partial(saved, with_alpha(GREY), "png"), GREY, SHEER
    yield "RGB and alpha", "Pillow", partial(saved, with_alpha(COLOUR), "png"), COLOUR, SHEER
    clear = partial(written, palette(100), "png", transparency=0)
    yield "palette with a transparent colour", "Pillow", clear, COLOUR, SHEER
    clear = partial(saved, GREY, "png", transparency=int(GREY[5, 5]))
    yield "grey with a transparent level", "Pillow", clear, GREY, SHEER
    clear = partial(saved, COLOUR, "png", transparency=tuple(int(v) for v in COLOUR[5, 5]))
    yield "RGB with a transparent colour", "Pillow", clear, COLOUR, SHEER
    yield "grey, 16 bits", "Pillow", partial(saved, WIDE_GREY, "png"), GREY, DEEP
    yield "grey, 12 bits in 16", "Pillow", partial(saved, deep(GREY, 16), "png"), GREY, DEEP
    yield "RGB, 16 bits", "imagecodecs", partial(imagecodecs.png_encode, WIDE), COLOUR, DEEP
    sheer = partial(imagecodecs.png_encode, deep(with_alpha(COLOUR), 257))
    yield "RGB and alpha, 16 bits", "imagecodecs", sheer, COLOUR, SHEER
    for gamma in (45_455, 100_000):
        make = partial(png_with, b"gAMA", gamma.to_bytes(4, "big"))
        yield f"gAMA of {gamma / 100_000:.2f}, which is not applied", "its standard", make, COLOUR
    yield "sBIT of 5, 6, 5", "its standard", partial(png_with, b"sBIT", b"\5\6\5"), COLOUR
    profile = partial(saved, COLOUR, "png", icc_profile=_PROFILE)
    yield "with an ICC profile, which is not applied", "Pillow", profile, COLOUR
    for orientation in (3, 6, 8):
        make = partial(saved, COLOUR, "png", exif=turned(orientation))
        yield f"EXIF orientation {orientation}: turned as it says", "Pillow", make, UPRIGHT[orientation]
    yield "something behind its end", "Pillow", lambda: saved(COLOUR, "png") + b"more", COLOUR
    yield (
        "APNG",
        "imagecodecs",
        partial(imagecodecs.apng_encode, np.stack([COLOUR, 255 - COLOUR])),
        COLOUR,
        MANY,
    )
    huge = partial(png, [b""], kind=0, size=(40_000, 30_000))
    yield "40,000 x 30,000 pixels", "its standard", huge, GREY, TOO_LARGE


def _bmp() -> Iterator[Row]:
    yield "1 bit", "Pillow", partial(saved, BLACK_WHITE, "bmp"), BLACK_WHITE
    levels = GREY >> 4
    yield (
        "4 bits",
        "its standard",
        partial(bmp, 4, packed(levels, 4), colours=GREYS[::17]),
        levels * np.uint8(17),
    )
    yield "8 bits, grey", "Pillow", partial(saved, GREY, "bmp"), GREY
    image = palette(100)
    yield "8 bits, palette", "Pillow", partial(written, image, "bmp"), np.asarray(image.convert("RGB"))
    yield "8 bits, run lengths", "its standard", bmp_run_lengths_8, GREY
    yield "4 bits, run lengths", "its standard", bmp_run_lengths_4, levels * np.uint8(17)
    five = packed_colours((5, 10), (5, 5), (5, 0), kind="<u2")
    yield "16 bits, 5 each", "its standard", partial(bmp, 16, five), COLOUR, 7
    six = packed_colours((5, 11), (6, 5), (5, 0), kind="<u2")
    yield (
        "16 bits, 5, 6, 5",
        "its standard",
        partial(bmp, 16, six, compression=3, masks=(0xF800, 0x7E0, 0x1F)),
        COLOUR,
        7,
    )
    yield "24 bits", "Pillow", partial(saved, COLOUR, "bmp"), COLOUR
    yield "24 bits", "OpenCV", partial(_opencv, ".bmp", COLOUR), COLOUR
    rows = [row[:, ::-1].tobytes() for row in COLOUR]
    yield "24 bits, top down", "its standard", partial(bmp, 24, rows, top_down=True), COLOUR
    yield "32 bits", "Pillow", partial(saved, opaque(COLOUR), "bmp"), COLOUR
    fates: tuple[tuple[str, int | None, int | str], ...]
    fates = ("opaque", 255, 0), ("which is 0 all over", 0, 0), ("in parts", None, SHEER)
    for what, alpha, fate in fates:
        values = with_alpha(COLOUR) if alpha is None else with_alpha(COLOUR, np.full_like(GREY, alpha))
        make = partial(_opencv, ".bmp", np.ascontiguousarray(values[..., [3, 0, 1, 2]]))
        yield f"32 bits and alpha, {what}", "OpenCV", make, COLOUR, fate
    yield "24 bits, head of OS/2", "its standard", bmp_of_os2, COLOUR
    full = packed_colours((8, 16), (8, 8), (8, 0), kind="<u4")
    yield "32 bits, the fourth is 0", "its standard", partial(bmp, 32, full), COLOUR
    other = packed_colours((8, 0), (8, 8), (8, 16), kind="<u4")
    swapped = partial(bmp, 32, other, compression=3, masks=(0xFF, 0xFF00, 0xFF0000))
    order = "it is a BMP whose channels lie in an order of its own"
    yield "32 bits, red and blue exchanged by masks", "its standard", swapped, COLOUR, order
    huge = partial(bmp_of_os2, size=(40_000, 30_000))
    yield "40,000 x 30,000 pixels, head of OS/2", "its standard", huge, GREY, TOO_LARGE
    huge = partial(bmp, 24, [], size=(40_000, 30_000))
    yield "40,000 x 30,000 pixels", "its standard", lambda: huge() + bytes(100), GREY, TOO_LARGE


def _webp() -> Iterator[Row]:
    yield "lossy", "Pillow", partial(saved, COLOUR, "webp", quality=95), COLOUR, 8
    yield "lossless", "Pillow", partial(saved, COLOUR, "webp", lossless=True), COLOUR
    yield "lossless", "imagecodecs", partial(imagecodecs.webp_encode, COLOUR, lossless=True), COLOUR
    yield "lossless, grey", "Pillow", partial(saved, GREY, "webp", lossless=True), GREY
    yield "alpha, opaque", "Pillow", partial(saved, opaque(COLOUR), "webp", lossless=True), COLOUR
    for orientation in (3, 6):
        make = partial(saved, COLOUR, "webp", lossless=True, exif=turned(orientation))
        yield f"EXIF orientation {orientation}: turned as it says", "Pillow", make, UPRIGHT[orientation]
    yield "alpha, lossy", "Pillow", partial(saved, with_alpha(COLOUR), "webp"), COLOUR, SHEER
    yield (
        "alpha, lossless",
        "Pillow",
        partial(saved, with_alpha(COLOUR), "webp", lossless=True),
        COLOUR,
        SHEER,
    )
    two: dict[str, Any] = {"save_all": True, "append_images": [Image.fromarray(255 - COLOUR)]}
    yield "animated", "Pillow", partial(saved, COLOUR, "webp", **two), COLOUR, MANY


def _others() -> Iterator[Row]:
    two: dict[str, Any] = {"save_all": True, "append_images": [Image.fromarray(255 - COLOUR)]}
    makers: list[tuple[str, str, str, Maker]] = [
        ("GIF", "", "Pillow", partial(saved, COLOUR, "gif")),
        ("GIF", "animated", "Pillow", partial(saved, COLOUR, "gif", **two)),
        ("AVIF", "8 bits", "Pillow", partial(saved, COLOUR, "avif")),
        ("AVIF", "8 bits, EXIF orientation 6", "Pillow", partial(saved, COLOUR, "avif", exif=turned(6))),
        (
            "AVIF",
            "10 bits",
            "imagecodecs",
            partial(imagecodecs.avif_encode, deep(COLOUR, 4), bitspersample=10),
        ),
        ("AVIF sequence", "", "Pillow", partial(saved, COLOUR, "avif", **two)),
        ("JPEG 2000", "8 bits", "Pillow", partial(saved, COLOUR, "jpeg2000")),
        (
            "JPEG 2000",
            "codestream",
            "imagecodecs",
            partial(imagecodecs.jpeg2k_encode, COLOUR, codecformat="j2k"),
        ),
        ("JPEG 2000", "16 bits", "imagecodecs", partial(imagecodecs.jpeg2k_encode, WIDE_GREY)),
        ("JPEG XL", "", "imagecodecs", partial(imagecodecs.jpegxl_encode, COLOUR)),
        ("JPEG XR", "", "imagecodecs", partial(imagecodecs.jpegxr_encode, COLOUR)),
        ("QOI", "", "imagecodecs", partial(imagecodecs.qoi_encode, COLOUR)),
        *(
            ("PNM", f"P{k}", "its standard", partial(pnm, k, v))
            for k, v in ((1, BLACK_WHITE), (2, GREY), (3, COLOUR), (4, BLACK_WHITE), (5, GREY), (6, COLOUR))
        ),
        ("PNM", "P5, 16 bits", "its standard", partial(pnm, 5, WIDE_GREY, 65535)),
        ("PFM", "", "OpenCV", partial(_opencv, ".pfm", (COLOUR / 255).astype(np.float32))),
        ("Radiance HDR", "", "OpenCV", partial(_opencv, ".hdr", (COLOUR / 255).astype(np.float32))),
        ("Sun raster", "", "OpenCV", partial(_opencv, ".ras", COLOUR)),
        ("OpenEXR", "its first bytes", "its standard", lambda: b"v/1\1\2\0\0\0" + bytes(100)),
        (
            "HEIC",
            "its first bytes",
            "its standard",
            lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        ),
        ("DICOM", "its first bytes", "its standard", lambda: bytes(128) + b"DICM" + bytes(100)),
        ("PDF", "its first bytes", "its standard", lambda: b"%PDF-1.7\n"),
        ("ZIP", "its first bytes", "its standard", lambda: b"PK\3\4" + bytes(100)),
    ]
    for format_, what, by, make in makers:
        words = f"its format is {format_}; PNG, JPEG, BMP, TIFF and WebP are read"
        yield f"{format_}, {what}".rstrip(", "), by, make, GREY, words
    strange = "it is of no kind of picture that is known, or its beginning is damaged"
    for kind in ("tga", "pcx", "sgi"):
        yield kind.upper(), "Pillow", partial(saved, COLOUR, kind), COLOUR, strange
    yield "text", "by hand", lambda: "良品 1\n".encode(), GREY, "it is text, not a picture"
    yield "HTML", "by hand", lambda: b"<!DOCTYPE html><title>404</title>", GREY, "it is text, not a picture"
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    yield "Git LFS pointer", "by hand", lambda: pointer, GREY, "it is a pointer of Git LFS, not the picture"
    yield "empty", "by hand", lambda: b"", GREY, "it is empty: whoever wrote or copied it did not finish"
    zeros = "it holds nothing but zeros: the disk or the copy lost it"
    yield "zeros", "by hand", lambda: bytes(5000), GREY, zeros
    yield "random bytes", "by hand", lambda: np.random.default_rng(1).bytes(5000), GREY, strange


KINDS: Final = tuple(kinds())
