"""Real cameras through OpenCV: USB by index, RTSP and other streams by URL; and video files."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import cv2
import numpy as np

from inspection.errors import CameraError
from inspection.part import Frame, Picture
from inspection.quality import digest

USB_LAG_MS = 40.0
STREAM_LAG_MS = 300.0

_NO_PICTURE = "the part has no picture and is not released"
_FIRST_RETRY_S = 0.1
_BAD_PICTURES = 3
"""So many pictures in a row that cannot be used, and the device is opened anew."""


class CaptureDevice(Protocol):
    """What is used of ``cv2.VideoCapture``."""

    def isOpened(self) -> bool:  # noqa: N802 OpenCV's name
        """Whether there is a device behind it."""

    def grab(self) -> bool:
        """Wait for the next picture."""

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        """Decode the picture that was grabbed."""

    def release(self) -> None:
        """Let go of the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDiagnostics:
    """How a camera has done since it was opened."""

    connected: bool
    delivered: int
    """Pictures handed over."""
    frozen: int
    """Of these, bit for bit the same as the one before: the camera hangs, though its stream goes on."""
    unusable: int
    """Pictures that could not be decoded, or were no pictures."""
    reconnects: int
    last_problem: str
    """The last thing that went wrong; empty where nothing has."""


class OpenCvCamera:
    """A camera that OpenCV can open. A thread of its own grabs pictures all the time; the latest one wins.

    A picture counts for a capture only if its grab *began* at least ``lag_ms`` after the capture was asked
    for. Since the thread empties the driver's queue all the time, what it grabs then was exposed after the
    trigger, provided that ``lag_ms`` covers the time from the exposure to the picture's arrival here: with
    USB the exposure, the transfer and one period of the camera; with RTSP also the camera's encoder and the
    network's buffers. For RTSP measure it (film a running clock beside its own picture) and set it; a stream
    whose lag wanders is not fit for parts that move.

    A lost camera is opened anew by the thread, after 0.1 s, then twice as long each time up to
    ``reconnect_s``. One that hangs inside its driver cannot be stopped from outside: captures time out,
    ``close`` leaves the thread behind (it ends with its driver call), and ``open`` starts another.

    A video file is replayed one picture a capture, from its beginning; its frames are ``simulated``, and at
    its end it begins again.

    Args:
        name: The name that recipes' views use.
        source: Index of a USB camera, URL of a stream, or path of a video file.
        timeout_s: How long ``open`` and ``capture`` wait.
        lag_ms: See above. None: 40 for USB, 300 for a stream. Not used with a file.
        size: Width and height to ask the camera for; None leaves its own.
        reconnect_s: Longest pause between attempts to reconnect.
        device: Opens the device; by default OpenCV's. Blocks, and may be called in any thread.
        now_ns: The monotonic clock.
    """

    def __init__(
        self,
        name: str,
        source: int | str,
        *,
        timeout_s: float = 1.0,
        lag_ms: float | None = None,
        size: tuple[int, int] | None = None,
        reconnect_s: float = 2.0,
        device: Callable[[], CaptureDevice] | None = None,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._name = name
        self._from_file = isinstance(source, str) and not _is_url(source)
        self._shown = _without_password(source)
        self._timeout_s = timeout_s
        if lag_ms is None:
            lag_ms = USB_LAG_MS if isinstance(source, int) else STREAM_LAG_MS
        self._lag_ns = 0 if self._from_file else int(lag_ms * 1e6)
        self._reconnect_s = reconnect_s
        self._device = device or (lambda: _open_device(source, timeout_s=timeout_s, size=size))
        self._now_ns = now_ns
        self._grabber: _Grabber | None = None

    @property
    def name(self) -> str:
        """The name that recipes' views use."""
        return self._name

    @property
    def simulated(self) -> bool:
        """True for a video file."""
        return self._from_file

    @property
    def diagnostics(self) -> CameraDiagnostics:
        """How it has done since it was opened. Never blocks."""
        if self._grabber is None:
            return CameraDiagnostics(
                connected=False, delivered=0, frozen=0, unusable=0, reconnects=0, last_problem="not open"
            )
        return self._grabber.diagnostics

    def open(self) -> None:
        """Start the thread and wait for the camera's first picture. Where it is open already, only wait.

        Raises:
            CameraError: Not there within ``timeout_s``. The thread goes on trying until ``close``, so that
                captures work once the camera comes.
        """
        if self._grabber is None:
            self._grabber = _Grabber(
                self._device,
                name=self._name,
                on_demand=self._from_file,
                reconnect_s=self._reconnect_s,
                now_ns=self._now_ns,
            )
        if not self._grabber.wait_connected(self._timeout_s):
            raise self._error(
                "could not be opened", "check its plug and address, and that no other program has it"
            )

    def capture(self, part_id: int) -> Frame:
        """A picture exposed after this call. ``part_id`` does not matter.

        Raises:
            CameraError: Not open, or no fresh picture within ``timeout_s``.
        """
        if self._grabber is None:
            raise CameraError(
                f"camera {self._name!r} is not open",
                part=_NO_PICTURE,
                todo="start the station's cameras before its line",
            )
        shot = self._grabber.next_shot(self._now_ns() + self._lag_ns, timeout_s=self._timeout_s)
        if shot is None:
            raise self._error(
                f"gave no fresh picture within {self._timeout_s:g} s", "check its cable, power and network"
            )
        return Frame(
            picture=shot.picture,
            camera=self._name,
            captured_at=shot.grabbed_at,
            captured_ns=shot.grabbed_ns,
            number=self._grabber.diagnostics.delivered,
            simulated=self._from_file,
            source=self._shown,
        )

    def close(self) -> None:
        """Tell the thread to end, and wait for it a quarter of a second at most."""
        if self._grabber is not None:
            self._grabber.stop()
        self._grabber = None

    def _error(self, what: str, todo: str) -> CameraError:
        problem = self.diagnostics.last_problem
        because = f" ({problem})" if problem else ""
        return CameraError(
            f"camera {self._name!r} at {self._shown} {what}{because}", part=_NO_PICTURE, todo=todo
        )


@dataclass(frozen=True, slots=True)
class _Shot:
    """What the thread hands over."""

    picture: Picture
    grabbed_at: datetime
    grabbed_ns: int


class _Grabber:
    """The thread that owns the device. All that both sides touch is guarded by one condition."""

    def __init__(
        self,
        device: Callable[[], CaptureDevice],
        *,
        name: str,
        on_demand: bool,
        reconnect_s: float,
        now_ns: Callable[[], int],
    ) -> None:
        self._open_device = device
        self._on_demand = on_demand
        self._reconnect_s = reconnect_s
        self._now_ns = now_ns
        self._changed = threading.Condition()
        self._stopped = False
        self._connected = False
        self._wanted_ns: int | None = None
        """A picture is wanted whose grab began then or later; None: nobody waits."""
        self._shot: _Shot | None = None
        self._last_digest = ""
        self._opened = self._delivered = self._frozen = self._unusable = 0
        self._problem = ""
        # A daemon: a driver that never returns must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=f"camera-{name}", daemon=True)
        self._thread.start()

    @property
    def diagnostics(self) -> CameraDiagnostics:
        with self._changed:
            return CameraDiagnostics(
                connected=self._connected,
                delivered=self._delivered,
                frozen=self._frozen,
                unusable=self._unusable,
                reconnects=max(0, self._opened - 1),
                last_problem=self._problem,
            )

    # --- the caller's side ----------------------------------------------------------------------------

    def wait_connected(self, timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._connected, timeout_s)

    def next_shot(self, earliest_ns: int, *, timeout_s: float) -> _Shot | None:
        """The first picture whose grab began at ``earliest_ns`` or later; None where none came in time."""
        with self._changed:
            self._shot = None
            self._wanted_ns = earliest_ns
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._shot is not None, timeout_s)
            self._wanted_ns = None
            return self._count_shot()

    def _count_shot(self) -> _Shot | None:
        shot = self._shot
        self._shot = None
        if shot is not None:
            fingerprint = digest(shot.picture)
            self._frozen += fingerprint == self._last_digest
            self._last_digest = fingerprint
            self._delivered += 1
        return shot

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(0.25)

    # --- the thread's side ----------------------------------------------------------------------------

    def _run(self) -> None:
        pause_s = _FIRST_RETRY_S
        while self._is_running():
            delivered_before = self._delivered
            try:
                self._serve_once()
            except Exception as error:  # whatever a driver throws must not end the thread
                self._note(f"{type(error).__name__}: {error}".splitlines()[0])
            if self._delivered > delivered_before:
                pause_s = _FIRST_RETRY_S
            with self._changed:
                self._connected = False
                self._changed.wait_for(lambda: self._stopped, min(pause_s, self._reconnect_s))
            pause_s = min(2.0 * pause_s, self._reconnect_s)

    def _is_running(self) -> bool:
        with self._changed:
            return not self._stopped

    def _serve_once(self) -> None:
        device = self._open_device()
        try:
            if device.isOpened():
                self._serve(device)
            else:
                self._note("it is not there")
        finally:
            device.release()

    def _serve(self, device: CaptureDevice) -> None:
        """Grab until the device fails or we stop."""
        with self._changed:
            self._opened += 1
        if self._on_demand:
            self._note_connected()
        bad = 0
        while bad < _BAD_PICTURES and self._wait_for_work():
            began_ns = self._now_ns()
            if not device.grab():
                self._note("the video has ended" if self._on_demand else "it was lost")
                break
            grabbed_at, grabbed_ns = datetime.now(UTC), self._now_ns()
            self._note_connected()
            # Only what somebody waits for is decoded; all else is grabbed to keep the queue empty.
            if not self._is_wanted(began_ns):
                continue
            decoded, raw = device.retrieve()
            picture = _as_rgb(raw) if decoded else None
            with self._changed:
                if picture is None:
                    bad += 1
                    self._unusable += 1
                    self._problem = "it sends what is no picture"
                else:
                    bad = 0
                    # Asked again: that capture may have given up, and the next one wants a later picture.
                    if self._wanted_ns is not None and began_ns >= self._wanted_ns:
                        self._shot = _Shot(picture, grabbed_at, grabbed_ns)
                        self._wanted_ns = None
                        self._changed.notify_all()

    def _wait_for_work(self) -> bool:
        """False where it is time to end. A file waits for a capture, a camera is grabbed without a pause."""
        with self._changed:
            if self._on_demand:
                self._changed.wait_for(lambda: self._stopped or self._wanted_ns is not None)
            return not self._stopped

    def _is_wanted(self, began_ns: int) -> bool:
        with self._changed:
            return self._wanted_ns is not None and began_ns >= self._wanted_ns

    def _note_connected(self) -> None:
        with self._changed:
            if not self._connected:
                self._connected = True
                self._changed.notify_all()

    def _note(self, problem: str) -> None:
        with self._changed:
            self._problem = problem


def _open_device(source: int | str, *, timeout_s: float, size: tuple[int, int] | None) -> CaptureDevice:
    if isinstance(source, int):
        device = cv2.VideoCapture(source)
        # Not every driver obeys; the thread empties the queue in any case.
        device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if size is not None:
            device.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            device.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        return device
    # Without these FFmpeg waits half a minute for a camera that has gone.
    timeout_ms = int(timeout_s * 1000.0)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms]
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)


def _as_rgb(raw: np.ndarray | None) -> Picture | None:
    """What OpenCV decoded (BGR, BGRA or grey, 8 bits) as RGB; None where it is none of these, or empty."""
    if raw is None or raw.dtype != np.uint8 or raw.size == 0:
        return None
    channels = 1 if raw.ndim == 2 else raw.shape[2] if raw.ndim == 3 else 0
    codes = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    if channels not in codes:
        return None
    return cv2.cvtColor(raw, codes[channels]).astype(np.uint8, copy=False)


def _is_url(source: str) -> bool:
    return "://" in source


def _without_password(source: int | str) -> str:
    """The source for people and records: a URL without user, password and query."""
    if isinstance(source, int):
        return f"USB {source}"
    if not _is_url(source):
        return str(Path(source))
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
