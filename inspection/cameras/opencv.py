"""Real cameras through OpenCV: USB by index, RTSP and other streams by URL; and video files."""

import time
from collections.abc import Callable

from inspection.cameras.device import CaptureDevice, device_opener, is_url, without_password
from inspection.cameras.grabber import CameraDiagnostics, Grabber, Limits
from inspection.errors import CameraError
from inspection.messages.codes import Code
from inspection.messages.message import NONE, Params
from inspection.messages.telling import said_as
from inspection.part import Frame

USB_LAG_MS = 40.0
STREAM_LAG_MS = 300.0

_NO_PICTURE = "the part has no picture and is not released"


class OpenCvCamera:
    """A camera that OpenCV can open. A thread of its own grabs pictures all the time; the latest one wins.

    A picture counts for a capture only if it is proven to show what was there after the capture was asked
    for: it came at least ``lag_ms`` after that, its grab began then or later, and nothing had held it up
    longer than that allows. What held it up, a stalled network or a queue that filled while the stream was
    being opened, is seen from the stream's own time (see ``Freshness``, which also says on what this rests).
    Where that cannot be proven, as in the first second or two of every connection, there is no picture.

    What cannot be seen is the camera's constant latency from the beginning of an exposure to the picture's
    arrival here, when nothing holds it up; ``lag_ms`` must cover it, and 10 ms more. With USB that is the
    exposure, the transfer and the driver; with RTSP also the camera's encoder and the decoder, which for
    H.264 are some pictures. For a stream measure it (film a running clock beside its own picture) and set it.

    A lost camera is opened anew, after 0.1 s, then twice as long each time up to ``reconnect_s``; so is one
    whose pictures stay late. One that hangs inside its driver cannot be stopped from outside: captures time
    out, its thread is left behind (it ends with its driver call), and another opens the camera.

    A video file is replayed one picture a capture, from its beginning; its frames are ``simulated``, and at
    its end it begins again.

    Args:
        name: The name that recipes' views use.
        source: Index of a USB camera, URL of a stream, or path of a video file.
        timeout_s: How long ``open`` and ``capture`` wait.
        lag_ms: See above. None: 40 for USB, 300 for a stream. Not used with a file.
        size: Width and height to ask the camera for; None leaves its own.
        open_timeout_s: How long opening may take; RTSP cameras need seconds.
        first_picture_timeout_s: How long, from then, the first picture may take: in H.264 until a key frame.
        picture_timeout_s: How long each later one may take before the camera is opened anew.
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
        open_timeout_s: float = 15.0,
        first_picture_timeout_s: float = 15.0,
        picture_timeout_s: float = 3.0,
        reconnect_s: float = 2.0,
        device: Callable[[], CaptureDevice] | None = None,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._name = name
        self._usb = isinstance(source, int)
        self._from_file = isinstance(source, str) and not is_url(source)
        self._shown = without_password(source)
        self._timeout_s = timeout_s
        if lag_ms is None:
            lag_ms = USB_LAG_MS if self._usb else STREAM_LAG_MS
        self._lag_ns = 0 if self._from_file else int(lag_ms * 1e6)
        self._limits = Limits(
            open_s=open_timeout_s,
            first_picture_s=first_picture_timeout_s,
            picture_s=picture_timeout_s,
            reconnect_s=reconnect_s,
        )
        self._device = device or device_opener(
            source, open_timeout_s=open_timeout_s, read_timeout_s=first_picture_timeout_s, size=size
        )
        self._now_ns = now_ns
        self._grabber: Grabber | None = None
        self._failed: tuple[int, str] | None = None
        """At which proof of freshness the last capture failed, and why; None where it did not."""

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
                connected=False,
                proven=False,
                delivered=0,
                frozen=0,
                unusable=0,
                reconnects=0,
                last_problem="not open",
            )
        return self._grabber.diagnostics

    @property
    def fault(self) -> str:
        """Why a capture would get no picture now; empty where it would. Never blocks.

        A capture's failure is a fault until the next one succeeds, or the camera has connected or caught up
        since.
        """
        grabber = self._grabber
        where = f"camera {self._name!r} at {self._shown}"
        if grabber is None:
            return said_as(f"{where} is not open", Code.CAMERA_NOT_OPEN, self._named)
        state = grabber.diagnostics
        if not self._from_file and not state.connected:
            because = f" ({state.last_problem})" if state.last_problem else ""
            return said_as(f"{where} is connecting{because}", Code.CAMERA_CONNECTING, self._named)
        if not self._from_file and not state.proven:
            unproven = f"{where} has not shown yet that its pictures are fresh"
            return said_as(unproven, Code.CAMERA_UNPROVEN, self._named)
        if self._failed is not None and self._failed[0] == grabber.proofs:
            return self._failed[1]
        return ""

    def open(self) -> None:
        """Start the thread and wait for the camera's first picture. Where it is open already, only wait.

        Where it is still being connected when ``timeout_s`` is over, that is no error: many cameras take
        longer. ``fault`` says so, and captures work once it has come.

        Raises:
            CameraError: It is not there. The thread goes on trying until ``close``, so that captures work
                once the camera comes.
        """
        if self._grabber is None:
            self._failed = None
            self._grabber = Grabber(
                self._device,
                name=self._name,
                usb=self._usb,
                on_demand=self._from_file,
                limits=self._limits,
                now_ns=self._now_ns,
            )
        if not self._grabber.wait_connected(self._timeout_s) and not self._grabber.connecting:
            raise self._error(
                "could not be opened",
                "check its plug and address, and that no other program has it",
                Code.CAMERA_NOT_OPENED,
            )

    def capture(self, part_id: int) -> Frame:
        """A picture exposed after this call. ``part_id`` does not matter.

        Raises:
            CameraError: Not open, or no picture within ``timeout_s`` that is proven fresh.
        """
        grabber = self._grabber
        if grabber is None:
            raise CameraError(
                f"camera {self._name!r} is not open",
                part=_NO_PICTURE,
                todo="start the station's cameras before its line",
                code=Code.CAMERA_NOT_OPEN,
                params=self._named,
            )
        shot = grabber.next_shot(self._now_ns() + self._lag_ns, timeout_s=self._timeout_s)
        if shot is None:
            error = self._no_picture(grabber)
            self._failed = (grabber.proofs, error.sentence)
            raise error
        self._failed = None
        return Frame(
            picture=shot.picture,
            camera=self._name,
            captured_at=shot.grabbed_at,
            captured_ns=shot.grabbed_ns,
            number=grabber.diagnostics.delivered,
            simulated=self._from_file,
            source=self._shown,
        )

    def close(self) -> None:
        """Tell the thread to end, and wait for it a quarter of a second at most."""
        if self._grabber is not None:
            self._grabber.stop()
        self._grabber = None

    def _no_picture(self, grabber: Grabber) -> CameraError:
        state = grabber.diagnostics
        what = f"gave no fresh picture within {self._timeout_s:g} s"
        waited: Params = {"timeout_s": self._timeout_s}
        if state.connected and not state.proven and not self._from_file:
            return self._error(
                f"{what}: none that comes now is proven to be younger than its trigger",
                "wait a few seconds after it has connected; if it happens without that, check the network",
                Code.CAMERA_NO_PICTURE,
                waited,
            )
        return self._error(what, "check its cable, power and network", Code.CAMERA_NO_PICTURE, waited)

    def _error(self, what: str, todo: str, code: Code, params: Params = NONE) -> CameraError:
        problem = self.diagnostics.last_problem
        because = f" ({problem})" if problem else ""
        return CameraError(
            f"camera {self._name!r} at {self._shown} {what}{because}",
            part=_NO_PICTURE,
            todo=todo,
            code=code,
            params={**self._named, **params},
        )

    @property
    def _named(self) -> Params:
        """Which camera, as messages name it."""
        return {"camera": self._name}
