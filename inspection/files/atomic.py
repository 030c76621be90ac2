"""Files that are there whole or not at all, and names that survive a loss of power."""

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_write(path: Path, *, over: bool = True) -> Iterator[Path]:
    """Write a file that replaces ``path`` only when it is whole, and durable.

    The body writes to the name that this yields, in the same folder, which is made where it lacks. Where the
    body raises, ``path`` stays as it was and nothing is left beside it.

    Args:
        path: Where the file is to lie.
        over: Whether it may take another's place.

    Raises:
        FileExistsError: It may not, and another lies there, though it came while this one was written.
        OSError: The disk refuses.
    """
    make_folder_durable(path.parent)
    # not tempfile's: its files can be read by their owner alone, but engine and engineer may be two users
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield unfinished
        with unfinished.open("r+b") as file:  # Windows synchronises only what may be written
            os.fsync(file.fileno())
        if over:
            unfinished.replace(path)
        else:
            _put_beside_none(unfinished, path)
    except BaseException:
        with suppress(OSError):  # what cannot be written may not be there to remove either
            unfinished.unlink()
        raise
    sync_folder(path.parent)


def _put_beside_none(unfinished: Path, path: Path) -> None:
    """Give a file its name. Raises FileExistsError where another has it, OSError where the disk refuses."""
    try:
        path.hardlink_to(unfinished)  # fails where the name is taken, which a rename does on no POSIX system
    except FileExistsError:
        raise
    except OSError:  # a disk without links, as FAT is: what comes in this instant is not seen
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        unfinished.replace(path)
    else:
        unfinished.unlink()


def check_writable(path: Path) -> None:
    """Check that a file could be written at ``path``; nothing is left behind, and no folder is made.

    Where this raises nothing, writing may still fail later: a disk fills, a folder goes.

    Raises:
        OSError: It could not, now.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    trial = folder / f".{secrets.token_hex(4)}.part"
    trial.touch(exist_ok=False)
    trial.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable. Windows cannot and need not: NTFS journals names by itself.

    Raises:
        OSError: The folder cannot be opened or synchronised.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder_durable(folder: Path) -> None:
    """Make ``folder``, and the folders above it that lack, so that they survive a loss of power.

    Nothing is done for a folder that is there.

    Raises:
        OSError: It cannot be made.
    """
    if folder.is_dir():
        return
    make_folder_durable(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
