"""A dial drawn by hand is read as it stands, and what cannot be told is not read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inspection.gauges.dial.reader import read_dial
from inspection.gauges.dial.teaching import taught
from inspection.instruments.dial import DialDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable
from tests.inspection.gauges.needle.drawn import (
    ARROW,
    DRAG,
    THIN,
    WEDGE,
    WEIGHTED,
    Drawing,
    Hand,
    Picture,
    but,
)

DARK = Drawing(
    face=(30, 32, 36), ink=(225, 225, 220), hand=Hand(colour=(240, 240, 235), hub_colour=(90, 90, 95))
)


def read(drawing: Drawing, value: float) -> Reading:
    picture, dial = drawing.photograph(value)
    return read_dial(picture, dial)


def off_pct(drawing: Drawing, value: float) -> float:
    """How far off it is read, in per cent of full scale."""
    reading = read(drawing, value)
    assert reading.value is not None, reading.reason
    assert reading.uncertainty is not None
    return abs(reading.value - value) / abs(drawing.values[-1] - drawing.values[0]) * 100


@pytest.mark.parametrize("value", [0.0, 10.0, 0.13, 3.3, 5.0, 6.4, 8.77])
def test_a_needle_on_the_minimum_on_the_maximum_and_between_is_read(value: float) -> None:
    assert off_pct(Drawing(), value) < 0.5


@pytest.mark.parametrize(
    "hand",
    [THIN, WEDGE, WEIGHTED, ARROW, Hand(colour=(200, 30, 30))],
    ids=["thin", "wedge", "weighted", "arrow", "red"],
)
def test_every_form_of_needle_is_read(hand: Hand) -> None:
    assert off_pct(Drawing(hand=hand), 7.1) < 0.5


def test_a_needle_past_the_end_is_out_of_scale() -> None:
    assert read(Drawing(), 10.6).reason is Unreadable.OUT_OF_SCALE


@pytest.mark.parametrize("value", [1.2, 8.6])
def test_a_dark_dial_with_a_light_needle_is_read(value: float) -> None:
    assert off_pct(DARK, value) < 0.5


@pytest.mark.parametrize("value", [2.2, 5.9, 9.4])
def test_a_tilt_of_30_degrees_is_taken_out(value: float) -> None:
    assert off_pct(Drawing(tilt=30.0), value) < 1.0


def test_a_scale_that_runs_counter_clockwise_is_read() -> None:
    assert off_pct(Drawing(start=135.0, sweep=-270.0), 3.7) < 0.5


def test_an_uneven_scale_is_read_by_its_marks() -> None:
    assert off_pct(Drawing(law=0.6), 4.0) < 0.7


def test_a_panel_meter_with_a_short_sweep_is_read() -> None:
    assert off_pct(Drawing(start=-45.0, sweep=90.0, hand=THIN, words=(("V", -0.05, -0.3),)), 6.3) < 0.7


@pytest.mark.parametrize("at", [9.0, 5.2, 4.4, 4.35])
def test_a_drag_needle_that_was_described_is_left_aside(at: float) -> None:
    drawing = Drawing(second=DRAG, second_at=at, said="black", second_said="red")
    assert off_pct(drawing, 4.4) < 0.7


def test_a_drag_needle_is_told_by_its_own_colour_alone() -> None:
    assert off_pct(Drawing(second=DRAG, second_at=8.0, second_said="red"), 2.0) < 0.7


def test_a_drag_needle_over_a_light_one_on_a_dark_dial_is_left_aside() -> None:
    drawing = but(DARK, second=DRAG, second_at=6.1, said="white", second_said="red")
    assert off_pct(drawing, 6.0) < 1.5


@pytest.mark.parametrize("hub", [0.05, 0.12, 0.2])
def test_a_drag_needle_that_hides_the_first_is_read_only_for_its_tail(hub: float) -> None:
    wide = but(DRAG, outline=((0.0, 0.03), (0.95, 0.03)), hub=hub, hub_colour=(25, 25, 28))
    tailed = Hand(outline=((-0.34, 0.03), (0.9, 0.008)))
    over = Drawing(hand=tailed, second=wide, second_at=6.0, said="black", second_said="red", over=True)
    assert off_pct(over, 6.0) < 1.5
    gone = but(over, hand=Hand(outline=((0.0, 0.001), (0.01, 0.001)), hub=0.01))
    assert read(gone, 2.0).reason is Unreadable.TWO_NEEDLES


@pytest.mark.parametrize("value", [1.0, 2.0, 8.6])
def test_a_long_tail_is_not_read_for_the_needle_that_its_drag_needle_hides(value: float) -> None:
    tailed = Hand(outline=((-0.84, 0.06), (-0.1, 0.03), (0.9, 0.008)))
    wide = but(DRAG, outline=((0.0, 0.035), (0.88, 0.035)))
    pushed = Drawing(hand=tailed, second=wide, second_at=value, said="black", second_said="red", over=True)
    reading = read(pushed, value)
    assert reading.value is None or abs(reading.value - value) < 0.1, reading.value


@pytest.mark.parametrize("value", [1.5, 2.2])
@pytest.mark.parametrize("aside", [-0.28, 0.28])
def test_a_needle_is_read_where_its_drag_needle_lies_nearly_opposite_but_hides_nothing(
    value: float, aside: float
) -> None:
    opposite = value + 10 * 180 / 270 + aside
    drag = but(DRAG, outline=((0.0, 0.03), (0.95, 0.02)))
    apart = Drawing(second=drag, second_at=opposite, said="black", second_said="red", over=True)
    assert off_pct(apart, value) < 1.0


@pytest.mark.parametrize("at", [1.0, 3.0, 8.5])
@pytest.mark.parametrize("said", ["black", "auto"])
def test_a_second_needle_that_no_colour_tells_apart_is_never_read(said: str, at: float) -> None:
    sharp = Hand(outline=((-0.14, 0.011), (0.88, 0.011)), hub=0.02)
    soft = Hand(outline=((-0.3, 0.03), (-0.1, 0.02), (0.9, 0.01)), colour=(160, 155, 150))
    drawing = Drawing(hand=soft, second=sharp, second_at=at, said=said, second_said=said, over=True)
    reading = read(drawing, 5.2)
    assert reading.value is None or abs(reading.value - 5.2) < 0.1


@pytest.mark.parametrize("at", [1.0, 3.0, 8.5])
@pytest.mark.parametrize("said", ["black", "auto"])
def test_of_two_needles_of_one_colour_the_one_that_its_tail_balances_is_read(said: str, at: float) -> None:
    pushed = Hand(outline=((0.0, 0.012), (0.85, 0.012)), hub=0.03)
    drawing = Drawing(second=pushed, second_at=at, said=said, second_said=said, words=())
    assert off_pct(drawing, 5.2) < 0.7
    tailed = but(drawing, second=Hand(outline=((-0.27, 0.012), (0.85, 0.012)), hub=0.03))
    assert read(tailed, 5.2).reason is Unreadable.TWO_NEEDLES
    neither = but(drawing, hand=Hand(outline=((0.0, 0.02), (0.9, 0.008))))
    assert read(neither, 5.2).reason is Unreadable.TWO_NEEDLES


def test_the_second_needle_is_not_read_where_the_first_is_not_seen() -> None:
    gone = Hand(outline=((0.0, 0.001), (0.01, 0.001)))
    alone = Drawing(hand=gone, second=DRAG, second_at=6.0, said="black", second_said="red")
    assert read(alone, 2.0).reason is Unreadable.TWO_NEEDLES


def test_two_needles_alike_and_none_described_are_not_read() -> None:
    alike = but(Drawing(), second=Hand(), second_at=7.5)
    assert read(alike, 2.5).reason is Unreadable.TWO_NEEDLES


def test_a_word_for_the_colour_that_is_wrong_does_not_mislead() -> None:
    assert off_pct(Drawing(said="red"), 6.0) < 0.5


def test_a_needle_is_not_read_off_its_shadow() -> None:
    assert off_pct(Drawing(shadow=0.06), 3.1) < 0.7


def test_coloured_arcs_and_words_are_no_needle() -> None:
    arcs = ((0.0, 4.0, (40, 160, 60)), (8.0, 10.0, (210, 30, 30)))
    assert off_pct(Drawing(arcs=arcs, hand=THIN), 4.5) < 0.5


@pytest.mark.parametrize("numerals", [True, False])
@pytest.mark.parametrize("radius", [60, 150])
def test_a_dial_without_a_needle_is_not_read(numerals: bool, radius: int) -> None:
    bare = Drawing(hand=Hand(outline=((0.0, 0.001), (0.01, 0.001))), numerals=numerals, radius=radius)
    assert read(bare, 5.0).reason is not None


def test_a_scratch_near_the_ring_is_no_needle() -> None:
    picture, dial = Drawing(hand=THIN, blur=1.5).photograph(8.2)
    scratched = picture.copy()
    (cx, cy), turn = dial.center, Drawing().turn(3.0)
    ends = [(round(cx + r * np.sin(turn)), round(cy - r * np.cos(turn))) for r in (75, 165)]
    cv2.line(scratched, ends[0], ends[1], (20, 20, 120), 3, cv2.LINE_AA)
    value = read_dial(scratched, dial).value
    assert value is None or abs(value - 8.2) < 0.1


def test_a_soft_reflection_beside_a_light_needle_is_not_read_for_it() -> None:
    picture, dial = DARK.photograph(3.0)
    (cx, cy), turn = dial.center, DARK.turn(7.5)
    glow = np.zeros(picture.shape[:2], np.float32)
    ends = [(round(cx + r * np.sin(turn)), round(cy - r * np.cos(turn))) for r in (25, 140)]
    cv2.line(glow, ends[0], ends[1], 1.0, 26)
    glow = np.asarray(cv2.GaussianBlur(glow, (0, 0), 9), np.float32)[..., None]
    value = read_dial((picture + glow * 0.6 * (255 - picture)).astype(np.uint8), dial).value
    assert value is None or abs(value - 3.0) < 0.1


def test_an_overexposed_face_is_no_glare() -> None:
    assert off_pct(Drawing(face=(255, 255, 255), noise=0.0), 6.6) < 0.5


def test_marks_on_the_numerals_do_as_well() -> None:
    picture, dial = Drawing().photograph(6.6)
    (cx, cy), inner = dial.center, 0.74
    marks = [[cx + inner * (m.x - cx), cy + inner * (m.y - cy), m.value] for m in dial.marks]
    moved = DialDescription.model_validate(dial.model_dump() | {"marks": marks})
    assert read_dial(picture, moved).value == pytest.approx(6.6, abs=0.05)


def test_the_true_value_lies_within_two_uncertainties() -> None:
    within = []
    for number in range(40):
        hand = (Hand(), THIN, WEDGE, WEIGHTED, ARROW)[number % 5]
        drawing = Drawing(hand=hand, radius=60, blur=0.4 + number % 3 * 0.5, noise=5.0, seed=number, jpeg=70)
        value = 0.1 + 9.8 * (0.618 * number % 1)
        reading = read(drawing, value)
        if reading.value is not None and reading.uncertainty is not None:
            within.append(abs(reading.value - value) < 2 * reading.uncertainty)
            assert reading.uncertainty < 0.1
    assert len(within) >= 38
    assert np.mean(within) >= 0.95


def test_a_hand_in_front_is_not_read_through() -> None:
    picture, dial = Drawing().photograph(6.4)
    skin = picture.copy()
    cx, cy = (round(c) for c in dial.center)
    cv2.ellipse(skin, (cx + 60, cy - 20), (110, 60), 20, 0, 360, (205, 160, 135), -1, cv2.LINE_AA)
    for finger in range(4):
        cv2.line(
            skin, (cx + 40, cy - 50 + 28 * finger), (cx - 110, cy - 80 + 40 * finger), (198, 150, 126), 24
        )
    assert read_dial(skin, dial).value is None


@pytest.mark.parametrize("value", [1.7, 5.0, 7.9])
@pytest.mark.parametrize("covering", [(205, 160, 135), (60, 70, 90), (150, 170, 150)])
def test_a_tail_is_not_read_for_the_needle_where_something_hides_the_pointing_half(
    value: float, covering: tuple[int, int, int]
) -> None:
    drawing = Drawing(hand=Hand(outline=((-0.62, 0.05), (-0.3, 0.04), (-0.1, 0.03), (0.9, 0.008))))
    picture, dial = drawing.photograph(value)
    turn = drawing.turn(value)
    at = (round(dial.center[0] + 95 * np.sin(turn)), round(dial.center[1] - 95 * np.cos(turn)))
    cv2.circle(picture, at, 72, covering, -1, cv2.LINE_AA)
    reading = read_dial(picture, dial)
    assert reading.value is None, reading.value


@pytest.mark.parametrize("value", [1.7, 4.0, 7.9])
def test_a_stout_tail_is_not_read_where_light_has_made_the_pointing_half_pale(value: float) -> None:
    stout = Hand(outline=((-0.7, 0.07), (-0.08, 0.05), (-0.07, 0.0), (0.0, 0.0)))
    pale = Hand(outline=((0.0, 0.05), (0.97, 0.04)), colour=(190, 190, 186), hub=0.08)
    drawing = Drawing(hand=pale, second=stout, second_at=value, said="black", numerals=False, noise=1.0)
    reading = read(drawing, value)
    assert reading.value is None or abs(reading.value - value) < 0.1, reading.value


@pytest.mark.parametrize("value", [1.7, 7.9])
def test_what_is_short_and_widens_outward_is_a_tail_though_nothing_is_seen_opposite(value: float) -> None:
    tail = Hand(outline=((-0.5, 0.08), (-0.05, 0.03), (0.0, 0.03)))
    assert read(Drawing(hand=tail), value).reason is Unreadable.DISAGREEMENT


def test_beside_a_second_needle_the_first_is_found_among_many_things_that_run_outward() -> None:
    thin, setter = (
        but(THIN, outline=((0.4, 0.01), (0.95, 0.008))),
        but(DRAG, outline=((0.3, 0.02), (1.0, 0.02))),
    )
    drawing = Drawing(hand=thin, second=setter, second_at=7.0, numerals=False, words=())
    picture, dial = but(drawing, said="black", second_said="red").photograph(1.5)
    x, y = dial.center
    for arm in (3.1, 4.4, 8.6, 9.4):
        turn = drawing.turn(arm)
        ends = [(round(x + r * np.sin(turn)), round(y - r * np.cos(turn))) for r in (8, 68)]
        cv2.line(picture, ends[0], ends[1], (200, 140, 60), 5, cv2.LINE_AA)
    assert read_dial(picture, dial).value == pytest.approx(1.5, abs=0.1)


def test_a_thin_tip_across_a_numeral_is_read_and_not_its_stout_tail() -> None:
    drawing = Drawing(hand=Hand(outline=((-0.6, 0.06), (-0.2, 0.05), (-0.05, 0.02), (0.94, 0.006))), blur=1.2)
    reading = read(drawing, 2.05)
    assert reading.value is None or abs(reading.value - 2.05) < 0.1


def test_glare_over_the_needle_is_not_read_through() -> None:
    picture, dial = Drawing().photograph(6.4)
    bright = picture.copy()
    turn = Drawing().turn(6.4)
    at = (round(dial.center[0] + 75 * np.sin(turn)), round(dial.center[1] - 75 * np.cos(turn)))
    cv2.circle(bright, at, 62, (255, 255, 255), -1)
    assert read_dial(bright, dial).value is None


@pytest.mark.parametrize(("radius", "limit_pct"), [(28, 1.5), (60, 0.8), (500, 0.3)])
def test_small_and_large_pictures_are_read(radius: int, limit_pct: float) -> None:
    assert off_pct(Drawing(radius=radius, hand=Hand()), 3.85) < limit_pct


def test_a_dial_that_is_partly_out_of_the_picture_is_read_where_the_needle_is_seen() -> None:
    picture, dial = Drawing().photograph(2.5)
    cut = np.ascontiguousarray(picture[:, : int(dial.center[0]) + 60])
    assert abs((read_dial(cut, dial).value or 0.0) - 2.5) < 0.05


def test_a_dial_outside_the_picture_is_cut_off() -> None:
    picture, dial = Drawing().photograph(2.5)
    assert read_dial(np.ascontiguousarray(picture[:20, :20]), dial).reason is Unreadable.CUT_OFF


def test_a_picture_of_another_depth_is_not_read() -> None:
    picture, dial = Drawing().photograph(2.5)
    assert read_dial(picture[..., 0], dial).reason is Unreadable.WRONG_DEPTH


def test_a_reading_says_what_it_is_and_where() -> None:
    drawing = Drawing()
    picture, dial = drawing.photograph(7.5)
    before = picture.copy()
    reading = read_dial(picture, dial)
    assert (reading.kind, reading.unit) == (InstrumentKind.DIAL, "bar")
    assert reading.angle_deg == pytest.approx(np.degrees(drawing.turn(7.5)) % 360, abs=0.5)
    assert reading.box is not None
    assert reading.box[2] > drawing.radius
    assert reading.ms > 0
    assert np.array_equal(picture, before)


def test_a_full_circle_is_read_across_its_zero() -> None:
    drawing = Drawing(start=0.0, sweep=360.0)
    picture, dial = drawing.photograph(9.96)
    ring = DialDescription.model_validate(
        dial.model_dump() | {"marks": dial.marks[:-1], "full_circle": True, "wraps_at": 10.0}
    )
    value = read_dial(picture, ring).value
    assert value is not None
    assert abs((value - 9.96 + 5) % 10 - 5) < 0.05


def photographs_of_noise() -> list[Picture]:
    rng = np.random.default_rng(1)
    plain = np.full((200, 200, 3), 128, np.uint8)
    noise = rng.integers(0, 256, (200, 200, 3)).astype(np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 6), np.uint8)
    return [plain, noise, smooth, np.zeros_like(plain), np.full_like(plain, 255)]


@pytest.mark.parametrize("number", range(5))
def test_pictures_of_nothing_are_not_read(number: int) -> None:
    marks = [[100 + 80 * np.sin(t), 100 - 80 * np.cos(t), v] for v, t in enumerate(np.linspace(-2.3, 2.3, 6))]
    dial = DialDescription.model_validate({"center": [100, 100], "marks": marks, "direction": "cw"})
    assert read_dial(photographs_of_noise()[number], dial).value is None


def test_a_dial_that_has_moved_is_read_by_its_reference() -> None:
    picture, dial = Drawing().photograph(2.5)
    later, _ = Drawing(seed=5).photograph(7.3)
    known = taught(picture, dial)
    moved = cv2.warpAffine(
        later,
        np.array([[1.02, 0.05, 4], [-0.05, 1.02, 9]]),
        picture.shape[1::-1],
        borderMode=cv2.BORDER_REPLICATE,
    )
    reading = read_dial(np.asarray(moved, np.uint8), known)
    assert reading.value == pytest.approx(7.3, abs=0.06)


def test_a_dial_that_is_not_there_any_more_is_not_read() -> None:
    picture, dial = Drawing().photograph(2.5)
    gone = np.full_like(picture, 130)
    assert read_dial(gone, taught(picture, dial)).reason is Unreadable.NOT_FOUND
