"""How many decoded pictures are alive at once, counted where files are read."""

import weakref
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspection.pictures.decoding.decoding import read_archived, read_picture


class AlivePictures:
    """Watches the pictures that some modules read; one counts as long as it, or a view of it, is held."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
        self.read = 0
        self.most = 0
        self._alive = 0
        for name in modules:
            module = import_module(name)
            for reader in (read_picture, read_archived):
                if getattr(module, reader.__name__, None) is reader:
                    monkeypatch.setattr(module, reader.__name__, partial(self._watched, reader))

    def _watched(self, reader: Callable[..., np.ndarray], path: Path, **said: Any) -> np.ndarray:
        picture = reader(path, **said)
        weakref.finalize(picture, self._gone)
        self.read += 1
        self._alive += 1
        self.most = max(self.most, self._alive)
        return picture

    def _gone(self) -> None:
        self._alive -= 1
