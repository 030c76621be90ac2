"""Every kind of picture file is read right, or refused in words that name it and say what to do."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspection.errors import CameraError
from inspection.levels import to_8_bits
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.labels.files import PICTURE_SUFFIXES
from inspection.pictures.labels.layouts.pictures import ExportedPictures
from inspection.pictures.labels.masks import read_mask
from tests.inspection.pictures.picture_kind import DEEP, SHEER, PictureKind
from tests.inspection.pictures.picture_kinds import KINDS
from tests.inspection.pictures.picture_kinds_document import COMMAND, DOCUMENT, kinds_as_markdown
from tests.inspection.pictures.picture_writers import COLOUR, HEIGHT, WIDTH, saved


def named(kind: PictureKind) -> str:
    return f"{kind.format}: {kind.what} ({kind.by})"


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_a_kind_of_picture_is_read_right_or_refused_with_words(tmp_path: Path, kind: PictureKind) -> None:
    path = tmp_path / f"part{kind.suffix}"
    path.write_bytes(kind.make())
    if not kind.refused:
        picture = read_picture(path)
        assert picture.shape == kind.truth.shape
        assert picture.dtype == np.dtype(np.uint8)
        assert int(np.abs(picture.astype(int) - kind.truth).max()) <= kind.off
        return
    with pytest.raises(CameraError) as refused:
        read_picture(path)
    assert refused.value.what == f"{path} cannot be read: {kind.refused}"
    assert refused.value.todo


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.refused == DEEP], ids=named)
def test_a_kind_of_16_bits_is_read_as_it_is_where_its_depth_is_stated(
    tmp_path: Path, kind: PictureKind
) -> None:
    path = tmp_path / f"part{kind.suffix}"
    path.write_bytes(kind.make())
    picture = read_picture(path, bit_depth=16)
    step = int(picture.max()) // int(kind.truth.max())
    assert step in (16, 257)
    assert np.array_equal(picture, kind.truth.astype(np.uint16) * step)
    shown = to_8_bits(picture, bit_depth=16) if step == 257 else to_8_bits(picture, bit_depth=12)
    assert int(np.abs(shown.astype(int) - kind.truth).max()) <= (0 if step == 257 else 1)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.refused != DEEP], ids=named)
def test_no_other_kind_is_read_where_more_than_8_bits_are_stated(tmp_path: Path, kind: PictureKind) -> None:
    path = tmp_path / f"part{kind.suffix}"
    path.write_bytes(kind.make())
    said = re.escape(kind.refused) or "it has 8 bits a channel, and 12 bits are stated"
    with pytest.raises(CameraError, match=said):
        read_picture(path, bit_depth=12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.refused], ids=named)
def test_annotations_are_held_against_the_size_that_is_read(tmp_path: Path, kind: PictureKind) -> None:
    path = tmp_path / f"part{kind.suffix}"
    path.write_bytes(kind.make())
    height, width, _ = read_picture(path).shape
    assert ExportedPictures(tmp_path).size(path) == (width, height)


@pytest.mark.parametrize("format_", ["png", "jpeg", "bmp", "tiff", "webp"])
@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_what_a_file_is_its_first_bytes_say_and_not_its_name(
    tmp_path: Path, format_: str, suffix: str
) -> None:
    path = tmp_path / f"part{suffix}"
    options: dict[str, Any] = {"lossless": True} if format_ == "webp" else {}
    path.write_bytes(saved(COLOUR, format_, **options))
    off = 12 if format_ == "jpeg" else 0
    assert int(np.abs(read_picture(path).astype(int) - COLOUR).max()) <= off


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.suffix in PICTURE_SUFFIXES], ids=named)
def test_a_mask_of_a_kind_that_is_not_read_is_refused_in_the_same_words(
    tmp_path: Path, kind: PictureKind
) -> None:
    """But for depth and transparency, which do a mask no harm."""
    path = tmp_path / f"part_mask{kind.suffix}"
    path.write_bytes(kind.make())
    if kind.refused and kind.refused not in (DEEP, SHEER):
        with pytest.raises(CameraError) as refused:
            read_mask(path, size=(HEIGHT, WIDTH))
        assert refused.value.what == f"{path} cannot be read: {kind.refused}"
    elif "turned as it says" in kind.what and "orientation 1:" not in kind.what:
        with pytest.raises(CameraError, match="says that it must be turned"):
            read_mask(path, size=(HEIGHT, WIDTH))
    else:
        assert read_mask(path, size=(HEIGHT, WIDTH)).any()


def test_the_document_is_not_stale() -> None:
    assert DOCUMENT.read_text(encoding="utf-8").startswith(kinds_as_markdown()), f"run: {COMMAND}"


def test_one_reader_serves_all() -> None:
    """Whoever decodes a picture's file elsewhere decodes it in another way."""
    root = Path(__file__).parents[3]
    decoders = re.compile(r"cv2\.(imread|imdecode)\w*\(|Image\.open\(|simplejpeg\.decode")
    found = {
        path.relative_to(root).as_posix()
        for package in ("app", "inspection", "models", "plc", "reports")
        for path in (root / package).rglob("*.py")
        if decoders.search(path.read_text(encoding="utf-8"))
    }
    no_files = {
        "app/commands/docs.py",  # pages that Typst has itself just drawn
        "app/reporting/process.py",  # the same
        "inspection/gauges/dial/registration.py",  # the patch that a description holds, a PNG of our own
        "inspection/simulation/instruments/optics.py",  # what the renderer has itself just compressed
        "models/training/displays/rendered.py",  # the same, kept between two runs
    }
    assert no_files <= found
    assert {Path(path).parts[:2] for path in found - no_files} == {("inspection", "pictures")}, found
