"""Simulated and folder cameras, and cameras from settings."""

import json
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from inspection.cameras import (
    CameraSettings,
    FolderSettings,
    OpenCvSettings,
    SimulatedSettings,
    make_camera,
    open_camera,
)
from inspection.cameras.folder import FolderCamera
from inspection.cameras.opencv import OpenCvCamera
from inspection.cameras.simulated import SimulatedCamera
from inspection.errors import CameraError
from inspection.levels import BitDepth, RawPicture
from inspection.part import Frame, Truth
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.labels.files import picture_files
from inspection.ports import Camera
from inspection.simulation import Variation
from tests.inspection.pictures.labels.layouts.cases import plain_coco, without_names

RGB = (200, 120, 40)


def save(path: Path, level: int = 0) -> Path:
    """A small picture, RGB (200, 120, 40) but for its first pixel, which is grey ``level``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((12, 16, 3), RGB, np.uint8)
    picture[0, 0] = level
    ok, encoded = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert ok
    path.write_bytes(encoded.tobytes())
    return path


def level(frame: Frame) -> int:
    return int(frame.picture[0, 0, 0])


# --- simulated ----------------------------------------------------------------------------------------


def test_a_simulated_part_looks_the_same_from_two_cameras_in_any_order() -> None:
    one, other = (SimulatedCamera("main", seed=4, variation=Variation(defect_rate=0.5)) for _ in range(2))
    one.open()
    other.open()
    first = {part_id: one.capture(part_id) for part_id in (1, 2, 3)}
    for part_id in (3, 1, 2):
        again = other.capture(part_id)
        assert np.array_equal(again.picture, first[part_id].picture)
        assert again.truth == first[part_id].truth


def test_promise_2_a_rendered_frame_says_that_it_is_simulated_and_knows_its_truth() -> None:
    with_defects = SimulatedCamera("main", seed=4, variation=Variation(defect_rate=1.0))
    with_defects.open()
    frame = with_defects.capture(11)
    assert with_defects.simulated
    assert frame.simulated
    assert frame.camera == "main"
    assert frame.truth is not None
    assert frame.truth.defective
    assert set(frame.truth.types) <= {"scratch", "dent", "stain", "crack"}
    assert frame.truth.types
    assert 3.2 <= frame.truth.readings["pressure"] <= 4.8
    good = SimulatedCamera("main", seed=4, variation=Variation(defect_rate=0.0))
    good.open()
    truth = good.capture(11).truth
    assert truth is not None
    assert not truth.defective


def test_frames_are_numbered_from_open_on() -> None:
    camera = SimulatedCamera("main", seed=4)
    camera.open()
    assert [camera.capture(part_id).number for part_id in (9, 9, 8)] == [1, 2, 3]
    camera.close()
    camera.close()
    with pytest.raises(CameraError, match=r"not open.*not released"):
        camera.capture(1)


# --- folder -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("b.png", "a.png", "c.jpg"), 1):
        save(tmp_path / name, number * 10)
    return tmp_path


def test_pictures_come_in_sorted_order_and_begin_again(folder: Path) -> None:
    camera = FolderCamera("main", folder)
    camera.open()
    frames = [camera.capture(99) for _ in range(4)]
    camera.close()
    assert [Path(frame.source).name for frame in frames] == ["a.png", "b.png", "c.jpg", "a.png"]
    assert [level(frame) for frame in (frames[0], frames[1], frames[3])] == [20, 10, 20]
    assert [frame.number for frame in frames] == [1, 2, 3, 4]


def test_promise_2_a_replayed_file_is_simulated(folder: Path) -> None:
    camera = FolderCamera("main", folder)
    camera.open()
    assert camera.simulated
    assert camera.capture(1).simulated
    camera.close()


def test_pictures_are_rgb(folder: Path) -> None:
    assert tuple(read_picture(folder / "a.png")[5, 5]) == RGB
    grey = np.full((4, 4), 77, np.uint8)
    (folder / "grey.png").write_bytes(cv2.imencode(".png", grey)[1].tobytes())
    assert read_picture(folder / "grey.png").shape == (4, 4, 3)


def test_at_the_end_without_loop_there_are_no_more_pictures(folder: Path) -> None:
    camera = FolderCamera("main", folder, loop=False)
    camera.open()
    for _ in range(3):
        camera.capture(1)
    for _ in range(2):
        with pytest.raises(CameraError, match=r"no more pictures.*all 3.*not released.*loop = true"):
            camera.capture(1)
    camera.open()  # what a restart does: from the beginning
    assert Path(camera.capture(1).source).name == "a.png"
    camera.close()


def test_an_unreadable_picture_fails_its_own_capture_alone(folder: Path) -> None:
    (folder / "b.png").write_bytes(b"no picture")
    (folder / "bb.png").write_bytes(b"")
    camera = FolderCamera("main", folder)
    camera.open()
    assert Path(camera.capture(1).source).name == "a.png"
    for name in ("b.png", "bb.png"):
        with pytest.raises(CameraError, match=rf"{name} cannot be read.*not released.*remove the file"):
            camera.capture(2)
    assert Path(camera.capture(3).source).name == "c.jpg"
    camera.close()


def test_a_file_that_is_gone_says_so(folder: Path) -> None:
    camera = FolderCamera("main", folder)
    camera.open()
    (folder / "c.jpg").unlink()
    camera.capture(1)
    camera.capture(2)
    with pytest.raises(CameraError, match=r"c\.jpg cannot be read: No such file"):
        camera.capture(3)
    camera.close()


def test_a_missing_and_an_empty_folder_are_reported(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"does not exist.*not released.*directory in the settings"):
        FolderCamera("main", tmp_path / "nowhere").open()
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(CameraError, match=r"no picture in.*put pictures there"):
        FolderCamera("main", tmp_path).open()


def test_a_picture_that_does_not_come_in_time_keeps_its_turn(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive_is_back = threading.Event()

    def slow(path: Path, *, bit_depth: BitDepth = 8, part: str = "") -> RawPicture:
        drive_is_back.wait(10.0)
        return read_picture(path, bit_depth=bit_depth, part=part)

    monkeypatch.setattr("inspection.cameras.folder.read_picture", slow)
    camera = FolderCamera("main", folder, timeout_s=0.02)
    camera.open()
    with pytest.raises(CameraError, match=r"a\.png was not read within 0\.02 s"):
        camera.capture(1)
    drive_is_back.set()
    camera._timeout_s = 5.0
    assert Path(camera.capture(2).source).name == "a.png"
    camera.close()


def test_the_name_of_a_file_may_be_chinese(tmp_path: Path) -> None:
    save(tmp_path / "划痕" / "零件一.png", 30)
    camera = FolderCamera("main", tmp_path)
    camera.open()
    frame = camera.capture(1)
    camera.close()
    assert level(frame) == 30
    assert frame.truth == Truth(defective=True, types=("划痕",))


@pytest.mark.parametrize(
    ("folder_name", "truth"),
    [
        ("good", Truth(defective=False)),
        ("Free", Truth(defective=False)),
        ("ok", Truth(defective=False)),
        ("blowhole", Truth(defective=True, types=("blowhole",))),
        ("images", None),
    ],
)
def test_the_subfolder_tells_the_truth(tmp_path: Path, folder_name: str, truth: Truth | None) -> None:
    save(tmp_path / folder_name / "a.png")
    assert truths(tmp_path) == [truth]


def truths(directory: Path) -> list[Truth | None]:
    camera = FolderCamera("main", directory, loop=False)
    camera.open()
    try:
        return [camera.capture(1).truth for _ in picture_files(directory)]
    finally:
        camera.close()


def test_the_labels_of_an_export_tell_the_truth(tmp_path: Path) -> None:
    plain_coco(tmp_path)
    assert truths(tmp_path) == [
        Truth(defective=True, types=("scratch", "dent")),
        Truth(defective=True, types=("dent",)),
        Truth(defective=False),
        Truth(defective=False),
        Truth(defective=True, types=("scratch",)),
    ]


def test_where_labels_cannot_be_used_no_truth_is_made_up(tmp_path: Path) -> None:
    without_names(tmp_path / "images")
    assert truths(tmp_path) == [None] * 5


def test_sidecar_before_table_before_subfolder(tmp_path: Path) -> None:
    for name in ("good/a.png", "good/b.png", "good/c.png", "d.png"):
        save(tmp_path / name)
    pit = {"defective": True, "types": ["pit"]}
    (tmp_path / "good" / "a.png.json").write_text(json.dumps(pit))
    (tmp_path / "truth.csv").write_text("file,defective,types\ngood/a.png,0,\ngood/b.png,True,crack; dent\n")
    assert truths(tmp_path) == [
        None,
        Truth(defective=True, types=("pit",)),
        Truth(defective=True, types=("crack", "dent")),
        Truth(defective=False),
    ]


@pytest.mark.parametrize("content", ["{", '{"defective": "perhaps"}', '{"types": []}', '{"defekt": true}'])
def test_a_sidecar_that_is_none_is_reported(tmp_path: Path, content: str) -> None:
    save(tmp_path / "a.png")
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(CameraError, match=r"a\.json is not a sidecar.*not released.*write"):
        truths(tmp_path)


@pytest.mark.parametrize(
    "table", ["name,bad\na.png,1\n", "file,defective\na.png,maybe\n", "file,defective\na.png\n"]
)
def test_a_table_that_is_none_is_reported(tmp_path: Path, table: str) -> None:
    save(tmp_path / "a.png")
    (tmp_path / "truth.csv").write_text(table)
    with pytest.raises(CameraError, match=r"truth\.csv is not a table.*file,defective,types"):
        truths(tmp_path)


# --- from settings ------------------------------------------------------------------------------------


def test_settings_are_told_apart_by_kind(tmp_path: Path) -> None:
    read = TypeAdapter(CameraSettings).validate_python
    assert read({"kind": "simulated", "seed": 3}) == SimulatedSettings(seed=3)
    assert read({"kind": "folder", "directory": str(tmp_path)}) == FolderSettings(directory=tmp_path)
    assert read({"kind": "opencv", "source": 1}) == OpenCvSettings(source=1)
    stream = read({"kind": "opencv", "source": "rtsp://host/a"})
    assert isinstance(stream, OpenCvSettings)
    assert stream.source == "rtsp://host/a"
    for wrong in (
        {"kind": "genicam"},
        {"kind": "simulated", "defect_rate": 2},
        {"kind": "opencv", "source": -1},
    ):
        with pytest.raises(ValidationError):
            read(wrong)


def test_each_kind_of_settings_makes_its_camera(tmp_path: Path) -> None:
    made: list[Camera] = [
        make_camera(SimulatedSettings(name="top")),
        make_camera(FolderSettings(name="top", directory=tmp_path)),
        make_camera(OpenCvSettings(name="top", source=0)),
    ]
    assert [type(camera) for camera in made] == [SimulatedCamera, FolderCamera, OpenCvCamera]
    assert [camera.name for camera in made] == ["top"] * 3
    assert [camera.simulated for camera in made] == [True, True, False]


def test_open_camera_opens_and_leaves_nothing_open_when_it_cannot(folder: Path) -> None:
    camera = open_camera(FolderSettings(directory=folder))
    assert camera.capture(1).truth is None
    camera.close()
    flawed = open_camera(SimulatedSettings(seed=2, defect_rate=1.0, label="A"))
    truth = flawed.capture(1).truth
    assert truth is not None
    assert truth.defective
    with pytest.raises(CameraError, match="does not exist"):
        open_camera(FolderSettings(directory=folder / "nowhere"))
