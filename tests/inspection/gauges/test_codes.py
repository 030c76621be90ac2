"""A part's identity off a code: the one that is meant, or none. A wrong serial is the worst of all."""

from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from pydantic import ValidationError
from zxingcpp import BarcodeFormat

from inspection.gauges.codes import read_code
from inspection.instruments.code import CARRIERS, CodeData, CodeDescription, CodeFormat
from inspection.instruments.reading import Unreadable

Grey = NDArray[np.uint8]
CONTENTS: dict[CodeFormat, str] = {
    "DataMatrix": "SN0042",
    "QRCode": "SN-序列号-7",
    "MicroQRCode": "SN0042",
    "Aztec": "SN0042",
    "Code128": "SN0042",
    "Code39": "SN0042",  # which zxing-cpp's Code39 takes for Code 32: A826278018
    "Code93": "SN0042",
    "Codabar": "A1234B",
    "ITF": "12345678901234",
    "EAN13": "4006381333931",
    "EAN8": "96385074",
    "UPCA": "036000291452",
}


def drawn(kind: CodeFormat, content: str, *, scale: int = 4) -> Grey:
    """A code with a white rim."""
    created = zxingcpp.create_barcode(
        content, BarcodeFormat.__members__["Code39Std" if kind == "Code39" else kind]
    )
    image = zxingcpp.write_barcode_to_image(created, scale=scale, add_quiet_zones=True)
    return np.pad(np.asarray(image), 20, constant_values=255)


def qr_of_another_writer(content: str) -> Grey:
    code = cv2.QRCodeEncoder.create().encode(content)
    return np.pad(np.kron(code, np.ones((5, 5), np.uint8)), 20, constant_values=255)


def turned(image: Grey, degrees: float) -> Grey:
    height, width = image.shape
    side = int(np.hypot(height, width)) + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += ((side - width) / 2, (side - height) / 2)
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), borderValue=255), np.uint8)


def picture(*codes: Grey) -> NDArray[np.uint8]:
    """Codes side by side, in colour."""
    height = max(code.shape[0] for code in codes)
    row = [np.pad(c, ((0, height - c.shape[0]), (0, 0)), constant_values=255) for c in codes]
    return np.repeat(np.hstack(row)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("kind", CONTENTS)
def test_each_symbology_is_read_as_it_was_written(kind: CodeFormat) -> None:
    content = CONTENTS[kind]
    code = CodeDescription(formats=(kind,), length=len(content))
    reading = read_code(picture(drawn(kind, content)), code)
    assert (reading.text, reading.reason, reading.value) == (content, None, None)
    assert reading.box is not None
    assert reading.box[2] > 8


def test_a_code_by_another_writer_at_any_turn_is_read() -> None:
    for degrees in (0, 35, 90, 170, 265):
        reading = read_code(picture(turned(qr_of_another_writer("LOT-7/42"), degrees)), CodeDescription())
        assert reading.text == "LOT-7/42"


def test_a_code_with_modules_of_under_two_pixels_is_read() -> None:
    small = cv2.resize(
        drawn("DataMatrix", "SN0042", scale=4), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA
    )
    reading = read_code(picture(np.asarray(small, np.uint8)), CodeDescription())
    assert reading.text == "SN0042"
    assert reading.box is not None
    assert max(reading.box) < max(small.shape), "in the picture's own pixels"


def test_of_several_codes_the_one_that_fits_is_meant() -> None:
    both = picture(drawn("DataMatrix", "SN0042"), drawn("DataMatrix", "LOT7"))
    assert read_code(both, CodeDescription(pattern="SN[0-9]{4}")).text == "SN0042"
    assert read_code(both, CodeDescription(pattern="LOT[0-9]", field="lot")).text == "LOT7"
    assert read_code(both, CodeDescription()).reason is Unreadable.CODE_TWICE
    assert read_code(both, CodeDescription(pattern="X")).reason is Unreadable.CODE_TWICE
    left = CodeDescription(region=(0, 0, both.shape[1] // 2, both.shape[0]))
    assert read_code(both, left).text == "SN0042"


def test_the_same_code_twice_in_view_is_not_one_part() -> None:
    twice = picture(drawn("DataMatrix", "SN0042"), drawn("DataMatrix", "SN0042"))
    assert read_code(twice, CodeDescription(pattern="SN[0-9]{4}")).reason is Unreadable.CODE_TWICE


def test_a_code_that_does_not_fit_is_read_and_left_to_the_recipe() -> None:
    assert read_code(picture(drawn("DataMatrix", "XX")), CodeDescription(pattern="SN[0-9]{4}")).text == "XX"


def test_what_was_not_taught_is_not_read() -> None:
    assert read_code(picture(drawn("QRCode", "SN0042")), CodeDescription(formats=("DataMatrix",))).text == ""


@pytest.mark.parametrize("degrees", [0, 20, 30, 35, 40, 45])
def test_half_of_a_bar_code_is_never_a_shorter_one(degrees: float) -> None:
    """ITF has no check digit and weak ends: turned by 35 degrees zxing-cpp reads 12345678901234 as 1234."""
    itf = CodeDescription(formats=("ITF",), length=14)
    reading = read_code(picture(turned(drawn("ITF", "12345678901234"), degrees)), itf)
    assert reading.text in ("12345678901234", "")


def test_none_a_damaged_one_and_one_that_cannot_be_kept() -> None:
    grey = np.full((80, 80, 3), 90, np.uint8)
    assert read_code(grey, CodeDescription()).reason is Unreadable.NO_CODE
    torn = drawn("DataMatrix", "SN0042")
    middle = torn.shape[0] // 2
    torn[middle - 20 : middle + 20, middle - 20 : middle + 20] = 0
    assert read_code(picture(torn), CodeDescription()).reason is Unreadable.CODE_DAMAGED
    for content in ("A\nB", "x" * 257, " "):
        reading = read_code(picture(drawn("DataMatrix", content)), CodeDescription())
        assert reading.reason is Unreadable.CODE_UNFIT
    outside = CodeDescription(region=(40, 40, 41, 10))
    assert read_code(grey, outside).reason is Unreadable.CUT_OFF


def test_a_damaged_code_is_read_right_or_not_at_all() -> None:
    """300 codes cut, scribbled over, blurred and drowned in noise."""
    rng = np.random.default_rng(13)
    kinds: tuple[CodeFormat, ...] = ("DataMatrix", "QRCode", "Code128")
    codes = [(kind, drawn(kind, CONTENTS[kind], scale=3)) for kind in kinds]
    read = 0
    for index in range(300):
        kind, clean = codes[index % 3]
        spoilt = clean.copy()
        height, width = spoilt.shape
        for _ in range(rng.integers(0, 4)):
            x, y = rng.integers(0, width), rng.integers(0, height)
            w, h = rng.integers(1, width // 3), rng.integers(1, height // 3)
            spoilt[y : y + h, x : x + w] = rng.integers(0, 256)
        if index % 2:
            spoilt = np.asarray(cv2.GaussianBlur(spoilt, (0, 0), float(rng.uniform(0.3, 2.0))), np.uint8)
        noisy = spoilt + rng.normal(0.0, rng.uniform(0, 60), spoilt.shape)
        cut = spoilt.shape[1] - rng.integers(0, width // 4)
        spoilt = np.clip(noisy, 0, 255).astype(np.uint8)[:, :cut]
        reading = read_code(picture(spoilt), CodeDescription(formats=(kind,)))
        assert reading.text in ("", CONTENTS[kind])
        read += reading.readable
    assert read > 30


def with_elements(content: str, kind: CodeFormat, *, gs1: bool = True) -> NDArray[np.uint8]:
    created = zxingcpp.create_barcode(content, BarcodeFormat.__members__[kind], gs1=gs1)
    image = zxingcpp.write_barcode_to_image(created, scale=4, add_quiet_zones=True)
    return picture(np.pad(np.asarray(image), 20, constant_values=255))


def described(data: CodeData, **more: Any) -> CodeDescription:
    return CodeDescription(data=data, **{"formats": ("DataMatrix",), **more})


GS1 = "(01)09501101530003(10)AB-123(21)12345"
MESSAGE = "[)>\x1e06\x1dP4711\x1dS12345\x1d1TAB-123\x1e\x04"
TAKEN_WHOLE = {"gs1": GS1, "iso15434": "[)>␞06␝P4711␝S12345␝1TAB-123␞␄"}


@pytest.mark.parametrize(
    ("data", "kind"), [(data, kind) for data in CARRIERS for kind in sorted(CARRIERS[data])]
)
def test_serial_and_lot_are_taken_out_of_what_a_code_holds(data: CodeData, kind: CodeFormat) -> None:
    shown = with_elements(GS1 if data == "gs1" else MESSAGE, kind, gs1=data == "gs1")
    for field, told in (("serial", "12345"), ("lot", "AB-123")):
        assert read_code(shown, described(data, formats=(kind,), field=field)).text == told
    assert read_code(shown, described("plain", formats=(kind,))).text == TAKEN_WHOLE[data]


def test_pattern_and_length_speak_of_the_element() -> None:
    other = GS1.replace("12345", "X1234")  # as long, so drawn as large
    view = np.hstack([with_elements(other, "DataMatrix"), with_elements(GS1, "DataMatrix")])
    assert read_code(view, described("gs1", pattern="[0-9]+", length=5)).text == "12345"


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (picture(drawn("DataMatrix", "2112345")), "the same characters, but no GS1 data"),
        (with_elements("(01)09501101530003(10)AB-123", "DataMatrix"), "GS1 data without a serial"),
    ],
)
def test_a_code_without_the_element_is_none(shown: NDArray[np.uint8], why: str) -> None:
    assert read_code(shown, described("gs1")).reason is Unreadable.CODE_UNFIT, why


def test_elements_are_asked_for_only_where_they_are_written() -> None:
    with pytest.raises(ValidationError, match="read in Code128, DataMatrix, QRCode, not in EAN13"):
        described("gs1", formats=("EAN13",))
