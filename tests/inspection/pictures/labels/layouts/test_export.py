"""What labels say is read once and exactly, and what they cannot say is refused with words."""

import json
import re
import shutil
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from inspection.errors import CameraError, DatasetError, PassgateError
from inspection.pictures.decoding.decoding import picture_size
from inspection.pictures.export import read_export
from inspection.pictures.labels.layouts.annotated import Annotations
from inspection.pictures.labels.layouts.regions import counts_from_text, from_runs, outlines_of
from tests.inspection.pictures.labels.layouts.cases import (
    CASES,
    EXPORTS,
    Case,
    class_folders,
    coco,
    exported,
    label_img,
    plain_coco,
    put,
    roboflow_coco,
    roboflow_yolo,
    ultralytics,
    voc,
    write,
)
from tests.inspection.pictures.labels.layouts.world import PARTS, region

REGIONS = arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.integers(0, 1))

LABELS = {".json", ".xml", ".txt", ".yaml", ".csv", ".names"}
WRONG = (
    b"null",
    b"[]",
    b"{}",
    b"-1",
    b"1e999",
    b"NaN",
    b'"x"',
    b"true",
    b"",
    b"9" * 20,
    b"<a/>",
    b"\xff",
    b"\0",
)


def export(root: Path) -> Annotations:
    found = read_export(root)
    assert found is not None
    return found


def kinds(root: Path) -> dict[str, list[str]]:
    return {one.path.stem: [mark.kind for mark in one.marks] for one in export(root).pictures}


@given(REGIONS)
def test_outlines_give_back_exactly_their_region_holes_and_all(drawn: np.ndarray[Any, Any]) -> None:
    filled = np.zeros_like(drawn)
    for outline in outlines_of(drawn):
        cv2.fillPoly(filled, [np.array(outline, np.int32)], 1)
    assert (filled == drawn).all()


@given(REGIONS)
def test_run_lengths_are_read_as_they_were_made(drawn: np.ndarray[Any, Any]) -> None:
    down = drawn.T.ravel()
    borders = np.flatnonzero(np.diff(np.concatenate([[0], down, [1 - down[-1]]])))
    counts = np.diff(np.concatenate([[0], borders])).tolist()
    assert (from_runs(counts, width=drawn.shape[1], height=drawn.shape[0]) == drawn).all()


def test_compressed_run_lengths_are_those_of_pycocotools() -> None:
    content = json.loads((EXPORTS / "pycocotools/rle/instances.json").read_text())
    names = {one["id"]: one["name"] for one in content["categories"]}
    for one in content["annotations"]:
        height, width = one["segmentation"]["size"]
        counts = counts_from_text(one["segmentation"]["counts"])
        assert (from_runs(counts, width=width, height=height) > 0).tolist() == region(
            names[one["category_id"]]
        ).tolist()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"segmentation": {"size": [64, 96], "counts": [5, 5]}}, "10 pixels instead of 96x64"),
        ({"segmentation": {"size": [64, 96], "counts": "~"}}, "no part of compressed run lengths"),
        ({"segmentation": {"size": [64, 96], "counts": "P"}}, "cut off"),
        ({"segmentation": {"size": [9, 9], "counts": [81]}}, "9x9 in an image of another size"),
        ({"segmentation": [[1, 2, 3]]}, "no pairs of x and y"),
        ({"segmentation": [], "bbox": [1, 2, "x", 4]}, "where a number belongs"),
        ({"segmentation": [], "bbox": [1, 2, float("nan"), 4]}, "where a number belongs"),
        ({"segmentation": {"size": [64, 96, 1], "counts": "0"}}, "is not what COCO says"),
        ({"segmentation": [], "bbox": [1, 2, 3, 4, 0.5]}, "a box of 5 numbers; 4 are read"),
        ({"segmentation": [], "bbox": [1, 2, 10**400, 4]}, "where a number belongs"),
        ({"segmentation": [], "bbox": [500, 2, 3, 4]}, "outside the picture"),
        ({"category_id": 9}, "category 9, which has no name"),
        ({"image_id": 99}, "image 99, which it does not list"),
    ],
)
def test_a_coco_annotation_that_cannot_be(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    content = coco({f"{part}.jpg": part for part in PARTS})
    content["annotations"][0] |= changed
    plain_coco(tmp_path, annotations=content["annotations"])
    with pytest.raises(DatasetError, match=words):
        read_export(tmp_path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 0.5 0.5 0.1", "a line of 4 values"),
        ("0 0.5 0.5 -0.1 0.1", "a box of -0.1"),
        ("0 48 32 10 10", "where a share of the picture"),
        ("0 0.5 nan 0.1 0.1", "where a number belongs"),
        ("0.5 0.5 0.5 0.1 0.1", "class 0.5, which has no name"),
        ("7 0.5 0.5 0.1 0.1", "class 7, which has no name"),
        ("-1 0.5 0.5 0.1 0.1", "class -1, which has no name"),
    ],
)
def test_a_yolo_line_that_cannot_be(tmp_path: Path, line: str, words: str) -> None:
    ultralytics(tmp_path)
    write(tmp_path / "labels/train/good_0.txt", line)
    with pytest.raises(DatasetError, match=rf"good_0\.txt .*{words}"):
        read_export(tmp_path)


def test_a_class_called_no_is_a_class_and_one_called_ok_is_none(tmp_path: Path) -> None:
    """YAML 1.1 makes False of both no and off."""
    ultralytics(tmp_path)
    write(tmp_path / "data.yaml", "names: [no, ok]\n")
    found = kinds(tmp_path)
    assert found["scratch_0"] == ["no"]
    assert found["dent_0"] == []
    assert found["both_0"] == ["no"]


def test_key_points_of_a_pose_are_no_outline(tmp_path: Path) -> None:
    ultralytics(tmp_path)
    write(tmp_path / "data.yaml", "names: [scratch, dent]\nkpt_shape: [2, 3]\n")
    write(tmp_path / "labels/train/good_0.txt", "0 0.5 0.5 0.1 0.1 0.5 0.5 2 0.6 0.6 2")
    (mark,) = next(one.marks for one in export(tmp_path).pictures if one.path.stem == "good_0")
    assert (mark.box, mark.outlines) == ((43, 28, 10, 8), ())


@pytest.mark.parametrize("shape", ["17", "[17]", "{a: 1}"])
def test_a_shape_of_key_points_that_is_none(tmp_path: Path, shape: str) -> None:
    ultralytics(tmp_path)
    write(tmp_path / "data.yaml", f"names: [scratch, dent]\nkpt_shape: {shape}\n")
    with pytest.raises(DatasetError, match=r"data\.yaml has the kpt_shape"):
        read_export(tmp_path)


def test_a_label_without_its_picture(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path)
    write(tmp_path / "train/labels/gone.txt", "")
    with pytest.raises(DatasetError, match=r"gone\.txt names gone, which is missing"):
        read_export(tmp_path)


def test_a_label_among_good_parts_contradicts(tmp_path: Path) -> None:
    put(tmp_path / "good/a.jpg", "scratch_0")
    write(tmp_path / "good/a.xml", voc("scratch_0", "a.jpg"))
    with pytest.raises(DatasetError, match="in a folder for good parts, and its annotations mark 'scratch'"):
        read_export(tmp_path)


def test_two_files_about_one_picture(tmp_path: Path) -> None:
    plain_coco(tmp_path)
    write(tmp_path / "annotations/again.json", json.dumps(coco({"good_0.jpg": "good_0"})))
    with pytest.raises(DatasetError, match=r"name .*good_0\.jpg twice"):
        read_export(tmp_path)


def test_a_picture_of_the_same_name_in_another_split_is_another(tmp_path: Path) -> None:
    roboflow_coco(tmp_path)
    name = "both_0_jpg.rf.0a9f0c4d2e81b7.jpg"
    write(tmp_path / "train/_annotations.coco.json", json.dumps(coco({name: "good_0"})))
    for path in (tmp_path / "train").glob("*.jpg"):
        path.unlink()
    put(tmp_path / "train" / name, "good_0")
    found = {one.path.parent.name: len(one.marks) for one in export(tmp_path).pictures}
    assert found == {"train": 0, "valid": 2}


def test_copies_that_roboflow_made_are_one_group(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path)
    groups = [one.group for one in export(tmp_path).pictures]
    assert len(groups) == 9
    assert set(groups) == {f"{part}_jpg" for part in PARTS}


def test_xml_that_declares_entities_is_refused_unread(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", "good_0")
    write(
        tmp_path / "a.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>'
    )
    with pytest.raises(DatasetError, match="declares types or entities"):
        read_export(tmp_path)


@pytest.mark.parametrize(
    "text", ["<annotation>", '{"shapes": [], "imagePath"', "<annotation>\0</annotation>"]
)
def test_half_a_file_is_no_label(tmp_path: Path, text: str) -> None:
    put(tmp_path / "good/a.jpg", "good_0")
    write(tmp_path / f"good/a.{'json' if text.startswith('{') else 'xml'}", text)
    if text.startswith("{"):
        assert read_export(tmp_path) is None, "nothing says that it was meant to be one"
    else:
        with pytest.raises(DatasetError, match="is no XML"):
            read_export(tmp_path)


@pytest.mark.parametrize(("tool", "case"), [("labelme", "json"), ("pascal_voc_writer", "beside")])
def test_a_broken_label_among_sound_ones_is_no_good_picture(tmp_path: Path, tool: str, case: str) -> None:
    exported(tool, case)(tmp_path)
    broken = next(tmp_path.glob("scratch_0.[jx][sm][ol]*"))
    for half in (broken.read_bytes()[: broken.stat().st_size // 2], b""):
        broken.write_bytes(half)
        with pytest.raises(DatasetError, match=rf"{broken.name} is (no JSON|no XML|empty)"):
            read_export(tmp_path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_picture_that_is_turned_by_its_exif_data_is_labelled_as_it_is_read(
    tmp_path: Path, suffix: str
) -> None:
    path = put(tmp_path / f"a{suffix}", "good_0")
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(path) as image:
        image.load()
    image.save(path, exif=exif)
    write(tmp_path / "a.txt", "0 0.5 0.5 1 1")
    write(tmp_path / "classes.txt", "dent")
    (one,) = export(tmp_path).pictures
    height, width = picture_size(path)
    assert one.marks[0].box == (0, 0, width, height)


def test_labels_without_any_picture(tmp_path: Path) -> None:
    label_img(tmp_path)
    for path in tmp_path.glob("*.png"):
        path.unlink()
    with pytest.raises(CameraError, match="no picture"):
        read_export(tmp_path)


def test_an_empty_label_is_not_the_same_as_none(tmp_path: Path) -> None:
    exported("supervision", "yolo-boxes")(tmp_path)
    (tmp_path / "labels/good_1.txt").unlink()
    found = export(tmp_path)
    assert [path.stem for path in found.left_out] == ["good_1"]
    assert "good_0" in kinds(tmp_path)


@pytest.mark.parametrize("case", [case for case in CASES if not case.words], ids=lambda case: case.name)
def test_whatever_is_wrong_in_a_label_file_is_told_in_words(case: Case, tmp_path: Path) -> None:
    """Three values of each layout, one after the other, are replaced by what cannot be meant."""
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    case.lay(tmp_path)
    labels = [path for path in sorted(tmp_path.rglob("*")) if path.suffix in LABELS and path.stat().st_size]
    for _ in range(3 if labels else 0):
        path = labels[rng.integers(len(labels))]
        sound = path.read_bytes()
        value = list(re.finditer(rb'[\w.\-]+|"[^"]*"|\[[^\[\]]*\]|<[^<>]*>', sound))
        start, end = value[rng.integers(len(value))].span()
        path.write_bytes(sound[:start] + WRONG[rng.integers(len(WRONG))] + sound[end:])
        with suppress(PassgateError):
            read_export(tmp_path)
        path.write_bytes(sound)


def test_what_macos_hides_beside_labels_is_none(tmp_path: Path) -> None:
    roboflow_yolo(tmp_path)
    plain_coco(tmp_path / "other")
    for folder in (tmp_path, tmp_path / "other"):
        for name in ("labels/._a.txt", "._b.json", "._c.xml"):
            write(folder / "__MACOSX" / name, "\0\5\26\7")
            write(folder / name, "\0\5\26\7")
    assert len(export(tmp_path / "other").pictures) == 5
    shutil.rmtree(tmp_path / "other")
    assert len(export(tmp_path).pictures) == 9


def test_an_empty_text_beside_a_picture_of_a_defect_does_not_make_it_good(tmp_path: Path) -> None:
    class_folders("good", "scratch", "dent")(tmp_path)
    write(tmp_path / "scratch/scratch_0.txt", "")
    assert read_export(tmp_path) is None


@pytest.mark.parametrize(
    ("flags", "shapes", "words"),
    [
        ({"checked": True}, False, "the flag 'checked' and no shape"),
        ({"ok": True}, True, "the flag 'ok' and marks a defect"),
        ({"ok": True}, False, ""),
        ({"checked": True}, True, ""),
        ({"checked": False}, False, ""),
    ],
)
def test_flags_of_label_me(tmp_path: Path, flags: dict[str, bool], shapes: bool, words: str) -> None:
    exported("supervision", "labelme-boxes")(tmp_path)
    path = tmp_path / ("dent_0.json" if shapes else "good_0.json")
    write(path, json.dumps(json.loads(path.read_text()) | {"flags": flags}))
    if words:
        with pytest.raises(DatasetError, match=words):
            read_export(tmp_path)
    else:
        assert kinds(tmp_path)[path.stem] == (["dent"] if shapes else [])


def test_voc_lists_of_a_class_or_of_a_test_set_that_nobody_labelled_say_nothing(tmp_path: Path) -> None:
    exported("datumaro", "voc")(tmp_path)
    lists = tmp_path / "ImageSets/Main"
    assert export(tmp_path).left_out == (tmp_path / "JPEGImages/good_1.jpg",)
    for path in lists.iterdir():
        path.unlink()
    write(lists / "dent_train.txt", "good_0 -1\ndent_0  1\n")
    assert [path.stem for path in export(tmp_path).left_out] == ["good_0", "good_1"]
    write(lists / "trainval.txt", "good_0\ndent_0\n")
    assert [path.stem for path in export(tmp_path).left_out] == ["good_1"]


def test_a_folder_of_classes_is_no_export(tmp_path: Path) -> None:
    class_folders("good", "scratch", "dent")(tmp_path)
    write(tmp_path / "scratch/notes.txt", "seen on 3 parts")
    write(tmp_path / "good/README.txt", "")
    assert read_export(tmp_path) is None
    assert read_export(tmp_path / "nowhere") is None
