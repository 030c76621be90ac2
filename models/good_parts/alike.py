"""Whether the good pictures of a folder show anything, alike in their colour channels and in how it lies."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import structlog

from inspection.errors import RecipeError
from inspection.part import Frame, Picture
from inspection.pictures import channels
from models.good_parts.turned import Thumbnail, thumbnail, turned
from models.good_parts.unteachable import listed

log = structlog.get_logger(__name__)

_PLACE_PX: Final = 8
"""Sides of a place, in pixels: a sensor's noise cancels over so many, and most textures do not."""
_FLAT: Final = 1.0
"""Grey levels: where the places of a picture deviate by less, it shows no part."""


class AlikeInColourAndPlace:
    """Takes the pictures one by one, and says of all of them what is not alike."""

    def __init__(self) -> None:
        self._contrasts: list[channels.Contrasts] = []
        self._thumbnails: list[Thumbnail] = []
        self._spreads: list[float] = []

    def add(self, frame: Frame, judged: Picture) -> None:
        """One good picture, and what the view judges of it."""
        self._contrasts.append(channels.contrasts(frame.picture, frame.bit_depth))
        self._thumbnails.append(thumbnail(judged))
        self._spreads.append(_spread(judged))

    def refuse_blank(self, names: Sequence[str]) -> None:
        """Raise RecipeError where pictures show nothing, as with the lens covered or the light off."""
        blank = [index for index, spread in enumerate(self._spreads) if spread < _FLAT]
        if blank:
            raise RecipeError(
                f"{listed(blank, names)} {'shows' if len(blank) == 1 else 'show'} nothing: black, white or "
                f"blank, places of {_PLACE_PX} x {_PLACE_PX} pixels deviate by less than a grey level",
                part="nothing was taught, since a station would then release parts that no picture shows",
                todo="check lens, light and exposure, and take these out; where good parts look so, teach "
                "with --keep-outliers",
            )

    def refuse_dead_channels(self, names: Sequence[str]) -> None:
        """Raise RecipeError where a colour channel shows nothing in some pictures, and does in others."""
        for channel, pictures in channels.dead_among(self._contrasts).items():
            raise RecipeError(
                f"the {channels.NAMES[channel]} channel shows nothing in {listed(pictures, names)}, "
                "and does in the others",
                part="nothing was taught, since a station would then take pictures with a dead channel",
                todo="take these out, and check the camera; where all are meant, teach with --keep-outliers",
            )

    def warn_of_turned(self, names: Sequence[str]) -> None:
        """Say where parts lie turned against the first one: every place is then taken for any other."""
        if pictures := turned(self._thumbnails):
            log.warning(
                f"the pictures show the part turned: {listed(pictures, names)} against {names[0]}",
                todo="small defects drown in that: let the fixture hold the part, or have parts aligned",
            )


def _spread(picture: Picture) -> float:
    """By how many grey levels the places of all of a picture, (height, width, 3), deviate.

    It is infinite where a picture is too small to have places: :mod:`models.good_parts.sizes` tells of that.
    """
    height, width = picture.shape[:2]
    if min(height, width) < 2 * _PLACE_PX:
        return math.inf
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    places = (max(1, width // _PLACE_PX), max(1, height // _PLACE_PX))
    return float(cv2.resize(grey, places, interpolation=cv2.INTER_AREA).std())
