"""What a mask marks, however it was saved: nothing of it is lost in silence."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspection.errors import CameraError, DatasetError
from inspection.pictures.labels.files import picture_folder
from inspection.pictures.labels.masks import read_mask
from tests.inspection.pictures.pictures_drawn import HEIGHT, WIDTH, photograph, write

SIZE = (HEIGHT, WIDTH)
AREA = np.zeros(SIZE, bool)
AREA[20:30, 30:50] = True


def grey(value: int, kind: type[np.uint8 | np.uint16] = np.uint8) -> NDArray[np.uint8 | np.uint16]:
    drawn: NDArray[np.uint8 | np.uint16] = np.where(AREA, value, 0).astype(kind)
    return drawn


def colour(*defect: int, rest: tuple[int, ...] = (0, 0, 0)) -> NDArray[np.uint8]:
    return np.where(AREA[..., None], defect, rest).astype(np.uint8)


def palette(path: Path, colours: list[int], *, defect: int, rest: int) -> None:
    image = Image.fromarray(np.where(AREA, defect, rest).astype(np.uint8), mode="P")
    image.putpalette(colours)
    image.save(path)


VOC = [0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * 750 + [224, 224, 192]

WAYS: dict[str, Callable[[Path], object]] = {
    **{f"value {v}": partial(write, values=grey(v)) for v in (1, 2, 127, 128, 255)},
    **{f"16 bit, value {v}": partial(write, values=grey(v, np.uint16)) for v in (1, 255, 256, 65535)},
    "green": lambda p: write(p, colour(0, 128, 0)),
    "red in 16 bit": lambda p: write(p, colour(0, 0, 1).astype(np.uint16)),
    "class 2 of Pascal VOC": lambda p: palette(p, VOC, defect=2, rest=0),
    "the border of Pascal VOC": lambda p: palette(p, VOC, defect=255, rest=0),
    "a palette that is black all over": lambda p: palette(p, [0] * 768, defect=1, rest=0),
    "a palette that begins with white": lambda p: palette(p, [255] * 3 + [0] * 3, defect=0, rest=1),
    "transparent but for the defect": lambda p: write(p, colour(0, 0, 255, 255, rest=(0, 0, 0, 0))),
    "black on transparent": lambda p: write(p, colour(0, 0, 0, 255, rest=(0, 0, 0, 0))),
    "the rest white but transparent": lambda p: write(p, colour(0, 0, 255, 255, rest=(255, 255, 255, 0))),
    "opaque": lambda p: write(p, colour(0, 0, 9, 255, rest=(0, 0, 0, 255))),
    "one bit": lambda p: Image.fromarray(AREA).save(p),
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_not_0_is_the_defect(tmp_path: Path, way: str) -> None:
    path = tmp_path / "s00_mask.png"
    WAYS[way](path)
    assert (read_mask(path, size=SIZE) == np.where(AREA, 255, 0)).all()
    picture = photograph(tmp_path / "s00.jpg")
    assert picture_folder(tmp_path).masks == {picture: path}


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_what_lossy_compression_adds_is_not_the_defect(tmp_path: Path, suffix: str) -> None:
    drawn = read_mask(write(tmp_path / f"a{suffix}", grey(255)), size=SIZE) > 0
    assert (drawn != AREA).sum() < 40


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a_mask.png", grey(255))
    with pytest.raises(DatasetError, match=r"80x60 .*not as large as its picture, which has 81x60"):
        read_mask(path, size=(60, 81))


def test_a_damaged_mask_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a_mask.png", grey(255))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CameraError, match=r"a_mask\.png cannot be read"):
        read_mask(path, size=SIZE)
