"""How small a defect has to be found says how closely the eye looks, and that it learns on crops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.files.one_by_one import OneByOne
from inspection.part import Picture
from models.eye.eye import TrainedEye
from models.memory.embedding import resized
from models.memory.memory import NormalityMemory
from models.memory.settings import MOST_AREA_PX, MemorySettings
from models.training.eye import teaching
from models.training.eye.grounds import SPAN_PX, Crops, Size, WholePictures, area_for, grounds_of
from models.training.eye.teaching import size_for, train_eye
from tests.models.benchmarks.toys import BlockTower
from tests.models.training.eye.small import SMALL, brushed

FIVE_MEGAPIXELS: Size = (2048, 2448)
USUAL, LARGE = 448 * 448, 640 * 640
WORKING: Size = (256, 256)


@given(st.floats(1.0, 10_000.0))
def test_the_smallest_defect_spans_a_cell_and_no_picture_is_enlarged(detail_px: float) -> None:
    area = area_for(detail_px, [FIVE_MEGAPIXELS], least=USUAL)
    whole = FIVE_MEGAPIXELS[0] * FIVE_MEGAPIXELS[1]
    assert USUAL <= area <= whole
    if USUAL < area < whole:
        assert detail_px * (area / whole) ** 0.5 == pytest.approx(SPAN_PX, rel=1e-3)


def test_ten_pixels_in_five_megapixels_are_looked_for_at_three(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_for(10.0, [FIVE_MEGAPIXELS], multiple=32) == (1632, 1952)
    monkeypatch.setattr(teaching, "AREA_PX", 64 * 64)
    assert size_for(10.0, [(96, 96)] * 3, multiple=32) == (64, 64)


@pytest.mark.parametrize("picture", [(5_000, 6_000), (4_096, 4_096), (400, 60_000)])
def test_no_working_size_is_larger_than_an_eye_can_be_kept_with(picture: Size) -> None:
    height, width = size_for(1.0, [picture], multiple=32)
    assert 0.9 * MOST_AREA_PX < height * width <= MOST_AREA_PX


def parts(count: int = 12, side: int = 320) -> list[Picture]:
    return [brushed(number, side=side) for number in range(count)]


def grounds(pictures: list[Picture], detail_px: float | None) -> WholePictures | Crops:
    made = grounds_of(
        pictures,
        areas=(96 * 96, 128 * 128),
        multiple=32,
        detail_px=detail_px,
        rng=np.random.default_rng(0),
    )
    assert isinstance(made, WholePictures | Crops)
    return made


def test_crops_are_taken_only_where_a_person_asks_for_more_than_is_held_whole() -> None:
    without = grounds(parts(), None)
    assert isinstance(without, WholePictures)
    assert list(without.sizes) == [(96, 96), (128, 128)]
    coarse = grounds(parts(), 25.0)  # 8 pixels of 102
    assert isinstance(coarse, WholePictures)
    assert (list(coarse.sizes), without.least_px) == ([(96, 96)], None)
    close = grounds(parts(), 10.0)
    assert isinstance(close, Crops)
    assert list(close.sizes) == [WORKING]
    assert close.lesson_size(WORKING) == (96, 96)
    assert close.least_px == pytest.approx(4.0)
    assert (without.cells, coarse.cells, close.cells) == (None, 4, 4), "a cell's breadth lies on two by two"
    assert grounds(parts(), 100.0).cells == 25, "30 pixels on the plainest look lie on five by five"


def test_each_picture_is_read_once_and_every_crop_shows_what_lies_there() -> None:
    whole, read = parts(), list[int]()

    def reading(number: int) -> Picture:
        read.append(number)
        return whole[number]

    pictures = OneByOne(range(len(whole)), reading)
    rng = np.random.default_rng(0)
    crops = Crops(pictures, working=WORKING, most=(96, 96), least_px=4.0, cells=4, rng=rng)
    assert read == list(range(len(whole)))
    shown = crops.of_lessons(WORKING)
    assert len(shown) == len(crops.source) == 8 * len(whole)
    for crop, source, (top, left) in zip(shown, crops.source, crops._corners, strict=True):
        judged = resized(whole[source], *WORKING)
        assert np.array_equal(crop, judged[top : top + 96, left : left + 96])
    strip = Crops(pictures, working=(64, 256), most=(96, 96), least_px=4.0, cells=4, rng=rng)
    assert strip.lesson_size((64, 256)) == (64, 96)


def test_many_large_pictures_cost_no_more_crops_than_few() -> None:
    many = OneByOne(range(150), lambda number: brushed(number, side=64))
    crops = Crops(many, working=(64, 64), most=(32, 32), least_px=4.0, cells=4, rng=np.random.default_rng(0))
    assert len(crops.of_lessons((64, 64))) == 300


@pytest.mark.parametrize("detail_px", [None, 10.0])
def test_where_another_eyes_size_is_to_be_taken_no_other_is_tried(detail_px: float | None) -> None:
    """The eyes of an adaptation's folds chose for themselves, and could be unlike the recipe's."""
    found = grounds_of(
        parts(6),
        areas=(96 * 96, 128 * 128),
        multiple=32,
        detail_px=detail_px,
        rng=np.random.default_rng(0),
        only=(96, 160),
    )
    assert list(found.sizes) == [(96, 160)]
    assert {one.shape[:2] for one in found.judged((96, 160))} == {(96, 160)}


def test_a_spoiled_picture_is_the_good_one_but_for_the_defect() -> None:
    whole = parts(6)
    crops = grounds(whole, 10.0)
    sources, spoiled = crops.spoiled(WORKING, np.random.default_rng(1), least_px=4.0)
    assert len(sources) == len(spoiled) > 3
    for source, picture in zip(sources, spoiled, strict=True):
        differs = (picture != resized(whole[source], *WORKING)).any(axis=2)
        rows, columns = np.nonzero(differs)
        assert len(rows)
        assert max(np.ptp(rows), np.ptp(columns)) < 96


def test_an_eye_that_learned_on_crops_judges_whole_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching, "AREA_PX", 96 * 96)
    monkeypatch.setattr(teaching, "LARGE_AREA_PX", 128 * 128)
    whole, blocks, told = parts(), BlockTower(), list[tuple[int, int]]()
    memory = NormalityMemory.teach(whole, tower=blocks, settings=MemorySettings(patches=40, overkill=0.1))
    eye = train_eye(
        whole,
        memory=memory,
        tower=blocks,
        groups=range(len(whole)),
        seed=1,
        detail_px=10.0,
        effort=SMALL,
        on_progress=lambda done, of: told.append((done, of)),
    )
    assert eye is not None
    assert eye.working == WORKING
    assert [(tried.height, tried.width) for tried in eye.choice.sizes] == [WORKING]
    assert eye.choice.least_px == pytest.approx(4.0)
    assert eye.cells == 4
    assert TrainedEye.unpack(*eye.packed(), tower=blocks).cells == 4
    assert eye.glance(eye.see(whole[0])).logits.shape[1:] == (16, 16)
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
