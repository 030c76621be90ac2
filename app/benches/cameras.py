"""``passgate bench camera``: real streams, a network that stands still and is lost, and each picture's age.

Cameras over HTTP and RTSP draw the time of exposure into their pictures (``clock_camera.py``); the product's
``OpenCvCamera`` takes one for each trigger, at random moments of steady running, hiccups and connecting.
A picture exposed before its trigger is stale: it may show the part before.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Final, Protocol

from app.testline.clock_camera import HttpCamera, Network, RtspCamera, read_clock
from inspection.cameras.opencv import OpenCvCamera
from inspection.decision import Frozen
from inspection.errors import CameraError
from inspection.recipe import EIGHT_BITS

READY_S: Final = 60.0
STEADY_REFUSED: Final = 0.01
"""At most so many triggers of steady running may get no picture."""
_SHARES: Final = (0.6, 0.25)
"""Of the triggers: steady running, hiccups; the rest while connecting."""


class StreamKind(StrEnum):
    """Which camera."""

    HTTP_MJPEG = "http-mjpeg"
    HTTP_MJPEG_DROPS = "http-mjpeg-drops"
    """It leaves out pictures while the network stands still."""
    RTSP_MJPEG = "rtsp-mjpeg"
    RTSP_H264 = "rtsp-h264"


LAG_MS: Final = {
    StreamKind.HTTP_MJPEG: 30.0,
    StreamKind.HTTP_MJPEG_DROPS: 30.0,
    StreamKind.RTSP_MJPEG: 20.0,
    StreamKind.RTSP_H264: 60.0,
}
"""Barely over these cameras' constant latency (2 ms, and 41 with H.264, which gives a picture when the next
one comes) and what ``Freshness`` asks for more: a larger lag would hide what is to be found."""


class Moment(StrEnum):
    """When a trigger came."""

    STEADY = "steady"
    HICCUP = "hiccup"
    """While the network stood still for 0.1 to 2 s, or up to half a second after."""
    CONNECTING = "connecting"
    """Within four seconds after the connection was lost, or the camera opened."""


class Triggers(Frozen):
    """What became of the triggers of one kind of moment."""

    triggers: int
    refused: int
    """No picture: such a part goes to manual review."""
    stale: int
    """Pictures that were exposed before their trigger."""
    oldest_ms: int | None
    """The least time from a trigger to the exposure of its picture; negative where one is stale."""
    slowest_ms: int | None
    """The longest time from a trigger to its picture."""
    least_latency_ms: int | None
    """The least time from an exposure to its picture's arrival: what the lag must cover."""


class CameraBench(Frozen):
    """A run over all streams."""

    seed: int
    duration_s: float
    triggers: int
    stale: int
    steady_refused: float
    """As a share, over all streams."""
    goals_met: dict[str, bool]
    streams: dict[StreamKind, dict[Moment, Triggers]]
    reconnects: dict[StreamKind, int]


class ServedCamera(Protocol):
    """A camera of ``clock_camera``."""

    port: int

    def url(self, port: int) -> str:
        """The stream's address where ``port`` leads to it."""


def bench_camera(
    triggers: int,
    *,
    seed: int,
    kinds: Sequence[StreamKind] = tuple(StreamKind),
    on_progress: Callable[[int], None] = lambda _: None,
) -> CameraBench:
    """Trigger ``triggers`` times, shared out among streams of ``kinds`` that run beside each other.

    Args:
        triggers: How many, in all.
        seed: Of the moments.
        kinds: Which cameras.
        on_progress: Told how many triggers are done.

    Raises:
        CameraError: A camera cannot be served here, or does not come up within a minute.
    """
    started_s = time.monotonic()
    lock = threading.Lock()
    done = 0

    def one_more() -> None:
        nonlocal done
        with lock:
            done += 1
            on_progress(done)

    def run(index: int, kind: StreamKind) -> _Run:
        share = triggers // len(kinds) + (index < triggers % len(kinds))
        with serve(kind) as camera, Network(camera.port) as network:
            taken = OpenCvCamera("main", camera.url(network.port), lag_ms=LAG_MS[kind])
            stream = _Run(taken, network, random.Random(seed + index), one_more)  # noqa: S311
            stream.go_through(share)
        return stream

    with ThreadPoolExecutor(max_workers=len(kinds)) as pool:
        runs = dict(zip(kinds, pool.map(run, range(len(kinds)), kinds), strict=True))
    streams = {kind: {moment: run.found(moment) for moment in Moment} for kind, run in runs.items()}
    found = [moments for stream in streams.values() for moments in stream.values()]
    steady = [stream[Moment.STEADY] for stream in streams.values()]
    steady_refused = sum(s.refused for s in steady) / max(1, sum(s.triggers for s in steady))
    stale = sum(moment.stale for moment in found)
    return CameraBench(
        seed=seed,
        duration_s=round(time.monotonic() - started_s, 1),
        triggers=sum(moment.triggers for moment in found),
        stale=stale,
        steady_refused=round(steady_refused, 4),
        goals_met={
            "no stale picture": stale == 0,
            "steady refused at most 1 %": steady_refused <= STEADY_REFUSED,
        },
        streams=streams,
        reconnects={kind: run.reconnects for kind, run in runs.items()},
    )


def serve(kind: StreamKind) -> "AbstractContextManager[HttpCamera] | AbstractContextManager[RtspCamera]":
    """A camera of this kind, not started yet."""
    match kind:
        case StreamKind.HTTP_MJPEG:
            return HttpCamera()
        case StreamKind.HTTP_MJPEG_DROPS:
            return HttpCamera(keeps_backlog=False)
        case StreamKind.RTSP_MJPEG:
            return RtspCamera("mjpeg")
        case StreamKind.RTSP_H264:
            return RtspCamera("h264")


class _Run:
    """All triggers of one stream."""

    def __init__(
        self, camera: OpenCvCamera, network: Network, moments: random.Random, one_more: Callable[[], None]
    ) -> None:
        self._network = network
        self._moments = moments
        self._one_more = one_more
        self._camera = camera
        self._after_ms: dict[Moment, list[int]] = {moment: [] for moment in Moment}
        """From trigger to exposure, of each picture."""
        self._took_ms: dict[Moment, list[int]] = {moment: [] for moment in Moment}
        self._latency_ms: dict[Moment, list[int]] = {moment: [] for moment in Moment}
        self._refused = dict.fromkeys(Moment, 0)
        self.reconnects = 0

    def go_through(self, triggers: int) -> None:
        steady, hiccups = (round(share * triggers) for share in _SHARES)
        try:
            self._connect(triggers - steady - hiccups)
            self._wait_ready()
            for _ in range(steady):
                time.sleep(self._moments.uniform(0.05, 0.5))
                self._trigger(Moment.STEADY)
            for _ in range(hiccups):
                self._hiccup()
                self._wait_ready()
            self.reconnects = self._camera.diagnostics.reconnects
        finally:
            self._camera.close()

    def found(self, moment: Moment) -> Triggers:
        after_ms = self._after_ms[moment]
        return Triggers(
            triggers=len(after_ms) + self._refused[moment],
            refused=self._refused[moment],
            stale=sum(ms < 0 for ms in after_ms),
            oldest_ms=min(after_ms, default=None),
            slowest_ms=max(self._took_ms[moment], default=None),
            least_latency_ms=min(self._latency_ms[moment], default=None),
        )

    def _connect(self, triggers: int) -> None:
        """The camera is opened, or its connection is lost and made anew, again and again."""
        for number in range(triggers):
            if number % 2:
                self._wait_ready()
                self._network.cut()
            else:
                self._camera.close()
                threading.Thread(target=self._open, daemon=True).start()
            time.sleep(self._moments.uniform(0.0, 4.0))
            self._trigger(Moment.CONNECTING)

    def _open(self) -> None:
        try:
            self._camera.open()
        except CameraError:
            return  # it goes on trying; where it never comes up, _wait_ready says so

    def _hiccup(self) -> None:
        length_s = self._moments.uniform(0.1, 2.0)
        trigger_s = self._moments.uniform(0.0, length_s + 0.5)
        self._network.stand_still()
        over = threading.Timer(length_s, self._network.resume)
        over.start()
        time.sleep(trigger_s)
        self._trigger(Moment.HICCUP)
        over.join()

    def _trigger(self, moment: Moment) -> None:
        asked_ns = time.monotonic_ns()
        try:
            frame = self._camera.capture(0)
        except CameraError:
            self._refused[moment] += 1
        else:
            exposed_ms = read_clock(EIGHT_BITS.of(frame))
            self._after_ms[moment].append(exposed_ms - asked_ns // 1_000_000)
            self._took_ms[moment].append((time.monotonic_ns() - asked_ns) // 1_000_000)
            self._latency_ms[moment].append(frame.captured_ns // 1_000_000 - exposed_ms)
        self._one_more()

    def _wait_ready(self) -> None:
        self._camera.open()
        until_s = time.monotonic() + READY_S
        while self._camera.fault:
            if time.monotonic() > until_s:
                raise CameraError(
                    f"the camera was not ready within {READY_S:g} s: {self._camera.fault}",
                    todo="run it on a machine that is less busy; if it happens again it is a bug",
                )
            time.sleep(0.02)
