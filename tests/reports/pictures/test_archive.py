"""The picture archive: lossless, whole or absent, kept once; and what retention may delete."""

import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from inspection.errors import StoreError
from inspection.levels import DEEP, BitDepth, to_8_bits, top_level
from inspection.part import Picture
from inspection.pictures.decoding.decoding import read_archived, read_picture
from inspection.pictures.decoding.png_depth import stated_depth
from reports.pictures.archive import PictureArchive, encode
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import frame
from tests.reports.stores import is_whole

shapes = st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))


@given(np_st.arrays(np.uint8, shapes))
def test_lossless(picture: Picture) -> None:
    decoded = cv2.imdecode(np.frombuffer(encode(picture), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert np.array_equal(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), picture)


@given(st.sampled_from(DEEP), st.booleans(), st.data())
def test_a_picture_above_8_bits_is_kept_at_its_depth(
    bit_depth: BitDepth, grey: bool, data: st.DataObject
) -> None:
    levels = st.integers(0, top_level(bit_depth))
    shape = st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(1 if grey else 3))
    drawn = data.draw(np_st.arrays(np.uint16, shape, elements=levels))
    picture = np.dstack([drawn] * 3) if grey else drawn
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kept.png"
        path.write_bytes(encode(picture, bit_depth=bit_depth))
        assert np.array_equal(read_picture(path, bit_depth=bit_depth), picture)
        assert np.array_equal(read_archived(path), to_8_bits(picture, bit_depth=bit_depth))


def test_a_frame_above_8_bits_comes_back_identical_and_verified(
    store: SqlStore, settings: StoreSettings
) -> None:
    levels = np.random.default_rng(1).integers(0, 4096, (48, 64, 3), np.uint16)
    deep = replace(frame(1), picture=levels, bit_depth=12)
    sha256 = store.archive_picture(deep)
    path = store.picture_path(sha256)
    assert path is not None
    assert stated_depth(path.read_bytes()) == 12
    assert np.array_equal(read_picture(path, bit_depth=12), levels)
    assert is_whole(path)
    damaged = bytearray(path.read_bytes())
    damaged[-30] ^= 1
    path.write_bytes(damaged)
    assert not is_whole(path)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(picture: Picture) -> None:
    with pytest.raises(StoreError, match="cannot be archived"):
        encode(picture)


def test_kept_once_under_the_hash_of_its_bytes(store: SqlStore, settings: StoreSettings) -> None:
    sha256 = store.archive_picture(frame(1))
    assert store.archive_picture(frame(1)) == sha256
    assert store.archive_picture(frame(2)) != sha256
    path = store.picture_path(sha256)
    assert path == settings.pictures / sha256[:2] / sha256[2:4] / f"{sha256}.png"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    assert len(list(settings.pictures.rglob("*.*"))) == 2
    assert store.picture_path("0" * 64) is None


def test_nobody_reaches_beyond_the_archive(store: SqlStore) -> None:
    for name in ("../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"):
        with pytest.raises(ValueError, match="not a SHA-256"):
            store.picture_path(name)


def test_a_half_written_picture_never_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError("no space left on device")

    archive = PictureArchive(tmp_path)
    archive.prepare()
    with monkeypatch.context() as patch:
        patch.setattr("reports.pictures.archive.os.fsync", broken)
        with pytest.raises(StoreError, match="no space left"):
            archive.keep(frame(1))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    archive.path(archive.keep(frame(1))).write_bytes(b"cut short")
    assert is_whole(archive.path(archive.keep(frame(1)))), (
        "a damaged picture is written anew when it comes again"
    )
