"""Lamps: off, on, blinking, and their colour; in doubt none of these."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.gauges.lamps import read_lamp
from inspection.instruments.indicator import LampDescription
from inspection.instruments.reading import Unreadable

TOWER = LampDescription(
    region=(10, 10, 20, 20), on_level=120, colours={"red": "#e02020", "amber": "#f0a020", "green": "#20c040"}
)


def shown(*lens: tuple[int, int, int], noise: float = 4.0) -> list[NDArray[np.uint8]]:
    """A picture for each colour of the lens, on a grey panel, with noise."""
    rng = np.random.default_rng(0)
    pictures = []
    for colour in lens:
        picture = np.full((60, 60, 3), 110.0)
        picture[8:32, 8:32] = colour
        picture += rng.normal(0.0, noise, picture.shape)
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    return pictures


RED, DARK_RED, GREEN, AMBER, WHITE = (
    (226, 40, 38),
    (70, 16, 16),
    (40, 190, 70),
    (238, 160, 40),
    (250, 250, 250),
)


@pytest.mark.parametrize(
    ("lens", "value", "colour"),
    [
        ([RED], 1.0, "red"),
        ([GREEN], 1.0, "green"),
        ([AMBER], 1.0, "amber"),
        ([DARK_RED], 0.0, ""),
        ([RED, RED, RED], 1.0, "red"),
        ([RED, DARK_RED, RED], 2.0, "red"),
        ([DARK_RED, GREEN], 2.0, "green"),
        ([DARK_RED, (120, 30, 30), RED], 2.0, "red"),
    ],
)
def test_a_lamp_is_off_on_or_blinking_in_its_colour(
    lens: list[tuple[int, int, int]], value: float, colour: str
) -> None:
    reading = read_lamp(shown(*lens), TOWER)
    assert (reading.value, reading.text, reading.uncertainty) == (value, colour, 0.0)


@pytest.mark.parametrize(
    "lens",
    [
        [(121, 30, 30)],
        [(118, 30, 30)],
        [RED, (118, 30, 30)],
        [(40, 60, 220)],
        [WHITE],
        [(232, 100, 32)],
        [RED, GREEN],
    ],
    ids=["at the level", "below it", "once unclear", "blue", "blinding", "red or amber", "of two colours"],
)
def test_what_is_in_doubt_is_unclear(lens: list[tuple[int, int, int]]) -> None:
    assert read_lamp(shown(*lens), TOWER).reason is Unreadable.LAMP_UNCLEAR


def test_half_a_lens_is_neither_on_nor_off() -> None:
    (picture,) = shown(RED)
    picture[:20] = DARK_RED
    assert read_lamp([picture], TOWER).reason is Unreadable.LAMP_UNCLEAR


def test_a_core_that_blinds_the_camera_does_not_hide_the_colour() -> None:
    (picture,) = shown(GREEN)
    picture[14:26, 14:26] = 255
    assert read_lamp([picture], TOWER).text == "green"


def test_a_lamp_without_colours_or_with_white_is_read_too() -> None:
    plain = LampDescription(region=(10, 10, 20, 20), on_level=120)
    assert read_lamp(shown(WHITE), plain).value == 1.0
    white = TOWER.model_copy(update={"colours": {"white": "#ffffff", "red": "#e02020"}})
    assert read_lamp(shown(WHITE), white).text == "white"


def test_a_region_beyond_the_picture_or_no_picture_is_unreadable() -> None:
    for region in ((50, 50, 20, 20), (-5, 10, 20, 20), (10, -5, 20, 20)):
        beyond = TOWER.model_copy(update={"region": region})
        assert read_lamp(shown(RED), beyond).reason is Unreadable.CUT_OFF
    assert read_lamp([], TOWER).reason is Unreadable.LAMP_UNCLEAR
