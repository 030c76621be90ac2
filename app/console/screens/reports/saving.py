"""Writes a file beside the screen: a stick that is slow or gone must not stop the ages from counting."""

import errno
import os
import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from inspection.files.atomic import atomic_write


class Saver(QObject):
    """Writes whole files, in a thread each."""

    saved = Signal(str)
    """The file is there; its path."""
    failed = Signal(str)
    """It is not; why, in the system's words."""

    def save(self, path: Path, content: bytes) -> None:
        """Write a file, whole or not at all; one of the two signals tells the end."""
        threading.Thread(target=self._save, args=(path, content), name="report-saving", daemon=True).start()

    def _save(self, path: Path, content: bytes) -> None:
        try:
            if not path.parent.is_dir():  # a stick that is gone: its folder is not made anew on another disk
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            with atomic_write(path) as unfinished:
                unfinished.write_bytes(content)
        except OSError as error:
            self.failed.emit(f"{path}: {error.strerror or error}")
        else:
            self.saved.emit(str(path))
