"""What shows nothing is refused; what shows little, finely or at its ends alone, is not."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.errors import RecipeError
from inspection.part import Frame, Picture
from models.good_parts.alike import AlikeInColourAndPlace
from tests.fakes import EPOCH

Shown = Callable[[np.random.Generator], NDArray[np.float64]]
LARGE, STRIP = (1_200, 1_600), (200, 1_600)


def blank(picture: NDArray[np.float64]) -> bool:
    """Whether a picture, (height, width) in grey levels, is refused."""
    grey = np.clip(picture, 0, 255).astype(np.uint8)
    shown: Picture = np.repeat(grey[..., None], 3, axis=2)
    alike = AlikeInColourAndPlace()
    alike.add(Frame(picture=shown, camera="main", captured_at=EPOCH, number=1, simulated=False), shown)
    try:
        alike.refuse_blank(["01.png"])
    except RecipeError:
        return True
    return False


def textured(rng: np.random.Generator) -> NDArray[np.float64]:
    """Evenly lit cloth: grains of four pixels, and no form larger than that."""
    grains = rng.normal(0.0, 10.0, (LARGE[0] // 4, LARGE[1] // 4))
    cloth = np.full(LARGE, 128.0)
    cloth += np.kron(grains, np.ones((4, 4)))
    return cloth


def marked_at_its_ends(rng: np.random.Generator) -> NDArray[np.float64]:
    """A rod with a head on either end, and nothing on it in the middle of the picture."""
    rod = np.full(STRIP, 128.0) + rng.normal(0.0, 2.0, STRIP)
    rod[60:140, :150] = rod[60:140, -150:] = 40.0
    return rod


@pytest.mark.parametrize("shown", [textured, marked_at_its_ends])
def test_what_shows_only_fine_texture_or_something_at_its_ends_is_taken(shown: Shown) -> None:
    assert not blank(shown(np.random.default_rng(0)))


@pytest.mark.parametrize("level", [0.0, 4.0, 128.0, 250.0])
@pytest.mark.parametrize("size", [(64, 64), LARGE])
def test_noise_alone_shows_nothing_however_bright(level: float, size: tuple[int, int]) -> None:
    assert blank(level + np.random.default_rng(0).normal(0.0, 4.0, size))
