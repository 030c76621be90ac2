"""A damaged picture file is refused, not read with an invented rest; a sound one of any kind is read."""

import io
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspection.errors import CameraError
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.labels.masks import read_mask
from tests.inspection.pictures.picture_kind import TOO_LARGE, PictureKind
from tests.inspection.pictures.picture_kinds import KINDS

SHARED = Path(__file__).parents[4] / "shared"
SECTOR = 512


def part(seed: int, mode: str = "RGB") -> Image.Image:
    """A part with edges, light from one side and noise: about 30 kB as JPEG."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:240, 0:320]
    light = 90 + 0.2 * columns + 40 * np.sin(rows / 11 + seed) * (columns > 100)
    colour = light[..., None] * np.array([1.0, 0.9, 0.8]) + rng.normal(0, 5, (240, 320, 3))
    return Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8)).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def zeroed(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(2, len(data) // SECTOR) * SECTOR
    return data[:at] + bytes(SECTOR) + data[at + SECTOR :]


def lost(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(2, len(data) // SECTOR) * SECTOR
    return data[:at] + data[at + SECTOR :]


def cut_off(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) // 4, len(data) - 2)]


def ended_early(data: bytes, rng: random.Random) -> bytes:
    return cut_off(data, rng) + b"\xff\xd9"


def overwritten(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(2, len(data) // SECTOR) * SECTOR
    return data[:at] + rng.randbytes(SECTOR) + data[at + SECTOR :]


@pytest.mark.parametrize("damaged", [zeroed, lost, cut_off, ended_early, overwritten])
@pytest.mark.parametrize("options", [{}, {"restart_marker_blocks": 8}, {"quality": 95, "subsampling": 0}])
def test_a_damaged_jpeg_is_refused(
    tmp_path: Path, damaged: Callable[[bytes, random.Random], bytes], options: dict[str, int]
) -> None:
    path = tmp_path / "part.jpg"
    for seed in range(4):
        sound, rng = encoded(part(seed), "jpeg", **options), random.Random(seed)
        for _ in range(3):
            path.write_bytes(damaged(sound, rng))
            with pytest.raises(CameraError, match=r"part\.jpg cannot be read.*damaged"):
                read_picture(path)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("damaged", [zeroed, cut_off, overwritten])
def test_a_damaged_tiff_is_refused(
    tmp_path: Path, compression: str, damaged: Callable[[bytes, random.Random], bytes]
) -> None:
    path = tmp_path / "part.tif"
    path.write_bytes(damaged(encoded(part(0), "tiff", compression=compression), random.Random(5)))
    with pytest.raises(CameraError, match=r"part\.tif cannot be read"):
        read_picture(path)


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp"])
def test_a_picture_that_is_cut_off_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"part.{kind}"
    path.write_bytes(cut_off(encoded(part(0), kind), random.Random(1)))
    with pytest.raises(CameraError, match="cannot be read"):
        read_picture(path)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("damaged", [zeroed, lost, cut_off, overwritten])
def test_a_damaged_png_is_refused(
    tmp_path: Path, damaged: Callable[[bytes, random.Random], bytes], mode: str
) -> None:
    """With an alpha channel, as screenshots have it, too: Pillow is asked, and has errors of its own."""
    path, sound = tmp_path / "part.png", encoded(part(0, mode), "png")
    for seed in range(4):
        path.write_bytes(damaged(sound, random.Random(seed)))
        with pytest.raises(CameraError, match=r"part\.png cannot be read: .*(not decode|transparent)"):
            read_picture(path)


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.refused == TOO_LARGE], ids=lambda kind: kind.what
)
def test_of_a_head_that_claims_too_much_no_beginning_is_believed(tmp_path: Path, kind: PictureKind) -> None:
    path, head = tmp_path / "part.png", kind.make()
    for end in range(1, min(len(head), 80)):
        path.write_bytes(head[:end])
        for read in (read_picture, partial(read_mask, size=(1, 1))):
            with pytest.raises(CameraError, match=r"part\.png cannot be read"):
                read(path)


def sound() -> Iterator[tuple[str, str, bytes]]:
    turned = Image.Exif()
    turned[0x0112] = 6
    for mode in ("L", "RGB", "CMYK"):
        for options in ({}, {"progressive": True}, {"restart_marker_blocks": 8}, {"quality": 20}):
            yield f"jpeg {mode} {options}", "jpg", encoded(part(1, mode), "jpeg", **options)
    for subsampling in (0, 1, 2):
        yield f"jpeg {subsampling}", "jpg", encoded(part(1), "jpeg", subsampling=subsampling)
    yield "jpeg with something behind it", "jpg", encoded(part(1), "jpeg") + b"camera's own data"
    yield "jpeg turned", "jpg", encoded(part(1), "jpeg", exif=turned)
    yield "bmp named jpg", "jpg", encoded(part(1), "bmp")
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"tiff {compression}", "tif", encoded(part(1), "tiff", compression=compression)
    for mode in ("L", "RGB", "P", "RGBA"):
        yield f"png {mode}", "png", encoded(part(1, mode), "png")
    for options in ({}, {"lossless": True}):
        yield f"webp {options}", "webp", encoded(part(1), "webp", **options)


@pytest.mark.parametrize(("suffix", "data"), [pytest.param(*rest, id=name) for name, *rest in sound()])
def test_a_sound_picture_is_read(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"part.{suffix}"
    path.write_bytes(data)
    picture = read_picture(path)
    assert sorted(picture.shape) == [3, 240, 320]
    seen = picture if picture.shape[0] == 240 else np.rot90(picture, 1)
    expected = np.asarray(part(1, "L"), np.float64)
    assert abs(float(seen.mean()) - float(expected.mean())) < 12


@pytest.mark.skipif(not SHARED.is_dir(), reason="the photographs of ../shared/data are not here")
def test_no_photograph_of_the_project_is_called_damaged() -> None:
    photographs = [p for p in (SHARED / "data").rglob("*") if p.suffix in (".jpg", ".png")]
    assert len(photographs) > 3000
    for path in photographs[::23]:
        read_picture(path)
    with pytest.raises(CameraError, match="damaged"):
        read_picture(SHARED / "cases" / "jpeg_lost_sector_read_as_whole.jpg")
