"""Descriptions of instruments are a contract with users: what makes no sense is refused in clear words."""

import base64
import json
import math
import re
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from inspection.errors import RecipeError
from inspection.instruments.code import CodeDescription
from inspection.instruments.colour import rgb_of
from inspection.instruments.description import MOST_BYTES, Description, description_of
from inspection.instruments.dial import DialDescription
from inspection.instruments.indicator import LampDescription, LevelDescription
from inspection.instruments.reading import Unreadable

DIAL: dict[str, Any] = {
    "kind": "dial",
    "center": [100, 100],
    "marks": [[40, 160, 0], [100, 10, 5], [160, 160, 10]],
    "direction": "cw",
    "unit": "bar",
}
DISPLAY: dict[str, Any] = {"kind": "display", "digits": 5, "decimals": 2, "unit": "l"}
LAMP: dict[str, Any] = {
    "kind": "lamp",
    "region": [4, 4, 20, 20],
    "on_level": 120,
    "colours": {"green": "#20c040"},
}
LEVEL: dict[str, Any] = {
    "kind": "level",
    "bottom": [50, 200, 0],
    "top": [50, 20, 80],
    "width_px": 12,
    "unit": "mm",
}
CODE: dict[str, Any] = {"kind": "code", "formats": ["DataMatrix"], "pattern": "SN[0-9]{4}"}


def described(what: dict[str, Any], **other: Any) -> Description:
    return description_of(json.dumps({**what, **other}).encode(), source="gauge.json")


def refused(what: dict[str, Any], **other: Any) -> str:
    with pytest.raises(RecipeError) as told:
        described(what, **other)
    said = str(told.value)
    assert said.startswith("gauge.json describes no instrument: ")
    assert "nothing was read" in said
    return said


def png(width: int, height: int, bits: int = 8, colour: int = 0) -> str:
    head = struct.pack(">8sI4sIIBB", b"\x89PNG\r\n\x1a\n", 13, b"IHDR", width, height, bits, colour)
    return base64.b64encode(head).decode()


@pytest.mark.parametrize("what", [DIAL, DISPLAY, LAMP, LEVEL, CODE], ids=lambda what: str(what["kind"]))
def test_a_description_is_the_same_after_it_was_written_and_read(what: dict[str, Any]) -> None:
    first = described(what)
    assert first.kind == what["kind"]
    assert description_of(first.model_dump_json().encode(), source="again") == first
    assert TypeAdapter(Description).validate_json(first.model_dump_json()) == first


def test_a_mark_is_written_as_the_issue_writes_it() -> None:
    dial = described(DIAL)
    assert json.loads(dial.model_dump_json())["marks"][1] == [100.0, 10.0, 5.0]
    assert isinstance(dial, DialDescription)
    assert dial.full_scale == 10.0


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"marks": [[40, 160, 0]]}, "at least 2"),
        ({"marks": [[40 + i, 160, i] for i in range(129)]}, "at most 128"),
        ({"marks": [[40, 160, 0], [160, 160, 0]]}, "as good as equal: 0 and 0"),
        ({"marks": [[40, 160, 0], [100, 10, 8], [160, 160, 5]]}, "rise or fall throughout"),
        ({"marks": [[40, 160, 0], [40, 160, 5], [160, 160, 10]]}, "same place of the scale"),
        ({"marks": [[40, 160, 0], [100.2, 100, 10]]}, "lies on the centre"),
        ({"marks": [[40, 160, 1e12], [160, 160, 1e12 - 1e-3]]}, "as good as equal"),
        ({"marks": [[40, 160], [160, 160, 10]]}, "a mark is [x, y, value]"),
        ({"direction": "ccw"}, "direction is 'ccw', but the marks run 'cw'"),
        ({"direction": "clockwise"}, "direction"),
        ({"marks": [[40, 160, 0], [160, 160, 5], [100, 10, 7], [20, 90, 8], [10, 110, 9]]}, "marks"),
        ({"center": [math.nan, 100]}, "finite"),
        ({"center": [1e9, 100]}, "less than or equal"),
        ({"full_circle": True}, "both, or none"),
        ({"full_circle": True, "wraps_at": 10}, "less than wraps_at"),
        ({"wraps_at": 10}, "both, or none"),
        ({"relative": True}, "shares of width and height"),
        ({"reference": {"png": "AAAA", "box": [0, 0, 9, 9]}}, "PNG in base64"),
        ({"reference": {"png": png(20_000, 20_000), "box": [0, 0, 9, 9]}}, "192 pixels a side"),
        ({"reference": {"png": png(64, 64, 8, 2), "box": [0, 0, 9, 9]}}, "grey, of 8 bits"),
        ({"colour": "red"}, "colour"),
        ({"unit": "bar\u0000"}, "cannot be printed"),
        ({"unit": "b" * 33}, "at most 32"),
        ({"kind": "clock"}, "kind"),
        ({"kind": None}, "kind"),
    ],
)
def test_a_dial_that_contradicts_itself_is_refused_with_what_is_wrong(
    other: dict[str, Any], says: str
) -> None:
    assert says in refused(DIAL, **other)


@pytest.mark.parametrize(
    ("what", "other", "says"),
    [
        (DISPLAY, {"digits": 2, "decimals": 3}, "3 decimals do not fit"),
        (DISPLAY, {"digits": 13}, "less than or equal to 12"),
        (DISPLAY, {"frames": 6}, "less than or equal to 5"),
        (DISPLAY, {"corners": [[0, 0], [0, 20], [50, 20], [50, 0]]}, "clockwise"),
        (DISPLAY, {"corners": [[0, 0], [50, 0], [10, 5], [0, 20]]}, "clockwise"),
        (LAMP, {"region": [4, 4, 0, 20]}, "no region of a picture"),
        (LAMP, {"colours": {"green": "green"}}, "colours green"),
        (LEVEL, {"top": [50, 198, 80]}, "less than 8 pixels"),
        (LEVEL, {"top": [50, 20, 0]}, "must be above"),
        (CODE, {"formats": ["Code11"]}, "formats"),
        (CODE, {"formats": []}, "at least 1"),
        (CODE, {"formats": ["ITF"]}, "ITF need a length"),
        (CODE, {"pattern": "(?=a)b"}, "look-around"),
        (CODE, {"pattern": r"(a)\1"}, "backreferences"),
        (CODE, {"pattern": "a)|(b"}, "regular expression"),
        (CODE, {"pattern": "["}, "unclosed character class"),
        (CODE, {"pattern": r"(\w{50}){50}"}, "size limit"),
        (CODE, {"pattern": "a" * 129}, "at most 128"),
        (CODE, {"region": [0, 0, 1 << 40, 5]}, "no region of a picture"),
    ],
)
def test_each_other_kind_is_refused_likewise(what: dict[str, Any], other: dict[str, Any], says: str) -> None:
    assert says in refused(what, **other)


@pytest.mark.parametrize(
    "written",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 200_000, b'{"kind": "dial", "center": [NaN, 1]}'],
)
def test_a_file_that_is_no_description_is_refused(written: bytes) -> None:
    with pytest.raises(RecipeError, match="describes no instrument"):
        description_of(written, source="gauge.json")


def test_a_file_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(RecipeError, match="at most are allowed"):
        description_of(b" " * (MOST_BYTES + 1), source="gauge.json")


def test_two_marks_may_lie_more_than_half_a_turn_apart_and_the_direction_tells_which_way() -> None:
    marks = [[40, 160, 0], [160, 160, 10]]
    for direction in ("cw", "ccw"):
        assert described(DIAL, marks=marks, direction=direction)


def test_a_falling_list_is_as_good_as_a_rising_one_when_it_runs_the_other_way_round() -> None:
    assert described(DIAL, marks=DIAL["marks"][::-1], direction="ccw")
    assert "run 'ccw'" in refused(DIAL, marks=DIAL["marks"][::-1])


@given(st.floats(-180.0, 180.0), st.lists(st.floats(2.0, 60.0), min_size=2, max_size=6), st.booleans())
def test_the_direction_that_the_marks_show_is_accepted_and_the_other_one_refused(
    start: float, gaps: list[float], clockwise: bool
) -> None:
    turn, marks = math.radians(start), []
    for value, gap in enumerate((0.0, *gaps)):
        turn += math.radians(gap) * (1.0 if clockwise else -1.0)
        marks.append([100 + 80 * math.cos(turn), 100 + 80 * math.sin(turn), value])
    right, wrong = ("cw", "ccw") if clockwise else ("ccw", "cw")
    assert described(DIAL, marks=marks, direction=right)
    assert "but the marks run" in refused(DIAL, marks=marks, direction=wrong)


def test_a_relative_dial_is_brought_into_the_pixels_of_a_picture() -> None:
    marks = [[0.5, 0.1, 0], [0.9, 0.5, 2.5]]
    circle = {"marks": marks, "center": [0.5, 0.5], "relative": True, "full_circle": True, "wraps_at": 10}
    dial = described(DIAL, **circle)
    assert isinstance(dial, DialDescription)
    placed = dial.in_picture(200, 100)
    assert (placed.center, placed.marks[1].point) == ((99.5, 49.5), (179.5, 49.5))
    assert not placed.relative
    assert placed.full_scale == 10.0
    assert placed.in_picture(50, 50) is placed


def test_a_needle_of_no_known_colour_is_looked_for_in_any() -> None:
    for needle in (
        None,
        {},
        {"color": None},
        {"color": "auto"},
        {"color": "teal-ish", "second_needle": None},
    ):
        dial = described(DIAL, needle=needle)
        assert isinstance(dial, DialDescription)
        assert rgb_of(dial.needle.color) is None
    second = described(DIAL, needle={"color": "#C01818", "second_needle": {"color": "red"}})
    assert isinstance(second, DialDescription)
    assert second.needle.second_needle is not None
    assert (rgb_of(second.needle.color), rgb_of("RED")) == ((192, 24, 24), (200, 30, 30))


def test_a_pattern_is_matched_from_end_to_end_in_linear_time() -> None:
    code = CodeDescription(pattern="SN[0-9]{4}|LOT")
    assert code.fits("SN0042")
    assert code.fits("LOT")
    assert not any(map(code.fits, ("SN0042\n", "xSN0042", "SN00423", "LOTx", "")))
    begun = time.process_time()
    assert not CodeDescription(pattern="(a+)+b").fits("a" * 256)
    assert time.process_time() - begun < 5.0, "Python's re takes longer than the world stands"
    assert not CodeDescription(formats=("ITF",), length=14).fits("1234")


def test_lamp_and_level_say_what_their_values_mean() -> None:
    lamp, level = described(LAMP), described(LEVEL)
    assert isinstance(lamp, LampDescription)
    assert isinstance(level, LevelDescription)
    assert level.full_scale == 80.0


def test_a_validation_error_names_the_first_fault_alone() -> None:
    with pytest.raises(ValidationError):
        DialDescription.model_validate({})
    assert "(and 2 more)" in refused({"kind": "dial"})


def test_what_the_document_shows_is_what_is_read() -> None:
    document = (Path(__file__).parents[3] / "docs" / "gauges.md").read_text(encoding="utf-8")
    examples = re.findall(r"```json\n(.*?)```", document, re.DOTALL)
    kinds = [description_of(example.encode(), source="docs/gauges.md").kind for example in examples]
    assert kinds == ["dial", "display", "lamp", "level", "code"]
    assert all(f"`{reason}`" in document for reason in Unreadable)


def test_a_file_may_begin_as_windows_begins_it_and_a_missing_kind_is_named() -> None:
    assert description_of(b"\xef\xbb\xbf" + json.dumps(DIAL).encode(), source="a.json") == described(DIAL)
    assert "kind is missing: dial, display, lamp" in refused({k: v for k, v in DIAL.items() if k != "kind"})
