"""One kind of picture file: how it is made, what it shows, and what must become of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.inspection.pictures.picture_writers import COLOUR, GREY, Maker, Values, deep

DEEP: Final = "it has 16 bits a channel, and no such depth is stated"
SHEER: Final = "parts of it are transparent, and what shows there is not known"
MANY: Final = "it holds 2 pictures, and which one shows the part is not known"
TOO_LARGE: Final = "it says that it has more than 178 million pixels, and no more are read"

WIDE_GREY: Final = deep(GREY, 257)
WIDE: Final = deep(COLOUR, 257)
UPRIGHT: Final = {
    1: COLOUR,
    2: COLOUR[:, ::-1],
    3: COLOUR[::-1, ::-1],
    4: COLOUR[::-1],
    5: COLOUR.swapaxes(0, 1),
    6: np.rot90(COLOUR, -1),
    7: COLOUR.swapaxes(0, 1)[::-1, ::-1],
    8: np.rot90(COLOUR),
}
"""What a picture with each EXIF orientation shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureKind:
    """One kind of file."""

    format: str
    what: str
    by: str
    """Who wrote it."""
    make: Maker
    suffix: str
    shows: Values
    """What a person sees: grey levels or RGB, 8 bits."""
    off: int = 0
    """Grey levels by which a pixel may be off, because of the format's compression or its bits."""
    refused: str = ""
    """The words with which it is refused; empty where it is read."""

    @property
    def truth(self) -> NDArray[np.uint8]:
        """What must be read."""
        grey = self.shows.astype(np.uint8) * np.uint8(255) if self.shows.dtype == bool else self.shows
        return np.asarray(grey if grey.ndim == 3 else np.stack([grey] * 3, axis=2), np.uint8)


Row = tuple[str, str, Maker, Values] | tuple[str, str, Maker, Values, int | str]
"""What, by whom, how, what it shows; then by how many grey levels it may be off, or why it is refused."""
