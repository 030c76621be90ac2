"""Reads a part's identity off a DataMatrix, QR or bar code, with zxing-cpp.

Only what was taught is looked for, and only one code may be the one that is meant: a serial taken from the
neighbour's label, or from half a bar code, would be a wrong number that looks right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import zxingcpp
from zxingcpp import BarcodeFormat

from inspection.frozen import Box
from inspection.gauges.regions import cut
from inspection.instruments.code import CUT_SHORT_UNSEEN, CodeDescription, CodeFormat
from inspection.instruments.reading import MOST_TEXT, InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture

_FORMATS: Final[Mapping[CodeFormat, BarcodeFormat]] = {
    "DataMatrix": BarcodeFormat.DataMatrix,
    "QRCode": BarcodeFormat.QRCode,
    "MicroQRCode": BarcodeFormat.MicroQRCode,
    "Aztec": BarcodeFormat.Aztec,
    "PDF417": BarcodeFormat.PDF417,
    "Code128": BarcodeFormat.Code128,
    # Not Code39, which takes a serial of six characters for Code 32 where that one's check digit fits:
    # SN0042 comes back as A826278018 (findings/).
    "Code39": BarcodeFormat.Code39Std,
    "Code93": BarcodeFormat.Code93,
    "Codabar": BarcodeFormat.Codabar,
    "ITF": BarcodeFormat.ITF,
    "EAN13": BarcodeFormat.EAN13,
    "EAN8": BarcodeFormat.EAN8,
    "UPCA": BarcodeFormat.UPCA,
}
_MODULES_PX: Final = 1000
"""A picture with a shorter longest side is tried once more at twice its size: modules of less than about two
pixels are not told apart."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A code in view."""

    text: str
    box: Box


def read_code(picture: Picture, code: CodeDescription) -> Reading:
    """The content of the one code in view that is as was taught, or the one that is not.

    A code that was read and does not fit the description is a reading too: what follows is the recipe's.

    Args:
        picture: height x width x 3, RGB.
        code: What is looked for.

    Returns:
        A reading with a text and no value; NO_CODE, CODE_DAMAGED, CODE_TWICE where several may be meant, also
        where they say the same, CODE_UNFIT where it holds no printable text of at most 256 characters,
        CUT_OFF where the picture does not hold the region.
    """
    region = code.region or (0, 0, picture.shape[1], picture.shape[0])
    looked_at = cut(picture, region)
    if looked_at is None:
        return unreadable(InstrumentKind.CODE, Unreadable.CUT_OFF, box=region)
    grey = cv2.cvtColor(looked_at, cv2.COLOR_RGB2GRAY)
    seen, damaged = _in(grey, code)
    if not seen and max(grey.shape) < _MODULES_PX:
        twice = cv2.resize(grey, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC)
        seen, damaged_too = _in(twice, code, scale=0.5)
        damaged = damaged or damaged_too
    fitting = [one for one in seen if code.fits(one.text)] or seen
    if not fitting:
        reason = Unreadable.CODE_DAMAGED if damaged else Unreadable.NO_CODE
        return unreadable(InstrumentKind.CODE, reason, box=region)
    if len(fitting) > 1:
        return unreadable(InstrumentKind.CODE, Unreadable.CODE_TWICE, box=region)
    text, (left, top, width, height) = fitting[0].text, fitting[0].box
    box = (region[0] + left, region[1] + top, width, height)
    if len(text) > MOST_TEXT or not text.isprintable() or not text.strip():
        return unreadable(InstrumentKind.CODE, Unreadable.CODE_UNFIT, box=box)
    return Reading(kind=InstrumentKind.CODE, text=text, box=box)


def _in(grey: cv2.typing.MatLike, code: CodeDescription, *, scale: float = 1.0) -> tuple[list[_Seen], bool]:
    """The codes in a picture, each place once, and whether there was one that could not be read."""
    formats = {_FORMATS[name]: name for name in code.formats}
    wanted = zxingcpp.BarcodeFormats(list(formats))
    if "Code39" in code.formats:
        formats[BarcodeFormat.Code39] = "Code39"  # what is asked for as Code39Std comes under this name
    found: list[_Seen] = []
    damaged = False
    for barcode in zxingcpp.read_barcodes(grey, formats=wanted, return_errors=True):
        name = formats.get(barcode.format)
        if name is None or not barcode.valid:
            damaged = True
            continue
        text = barcode.text
        if name == "UPCA" and len(text) == 13:
            text = text.removeprefix("0")  # zxing-cpp gives it as the EAN-13 that it is part of
        if name in CUT_SHORT_UNSEEN and len(text) != code.length:
            damaged = True  # a piece of a longer one, as far as anybody can tell
            continue
        one = _Seen(text, _box(barcode.position, scale))
        if not any(other.text == text and _overlap(other.box, one.box) for other in found):
            found.append(one)
    return found, damaged


def _box(position: zxingcpp.Position, scale: float) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    left, top = (int(min(getattr(c, axis) for c in corners) * scale) for axis in ("x", "y"))
    right, bottom = (int(max(getattr(c, axis) for c in corners) * scale) for axis in ("x", "y"))
    return left, top, max(right - left, 1), max(bottom - top, 1)


def _overlap(one: Box, other: Box) -> bool:
    return all(
        one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2]
        for axis in (0, 1)
    )
