"""Converters: what the files say is in the samples, groups stay together, truth is where the pixels are."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from inspection.decision import Severity
from inspection.errors import DatasetError, PassgateError
from inspection.pictures.decoding.decoding import read_picture
from models.training.adapting.labelled import read_example
from models.training.data.convert import from_good_photographs, from_photographs, from_simulation, pictures_of
from models.training.data.photographs import good_photographs, read_photographs, severity_by_share
from models.training.data.samples import TrainingSample, read_samples, write_samples

SHARED = Path(__file__).parents[5] / "shared" / "data"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the photographs of ../shared/data are not here")


def picture(path: Path, *, mask: tuple[int, int, int, int] | None = None, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.random.default_rng(seed).normal(120, 4, (60, 100)).astype(np.uint8)
    cv2.imwrite(str(path), grey)
    if mask is not None:
        drawn = np.zeros((60, 100), np.uint8)
        left, top, width, height = mask
        drawn[top : top + height, left : left + width] = 255
        drawn[2, 2] = 255  # a speck
        cv2.imwrite(str(path.with_suffix(".png")), drawn)
    return path


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    """Six groups of a good and two bad pictures each."""
    root = tmp_path / "tiles"
    rows = [("file", "class", "group")]
    for number in range(6):
        picture(root / "free" / f"g{number}.jpg", seed=number)
        picture(root / "crack" / f"c{number}.jpg", mask=(10, 20, 30, 4), seed=number)
        picture(root / "blowhole" / f"b{number}.jpg", mask=(50, 30, 4, 4), seed=number)
        for folder, name in (("free", "g"), ("crack", "c"), ("blowhole", "b")):
            rows.append((f"{name}{number}.jpg", folder, str(number)))
    with (root / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return root


def kept_together(samples: list[TrainingSample]) -> bool:
    splits: dict[str, set[str]] = {}
    for sample in samples:
        splits.setdefault(sample.visual_input.group, set()).add(sample.split)
    return all(len(each) == 1 for each in splits.values())


def test_class_folders_with_masks(tiles: Path, tmp_path: Path) -> None:
    jsonl = tmp_path / "out" / "tiles.jsonl"
    photographs = read_photographs(tiles)
    assert len(photographs) == 18
    write_samples(jsonl, from_photographs(photographs, jsonl=jsonl, source="tiles"))
    read = read_samples(jsonl)
    assert kept_together(list(read.samples))
    assert {sample.split for sample in read.samples} == {"train", "val", "test"}
    for sample in read.samples:
        (file,) = read.pictures(sample)
        assert file.is_file()
        kinds = {defect.type: defect for defect in sample.decision.defects}
        if file.parent.name == "free":
            assert not kinds
            assert sample.visual_input.mask is None
        elif file.parent.name == "crack":
            assert kinds["crack"].box == (10, 20, 30, 4)
            assert kinds["crack"].severity is Severity.CRITICAL
            assert sample.visual_input.mask is not None
        else:
            assert kinds["blowhole"].severity is Severity.MINOR


def test_class_folders_without_places(tmp_path: Path) -> None:
    picture(tmp_path / "rust" / "1.jpg")
    (photograph,) = read_photographs(tmp_path, without_good=True)
    assert photograph.defects[0].box is None
    assert photograph.defects[0].severity is Severity.MAJOR


def test_polygons(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / "images" / name)
    outline = [[10.2, 20.0], [19.9, 20.0], [19.9, 27.5], [-3.0, 27.5]]
    labels = {"a.jpg": {"position": "s1", "pits": [outline]}, "b.jpg": {"position": "s1", "pits": []}}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    bad, good = read_photographs(tmp_path)
    assert bad.defects[0].type == "pits"
    assert bad.defects[0].box == (0, 20, 20, 8)
    assert bad.polygons[0][0] == (10.2, 20.0)
    assert (good.defects, good.group) == ((), "s1")
    assert good_photographs(tmp_path) == (good,)


@pytest.mark.parametrize("labels", ["[1]", '{"a.jpg": {"pits": [["x"]]}}', "{", '{"a.jpg": {"pits": [[]]}}'])
def test_labels_that_are_none(tmp_path: Path, labels: str) -> None:
    picture(tmp_path / "images" / "a.jpg")
    (tmp_path / "labels.json").write_text(labels)
    with pytest.raises(DatasetError, match=r"labels\.json"):
        read_photographs(tmp_path)


def test_the_type_is_the_key_as_written_and_what_is_not_listed_is_told(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / "images" / name)
    outline = [[10, 20], [19, 20], [19, 27]]
    (tmp_path / "labels.json").write_text(json.dumps({"a.jpg": {"scratches": [outline], "gloss": [outline]}}))
    with structlog.testing.capture_logs() as said:
        (photograph,) = read_photographs(tmp_path)
    assert [defect.type for defect in photograph.defects] == ["scratches", "gloss"]
    assert said[0]["pictures"] == ["images/b.jpg"]


def test_the_layout_of_mvtec_ad(tmp_path: Path) -> None:
    picture(tmp_path / "train/good/000.png")
    picture(tmp_path / "test/good/000.png", seed=1)
    picture(tmp_path / "test/scratch/000.png", seed=2)
    drawn = np.zeros((60, 100), np.uint8)
    drawn[20:24, 10:40] = 255
    (tmp_path / "ground_truth/scratch").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "ground_truth/scratch/000_mask.png"), drawn)
    read = read_photographs(tmp_path)
    assert [[(d.type, d.box) for d in one.defects] for one in read] == [
        [],
        [("scratch", (10, 20, 30, 4))],
        [],
    ]


@pytest.mark.parametrize(
    "word",
    [
        *("good", "OK", "ok_front", "no_defect", "No Defects", "defect-free", "pass", "good_1", "train/good"),
        *("OK2", "ok (2)"),
        *("io", "i.O.", "in Ordnung", "Gutteile", "fehlerfrei", "良品", "合格", "正常"),
    ],
)
def test_words_for_good(tmp_path: Path, word: str) -> None:
    picture(tmp_path / word / "a.jpg")
    picture(tmp_path / "crack" / "b.jpg", seed=1)
    found = {one.path.name: bool(one.defects) for one in read_photographs(tmp_path)}
    assert found == {"a.jpg": False, "b.jpg": True}


@pytest.mark.parametrize(
    "word", ["not_ok", "nok", "n.i.O.", "def_front", "no_good", "nok1", "OK?", "不良品", "不合格"]
)
def test_words_that_are_not_good(tmp_path: Path, word: str) -> None:
    picture(tmp_path / word / "a.jpg")
    picture(tmp_path / "good" / "b.jpg", seed=1)
    assert [one.path.name for one in read_photographs(tmp_path) if one.defects] == ["a.jpg"]


def test_a_folder_in_which_no_class_is_good_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "fine ones" / "a.jpg")
    picture(tmp_path / "crack" / "b.jpg", seed=1)
    with pytest.raises(
        DatasetError,
        match=r"folders crack, fine ones .*良品.*--good \(recipe adapt\).*--without-good \(dataset convert\)",
    ):
        read_photographs(tmp_path)


def test_a_folder_whose_name_is_too_long_for_a_type(tmp_path: Path) -> None:
    picture(tmp_path / "good" / "a.jpg")
    picture(tmp_path / ("Kratzer " * 9) / "b.jpg", seed=1)
    with pytest.raises(DatasetError, match=r"its name has 72 letters.*64 letters at most"):
        read_photographs(tmp_path)


def test_an_index_that_leaves_a_group_out(tiles: Path) -> None:
    with (tiles / "index.csv").open("a") as file:
        file.write("g9.jpg,free\n")
    with pytest.raises(DatasetError, match=r"no index of groups: .*names no group"):
        read_photographs(tiles)


def test_a_picture_that_nothing_is_said_about(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    with pytest.raises(DatasetError, match="no class folder"):
        read_photographs(tmp_path)
    assert [each.group for each in good_photographs(tmp_path)] == ["a"]


def test_a_mask_of_another_size(tmp_path: Path) -> None:
    path = picture(tmp_path / "crack" / "1.jpg")
    cv2.imwrite(str(path.with_suffix(".png")), np.zeros((5, 5), np.uint8))
    with pytest.raises(DatasetError, match="not as large"):
        read_photographs(tmp_path)


@pytest.mark.parametrize("value", [1, 127])
def test_a_mask_of_class_numbers_gives_the_place(tmp_path: Path, value: int) -> None:
    path = picture(tmp_path / "crack" / "1.jpg")
    drawn = np.zeros((60, 100), np.uint8)
    drawn[20:24, 10:40] = value
    cv2.imwrite(str(path.with_suffix(".png")), drawn)
    (photograph,) = read_photographs(tmp_path, without_good=True)
    assert photograph.defects[0].box == (10, 20, 30, 4)
    marked = read_example(photograph).mask
    assert marked is not None
    assert (marked > 0).sum() == 30 * 4


def test_an_empty_mask_is_named(tmp_path: Path) -> None:
    path = picture(tmp_path / "crack" / "1.jpg")
    cv2.imwrite(str(path.with_suffix(".png")), np.zeros((60, 100), np.uint8))
    with structlog.testing.capture_logs() as said:
        (photograph,) = read_photographs(tmp_path, without_good=True)
    assert (photograph.mask, photograph.defects[0].box) == (None, None)
    assert said[0]["masks"] == [str(path.with_suffix(".png"))]


def test_severity_grows_with_the_share() -> None:
    seen = [severity_by_share((0, 0, side, 1), width=100, height=50) for side in (4, 5, 19, 20)]
    assert seen == [Severity.MINOR, Severity.MAJOR, Severity.MAJOR, Severity.CRITICAL]


def test_rendered_parts_come_with_their_truth(tmp_path: Path) -> None:
    jsonl = tmp_path / "parts.jsonl"
    write_samples(jsonl, from_simulation(jsonl, parts=16, seed=2))
    read = read_samples(jsonl)
    bad = [sample for sample in read.samples if sample.decision.defects]
    assert 3 < len(bad) < 14
    assert {sample.split for sample in read.samples} == {"train", "val", "test"}
    for sample in read.samples:
        assert read_picture(read.pictures(sample)[0]).shape == (480, 640, 3)
        assert (sample.visual_input.mask is None) == (not sample.decision.defects)
    (first, *_) = bad[0].decision.defects
    assert first.length_mm
    assert first.box
    mask = read_picture(jsonl.parent / str(bad[0].visual_input.mask))[..., 0]
    left, top, width, height = first.box
    assert mask[top : top + height, left : left + width].any()
    assert list(from_simulation(jsonl, parts=16, seed=2)) == list(read.samples)


def test_good_photographs_made_bad(tiles: Path, tmp_path: Path) -> None:
    jsonl = tmp_path / "made.jsonl"
    good = good_photographs(tiles)
    assert {each.path.parent.name for each in good} == {"free"}
    made = list(from_good_photographs(good, jsonl, parts=14, source="tiles", seed=1, progress=(0.0, 0.3)))
    whole = from_photographs(read_photographs(tiles), jsonl=jsonl, source="tiles", seed=7)
    assert kept_together([*made, *whole]), "two files from one folder must not mix train and test"
    assert sum(bool(sample.decision.defects) for sample in made) > 3
    assert all(defect.length_mm is None for sample in made for defect in sample.decision.defects)
    assert len(list((pictures_of(jsonl) / "pictures").iterdir())) == 14


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "parts-pictures").write_text("in the way")
    with pytest.raises(PassgateError, match="cannot be written"):
        next(from_simulation(tmp_path / "parts.jsonl", parts=1))


@shared
@pytest.mark.parametrize(
    ("name", "pictures", "good", "types"),
    [("magnetic-tile", 984, 656, 5), ("bsdata", 562, 244, 1), ("x-sdd", 862, 0, 7)],
)
def test_the_photographs_of_the_project(name: str, pictures: int, good: int, types: int) -> None:
    read = read_photographs(SHARED / name, without_good=not good)
    assert len(read) == pictures
    assert sum(not each.defects for each in read) == good
    assert len({defect.type for each in read for defect in each.defects}) == types
