"""Making folders and names survive a loss of power; file contents are their writer's business."""

import os
import sys
from pathlib import Path


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


def make_folder(folder: Path) -> None:
    """Make ``folder`` and what lies above it, durably; nothing is done for a folder that is there.

    Raises:
        OSError: It cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
