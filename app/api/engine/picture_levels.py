"""Pictures above 8 bits, as the API shows them: screens and browsers have 8."""

from pathlib import Path

import cv2

from inspection.errors import CameraError
from inspection.levels import EightBitRule, to_8_bits
from inspection.part import Frame
from inspection.pictures.decoding.decoding import read_archived


def camera_jpeg(frame: Frame, rule: EightBitRule) -> bytes | None:
    """A camera's picture; None where it cannot be encoded."""
    picture = to_8_bits(frame.picture, bit_depth=frame.bit_depth, rule=rule)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return data.tobytes() if done else None


def archived_png(path: Path) -> bytes:
    """An archived picture in 8 bits; empty where it cannot be read.

    A damaged one is sent as it is: what is shown must not look better than what is kept.
    """
    try:
        done, data = cv2.imencode(".png", cv2.cvtColor(read_archived(path), cv2.COLOR_RGB2BGR))
    except CameraError:
        return b""
    return data.tobytes() if done else b""
