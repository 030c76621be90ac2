"""A mask is what a person drew: white is judged; or outlines, by what they are called."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspection.errors import DatasetError
from inspection.pictures.sight.drawn_mask import read_drawn_mask

SIZE = (60, 80)
SQUARE = [[10, 20], [29, 20], [29, 39], [10, 39]]


def labelled(folder: Path, *shapes: tuple[str, list[list[int]]]) -> Path:
    cv2.imwrite(str(folder / "a.png"), np.random.default_rng(0).integers(0, 255, (*SIZE, 3), np.uint8))
    said = [{"label": kind, "points": points, "shape_type": "polygon"} for kind, points in shapes]
    about = {"imagePath": "a.png", "imageWidth": 80, "imageHeight": 60, "flags": {}, "shapes": said}
    (folder / "a.json").write_text(json.dumps(about))
    return folder / "a.json"


def test_white_is_judged_and_black_is_not(tmp_path: Path) -> None:
    drawn = np.full(SIZE, 255, np.uint8)
    drawn[20:40, 10:30] = 0
    cv2.imwrite(str(tmp_path / "mask.png"), drawn)
    assert np.array_equal(read_drawn_mask(tmp_path / "mask.png", size=SIZE), drawn)
    with pytest.raises(DatasetError, match="80x60 pixels and is not as large"):
        read_drawn_mask(tmp_path / "mask.png", size=(30, 40))


def test_a_photograph_is_no_mask(tmp_path: Path) -> None:
    shown = labelled(tmp_path).with_name("a.png")
    with pytest.raises(DatasetError, match="looks like a photograph"):
        read_drawn_mask(shown, size=SIZE)


@pytest.mark.parametrize("kind", ["ignore", "忽略", " Mask "])
def test_outlines_of_what_may_vary_leave_the_rest_judged(tmp_path: Path, kind: str) -> None:
    mask = read_drawn_mask(labelled(tmp_path, (kind, SQUARE)), size=SIZE)
    assert np.array_equal(np.argwhere(mask == 0).min(0), [20, 10])
    assert (mask == 0).sum() == 400


def test_outlines_of_what_is_judged_leave_out_the_rest_and_what_is_ignored_in_them(tmp_path: Path) -> None:
    inner = [[15, 25], [19, 25], [19, 29], [15, 29]]
    mask = read_drawn_mask(labelled(tmp_path, ("judge", SQUARE), ("ignore", inner)).parent, size=SIZE)
    assert (mask == 255).sum() == 400 - 25


def test_another_name_is_refused_rather_than_guessed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"called 'scratch'.*called ignore"):
        read_drawn_mask(labelled(tmp_path, ("scratch", SQUARE)), size=SIZE)
