"""A reader sees its gauge's region alone, in pixels of its own; what it says is told in the whole's."""

import base64

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.instruments.code import CodeDescription
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription, Reference
from inspection.instruments.display import DisplayDescription
from inspection.instruments.indicator import LampDescription, LevelDescription
from inspection.instruments.place import Mark
from inspection.instruments.reading import InstrumentKind, Reading
from inspection.station.gauging.cutting import MOST_SIDE_PX, Cut
from tests.inspection.station.gauging.instruments import DIAL

PNG = base64.b64encode(cv2.imencode(".png", np.zeros((16, 16), np.uint8))[1].tobytes()).decode()


def cut_of(region: tuple[int, int, int, int], what: Description = DIAL, *, size: tuple[int, int]) -> Cut:
    cut = Cut.of(region, size=size, what=what)
    assert cut is not None
    return cut


def test_the_region_is_cut_and_places_are_told_in_its_pixels() -> None:
    picture = np.arange(60 * 80 * 3, dtype=np.uint32).reshape(60, 80, 3).astype(np.uint8)
    cut = cut_of((10, 5, 30, 40), size=(80, 60))
    part = cut.picture(picture)
    assert np.array_equal(part, picture[5:45, 10:40])
    assert np.shares_memory(part, picture), "nothing is copied where nothing is shrunk"
    inside = cut.description(DIAL)
    assert isinstance(inside, DialDescription)
    assert inside.center == (10.0, 15.0)
    assert inside.marks[0] == Mark(x=0.0, y=15.0, value=0.0)
    assert inside.model_copy(update={"center": DIAL.center, "marks": DIAL.marks}) == DIAL


def test_a_large_region_is_shrunk_and_a_point_stays_where_it_is_in_the_scene() -> None:
    picture = np.zeros((2400, 3200, 3), np.uint8)
    picture[1000:1008, 2000:2008] = 255
    cut = cut_of((0, 0, 3200, 2400), size=(3200, 2400))
    part = cut.picture(picture)
    assert part.shape == (1200, MOST_SIDE_PX, 3)
    ys, xs = np.nonzero(part[..., 0])
    dial = DIAL.model_copy(update={"center": (2003.5, 1003.5)})
    inside = cut.description(dial)
    assert isinstance(inside, DialDescription)
    assert inside.center == pytest.approx((xs.mean(), ys.mean()))


def test_a_dial_with_a_reference_gets_room_to_be_looked_for_within_the_picture() -> None:
    taught = DIAL.model_copy(update={"reference": Reference(png=PNG, box=(12, 12, 16, 16))})
    cut = cut_of((10, 0, 40, 40), taught, size=(200, 45))
    assert (cut.left, cut.top, cut.width, cut.height) == (0, 0, 60, 45)
    cut = cut_of((30, 0, 40, 40), taught, size=(200, 45))
    assert (cut.left, cut.width) == (12, 68), "what it showed when it was taught lies within, too"
    moved = cut.description(taught)
    assert isinstance(moved, DialDescription)
    assert moved.reference is not None
    assert moved.reference.box == (0, 12, 16, 16)


def test_shares_of_the_picture_are_shares_of_the_region() -> None:
    marks = tuple(Mark(x=m.x / 40, y=m.y / 40, value=m.value) for m in DIAL.marks)
    relative = DIAL.model_copy(update={"center": (0.5, 0.5), "marks": marks, "relative": True})
    assert cut_of((10, 5, 30, 40), relative, size=(80, 60)).description(relative) == relative


@pytest.mark.parametrize("region", [(-1, 0, 9, 9), (72, 0, 9, 9), (0, 52, 9, 9), (90, 90, 5, 5)])
def test_a_region_that_is_not_wholly_in_the_picture_is_none(region: tuple[int, int, int, int]) -> None:
    assert Cut.of(region, size=(80, 60), what=DIAL) is None


def test_every_kind_of_description_is_carried_along() -> None:
    corners = ((20.0, 10.0), (40.0, 10.0), (40.0, 20.0), (20.0, 20.0))
    display = DisplayDescription(corners=corners)
    level = LevelDescription(bottom=Mark(x=30, y=40, value=0), top=Mark(x=30, y=10, value=1), width_px=6.0)
    cut = cut_of((10, 5, 60, 50), size=(80, 60))
    found = cut.description(display)
    assert isinstance(found, DisplayDescription)
    assert found.corners == ((10.0, 5.0), (30.0, 5.0), (30.0, 15.0), (10.0, 15.0))
    assert cut.description(DisplayDescription()) == DisplayDescription()
    found_level = cut.description(level)
    assert isinstance(found_level, LevelDescription)
    assert (found_level.bottom.point, found_level.width_px) == ((20.0, 35.0), 6.0)
    for one in (
        LampDescription(region=(20, 20, 8, 8), on_level=100.0),
        CodeDescription(region=(20, 20, 8, 8)),
    ):
        inside = cut.description(one)
        assert isinstance(inside, LampDescription | CodeDescription)
        assert inside.region == (10, 15, 8, 8)
    assert cut.description(CodeDescription()) == CodeDescription()


@given(
    left=st.integers(0, 500),
    top=st.integers(0, 500),
    width=st.integers(20, 4000),
    height=st.integers(20, 4000),
    share=st.tuples(*[st.floats(0.0, 0.9)] * 4),
)
def test_the_box_of_a_reading_is_told_in_the_whole_picture(
    left: int, top: int, width: int, height: int, share: tuple[float, float, float, float]
) -> None:
    """To within a pixel of the shrunk part."""
    cut = cut_of((left, top, width, height), size=(left + width, top + height))
    box = (left + share[0] * width, top + share[1] * height, 1 + share[2] * width, 1 + share[3] * height)
    inside = [(box[0] - left) * cut.scale, (box[1] - top) * cut.scale, box[2] * cut.scale, box[3] * cut.scale]
    x, y, w, h = (round(value) for value in inside)
    read = Reading(kind=InstrumentKind.CODE, text="SN1", box=(x, y, max(1, w), max(1, h)))
    found = cut.reading(read).box
    assert found is not None
    assert all(abs(a - b) <= 1.0 + 1.5 / cut.scale for a, b in zip(found, box, strict=True))
