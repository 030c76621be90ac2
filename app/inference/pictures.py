"""Pictures in memory that the engine and its inference process share: nobody sends megabytes."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.shared_memory import SharedMemory
from typing import Final

import numpy as np

from app.inference.messages import Place
from inspection.errors import InspectorError
from inspection.part import Frame, Picture

_ALIGNED: Final = 64
"""Bytes that a picture's beginning is a multiple of."""


class SharedPictures:
    """The engine's end: it holds the pictures of one part, until the next one's are put in."""

    def __init__(self) -> None:
        self._block: SharedMemory | None = None

    def put(self, frames: Sequence[Frame]) -> tuple[Place, ...]:
        """Copy the frames' pictures in; says where each lies. Raises InspectorError where memory is short."""
        sizes = [-(-frame.picture.nbytes // _ALIGNED) * _ALIGNED for frame in frames]
        block = self._room(sum(sizes))
        places, offset = [], 0
        for frame, size in zip(frames, sizes, strict=True):
            picture = frame.picture
            place = Place(block.name, offset, picture.shape, picture.dtype.str)
            _view(block, place)[...] = picture
            places.append(place)
            offset += size
        return tuple(places)

    def close(self) -> None:
        """Give the memory back. May be called twice."""
        block, self._block = self._block, None
        if block is not None:
            block.close()
            with suppress(FileNotFoundError):  # somebody tidied up
                block.unlink()

    def _room(self, size: int) -> SharedMemory:
        if self._block is None or self._block.size < size:
            self.close()
            try:
                self._block = SharedMemory(create=True, size=max(size, 1))
                _reserve(self._block)
            except OSError as error:
                self.close()
                raise InspectorError(
                    f"{size / 1e6:.0f} MB of shared memory are not to be had for the pictures: {error}",
                    part="the part goes to manual review",
                    todo="free memory, or give it more of this kind (/dev/shm; --shm-size in Docker)",
                ) from error
        return self._block


class PlacedPictures:
    """The inference process's end: it copies the pictures out of where they were placed."""

    def __init__(self) -> None:
        self._block: SharedMemory | None = None

    def take(self, place: Place) -> Picture:
        """A copy of the picture there: it stays as it is when the next part's pictures come."""
        if self._block is None or self._block.name != place.block:
            self.close()
            self._block = SharedMemory(place.block)
        return _view(self._block, place).copy()

    def close(self) -> None:
        """Let go; the engine gives the memory back."""
        block, self._block = self._block, None
        if block is not None:
            block.close()


def _reserve(block: SharedMemory) -> None:
    """Have all of a block now. Raises OSError where it is not to be had.

    Linux gives a block page by page when it is written, and kills whoever writes where no page is left
    (SIGBUS). In a container there are often 64 MB in all.
    """
    if sys.platform == "linux":
        descriptor = os.open(f"/dev/shm/{block.name}", os.O_RDWR)  # noqa: S108  (where shm_open puts it)
        try:
            os.posix_fallocate(descriptor, 0, block.size)
        finally:
            os.close(descriptor)


def _view(block: SharedMemory, place: Place) -> Picture:
    return np.ndarray(place.shape, np.dtype(place.dtype), buffer=block.buf, offset=place.offset)
