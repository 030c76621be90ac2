"""Picture files of instruments: read as on a station, and also those that a station would not take.

A station refuses what no camera of its own gives. Photographs of an instrument come from anywhere: with
transparency, a palette, 16 bits, as GIF or AVIF. What is said of each that was read so is a note.
"""

from pathlib import Path

from inspection.errors import CameraError
from inspection.instruments.dial import DialDescription
from inspection.pictures.decoding.decoding import read_picture
from inspection.pictures.decoding.lenient import Shown, orientation, read_leniently


def picture_of(path: Path) -> Shown:
    """A picture file in 8 bits, turned upright as its EXIF orientation says.

    Raises:
        CameraError: It cannot be read, or is damaged.
    """
    try:
        return Shown(read_picture(path, part="nothing was read of it"))
    except CameraError as error:
        if not path.is_file():
            raise
        shown = read_leniently(path)
        return Shown(shown.picture, (*shown.notes, f"a station would not take it: {error.what}"))


def picture_with(path: Path, dial: DialDescription) -> Shown:
    """The picture of a labelled dial: upright, as nearly every program shows it to whoever clicks marks.

    Where marks lie beyond the upright picture, but all within the one that is stored, they were clicked in
    that one: it is given as stored then, with a note.

    Raises:
        CameraError: As :func:`picture_of`.
    """
    shown = picture_of(path)
    height, width = shown.picture.shape[:2]
    if dial.relative or _hold(dial, width, height) or not _hold(dial, height, width):
        return shown
    if orientation(path) not in (5, 6, 7, 8):
        return shown
    stored = read_leniently(path, as_stored=True)
    note = "its marks lie in the picture as it is stored, not as EXIF turns it: read as stored"
    return Shown(stored.picture, (*shown.notes, note))


def _hold(dial: DialDescription, width: int, height: int) -> bool:
    """Whether a picture of this size has all marks and the centre in it."""
    places = (dial.center, *(mark.point for mark in dial.marks))
    return all(-1.0 <= x <= width and -1.0 <= y <= height for x, y in places)
