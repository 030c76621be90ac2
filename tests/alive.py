"""How many decoded pictures are alive at once, counted where files are read."""

import weakref
from pathlib import Path

import numpy as np
import pytest

from inspection.pictures.decoding import read_picture


class AlivePictures:
    """Watches the pictures that some modules read; one counts as long as it, or a view of it, is held."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
        self.read = 0
        self.most = 0
        self._alive = 0
        for module in modules:
            monkeypatch.setattr(f"{module}.read_picture", self._watched)

    def _watched(self, path: Path, **said: str) -> np.ndarray:
        picture = read_picture(path, **said)
        weakref.finalize(picture, self._gone)
        self.read += 1
        self._alive += 1
        self.most = max(self.most, self._alive)
        return picture

    def _gone(self) -> None:
        self._alive -= 1
