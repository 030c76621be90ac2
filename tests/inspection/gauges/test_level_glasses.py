"""Levels in sight glasses: the one step between liquid and nothing, or no reading."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.gauges.level_glasses import read_level
from inspection.instruments.indicator import LevelDescription
from inspection.instruments.place import Mark
from inspection.instruments.reading import Unreadable

GLASS = LevelDescription(
    bottom=Mark(x=60, y=190, value=0), top=Mark(x=60, y=10, value=90), width_px=16, unit="mm"
)
OIL, AIR = (120, 90, 30), (205, 205, 200)


def glass(
    share: float, *, blur: float = 1.0, noise: float = 4.0, below: tuple[int, int, int] = OIL
) -> NDArray[np.uint8]:
    """A glass whose liquid stands at ``share`` of its height, drawn at four times the size."""
    big = np.full((800, 480, 3), 150, np.uint8)
    surface = max(round((190 - 180 * share) * 4), 0)
    big[:, 200:280] = AIR
    big[surface:, 200:280] = below
    small = cv2.GaussianBlur(cv2.resize(big, (120, 200), interpolation=cv2.INTER_AREA), (0, 0), blur)
    noisy = small + np.random.default_rng(1).normal(0.0, noise, small.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.5, 0.63, 0.8, 0.95])
@pytest.mark.parametrize("blur", [0.5, 1.0, 2.5])
def test_a_level_is_read_with_an_honest_uncertainty(share: float, blur: float) -> None:
    reading = read_level(glass(share, blur=blur), GLASS)
    assert reading.value is not None
    assert reading.uncertainty is not None
    assert abs(reading.value - 90 * share) < min(2 * reading.uncertainty, 0.02 * 90)
    assert reading.unit == "mm"


def test_a_glass_that_leans_is_read_along_its_axis() -> None:
    matrix = cv2.getRotationMatrix2D((60.0, 100.0), 15.0, 1.0)
    leaning = cv2.warpAffine(glass(0.4), matrix, (120, 200), borderValue=(150, 150, 150))
    ends = [matrix @ (end.x, end.y, 1.0) for end in (GLASS.bottom, GLASS.top)]
    bottom, top = (Mark(x=x, y=y, value=v) for (x, y), v in zip(ends, (0, 90), strict=True))
    described = LevelDescription(bottom=bottom, top=top, width_px=14, unit="mm")
    reading = read_level(np.asarray(leaning, np.uint8), described)
    assert reading.value is not None
    assert abs(reading.value - 36.0) < 1.5


def faded() -> NDArray[np.uint8]:
    """No surface: light that fades along the glass."""
    rows = np.linspace(220, 60, 200)[:, None, None]
    return np.broadcast_to(rows, (200, 120, 3)).astype(np.uint8)


def two_surfaces() -> NDArray[np.uint8]:
    picture = glass(0.3)
    picture[70:130, 40:80] = (60, 60, 180)
    return picture


def glare() -> NDArray[np.uint8]:
    picture = glass(0.5)
    picture[90:110, 40:80] = 255
    return picture


@pytest.mark.parametrize(
    ("picture", "reasons"),
    [
        (glass(1.5), {Unreadable.NOT_FOUND}),
        (glass(-0.5), {Unreadable.NOT_FOUND}),
        (glass(0.5, below=(207, 205, 201)), {Unreadable.NOT_FOUND}),
        (faded(), {Unreadable.BLUR, Unreadable.NOT_FOUND}),
        (two_surfaces(), {Unreadable.DISAGREEMENT, Unreadable.NOT_FOUND}),
        (glare(), {Unreadable.GLARE, Unreadable.DISAGREEMENT, Unreadable.NOT_FOUND, Unreadable.BLUR}),
        (glass(0.5)[:150], {Unreadable.CUT_OFF}),
        (glass(0.5)[:, :62], {Unreadable.CUT_OFF}),
    ],
    ids=["full", "empty", "clear as air", "faded", "two surfaces", "glare", "cut below", "cut aside"],
)
def test_where_there_is_no_one_surface_nothing_is_read(
    picture: NDArray[np.uint8], reasons: set[Unreadable]
) -> None:
    assert read_level(picture, GLASS).reason in reasons
