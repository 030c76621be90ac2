"""Picture files above 8 bits are read as they are where their depth is stated, and else refused with words.

So are files that hold several pictures: nothing is cut down in silence.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inspection.errors import CameraError
from inspection.levels import DEEP, BitDepth, top_level
from inspection.pictures.decoding.decoding import picture_size, read_picture

RNG = np.random.default_rng(2)
MONO12 = (RNG.normal(1800, 60, (60, 80))).clip(0, 4095).astype(np.uint16)


def refused(path: Path, said: str, bit_depth: BitDepth = 8) -> None:
    with pytest.raises(CameraError, match=rf"{path.name} cannot be read: .*{said}"):
        read_picture(path, bit_depth=bit_depth)


def written(path: Path, picture: np.ndarray) -> Path:
    cv2.imencode(path.suffix, picture)[1].tofile(path)
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("most", "looks"), [(1023, 10), (4095, 12), (65535, 16)])
def test_a_picture_of_16_bits_is_refused_where_no_depth_is_stated(
    tmp_path: Path, suffix: str, channels: int, most: int, looks: int
) -> None:
    levels = (MONO12.astype(np.uint32) * most // 4095).astype(np.uint16)
    path = written(tmp_path / f"mono{suffix}", levels if channels == 1 else cv2.merge([levels] * 3))
    refused(
        path,
        f"16 bits a channel.*no such depth.*up to {levels.max():,}, which looks like {looks} bit.*--bit",
    )
    refused(path, "bit_depth for a folder camera.*Mono8")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bit_depth", DEEP)
def test_where_the_depth_is_stated_every_level_is_read_as_it_is(
    tmp_path: Path, suffix: str, bit_depth: BitDepth
) -> None:
    levels = RNG.integers(0, top_level(bit_depth), (60, 80, 3), np.uint16, endpoint=True)
    path = written(tmp_path / f"colour{suffix}", levels)
    assert np.array_equal(read_picture(path, bit_depth=bit_depth), levels[..., ::-1])
    assert picture_size(path) == (60, 80)
    path = written(tmp_path / f"grey{suffix}", levels[..., 0])
    assert np.array_equal(read_picture(path, bit_depth=bit_depth), np.dstack([levels[..., 0]] * 3))


def test_levels_above_the_stated_depth_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "mono.png", MONO12)
    refused(path, "above the 1,023 of the 10 bits that are stated.*looks like 12 bit", 10)


def test_levels_in_the_upper_bits_are_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path / "msb.png", MONO12 << 4)
    refused(path, "above the 4,095.*multiples of 16.*upper bits.*state 16", 12)
    assert read_picture(path, bit_depth=16).max() == MONO12.max() << 4


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".jpg", ".webp"])
def test_8_bits_are_refused_where_more_are_stated(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"a{suffix}", (MONO12 >> 4).astype(np.uint8))
    refused(path, "8 bits a channel, and 12 bits are stated.*Mono12.*--bit-depth 8", 12)


def test_a_float_tiff_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "height.tif"
    Image.fromarray(MONO12.astype(np.float32)).save(path)
    refused(path, "floating-point")
    refused(path, "floating-point", 16)


def test_a_zstd_tiff_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "small.tif"
    Image.fromarray(MONO12.astype(np.uint8)).save(path, compression="zstd")
    refused(path, "Zstandard.*LZW")


@pytest.mark.parametrize("suffix", ["tif", "webp", "png"])
def test_a_file_of_several_pictures_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"stack.{suffix}"
    pages = [Image.fromarray(RNG.integers(0, 255, (60, 80, 3), np.uint8)) for _ in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    refused(path, "holds 3 pictures")


def test_a_tiff_of_several_pictures_of_16_bits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    cv2.imencodemulti(".tif", [MONO12, MONO12])[1].tofile(path)
    refused(path, "holds 2 pictures", 12)
