"""Damaged picture files: what befalls them on disks, drives and networks, and what can be told of it.

A table of docs/measurements/picture-kinds.md. Each file is damaged in many places, always the same ones.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.errors import CameraError
from inspection.pictures.decoding.decoding import read_picture
from tests.inspection.pictures.picture_writers import Maker, bmp_run_lengths_8, saved, tiff

SECTOR: Final = 512
_MOST: Final = 60


def _part() -> NDArray[np.uint8]:
    """A part with edges, light from one side and a sensor's noise."""
    rows, columns = np.mgrid[0:96, 0:128]
    light = 90 + 0.4 * columns + 40 * np.sin(rows / 11) * (columns > 50)
    noise = np.random.default_rng(3).normal(0, 5, (96, 128, 3))
    part: NDArray[np.uint8] = np.clip(light[..., None] * np.array([1, 0.9, 0.8]) + noise, 0, 255).astype(
        np.uint8
    )
    return part


_PART: Final = _part()
_GREY: Final = _PART[..., 0].copy()
_RGB: Final = partial(tiff, _PART, photometric="rgb")

SOUND: Final[dict[str, Maker]] = {
    "JPEG, baseline": partial(saved, _PART, "jpeg", quality=90),
    "JPEG, progressive": partial(saved, _PART, "jpeg", quality=90, progressive=True),
    "JPEG, restart markers": partial(saved, _PART, "jpeg", quality=90, restart_marker_blocks=4),
    "JPEG, grey": partial(saved, _GREY, "jpeg", quality=90),
    "PNG": partial(saved, _PART, "png"),
    "TIFF, deflate": partial(_RGB, compression="deflate", rowsperstrip=16),
    "TIFF, LZW": partial(_RGB, compression="lzw", predictor=True, rowsperstrip=16),
    "TIFF, JPEG": partial(_RGB, compression="jpeg", compressionargs={"level": 90}),
    "TIFF, packbits": partial(_RGB, compression="packbits"),
    "TIFF, no compression": partial(_RGB, rowsperstrip=16),
    "BMP": partial(saved, _PART, "bmp"),
    "BMP, run lengths": bmp_run_lengths_8,
    "WebP, lossy": partial(saved, _PART, "webp", quality=90),
    "WebP, lossless": partial(saved, _PART, "webp", lossless=True),
}
CHECKED: Final = frozenset({"PNG", "TIFF, deflate"})
"""Their formats have checksums over all pixels, so nothing can change unseen."""


def _cut_off(whole: bytes) -> Iterator[bytes]:
    yield from (whole[: len(whole) * part // 48] for part in range(1, 48))
    yield from (whole[:-last] for last in (1, 2, 3, 4, 8))


def _sectors(whole: bytes, put: Callable[[bytes], bytes]) -> Iterator[bytes]:
    for start in range(0, len(whole), SECTOR)[:_MOST]:
        yield whole[:start] + put(whole[start : start + SECTOR]) + whole[start + SECTOR :]


def _flipped(whole: bytes, bits: int) -> Iterator[bytes]:
    for seed in range(_MOST):
        rng, damaged = random.Random(seed), bytearray(whole)
        for _ in range(bits):
            damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        yield bytes(damaged)


DAMAGES: Final[dict[str, Callable[[bytes], Iterator[bytes]]]] = {
    "cut off": _cut_off,
    "a sector zeroed": partial(_sectors, put=lambda sector: bytes(len(sector))),
    "a sector lost": partial(_sectors, put=lambda _: b""),
    "a sector twice": partial(_sectors, put=lambda sector: sector + sector),
    "8 bits flipped": partial(_flipped, bits=8),
    "1 bit flipped": partial(_flipped, bits=1),
    "bytes appended": lambda whole: iter((whole + bytes(SECTOR), whole + b"x" * 1000, whole + whole)),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one file with one kind of damage, in many places."""

    refused: int
    unharmed: int
    """Read as it was: nothing of the picture was hit."""
    otherwise: int
    """Read, but not as it was: the damage was not told."""
    words: frozenset[tuple[str, str]] = frozenset()
    """With which it was refused: what, without the file's name, and what to do."""

    @property
    def harmful(self) -> int:
        """How many showed another picture, or none."""
        return self.refused + self.otherwise

    def __str__(self) -> str:
        if not self.harmful:
            return "read as it was"
        if not self.otherwise:
            return "refused"
        return f"{self.refused} of {self.harmful} refused" if self.refused else "not told"


def told(sound: str, damage: str, path: Path) -> Told:
    """Damage a file in many places, read it each time, and count."""
    whole = bytes(SOUND[sound]())
    path.write_bytes(whole)
    picture = read_picture(path)
    words: set[tuple[str, str]] = set()
    refused = unharmed = otherwise = 0
    for damaged in DAMAGES[damage](whole):
        if damaged == whole:
            continue
        path.write_bytes(damaged)
        try:
            read = read_picture(path)
        except CameraError as error:
            words.add((error.what.removeprefix(f"{path} cannot be read: "), error.todo))
            refused += 1
            continue
        assert read.dtype == np.uint8, read.dtype
        assert read.ndim == 3, read.shape
        if np.array_equal(read, picture):
            unharmed += 1
        else:
            otherwise += 1
    return Told(refused, unharmed, otherwise, frozenset(words))
