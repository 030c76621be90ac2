"""Picture files as frames, each read when it is asked for: one picture in memory, however many there are."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import overload

from inspection.part import Frame
from inspection.pictures.decoding import read_picture


class FileFrames(Sequence[Frame]):
    """The frames of picture files. Getting one reads its file; raises CameraError where that fails.

    Args:
        files: The pictures.
        on_read: Is told after each reading how many there have been.
    """

    def __init__(self, files: Sequence[Path], on_read: Callable[[int], None] | None = None) -> None:
        self._files = files
        self._on_read = on_read
        self._readings = 0

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> "FileFrames": ...
    def __getitem__(self, index: int | slice) -> "Frame | FileFrames":
        if isinstance(index, slice):
            return FileFrames(self._files[index], self._on_read)
        path = self._files[index]
        frame = Frame(
            picture=read_picture(path),
            camera="main",
            captured_at=datetime.now(UTC),
            number=range(len(self._files))[index] + 1,
            simulated=True,
            source=str(path),
        )
        self._readings += 1
        if self._on_read is not None:
            self._on_read(self._readings)
        return frame

    def __iter__(self) -> Iterator[Frame]:
        return (self[index] for index in range(len(self)))
