"""Grey levels above 8 bits: one way down to 8, stated depths, and words where they do not fit."""

import re
import zlib
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inspection.errors import CameraError, RecipeError
from inspection.levels import DEEP, BitDepth, misfit, suggestion, to_8_bits, top_level
from inspection.part import Frame
from inspection.pictures.decoding.png_depth import HEAD_BYTES, stated_depth, with_depth
from inspection.recipe import EIGHT_BITS, GreyLevels, Recipe
from tests.fakes import EPOCH

depths = st.sampled_from(DEEP)


def deep(*levels: int) -> np.ndarray:
    return np.array([[[level] * 3 for level in levels]], np.uint16)


def frame(picture: np.ndarray, bit_depth: BitDepth) -> Frame:
    return Frame(
        picture=picture, camera="main", captured_at=EPOCH, number=1, simulated=True, bit_depth=bit_depth
    )


@pytest.mark.parametrize("bit_depth", DEEP)
def test_every_level_goes_to_the_nearest_of_256(bit_depth: BitDepth) -> None:
    white = top_level(bit_depth)
    shown = to_8_bits(deep(*range(white + 1)), bit_depth=bit_depth)[0, :, 0]
    for level in range(0, white + 1, max(1, white // 4096)):
        assert abs(Fraction(int(shown[level])) - Fraction(255 * level, white)) < Fraction(1, 2)
    assert (shown[0], shown[-1]) == (0, 255)
    assert np.bincount(shown).min() >= (white + 1) // 512, "no level is left out, none is favoured"


@given(depths, st.integers(0, 255))
def test_8_bits_turned_into_more_come_back_as_they_were(bit_depth: BitDepth, level: int) -> None:
    more = round(level * top_level(bit_depth) / 255)
    assert to_8_bits(deep(more), bit_depth=bit_depth)[0, 0, 0] == level


def test_8_bits_stay_the_very_same() -> None:
    picture = np.zeros((2, 3, 3), np.uint8)
    assert to_8_bits(picture, bit_depth=8) is picture


@given(depths, st.data())
def test_levels_above_the_stated_depth_are_refused_everywhere(
    bit_depth: BitDepth, data: st.DataObject
) -> None:
    level = data.draw(st.integers(0, 65_535))
    picture = deep(3, level)
    if level <= top_level(bit_depth):
        assert not misfit(picture, bit_depth)
        return
    assert f"up to {level:,}, above the {top_level(bit_depth):,} of the {bit_depth} bits" in misfit(
        picture, bit_depth
    )
    with pytest.raises(ValueError, match="above"):
        to_8_bits(picture, bit_depth=bit_depth)
    with pytest.raises(CameraError, match="above"):
        frame(picture, bit_depth)


@pytest.mark.parametrize(
    ("levels", "looks"),
    [
        ((900,), "looks like 10 bit$"),
        ((4095,), "up to 4,095, which looks like 12 bit$"),
        ((9000,), "looks like 14 bit$"),
        ((40001,), "looks like 16 bit$"),
        ((200,), "looks like 10 bit or less$"),
        ((17 << 4, 4095 << 4), "multiples of 16, which looks like 12 bit in the upper bits.*state 16$"),
    ],
)
def test_words_say_what_the_levels_suggest(levels: tuple[int, ...], looks: str) -> None:
    assert re.search(looks, suggestion(deep(*levels)))


def test_a_frame_of_another_depth_than_the_recipes_is_not_looked_at() -> None:
    twelve = frame(deep(4095), 12)
    with pytest.raises(RecipeError, match=r"has 12 bits, the recipe was taught at 8.*--bit-depth 12"):
        EIGHT_BITS.of(twelve)
    with pytest.raises(RecipeError, match=r"has 8 bits, the recipe was taught at 12.*camera to 12"):
        GreyLevels(bit_depth=12).of(frame(np.zeros((1, 1, 3), np.uint8), 8))
    with pytest.raises(RecipeError, match="has 12 bits, the recipe was taught at 10"):
        GreyLevels(bit_depth=10).of(frame(deep(5), 12))
    assert GreyLevels(bit_depth=12).of(twelve).tolist() == [[[255, 255, 255]]]


def test_a_recipe_of_8_bits_is_written_as_before_there_was_a_depth() -> None:
    assert "levels" not in Recipe(id=1, name="a").model_dump_json()
    assert Recipe.model_validate_json(Recipe(id=1, name="a").model_dump_json()).levels == EIGHT_BITS


def test_a_recipe_names_its_depth_and_its_rule() -> None:
    text = Recipe(id=1, name="a", levels=GreyLevels(bit_depth=12)).model_dump_json()
    assert '"levels":{"bit_depth":12,"to_8_bits":"linear"}' in text
    assert Recipe.model_validate_json(text).levels.bit_depth == 12
    for wrong in ('"bit_depth":11', '"bit_depth":"12"', '"bit_depth":0'):
        with pytest.raises(ValidationError):
            Recipe.model_validate_json(text.replace('"bit_depth":12', wrong))
    with pytest.raises(ValidationError):
        Recipe.model_validate_json(text.replace("linear", "stretched"))


@given(depths)
def test_a_png_says_its_depth_and_stays_a_whole_png(bit_depth: BitDepth) -> None:
    levels = np.arange(64, dtype=np.uint16).reshape(8, 8)
    plain = cv2.imencode(".png", levels)[1].tobytes()
    said = with_depth(plain, bit_depth)
    assert stated_depth(said[:HEAD_BYTES]) == stated_depth(said) == bit_depth
    assert stated_depth(plain) is None
    decoded = cv2.imdecode(np.frombuffer(said, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    assert np.array_equal(decoded, levels)
    place = 8
    while place < len(said):
        length = int.from_bytes(said[place : place + 4], "big")
        body = said[place + 4 : place + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(said[place + 8 + length : place + 12 + length], "big")
        place += 12 + length


@given(st.binary(max_size=80))
def test_what_is_no_such_png_says_no_depth(content: bytes) -> None:
    assert stated_depth(content) is None
    head = with_depth(cv2.imencode(".png", np.zeros((1, 1), np.uint16))[1].tobytes(), 12)
    assert stated_depth(head[: len(content)]) in (None, 12)
