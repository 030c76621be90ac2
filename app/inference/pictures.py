"""Pictures in memory that the engine and its inference process share: nobody sends megabytes."""

from collections.abc import Sequence
from multiprocessing.shared_memory import SharedMemory
from typing import Final

import numpy as np

from app.inference.messages import Place
from inspection.part import Frame, Picture

_ALIGNED: Final = 64
"""Bytes that a picture's beginning is a multiple of."""


class SharedPictures:
    """The engine's end: it holds the pictures of one part, until the next one's are put in."""

    def __init__(self) -> None:
        self._block: SharedMemory | None = None

    def put(self, frames: Sequence[Frame]) -> tuple[Place, ...]:
        """Copy the frames' pictures in; says where each lies. Raises OSError where memory is short."""
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
            block.unlink()

    def _room(self, size: int) -> SharedMemory:
        if self._block is None or self._block.size < size:
            self.close()
            self._block = SharedMemory(create=True, size=max(size, 1))
        return self._block


class SeenPictures:
    """The inference process's end."""

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


def _view(block: SharedMemory, place: Place) -> Picture:
    return np.ndarray(place.shape, np.dtype(place.dtype), buffer=block.buf, offset=place.offset)
