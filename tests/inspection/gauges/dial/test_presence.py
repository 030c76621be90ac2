"""A dial is read where it is: a description laid on anything else gives no number."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inspection.gauges.dial.presence import chance_of_marks
from inspection.gauges.dial.reader import read_dial
from inspection.gauges.dial.rectified import rectify
from inspection.gauges.dial.teaching import taught
from inspection.gauges.needle.face import straighten
from inspection.instruments.dial import DialDescription
from inspection.instruments.reading import Unreadable
from tests.inspection.gauges.needle.drawn import THIN, Drawing, Hand, Picture, but

HERE = Drawing()
ANOTHER = Drawing(values=tuple(range(0, 9)), start=-120.0, sweep=240.0)


def laid(
    dial: DialDescription, *, turned: float = 0.0, shifted: tuple[float, float] = (0.0, 0.0)
) -> DialDescription:
    """The same description, turned about its centre (degrees) and then shifted (pixels)."""
    turn = np.radians(turned)
    way = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    at = np.array([mark.point for mark in dial.marks]) - dial.center
    centre = np.array(dial.center) + shifted
    marks = [[*(centre + way @ place), mark.value] for place, mark in zip(at, dial.marks, strict=True)]
    return DialDescription.model_validate(dial.model_dump() | {"center": centre.tolist(), "marks": marks})


def clicked(dial: DialDescription, px: float, seed: int) -> DialDescription:
    draw = np.random.default_rng(seed)
    marks = [[m.x + draw.normal(0, px), m.y + draw.normal(0, px), m.value] for m in dial.marks]
    centre = [c + draw.normal(0, px) for c in dial.center]
    return DialDescription.model_validate(dial.model_dump() | {"center": centre, "marks": marks})


def marked(kind: str, value: float) -> tuple[Picture, DialDescription]:
    """A dial on which only so much is printed: ``ticks``, ``numerals``, or an ``arc`` of sectors."""
    bare = but(HERE, ink=HERE.face, words=(), numerals=False)
    picture, dial = bare.photograph(value)
    if kind == "ticks":
        return but(HERE, words=(), numerals=False).photograph(value)
    cx, cy = dial.center
    for mark, after in zip(dial.marks, dial.marks[1:], strict=False):
        if kind == "arc" and mark.value % 2 == 0:
            turns = np.linspace(bare.turn(mark.value), bare.turn(after.value), 30)
            ring = np.stack([cx + bare.radius * np.sin(turns), cy - bare.radius * np.cos(turns)], axis=1)
            cv2.polylines(
                picture, [(16 * ring).round().astype(np.int32)], False, (30, 90, 170), 9, cv2.LINE_AA, 4
            )
    if kind == "numerals":
        for mark in dial.marks:
            turn = bare.turn(mark.value)
            at = (round(cx + 120 * np.sin(turn)) - 7, round(cy - 120 * np.cos(turn)) + 7)
            cv2.putText(picture, f"{mark.value:g}", at, 0, 0.6, (30, 30, 30), 2, cv2.LINE_AA)
    return picture, dial


@pytest.mark.parametrize("value", [1.3, 3.6, 5.2])
def test_marks_of_another_dial_are_not_read(value: float) -> None:
    _, other = HERE.photograph(value)
    picture, own = ANOTHER.photograph(value)
    assert read_dial(picture, own).readable
    assert read_dial(picture, other).reason is Unreadable.NOT_FOUND


@pytest.mark.parametrize("turned", [12.0, -40.0, 97.0])
def test_marks_that_are_turned_off_their_scale_are_not_read(turned: float) -> None:
    picture, dial = HERE.photograph(4.4)
    assert not read_dial(picture, laid(dial, turned=turned)).readable


def test_a_needle_that_turns_elsewhere_is_not_read() -> None:
    drawing = but(HERE, radius=200)
    picture, dial = drawing.photograph(4.4)
    aside = np.array([np.cos(drawing.turn(4.4)), np.sin(drawing.turn(4.4))])
    moved = laid(dial, shifted=tuple(0.09 * drawing.radius * aside))
    assert read_dial(picture, moved).reason is Unreadable.NOT_FOUND


def test_a_pivot_that_was_clicked_carelessly_is_forgiven_where_the_marks_fit() -> None:
    picture, dial = HERE.photograph(4.4)
    x, y = dial.center
    careless = dial.model_copy(update={"center": (x + 7.0, y - 5.0)})
    assert read_dial(picture, careless).value == pytest.approx(4.4, abs=0.2)


@pytest.mark.parametrize("kind", ["ticks", "numerals", "arc"])
@pytest.mark.parametrize("value", [0.6, 6.3])
def test_ticks_alone_numerals_alone_or_sectors_alone_are_a_scale(kind: str, value: float) -> None:
    picture, dial = marked(kind, value)
    assert read_dial(picture, dial).value == pytest.approx(value, abs=0.1)


@pytest.mark.parametrize("seed", range(6))
def test_clicks_that_miss_by_two_pixels_are_forgiven(seed: int) -> None:
    drawing = Drawing(radius=90, hand=(Hand(), THIN)[seed % 2], noise=5.0, blur=1.0, seed=seed)
    picture, dial = drawing.photograph(3.3)
    assert read_dial(picture, clicked(dial, 2.0, seed)).value == pytest.approx(3.3, abs=0.2)


@pytest.mark.parametrize("count", [2, 3])
def test_two_or_three_marks_are_enough(count: int) -> None:
    picture, dial = HERE.photograph(7.7)
    few = [dial.marks[at] for at in np.linspace(0, 10, count).astype(int)]
    assert read_dial(picture, dial.model_copy(update={"marks": tuple(few)})).value == pytest.approx(
        7.7, abs=0.1
    )


def test_a_dim_small_and_tilted_dial_is_still_seen() -> None:
    dim = Drawing(radius=60, tilt=25.0, face=(54, 54, 52), ink=(18, 18, 20), noise=1.5)
    picture, dial = dim.photograph(6.1)
    assert read_dial(picture, dial).readable


def test_random_marks_are_taken_for_seen_as_often_as_is_said() -> None:
    draw = np.random.default_rng(3)
    noise = draw.integers(0, 256, (240, 240, 3)).astype(np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), np.uint8)
    chances = []
    for _ in range(160):
        turns = np.sort(draw.uniform(0, 2 * np.pi, 6)) + draw.uniform(0, 2 * np.pi)
        centre = draw.uniform(90, 150, 2)
        marks = [[centre[0] + 70 * np.sin(t), centre[1] - 70 * np.cos(t), v] for v, t in enumerate(turns)]
        try:
            dial = DialDescription.model_validate(
                {"center": centre.tolist(), "marks": marks, "direction": "cw"}
            )
        except ValueError:
            continue
        rectified = rectify(dial.center, dial.marks)
        chances.append(chance_of_marks(straighten(picture, rectified.matrix), dial.marks, rectified))
    assert len(chances) > 120
    for level in (0.05, 0.2, 0.5):
        share, spread = np.mean(np.array(chances) <= level), np.sqrt(level * (1 - level) / len(chances))
        assert abs(share - level) < 4 * spread


def test_what_has_a_reference_or_is_of_crops_that_are_alike_is_taken_as_it_is_described() -> None:
    picture, dial = HERE.photograph(4.4)
    beside = laid(dial, turned=12.0)
    assert not read_dial(picture, beside).readable
    assert read_dial(picture, taught(picture, beside)).readable
    height, width = picture.shape[:2]
    places = {"center": [(dial.center[0] + 0.5) / width, (dial.center[1] + 0.5) / height], "relative": True}
    marks = [[(m.x + 0.5) / width, (m.y + 0.5) / height, m.value] for m in beside.marks]
    assert read_dial(
        picture, DialDescription.model_validate(beside.model_dump() | places | {"marks": marks})
    ).readable


def test_a_mark_on_every_tick_is_seen() -> None:
    picture, dial = HERE.photograph(4.4)
    (cx, cy), ring = dial.center, HERE.radius
    turns = [(value, HERE.turn(value)) for value in np.linspace(0, 10, 51).tolist()]
    marks = [[cx + ring * np.sin(turn), cy - ring * np.cos(turn), value] for value, turn in turns]
    assert read_dial(picture, DialDescription.model_validate(dial.model_dump() | {"marks": marks})).readable


@pytest.mark.parametrize("value", [1.6, 4.4])
def test_marks_that_were_clicked_well_inside_of_the_print_are_seen(value: float) -> None:
    picture, dial = but(HERE, words=(), numerals=False).photograph(value)
    x, y = dial.center
    marks = [[x + 0.62 * (m.x - x), y + 0.62 * (m.y - y), m.value] for m in dial.marks]
    inside = DialDescription.model_validate(dial.model_dump() | {"marks": marks})
    assert read_dial(picture, inside).value == pytest.approx(value, abs=0.1)
