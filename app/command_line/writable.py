"""What would fail at the end of long work is refused before it: a place that cannot be written."""

from pathlib import Path

from inspection.errors import PassgateError
from inspection.files.atomic import check_writable


def refuse_unwritable(*files: Path) -> None:
    """Raise PassgateError where one of some files could not be written: asked before the work, not after."""
    for file in files:
        try:
            check_writable(file)
        except OSError as error:
            raise PassgateError(
                f"{file} cannot be written: {error.strerror or error}",
                part="nothing was begun",
                todo="name another place, or check the folder and its rights",
            ) from error
