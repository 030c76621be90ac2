"""What is used of ``cv2.VideoCapture``, and how devices, streams and video files are opened with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import cv2
import numpy as np

from inspection.part import Picture

_UNTIMED: Final = -(2.0**62)
"""FFmpeg's mark for "no time" is -2^63."""


class CaptureDevice(Protocol):
    """What is used of ``cv2.VideoCapture``."""

    def isOpened(self) -> bool:  # noqa: N802 OpenCV's name
        """Whether there is a device behind it. A stream may be opened without one picture having come."""

    def grab(self) -> bool:
        """Wait for the next picture."""

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        """Decode the picture that was grabbed."""

    def get(self, propId: int) -> float:  # noqa: N803 OpenCV's name
        """A property of the device, or of the picture that was grabbed."""

    def release(self) -> None:
        """Let go of the device."""


def device_opener(
    source: int | str, *, open_timeout_s: float, read_timeout_s: float, size: tuple[int, int] | None
) -> Callable[[], CaptureDevice]:
    """What opens ``source``: index of a USB camera, URL of a stream, or path of a video file.

    Args:
        source: See above.
        open_timeout_s: How long opening a stream may take.
        read_timeout_s: How long a stream's picture may take. OpenCV 5.0.0.93 takes both limits only when it
            opens (``set`` has no effect), so this is the limit for the first picture, which in H.264 comes
            with the next key frame.
        size: Width and height to ask a USB camera for.
    """

    def usb(index: int) -> CaptureDevice:
        device = cv2.VideoCapture(index)
        # Not every driver obeys; the thread empties the queue in any case.
        device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if size is not None:
            device.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            device.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        return device

    def stream(address: str) -> CaptureDevice:
        # Without limits FFmpeg waits half a minute for a camera that has gone. One thread: each further one
        # holds back one more picture of H.264, so that the camera's lag would depend on the computer's cores.
        limits = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(open_timeout_s * 1e3)),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(read_timeout_s * 1e3)),
            *(cv2.CAP_PROP_N_THREADS, 1),
        ]
        return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)

    return lambda: usb(source) if isinstance(source, int) else stream(source)


def stream_time_ns(device: CaptureDevice, *, usb: bool) -> int | None:
    """The stream's own time of the picture that was grabbed; None where it has none.

    FFmpeg invents one for a stream without (MJPEG over HTTP): so many pictures at 25 a second. Only the
    picture's PTS tells. V4L2 stamps each buffer as the driver fills it, Media Foundation each sample.
    """
    if not usb and device.get(cv2.CAP_PROP_PTS) < _UNTIMED:
        return None
    position_ms = device.get(cv2.CAP_PROP_POS_MSEC)
    if usb and position_ms <= 0.0:
        return None
    return int(position_ms * 1e6)


def as_rgb(raw: np.ndarray | None) -> Picture | None:
    """What OpenCV decoded (BGR, BGRA or grey, 8 bits) as RGB; None where it is none of these, or empty."""
    if raw is None or raw.dtype != np.uint8 or raw.size == 0:
        return None
    channels = 1 if raw.ndim == 2 else raw.shape[2] if raw.ndim == 3 else 0
    codes = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    if channels not in codes:
        return None
    return cv2.cvtColor(raw, codes[channels]).astype(np.uint8, copy=False)


def is_url(source: str) -> bool:
    """Whether ``source`` is a stream's address and not a file's path."""
    return "://" in source


def without_password(source: int | str) -> str:
    """The source for people and records: a URL without user, password and query."""
    if isinstance(source, int):
        return f"USB {source}"
    if not is_url(source):
        return str(Path(source))
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
