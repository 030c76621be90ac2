"""Small pictures of defects: where they are, and a word where there is none."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.decision import Severity
from inspection.frozen import Box
from inspection.part import Picture
from reports.pictures.archive import PictureArchive, encode
from reports.shift.examples.choosing import Example
from reports.shift.examples.thumbnails import HEIGHT, WIDTH, NoPicture, framed, thumbnail
from tests.reports.parts import frame


def example(sha256: str, *, pictures: int = 1, box: Box = (10, 10, 20, 10)) -> Example:
    return Example(
        type="scratch",
        severity=Severity.MAJOR,
        part_id=1,
        seen_at=datetime(2026, 3, 2, tzinfo=UTC),
        view="top",
        box=box,
        pictures=pictures,
        sha256=sha256,
    )


@pytest.fixture
def kept(tmp_path: Path) -> tuple[PictureArchive, str]:
    archive = PictureArchive(tmp_path)
    archive.prepare()
    return archive, archive.keep(frame(1))


def test_a_picture_is_small_and_the_same_each_time(kept: tuple[PictureArchive, str]) -> None:
    archive, sha256 = kept
    made = thumbnail(example(sha256), archive.root)
    assert isinstance(made, bytes)
    assert made == thumbnail(example(sha256), archive.root)
    decoded = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    assert decoded.shape == (HEIGHT, WIDTH, 3)
    assert len(made) < 60_000  # noise is the worst


def test_where_there_is_no_picture_it_is_said_why(kept: tuple[PictureArchive, str]) -> None:
    archive, sha256 = kept
    assert thumbnail(example("", pictures=0), archive.root) is NoPicture.NONE
    assert thumbnail(example("", pictures=2), archive.root) is NoPicture.SEVERAL
    assert thumbnail(example(sha256), None) is NoPicture.GONE
    assert thumbnail(example("f" * 64), archive.root) is NoPicture.GONE
    assert thumbnail(example("../../etc/passwd"), archive.root) is NoPicture.GONE
    path = archive.path(sha256)
    path.write_bytes(path.read_bytes()[:-9])
    assert thumbnail(example(sha256), archive.root) is NoPicture.DAMAGED
    nonsense = b"no picture at all"
    named = hashlib.sha256(nonsense).hexdigest()
    archive.path(named).parent.mkdir(parents=True)
    archive.path(named).write_bytes(nonsense)
    assert thumbnail(example(named), archive.root) is NoPicture.DAMAGED


def test_a_picture_of_more_than_8_bits_is_shown_in_8(tmp_path: Path) -> None:
    deep = encode(np.full((48, 64, 3), 2048, np.uint16), bit_depth=12)
    sha256 = hashlib.sha256(deep).hexdigest()
    archive = PictureArchive(tmp_path)
    archive.path(sha256).parent.mkdir(parents=True)
    archive.path(sha256).write_bytes(deep)
    assert isinstance(thumbnail(example(sha256), tmp_path), bytes)


def grey(height: int, width: int) -> Picture:
    return np.full((height, width, 3), 128, np.uint8)


SIDES = st.integers(1, 700)


@settings(max_examples=40)
@given(height=SIDES, width=SIDES, data=st.data())
def test_the_frame_is_around_the_defect(height: int, width: int, data: st.DataObject) -> None:
    """The defect, painted, is inside of the frame and nothing of it outside, wherever it lies."""
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = (left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))
    picture = grey(height, width)
    picture[top : top + box[3], left : left + box[2]] = (255, 0, 0)
    before = picture.copy()
    shown = framed(picture, box)
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(picture, before)
    yellow = np.argwhere((shown[..., 0] > 250) & (shown[..., 1] > 230) & (shown[..., 2] < 70))
    assert len(yellow)
    (low_y, low_x), (high_y, high_x) = yellow.min(axis=0), yellow.max(axis=0)
    red = np.argwhere((shown[..., 0] > 200) & (shown[..., 1] < 60) & (shown[..., 2] < 60))
    if len(red):
        margin = 6  # a pixel that is enlarged, and half of the line
        assert low_y - margin <= red[:, 0].min()
        assert red[:, 0].max() <= high_y + margin
        assert low_x - margin <= red[:, 1].min()
        assert red[:, 1].max() <= high_x + margin


def test_a_box_beyond_the_picture_is_no_fault() -> None:
    for box in ((-50, -50, 10, 10), (600, 400, 900, 900), (0, 0, 100_000, 100_000)):
        assert framed(grey(48, 64), box).shape == (HEIGHT, WIDTH, 3)
