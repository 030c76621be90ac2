"""Pictures above 8 bits, and files that hold several: refused with words, never cut down in silence."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inspection.errors import CameraError
from inspection.pictures.decoding import read_picture

RNG = np.random.default_rng(2)
MONO12 = (RNG.normal(1800, 60, (60, 80))).clip(0, 4095).astype(np.uint16)


def refused(path: Path, said: str) -> None:
    with pytest.raises(CameraError, match=rf"{path.name} cannot be read: .*{said}"):
        read_picture(path)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("most", [1023, 4095, 65535])
def test_a_picture_of_16_bits_is_refused(tmp_path: Path, suffix: str, channels: int, most: int) -> None:
    path = tmp_path / f"mono{suffix}"
    deep = (MONO12.astype(np.uint32) * most // 4095).astype(np.uint16)
    cv2.imencode(suffix, deep if channels == 1 else cv2.merge([deep] * 3))[1].tofile(path)
    refused(path, "16 bits a channel.*8 bits.*Mono8")


def test_a_float_tiff_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "height.tif"
    Image.fromarray(MONO12.astype(np.float32)).save(path)
    refused(path, "floating-point")


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
