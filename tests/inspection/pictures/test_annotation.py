"""Decisions drawn into pictures, and the typeface that draws them."""

from typing import Any

import numpy as np
import pytest

from inspection.decision import Action, Decision, Defect, GaugeReading, ModelRef, RecipeRef, Severity
from inspection.instruments.reading import Unreadable
from inspection.pictures.annotation import annotate
from inspection.pictures.fonts import FAMILY, cjk_font, cjk_font_path

UNASSIGNED = "\U000e0fff"


def decision(action: Action = Action.REWORK, reason: str = "a scratch", **changes: object) -> Decision:
    fields: dict[str, object] = {
        "part_id": 7,
        "trigger_seq": 1,
        "recipe": RecipeRef(id=1, version=1),
        "action": action,
        "confidence": 0.9,
        "decided_by": "vla",
        "reason": reason,
        "model": ModelRef(name="m", version="1", sha256="0" * 64),
    }
    return Decision.model_validate(fields | changes)


def defect(box: tuple[int, int, int, int], **changes: object) -> Defect:
    fields: dict[str, object] = {"type": "scratch", "severity": "major", "box": box, "score": 0.9}
    return Defect.model_validate(fields | changes)


def glyph(text: str) -> bytes:
    mask = cjk_font(32).getmask(text)
    return bytes(mask) + repr(mask.size).encode()


def test_the_face_is_simplified_chinese() -> None:
    assert cjk_font_path().is_file()
    assert cjk_font(20).getname()[0] == FAMILY
    assert glyph("A") != bytes(cjk_font(32, "Bold").getmask("A"))


@pytest.mark.parametrize("text", list("划痕凹坑污渍裂纹泵盖合格返工停机复检"))
def test_chinese_shows_glyphs_not_boxes(text: str) -> None:
    box = glyph(UNASSIGNED)
    assert glyph("\U000e0ffe") == box  # what has no glyph shows the same box
    assert glyph(text) != box
    assert any(cjk_font(32).getmask(text))


def test_the_picture_is_left_as_it_was_and_nothing_of_it_is_hidden() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    before = picture.copy()
    drawn = annotate(picture, decision())
    assert np.array_equal(picture, before)
    assert drawn.shape[0] > 240
    assert drawn.shape[1:] == (320, 3)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn[:240], picture)


def test_the_inside_of_a_box_stays_visible() -> None:
    picture = np.full((240, 320, 3), 128, np.uint8)
    drawn = annotate(picture, decision(defects=(defect((100, 100, 60, 40)),)))
    assert np.all(drawn[100:140, 100:160] == 128)
    assert not np.array_equal(drawn[:240], picture)
    around = drawn[94:146, 94:166]
    assert np.any(np.all(around == (255, 148, 32), axis=2))


def test_only_the_defects_of_the_view_are_drawn() -> None:
    picture = np.full((240, 320, 3), 128, np.uint8)
    elsewhere = decision(defects=(defect((100, 100, 60, 40), view="side"),))
    assert np.array_equal(annotate(picture, elsewhere)[:240], picture)
    assert not np.array_equal(annotate(picture, elsewhere, view="side")[:240], picture)


def test_each_action_has_a_shape_and_a_word_of_its_own_without_colour() -> None:
    picture = np.zeros((240, 320, 3), np.uint8)
    strips = {}
    for action in Action:
        grey = annotate(picture, decision(action))[244:].max(axis=2)
        strips[action] = grey > 60
    shapes = [strip[:, :36] for strip in strips.values()]
    words = [strip[:, 36:200] for strip in strips.values()]
    for drawn in (shapes, words):
        for first in range(4):
            for second in range(first):
                assert np.count_nonzero(drawn[first] ^ drawn[second]) > 20


def test_severity_and_length_are_in_the_label() -> None:
    picture = np.full((240, 400, 3), 128, np.uint8)
    drawn = [
        annotate(picture, decision(defects=(found,)))[:240].min(axis=2)
        for found in (
            defect((100, 100, 60, 40)),
            defect((100, 100, 60, 40), length_mm=14.2),
            defect((100, 100, 60, 40), severity=Severity.MINOR),
        )
    ]
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_labels_of_defects_side_by_side_do_not_cover_each_other() -> None:
    picture = np.full((300, 400, 3), 128, np.uint8)
    one, other = defect((100, 120, 30, 30)), defect((110, 121, 30, 30))

    def filled(found: tuple[Defect, ...]) -> int:
        drawn = annotate(picture, decision(defects=found))[:300]
        return int(np.count_nonzero(np.all(drawn == (255, 148, 32), axis=2)))

    assert filled((one, other)) > 1.7 * filled((one,))


@pytest.mark.parametrize("box", [(0, 0, 5, 5), (315, 235, 5, 5), (0, 0, 320, 240), (160, 0, 1, 1)])
def test_boxes_at_the_border_do_not_fail(box: tuple[int, int, int, int]) -> None:
    picture = np.full((240, 320, 3), 128, np.uint8)
    assert not np.array_equal(annotate(picture, decision(defects=(defect(box),)))[:240], picture)


def test_a_long_reason_is_cut_and_a_gauge_is_named() -> None:
    picture = np.zeros((240, 640, 3), np.uint8)
    reading = GaugeReading(name="压力", value=None, unit="bar", low=3, high=5, in_range=False)
    drawn = annotate(picture, decision(reason="划痕 " * 160, gauges=(reading,)))
    assert drawn.shape[1] == 640
    assert not drawn[244:, -4:].any() or np.ptp(drawn[248:, -4:]) < 10  # text ends before the border
    assert not np.array_equal(drawn, annotate(picture, decision(reason="划痕 " * 160)))


def test_an_instrument_is_framed_where_it_was_read_and_a_dials_needle_is_drawn() -> None:
    picture = np.full((200, 240, 3), 90, np.uint8)
    known: dict[str, Any] = {"name": "p", "unit": "bar", "low": 3, "high": 5, "box": (60, 60, 80, 80)}
    right = GaugeReading(**known, value=4.2, in_range=True, uncertainty=0.04, view="top", angle_deg=90.0)
    drawn = annotate(picture, decision(gauges=(right,)))
    changed = (drawn[:200] != picture).any(axis=2)
    assert changed[58:60, 60:140].any(), "its frame"
    assert changed[100, 101:135].all(), "the needle, from the middle to the right"
    assert not changed[110:135, 65:95].any(), "nothing else inside the box is hidden"
    blind = GaugeReading(**known, value=None, in_range=False, view="top", reason=Unreadable.GLARE)
    assert (annotate(picture, decision(gauges=(blind,)))[:200] != drawn[:200]).any()
    elsewhere = right.model_copy(update={"view": "side"})
    assert (annotate(picture, decision(gauges=(elsewhere,)))[:200] == picture).all()
