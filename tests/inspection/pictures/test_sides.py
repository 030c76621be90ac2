"""A folder named for one side gives that side: labels decide, and classes are not taken for it."""

from pathlib import Path

import pytest

from inspection.errors import CameraError, DatasetError
from inspection.pictures.sides import good_and_defective, good_pictures
from tests.inspection.pictures.labels.layouts.cases import (
    class_folders,
    coco_without_good,
    plain_coco,
    put,
    roboflow_yolo,
    visa,
)


def names(pictures: tuple[Path, ...]) -> list[str]:
    return [path.stem for path in pictures]


def test_of_an_export_only_the_good_pictures_are_taught(tmp_path: Path) -> None:
    plain_coco(tmp_path)
    taught = good_pictures(tmp_path)
    assert names(taught.pictures) == ["good_0", "good_1"]
    assert taught.labelled, "so that images/train and images/val are no two groups"


def test_one_export_may_be_both_sides(tmp_path: Path) -> None:
    visa(tmp_path)
    good, bad = good_and_defective(tmp_path, tmp_path)
    assert names(good) == ["good_0", "good_1"]
    assert names(bad) == ["both_0", "dent_0", "scratch_0"], "and none of their masks"


def test_an_export_and_a_plain_folder(tmp_path: Path) -> None:
    put(tmp_path / "fine" / "a.jpg", "good_0")
    roboflow_yolo(tmp_path / "export")
    good, bad = good_and_defective(tmp_path / "fine", tmp_path / "export")
    assert names(good) == ["a"]
    assert {name.split("_")[0] for name in names(bad)} == {"scratch", "dent", "both"}


def test_labels_that_call_nothing_good_are_no_good_pictures(tmp_path: Path) -> None:
    coco_without_good(tmp_path)
    with pytest.raises(DatasetError, match="call no picture good"):
        good_pictures(tmp_path)


def test_a_folder_of_classes_is_not_taught_as_good(tmp_path: Path) -> None:
    class_folders("test/good", "test/scratch", "test/dent")(tmp_path)
    with pytest.raises(DatasetError, match=r"has the folder (dent|scratch) beside good.* folder good"):
        good_pictures(tmp_path)


def test_good_parts_are_no_defective_ones(tmp_path: Path) -> None:
    class_folders("ok", "scratch", "dent")(tmp_path / "all")
    put(tmp_path / "fine" / "a.jpg", "good_0")
    with pytest.raises(DatasetError, match="its folder ok is for good ones"):
        good_and_defective(tmp_path / "fine", tmp_path / "all")


def test_groups_of_good_parts_stay_groups(tmp_path: Path) -> None:
    for day in ("monday", "tuesday"):
        put(tmp_path / day / "a.jpg", "good_0")
    assert len(good_pictures(tmp_path).pictures) == 2
    put(tmp_path / "bad" / "crack" / "b.jpg", "dent_0")
    assert names(good_and_defective(tmp_path / "monday", tmp_path / "bad")[1]) == ["b"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="does not exist"):
        good_pictures(tmp_path / "nowhere")
