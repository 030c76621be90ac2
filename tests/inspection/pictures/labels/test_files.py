"""Which files of a folder are pictures of parts: a mask is never one of them, and no part is left out."""

import itertools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspection.errors import CameraError
from inspection.pictures.labels.files import (
    OTHER_SUFFIXES,
    PICTURE_SUFFIXES,
    every_picture_file,
    picture_files,
    picture_folder,
    picture_folders,
    pictures_among,
)
from inspection.pictures.labels.masks import Likeness, likeness
from tests.inspection.pictures.pictures_drawn import FORMATS, HEIGHT, WIDTH, mask, photograph, write

SHARED = Path(__file__).parents[5] / "shared" / "data"


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in picture_files(folder)]


@pytest.mark.parametrize(("of_picture", "of_mask"), list(itertools.permutations(FORMATS, 2)))
def test_of_two_files_of_one_name_the_mask_is_no_picture(
    tmp_path: Path, of_picture: str, of_mask: str
) -> None:
    picture = photograph(tmp_path / f"scratch/s00{of_picture}")
    drawn = mask(tmp_path / f"scratch/s00{of_mask}")
    photograph(tmp_path / f"good/g00{of_picture}", seed=1)
    assert names(tmp_path) == [f"good/g00{of_picture}", f"scratch/s00{of_picture}"]
    assert picture_folder(tmp_path).masks == {picture: drawn}


@pytest.mark.parametrize(
    ("picture", "drawn"),
    [
        ("s00.jpg", "s00_mask.png"),
        ("s00.png", "s00_mask.png"),
        ("s00.png", "s00-mask.bmp"),
        ("s00.png", "s00_gt.png"),
        ("s00.png", "s00__mask.tif"),
        ("s00.png", "s00_ground_truth.png"),
        ("s00.png", "s00_label.png"),
        ("s00.png", "s00_seg.webp"),
        ("s00.png", "s00Mask.png"),
        ("s00.png", "mask_s00.png"),
        ("s00.png", "s00_掩码.png"),
        ("s00.jpg", "s00.jpg.mask.png"),
        ("s00.png", "s00.png_mask.png"),
        ("s00.png", "masks/s00.png"),
        ("images/s00.jpg", "masks/s00.png"),
        ("scratch/s00.jpg", "scratch/ground_truth/s00.png"),
        ("test/scratch/000.png", "ground_truth/scratch/000_mask.png"),
        ("Images/Anomaly/000.jpg", "Masks/Anomaly/000.png"),
        ("JPEGImages/000.jpg", "SegmentationClass/000.png"),
    ],
)
def test_habits_of_naming_masks(tmp_path: Path, picture: str, drawn: str) -> None:
    part, of_part = photograph(tmp_path / picture), mask(tmp_path / drawn)
    photograph(tmp_path / "test/other/000.png", seed=2)
    found = picture_folder(tmp_path)
    assert part in found.pictures
    assert found.masks == {part: of_part}
    assert len(found.pictures) == 2


def test_masks_of_types_that_share_numbers_find_their_own_pictures(tmp_path: Path) -> None:
    expected = {}
    for kind in ("scratch", "dent"):
        for number in range(3):
            part = photograph(tmp_path / f"test/{kind}/{number:03}.png", seed=number)
            expected[part] = mask(tmp_path / f"ground_truth/{kind}/{number:03}_mask.png")
        photograph(tmp_path / f"train/good/{kind}.png")
    found = picture_folder(tmp_path)
    assert found.masks == expected
    assert len(found.pictures) == 8


Draw = Callable[[Path], Path]

UNCLEAR: list[tuple[dict[str, Draw], str]] = [
    ({"a.jpg": photograph, "a.png": photograph}, "a.jpg and .*a.png have one name.*different names"),
    ({"a.jpg": photograph, "a.png": mask, "a.bmp": mask}, "have one name"),
    ({"a.png": mask, "a.bmp": mask, "b.png": photograph}, "have one name"),
    ({"a.jpg": photograph, "b_mask.png": mask}, "b_mask.png is named like a mask.*no picture"),
    ({"a.jpg": photograph, "ground_truth/b.png": mask}, "b.png is named like a mask.*no picture"),
    ({"a.jpg": photograph, "b.png": mask}, "b.png looks like a mask.*belongs to no picture"),
    ({"a.jpg": photograph, "a_mask.png": photograph}, "named like the mask of .*like a photograph"),
    ({"a.jpg": photograph, "b_mask.png": photograph}, "like a photograph, and belongs to no picture"),
    ({"a.jpg": photograph, "a_mask1.png": mask, "a_mask2.png": mask}, "one by one.*join the masks"),
    ({"a.jpg": photograph, "a.png": mask, "a_mask.png": mask}, "one by one"),
]


@pytest.mark.parametrize(("files", "said"), UNCLEAR)
def test_what_cannot_be_told_is_refused_with_words(tmp_path: Path, files: dict[str, Draw], said: str) -> None:
    for name, draw in files.items():
        draw(tmp_path / name)
    with pytest.raises(CameraError, match=said):
        picture_files(tmp_path)


def test_masks_given_for_defective_parts_are_told_by_the_good_ones_beside_them(tmp_path: Path) -> None:
    for number in range(3):
        photograph(tmp_path / f"good/{number}.png", seed=number)
        mask(tmp_path / f"bad/{number}.png")
    with pytest.raises(CameraError, match="look like a mask"):
        picture_folders(tmp_path / "bad", tmp_path / "good")


def test_a_product_that_looks_like_a_mask_has_pictures(tmp_path: Path) -> None:
    """A print, photographed in black and white: nearly every picture has two grey values."""
    for number in range(6):
        mask(tmp_path / f"print{number}.png", value=200 + number)
    assert len(picture_files(tmp_path)) == 6
    (tmp_path / "print3.png").rename(tmp_path / "print3_mask.png")
    with pytest.raises(CameraError, match=r"print3_mask\.png is named like a mask"):
        picture_files(tmp_path)


def test_a_folder_named_for_masks_holds_no_parts(tmp_path: Path) -> None:
    for number in range(6):
        mask(tmp_path / f"ground_truth/scratch/{number}.png")
    with pytest.raises(CameraError, match="look like a mask"):
        picture_files(tmp_path / "ground_truth" / "scratch")


def test_parts_that_are_masks_are_parts(tmp_path: Path) -> None:
    """Somebody makes face masks."""
    for number in range(4):
        photograph(tmp_path / f"mask_{number}.png", seed=number)
    assert len(picture_files(tmp_path)) == 4


def test_a_photograph_of_a_label_is_a_part(tmp_path: Path) -> None:
    photograph(tmp_path / "bottle.png")
    photograph(tmp_path / "bottle_label.png", seed=1)
    assert len(picture_files(tmp_path)) == 2


@pytest.mark.parametrize("suffix", FORMATS)
def test_dark_field_pictures_are_parts(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(5)
    for number in range(3):
        dark = np.maximum(rng.normal(-6, 4, (HEIGHT, WIDTH)), 0)
        dark[20 + number] = np.linspace(0, 255, WIDTH)
        dark[40:44, 10:60] += rng.uniform(20, 120, (4, 50))
        write(tmp_path / f"{number}{suffix}", np.clip(dark, 0, 255).astype(np.uint8))
    mask(tmp_path / f"0{'.bmp' if suffix == '.png' else '.png'}")
    photograph(tmp_path / "other.png")
    assert len(picture_files(tmp_path)) == 4


def test_masks_with_blurred_borders_are_masks(tmp_path: Path) -> None:
    large = np.zeros((400, 600), np.uint8)
    cv2.line(large, (100, 100), (500, 320), 255, 12)
    resized = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    assert likeness(write(tmp_path / "a.png", resized)) is Likeness.BLURRED_MASK
    assert likeness(photograph(tmp_path / "a.jpg")) is Likeness.PHOTOGRAPH
    assert names(tmp_path) == ["a.jpg"]


@pytest.mark.parametrize("suffix", sorted(OTHER_SUFFIXES))
def test_a_picture_of_a_kind_that_is_not_read_is_not_left_out_in_silence(tmp_path: Path, suffix: str) -> None:
    photograph(tmp_path / "a.jpg")
    (tmp_path / f"sub/b{suffix.upper()}").parent.mkdir()
    (tmp_path / f"sub/b{suffix.upper()}").write_bytes(b"P5 1 1 255 ")
    with pytest.raises(CameraError, match=rf"b\{suffix.upper()} is of no kind of picture that is read.*PNG"):
        picture_files(tmp_path)


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_all_habits_of_naming_the_kinds_that_are_read(tmp_path: Path, suffix: str) -> None:
    photograph(tmp_path / "a.jpg").rename(tmp_path / f"a{suffix.upper()}")
    assert names(tmp_path) == [f"a{suffix.upper()}"]


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    photograph(tmp_path / "a.jpg")
    (tmp_path / "._a.jpg").write_bytes(b"what macOS puts on foreign drives")
    photograph(tmp_path / ".thumbnails/a.png")
    assert names(tmp_path) == ["a.jpg"]


def test_of_named_files_the_masks_are_left_out(tmp_path: Path) -> None:
    files = [photograph(tmp_path / "b.jpg"), mask(tmp_path / "b.png"), photograph(tmp_path / "c/a.jpg")]
    assert pictures_among(files) == (files[0], files[2])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the photographs of ../shared/data are not here")
@pytest.mark.parametrize(
    ("name", "pictures", "masks"),
    [
        ("bsdata", 562, 0),
        ("magnetic-tile", 984, 328),
        ("x-sdd", 862, 0),
        ("needles", 661, 0),
        ("displays", 75, 0),
        ("pcb", 528, 0),
    ],
)
def test_the_photographs_of_the_project(name: str, pictures: int, masks: int) -> None:
    found = picture_folder(SHARED / name)
    assert (len(found.pictures), len(found.masks)) == (pictures, masks)


def test_a_link_to_a_picture_that_is_not_there_is_named_and_not_passed_over(tmp_path: Path) -> None:
    """As a drive that is not mounted leaves them: a recipe would be taught on the others, in silence."""
    (tmp_path / "01.png").write_bytes(b"")
    (tmp_path / "02.png").symlink_to(tmp_path / "gone" / "02.png")
    with pytest.raises(CameraError, match=r"02\.png is a link to what is not there.*mount"):
        every_picture_file(tmp_path)
