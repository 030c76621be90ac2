"""Where backups and restored records come to lie: with room for them, and there whole or not at all."""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from inspection.errors import StoreError
from inspection.files.atomic import make_folder_durable, sync_folder

RESERVE_BYTES: Final = 64 << 20
"""What stays free beside what is copied: a record may grow meanwhile."""
ABANDONED_S: Final = 86_400.0
"""What was half made so long ago has nobody any more who makes it."""


def refuse_without_room(place: Path, todo_bytes: int, *, part: str) -> None:
    """Refuse to begin what would fill a disk.

    Args:
        place: A folder on it, which need not be there yet.
        todo_bytes: What is about to be written.
        part: What becomes of it, for the message.

    Raises:
        StoreError: There is not so much room.
        OSError: That cannot be told.
    """
    while not place.exists():
        place = place.parent
    free, needed = shutil.disk_usage(place).free, todo_bytes + RESERVE_BYTES
    if free < needed:
        raise StoreError(
            f"{needed / 1e6:.0f} MB are needed, and the disk of {place} has {free / 1e6:.0f} MB free",
            part=part,
            todo="make room, or name a folder on another disk",
        )


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Make a folder that gets its name only when all that is in it is there, and durable.

    The body fills the folder that this yields, beside it. Where the body raises, nothing is left.

    Raises:
        OSError: The disk refuses, or somebody else has taken the name meanwhile.
    """
    make_folder_durable(folder.parent)
    _clear_abandoned(folder.parent)
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    unfinished.mkdir()
    try:
        yield unfinished
        if folder.is_dir():
            folder.rmdir()  # an empty one may lie there; whatever is not empty is not removed
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    sync_folder(folder.parent)


def _clear_abandoned(parent: Path) -> None:
    """What somebody who was killed left half-made goes after a day."""
    for path in parent.glob(".*.????????.part"):
        if path.is_dir() and time.time() - path.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(path, ignore_errors=True)
