"""The console's own key: made by the engine into its record's folder, read by a console of the same person.

So the console on the station's machine shows the line and can order Hold while nobody has signed in, with
nothing to set up; and no other person's program, on this machine or elsewhere, is let in by it.
"""

import os
import re
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from app.access.doors.sessions import made
from app.settings.station import home
from inspection.errors import StoreError
from inspection.files.atomic import atomic_write

NAME: Final = "panel.key"
_KEY: Final = re.compile(r"[\w-]{43,128}", re.ASCII)


class PanelKey(NamedTuple):
    """The key."""

    key: str
    new: bool
    """It was made just now."""


def own_key(folder: Path) -> PanelKey:
    """The key in the record's folder; made where there is none, or where others could have read it.

    Raises:
        StoreError: It cannot be written.
    """
    place = folder / NAME
    if kept := read_key(place):
        return PanelKey(kept, new=False)
    key = made()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(place) as unfinished:
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            unfinished.write_text(key + "\n", encoding="ascii")
    except OSError as error:
        raise StoreError(
            f"the console's key cannot be written: {error}",
            todo=f"give the engine the right to write {place}",
        ) from error
    return PanelKey(key, new=True)


def read_key(place: Path) -> str:
    """The key in a file that nobody else can read or write; empty where there is none such."""
    try:
        with place.open("rb") as file:
            found = os.fstat(file.fileno())
            if sys.platform != "win32" and (found.st_mode & 0o077 or os.geteuid() not in (0, found.st_uid)):
                return ""
            if not stat.S_ISREG(found.st_mode):
                return ""
            key = file.read(200).decode("ascii", errors="replace").strip()
    except OSError:
        return ""
    return key if _KEY.fullmatch(key) else ""


def leave_word(folder: Path, *, port: int) -> None:
    """Let a console of the same person find the key by the port alone; where that fails, it must be told."""
    with suppress(OSError):
        place = _word(port)
        place.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(place) as unfinished:
            unfinished.write_text(str((folder / NAME).resolve()), encoding="utf-8")


def take_word_back(folder: Path, *, port: int) -> None:
    """The engine ends: nobody need find its key any more; nothing where another has left word since."""
    place = _word(port)
    with suppress(OSError, ValueError):
        if place.read_text(encoding="utf-8") == str((folder / NAME).resolve()):
            place.unlink()


def found_key(port: int) -> str:
    """The key of the station on this machine that serves this port; empty where none can be found."""
    try:
        return read_key(Path(_word(port).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return ""


def finding(url: str, place: Path | None) -> Callable[[], str]:
    """What finds the key for a console, each time anew: the engine may not have made it yet.

    Args:
        url: The engine's API.
        place: The key's file; None: that of the station on this machine that serves the port.
    """
    if place is not None:
        return lambda: read_key(place)

    def found() -> str:
        try:
            parts = urlsplit(url)
            own = parts.hostname in ("127.0.0.1", "localhost")  # the key goes to no other machine
            return found_key(parts.port or 80) if own else ""
        except ValueError:
            return ""

    return found


def _word(port: int) -> Path:
    return home() / "panels" / str(port)
