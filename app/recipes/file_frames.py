"""Picture files as frames, each read when it is asked for: one picture in memory, however many there are."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.progress import progress
from inspection.files.one_by_one import OneByOne
from inspection.levels import BitDepth
from inspection.part import Frame
from inspection.pictures.decoding.decoding import read_picture


class FileFrames(OneByOne[tuple[int, Path], Frame]):
    """The frames of picture files. Getting one reads its file; raises CameraError where that fails.

    Args:
        files: The pictures.
        bit_depth: The recipe's.
        on_read: Is told after each reading how many there have been.
    """

    def __init__(
        self, files: Sequence[Path], on_read: Callable[[int], None] | None = None, *, bit_depth: BitDepth
    ) -> None:
        super().__init__(list(enumerate(files, 1)), self._frame)
        self._bit_depth = bit_depth
        self._on_read = on_read
        self._readings = 0

    def _frame(self, numbered: tuple[int, Path]) -> Frame:
        number, path = numbered
        frame = Frame(
            picture=read_picture(path, bit_depth=self._bit_depth),
            bit_depth=self._bit_depth,
            camera="main",
            captured_at=datetime.now(UTC),
            number=number,
            simulated=True,
            source=str(path),
        )
        self._readings += 1
        if self._on_read is not None:
            self._on_read(self._readings)
        return frame


def read_through(files: Sequence[Path], look: Callable[[int, Frame], None], *, bit_depth: BitDepth) -> None:
    """Read every picture once, and show it to ``look``: what can be refused is refused before long work.

    Args:
        files: The pictures.
        look: Is given each one's index and frame; what it raises ends the reading.
        bit_depth: The recipe's.

    Raises:
        CameraError: A picture cannot be read.
    """
    with progress("reading", len(files)) as bar:
        for index, frame in enumerate(FileFrames(files, bar.show, bit_depth=bit_depth)):
            look(index, frame)
