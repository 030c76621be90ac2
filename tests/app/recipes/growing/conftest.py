"""The simulated product, taught, with the pictures that it was taught from in a folder."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.recipes.library import RecipeLibrary
from app.recipes.teaching import SIMULATED_FROM
from inspection.cameras.simulated import SimulatedCamera
from inspection.part import Picture
from inspection.simulation import Variation


def parts(*numbers: int, defect_rate: float = 0.0) -> list[Picture]:
    camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=defect_rate))
    camera.open()
    return [camera.capture(number).picture.astype(np.uint8) for number in numbers]


def write(path: Path, picture: Picture) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tofile(path)
    return path


@pytest.fixture(scope="session")
def lain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures that ``taught_library`` was taught from. Not to be written into."""
    folder = tmp_path_factory.mktemp("lain")
    for number, picture in enumerate(parts(*range(SIMULATED_FROM, SIMULATED_FROM + 24))):
        write(folder / f"{number:02}.png", picture)
    return folder


@pytest.fixture
def library(taught_library: Path, home: Path) -> RecipeLibrary:
    """The simulated product, in the user's home."""
    shutil.copytree(taught_library, home / "recipes")
    return RecipeLibrary(home / "recipes")


@pytest.fixture
def rejected(tmp_path: Path) -> Path:
    """A good part that is rejected: it is in another light than those that were taught."""
    (picture,) = parts(7)
    return write(tmp_path / "rejected.png", np.clip(picture.astype(int) + 34, 0, 255).astype(np.uint8))


@pytest.fixture
def escaped(tmp_path: Path) -> list[Path]:
    """Four parts with defects, the first with its place marked."""
    paths = [
        write(tmp_path / f"escaped {number}.png", picture)
        for number, picture in enumerate(parts(11, 12, 13, 14, defect_rate=1.0))
    ]
    mask = np.zeros((480, 640), np.uint8)
    mask[100:120, 200:260] = 255
    cv2.imwrite(str(tmp_path / "escaped 0_mask.png"), mask)
    return paths
