"""The threads that keep a camera connected and its queue empty, and hand over what is proven fresh."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from inspection.cameras.device import CaptureDevice, as_rgb, stream_time_ns
from inspection.cameras.freshness import Freshness
from inspection.part import Picture
from inspection.pictures.quality import digest

_FIRST_RETRY_S: Final = 0.1
_WATCH_S: Final = 0.1
"""So often the watch looks whether the device still answers."""
_GRACE_S: Final = 1.0
"""So much later than the driver, which has the same limits, the watch gives it up."""
_LEFT_BEHIND: Final = 3
"""So many threads may hang in their driver before no further device is opened."""
_USB_TIME_S: Final = 5.0
"""A USB driver whose time has not kept pace with the clock for so long has none, as some on Windows."""
_BAD_PICTURES: Final = 3
"""So many pictures in a row that cannot be used, and the device is opened anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDiagnostics:
    """How a camera has done since it was opened."""

    connected: bool
    proven: bool
    """What it sends now is known to be fresh: a capture would get a picture."""
    delivered: int
    """Pictures handed over."""
    frozen: int
    """Of these, bit for bit the same as the one before: the camera hangs, though its stream goes on."""
    unusable: int
    """Pictures that could not be decoded, or were no pictures."""
    reconnects: int
    last_problem: str
    """The last thing that went wrong; empty where nothing has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the device may take, in seconds."""

    open_s: float
    first_picture_s: float
    picture_s: float
    reconnect_s: float
    """Longest pause between attempts to reconnect."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What is handed over."""

    picture: Picture
    grabbed_at: datetime
    grabbed_ns: int


class Grabber:
    """Owns the device. All that its threads and the caller touch is guarded by one condition.

    One thread grabs; another watches it, opens the device anew when it was lost, and leaves a grabbing thread
    behind that hangs in its driver (no driver call can be ended from outside): what that one still does
    counts no more, and it releases its device when it comes back. A video file needs no watch.
    """

    def __init__(
        self,
        device: Callable[[], CaptureDevice],
        *,
        name: str,
        usb: bool,
        on_demand: bool,
        limits: Limits,
        now_ns: Callable[[], int],
    ) -> None:
        self._open_device = device
        self._name = name
        self._usb = usb
        self._on_demand = on_demand
        self._limits = limits
        self._now_ns = now_ns
        self._changed = threading.Condition()
        self._stopped = False
        self._turn = 0
        """Which connection counts; threads that were left behind have an earlier one."""
        self._ended_turn = -1
        """The last connection whose thread has come back."""
        self._due_ns: int | None = None
        """By when the device must have answered; None: nothing is asked of it."""
        self._connected = False
        self._proven = False
        self._proofs = 0
        """How often its pictures became believable."""
        self._wanted_ns: int | None = None
        """A picture is wanted that came, in effect, then or later; None: nobody waits."""
        self._shot: Shot | None = None
        self._last_digest = ""
        self._opened = self._delivered = self._frozen = self._unusable = 0
        self._problem = ""
        self._tried = False
        """An attempt to connect has come to its end."""
        # Daemons: a driver that never returns must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=f"camera-{name}", daemon=True)
        self._grabbing: list[threading.Thread] = []
        self._thread.start()

    @property
    def diagnostics(self) -> CameraDiagnostics:
        """How it has done. Never blocks for long."""
        with self._changed:
            return CameraDiagnostics(
                connected=self._connected,
                proven=self._proven,
                delivered=self._delivered,
                frozen=self._frozen,
                unusable=self._unusable,
                reconnects=max(0, self._opened - 1),
                last_problem=self._problem,
            )

    @property
    def connecting(self) -> bool:
        """The first attempt to connect is still under way."""
        with self._changed:
            return not self._tried

    @property
    def proofs(self) -> int:
        """How often its pictures became believable: grows when a camera connects or has caught up."""
        with self._changed:
            return self._proofs

    # --- the caller's side ----------------------------------------------------------------------------

    def wait_connected(self, timeout_s: float) -> bool:
        """Whether a picture has come within ``timeout_s``, or had before."""
        with self._changed:
            return self._changed.wait_for(lambda: self._connected, timeout_s)

    def next_shot(self, earliest_ns: int, *, timeout_s: float) -> Shot | None:
        """The first picture whose grab began at ``earliest_ns`` or later, and that came then in effect.

        None where none came within ``timeout_s``. See ``Freshness`` for when a picture came in effect.
        """
        with self._changed:
            self._shot = None
            self._wanted_ns = earliest_ns
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._shot is not None, timeout_s)
            self._wanted_ns = None
            shot = self._take_shot()
        if shot is not None:
            self._count(digest(shot.picture))  # not under the lock, for which the event loop would wait
        return shot

    def _take_shot(self) -> Shot | None:
        shot, self._shot = self._shot, None
        return shot

    def _count(self, fingerprint: str) -> None:
        with self._changed:
            self._frozen += fingerprint == self._last_digest
            self._last_digest = fingerprint
            self._delivered += 1

    def stop(self) -> None:
        """Tell the threads to end, and wait for them a quarter of a second at most."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(0.25)

    # --- the watch ------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause_s = _FIRST_RETRY_S
        while self._counts(self._turn):
            delivered_before = self._delivered
            if self._on_demand:
                self._serve_once(self._turn)
            else:
                self._watch_once()
            if self._delivered > delivered_before:
                pause_s = _FIRST_RETRY_S
            with self._changed:
                self._turn += 1
                self._due_ns = None
                self._connected = self._proven = False
                self._tried = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._stopped, min(pause_s, self._limits.reconnect_s))
            pause_s = min(2.0 * pause_s, self._limits.reconnect_s)
        for thread in self._grabbing:
            thread.join(0.2 / len(self._grabbing))

    def _watch_once(self) -> None:
        """Let one thread open the device and grab, until it ends or hangs."""
        self._grabbing = [thread for thread in self._grabbing if thread.is_alive()]
        if len(self._grabbing) >= _LEFT_BEHIND:
            self._note(
                self._turn,
                f"{_LEFT_BEHIND} threads hang in its driver, and it is not opened until one comes back: "
                "restart the engine, and the camera too where that does not help",
            )
            return
        self._expect(self._turn, self._limits.open_s + _GRACE_S)
        thread = threading.Thread(
            target=self._serve_once, args=(self._turn,), name=f"camera-{self._name}-grab", daemon=True
        )
        self._grabbing.append(thread)
        thread.start()
        with self._changed:
            while not self._changed.wait_for(
                lambda: self._stopped or self._ended_turn == self._turn, _WATCH_S
            ):
                if self._due_ns is not None and self._now_ns() > self._due_ns:
                    self._problem = "it stopped answering" if self._connected else "it did not answer in time"
                    return

    # --- the grabbing thread --------------------------------------------------------------------------

    def _serve_once(self, turn: int) -> None:
        try:
            device = self._open_device()
            try:
                if device.isOpened():
                    self._serve(device, turn)
                else:
                    self._note(turn, "it is not there")
            finally:
                device.release()
        except Exception as error:  # whatever a driver throws must not end the thread
            self._note(turn, f"{type(error).__name__}: {error}".splitlines()[0])
        finally:
            with self._changed:
                self._ended_turn = max(self._ended_turn, turn)
                self._changed.notify_all()

    def _serve(self, device: CaptureDevice, turn: int) -> None:
        """Grab until the device fails or we stop."""
        with self._changed:
            if self._turn == turn:
                self._opened += 1
        self._expect(turn, self._limits.first_picture_s + _GRACE_S)
        if self._on_demand:
            self._note_connected(turn)
        freshness = Freshness()
        untimed_from_ns = self._now_ns() + int(_USB_TIME_S * 1e9) if self._usb else None
        bad = 0
        while bad < _BAD_PICTURES and self._wait_for_work(turn):
            began_ns = self._now_ns()
            if not device.grab():
                self._note(turn, "the video has ended" if self._on_demand else "it was lost")
                break
            grabbed_at, came_ns = datetime.now(UTC), self._now_ns()
            self._note_connected(turn)
            self._expect(turn, self._limits.picture_s)
            due_ns: int | None = came_ns
            if not self._on_demand:
                stream_ns = stream_time_ns(device, usb=self._usb)
                if untimed_from_ns is not None and came_ns >= untimed_from_ns:
                    stream_ns = None
                due_ns = freshness.take(began_ns=began_ns, came_ns=came_ns, stream_ns=stream_ns)
                self._note_proven(turn, freshness.proven)
                if freshness.proven and stream_ns is not None:
                    untimed_from_ns = None
                if freshness.behind:
                    self._note(turn, "its pictures come late and do not catch up")
                    break
            # Only what somebody waits for is decoded; all else is grabbed to keep the queue empty.
            if due_ns is not None and self._is_wanted(turn, since_ns := min(began_ns, due_ns)):
                usable = self._hand_over(device, turn, since_ns, grabbed_at=grabbed_at, came_ns=came_ns)
                bad = 0 if usable else bad + 1

    def _hand_over(
        self, device: CaptureDevice, turn: int, since_ns: int, *, grabbed_at: datetime, came_ns: int
    ) -> bool:
        """Decode the picture that was grabbed and give it to who waits; False where it is none."""
        decoded, raw = device.retrieve()
        picture = as_rgb(raw) if decoded else None
        with self._changed:
            if picture is None:
                self._unusable += 1
                self._problem = "it sends what is no picture"
            # Asked again: that capture may have given up, and the next one wants a later picture.
            elif self._is_wanted(turn, since_ns):
                self._shot = Shot(picture, grabbed_at, came_ns)
                self._wanted_ns = None
                self._changed.notify_all()
        return picture is not None

    def _wait_for_work(self, turn: int) -> bool:
        """False where it is time to end. A file waits for a capture, a camera is grabbed without a pause."""
        with self._changed:
            if self._on_demand:
                self._changed.wait_for(lambda: self._stopped or self._wanted_ns is not None)
            return self._counts(turn)

    def _counts(self, turn: int) -> bool:
        with self._changed:
            return not self._stopped and self._turn == turn

    def _is_wanted(self, turn: int, since_ns: int) -> bool:
        with self._changed:
            return self._turn == turn and self._wanted_ns is not None and since_ns >= self._wanted_ns

    def _expect(self, turn: int, within_s: float) -> None:
        with self._changed:
            if self._turn == turn:
                self._due_ns = self._now_ns() + int(within_s * 1e9)

    def _note_connected(self, turn: int) -> None:
        with self._changed:
            if self._turn == turn and not self._connected:
                self._connected = True
                self._changed.notify_all()

    def _note_proven(self, turn: int, proven: bool) -> None:
        with self._changed:
            if self._turn == turn and proven != self._proven:
                self._proven = proven
                self._proofs += proven

    def _note(self, turn: int, problem: str) -> None:
        with self._changed:
            if self._turn == turn:
                self._problem = problem
