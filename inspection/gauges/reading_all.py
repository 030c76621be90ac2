"""Reads an instrument of any kind: the one way in for stations and commands."""

import logging
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from inspection.gauges.codes import read_code
from inspection.gauges.dial.reader import read_dial
from inspection.gauges.display.reader import read_display
from inspection.gauges.lamps import read_lamp
from inspection.gauges.level_glasses import read_level
from inspection.instruments.code import CodeDescription
from inspection.instruments.description import Description
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription
from inspection.instruments.indicator import LampDescription, LevelDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture

_LOG: Final = logging.getLogger("passgate.gauges")


def read(pictures: Sequence[Picture], what: Description) -> Reading:
    """What an instrument shows.

    Args:
        pictures: Of the same place, one or ``what.frames``, each height x width x 3, uint8,
            RGB; not written into. Whoever reads one picture takes the first.
        what: The instrument; places in the pictures' pixels.

    Returns:
        The reading, with how long it took. It never raises: no picture of 8 bits is WRONG_DEPTH; where
        a reader breaks it is FAILED, and the fault is in the log.
    """
    begun = time.perf_counter()
    try:
        reading = _read(pictures, what)
    except Exception:  # whatever fails there: the part is not judged by it
        _LOG.exception("the reader of a %s failed", what.kind)
        reading = Unreadable.FAILED
    if isinstance(reading, Unreadable):
        reading = unreadable(InstrumentKind(what.kind), reading, unit=getattr(what, "unit", ""))
    return reading.model_copy(update={"ms": (time.perf_counter() - begun) * 1e3})


def _read(pictures: Sequence[Picture], what: Description) -> Reading | Unreadable:
    if not all(
        picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3 and picture.size
        for picture in pictures
    ):
        return Unreadable.WRONG_DEPTH
    match what:
        case DialDescription():
            return read_dial(pictures[0], what)
        case DisplayDescription():
            return read_display(pictures, what)
        case LampDescription():
            return read_lamp(pictures, what)
        case LevelDescription():
            return read_level(pictures[0], what)
        case CodeDescription():
            return read_code(pictures[0], what)
