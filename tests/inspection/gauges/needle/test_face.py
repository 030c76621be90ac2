"""The face is seen from the front, and what cannot be seen of it is known."""

import numpy as np
import pytest

from inspection.gauges.needle.face import RADIUS_PX, straighten


def disc(centre: tuple[float, float], radius: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[1 / radius, 0, -centre[0] / radius], [0, 1 / radius, -centre[1] / radius], [0, 0, 1]])


@pytest.mark.parametrize("radius", [30.0, 300.0, 1200.0])
def test_a_place_of_the_picture_comes_to_its_place_on_the_face(radius: float) -> None:
    side = round(2.6 * radius)
    picture = np.full((side, side, 3), 200, np.uint8)
    centre = ((side - 1) / 2, (side - 1) / 2)
    x, y = round(centre[0] + 0.5 * radius), round(centre[1] - 0.25 * radius)
    reach = max(round(radius / 20), 1)
    picture[y - reach : y + reach + 1, x - reach : x + reach + 1] = 0
    face = straighten(picture, disc(centre, radius))
    dark = np.argwhere(face.lab[..., 0] < 100).mean(axis=0) - face.middle
    expected = np.array([y - centre[1], x - centre[0]]) / radius * RADIUS_PX
    assert dark == pytest.approx(expected, abs=0.6)
    assert face.pixels_per_radius == pytest.approx(radius, rel=0.01)
    assert face.blind is None


def test_what_lies_outside_the_picture_is_blind() -> None:
    face = straighten(np.full((200, 100, 3), 90, np.uint8), disc((100.0, 100.0), 60.0))
    assert face.blind is not None
    assert face.blind[:, -40:].all()
    assert not face.blind[60:-60, 60:180].any()


def test_a_lamp_mirrored_in_the_glass_is_blind() -> None:
    picture = np.full((200, 200, 3), 190, np.uint8)
    picture[60:90, 60:90] = 255
    face = straighten(picture, disc((100.0, 100.0), 70.0))
    assert face.blind is not None
    assert 0.005 < (face.blind > 0).mean() < 0.1


def test_a_dial_that_is_not_in_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the picture"):
        straighten(np.zeros((50, 50, 3), np.uint8), disc((500.0, 500.0), 40.0))
