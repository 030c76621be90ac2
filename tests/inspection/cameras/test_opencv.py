"""The OpenCV camera against a fake device that can hang, lie, fail and come back; and a real video."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytest

from inspection.cameras.opencv import OpenCvCamera
from inspection.errors import CameraError
from inspection.part import Frame
from inspection.pictures.quality import digest

MS = 1_000_000
UNTIMED = -(2.0**63)
"""FFmpeg's PTS of a stream that has no time of its own."""


class FakeTime:
    """A monotonic clock that stands still unless the device moves it."""

    def __init__(self) -> None:
        self.ns = 1_000 * MS
        self.asked_by_caller: list[int] = []

    def __call__(self) -> int:
        if threading.current_thread() is threading.main_thread():
            self.asked_by_caller.append(self.ns)
        return self.ns


class FakeDevice:
    """Gives a picture each ``period_ms`` of fake time. Its level tells when its grab began.

    Args:
        time: The clock that it moves.
        pictures: What ``retrieve`` gives, by the count of retrieved pictures; None: a picture of its own.
        lost_after: So many grabs succeed.
    """

    def __init__(
        self,
        time: FakeTime,
        *,
        pictures: Callable[[int], tuple[bool, np.ndarray | None]] | None = None,
        lost_after: int | None = None,
        opened: bool = True,
    ) -> None:
        self._time = time
        self._pictures = pictures
        self.lost_after = lost_after
        self._opened = opened
        self.grabs = 0
        self.retrieved_began_ns: list[int] = []
        self._began_ns = 0
        self.hang: threading.Event | None = None
        """Once set up, all grabs but the first wait for it."""
        self.hangs_from = 1
        self.position_ms_of_grab = 0.0
        self.in_driver = threading.Event()
        self.fifty_grabbed = threading.Event()
        self.released = threading.Event()

    def isOpened(self) -> bool:
        return self._opened

    def grab(self) -> bool:
        self._began_ns = self._time.ns
        if self.hang is not None and self.grabs >= self.hangs_from:
            self.in_driver.set()
            self.hang.wait(10.0)
        self._time.ns += 10 * MS
        self.grabs += 1
        if self.grabs == 50:
            self.fifty_grabbed.set()
        return self.lost_after is None or self.grabs <= self.lost_after

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        self.retrieved_began_ns.append(self._began_ns)
        if self._pictures is not None:
            return self._pictures(len(self.retrieved_began_ns))
        bgr = np.zeros((6, 8, 3), np.uint8)
        bgr[..., 0] = len(self.retrieved_began_ns) % 256
        bgr[..., 2] = 200
        return True, bgr

    def get(self, propId: int) -> float:  # noqa: N803
        return self.grabs * self.position_ms_of_grab or UNTIMED

    def release(self) -> None:
        self.released.set()


class HeldUpDevice(FakeDevice):
    """A camera of 25 pictures a second, 50 ms away, whose network stands still for 0.8 s after 5 s.

    Each picture tells in its first pixel when it was exposed, in ms.

    Args:
        time: The clock that it moves.
        timed: Whether its stream tells its own time.
    """

    PERIOD_NS = 40 * MS
    LATENCY_NS = 50 * MS

    def __init__(self, time: FakeTime, *, timed: bool) -> None:
        super().__init__(time)
        self._timed = timed
        self._next_ns = time.ns
        self._begin_ns = time.ns
        self.stall_begins_ns = time.ns + 5_000 * MS
        self.stall_ends_ns = self.stall_begins_ns + 800 * MS
        self.stalled, self.network = threading.Event(), threading.Event()

    def grab(self) -> bool:
        self.exposed_ns = self._next_ns
        self._next_ns += self.PERIOD_NS
        arrives_ns = self.exposed_ns + self.LATENCY_NS
        if self.stall_begins_ns <= arrives_ns < self.stall_ends_ns:
            self.stalled.set()
            self.network.wait(10.0)
            arrives_ns = self.stall_ends_ns
        self._time.ns = max(self._time.ns + MS, arrives_ns)
        return True

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        red, green, blue = (self.exposed_ns // MS).to_bytes(3, "big")
        return True, np.full((6, 8, 3), (blue, green, red), np.uint8)

    def get(self, propId: int) -> float:  # noqa: N803
        if not self._timed:
            return UNTIMED
        return (self.exposed_ns - self._begin_ns) / MS if propId == cv2.CAP_PROP_POS_MSEC else 0.0


def exposed_ms(frame: Frame) -> int:
    """When a ``HeldUpDevice`` exposed it."""
    return int.from_bytes(frame.picture[0, 0].tobytes(), "big")


def captured_in_a_thread(camera: OpenCvCamera) -> list[Frame]:
    """Where the picture of a capture will be that has been asked for when this returns."""
    frames: list[Frame] = []
    threading.Thread(target=lambda: frames.append(camera.capture(1)), daemon=True).start()
    grabber = camera._grabber
    assert grabber is not None
    with grabber._changed:
        assert grabber._changed.wait_for(lambda: grabber._wanted_ns is not None, 5.0)
    return frames


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for another thread, at most five seconds."""
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it did not happen")


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


class Make(Protocol):
    """Makes a camera over devices, one after the other; ``changed`` are OpenCvCamera's times."""

    def __call__(
        self,
        time: FakeTime,
        devices: Sequence[FakeDevice | Exception],
        *,
        source: int | str = 0,
        **changed: float,
    ) -> OpenCvCamera: ...


@pytest.fixture
def make() -> Iterator[Make]:
    """Cameras that are closed at the end, with devices that end their hanging."""
    made: list[OpenCvCamera] = []
    lent: list[FakeDevice] = []

    def build(
        time: FakeTime, devices: Sequence[FakeDevice | Exception], *, source: int | str = 0, **changed: float
    ) -> OpenCvCamera:
        lent.extend(device for device in devices if isinstance(device, FakeDevice))
        rest = iter(devices)

        def next_device() -> FakeDevice:
            device = next(rest, OSError("no device left"))
            if isinstance(device, Exception):
                raise device
            return device

        limits: dict[str, float] = {"timeout_s": 5.0, "lag_ms": 0.0, "reconnect_s": 0.001} | changed
        camera = OpenCvCamera("main", source, size=None, device=next_device, now_ns=time, **limits)
        made.append(camera)
        return camera

    yield build
    for device in lent:
        if device.hang is not None:
            device.hang.set()
    for camera in made:
        camera.close()


def test_a_picture_is_rgb_and_real(time: FakeTime, make: Make) -> None:
    camera = make(time, [FakeDevice(time)])
    camera.open()
    frame = camera.capture(1)
    assert tuple(frame.picture[0, 0]) == (200, 0, 1)
    assert not frame.simulated
    assert not camera.simulated
    assert (frame.camera, frame.number, frame.source) == ("main", 1, "USB 0")
    assert camera.capture(2).number == 2


@pytest.mark.parametrize("lag_ms", [0.0, 40.0, 95.0])
def test_promise_2_a_picture_is_grabbed_after_the_trigger_and_its_lag(
    time: FakeTime, make: Make, lag_ms: float
) -> None:
    device = FakeDevice(time)
    camera = make(time, [device], lag_ms=lag_ms)
    camera.open()
    for part_id in range(5):
        camera.capture(part_id)
    # Whatever is decoded was waited for, and its grab began late enough for the capture that got it.
    assert len(time.asked_by_caller) == len(device.retrieved_began_ns) == 5
    for asked_ns, began_ns in zip(time.asked_by_caller, device.retrieved_began_ns, strict=True):
        assert began_ns >= asked_ns + lag_ms * MS


def test_the_grab_that_was_under_way_at_the_trigger_does_not_count(time: FakeTime, make: Make) -> None:
    device = FakeDevice(time)
    device.hang = threading.Event()
    camera = make(time, [device])
    camera.open()
    assert device.in_driver.wait(5.0)
    time.ns += 5 * MS  # the trigger comes later than the second grab began
    trigger_ns = time.ns
    frames = captured_in_a_thread(camera)
    device.hang.set()
    eventually(lambda: bool(frames))
    assert device.retrieved_began_ns[0] >= trigger_ns


def test_who_asks_for_a_cameras_fault_does_not_wait_for_the_fingerprint_of_its_picture(
    time: FakeTime, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make(time, [FakeDevice(time)])
    camera.open()

    def asked_meanwhile(picture: np.ndarray) -> str:
        asking = threading.Thread(target=lambda: camera.fault, daemon=True)
        asking.start()
        asking.join(2.0)
        return "waited" if asking.is_alive() else "free"

    monkeypatch.setattr("inspection.cameras.grabber.digest", asked_meanwhile)
    camera.capture(1)
    grabber = camera._grabber
    assert grabber is not None
    assert grabber._last_digest == "free"


def test_nothing_is_decoded_while_nobody_waits(time: FakeTime, make: Make) -> None:
    device = FakeDevice(time)
    camera = make(time, [device])
    camera.open()
    camera.capture(1)
    assert device.fifty_grabbed.wait(5.0)
    assert len(device.retrieved_began_ns) == 1


def test_a_hung_camera_times_out_and_close_does_not_hang(time: FakeTime, make: Make) -> None:
    device = FakeDevice(time)
    device.hang = threading.Event()
    camera = make(time, [device])
    camera.open()
    camera._timeout_s = 0.02
    with pytest.raises(
        CameraError, match=r"'main' at USB 0 gave no fresh picture within 0\.02 s.*not released"
    ):
        camera.capture(1)
    camera.close()
    camera.close()
    assert not device.released.is_set()  # the thread is still in the driver, and nobody waited for it
    device.hang.set()
    assert device.released.wait(5.0)  # it cleans up after itself once the driver lets go


def test_a_camera_can_be_opened_again_while_its_old_thread_hangs(time: FakeTime, make: Make) -> None:
    hung, fresh = FakeDevice(time), FakeDevice(time)
    hung.hang = threading.Event()
    camera = make(time, [hung, fresh])
    camera.open()
    camera._timeout_s = 0.02
    with pytest.raises(CameraError):
        camera.capture(1)
    camera.close()
    camera._timeout_s = 5.0
    camera.open()
    assert camera.capture(2).number == 1


def test_a_lost_camera_is_opened_again(time: FakeTime, make: Make) -> None:
    first = FakeDevice(time, lost_after=3)
    absent = FakeDevice(time, opened=False)
    camera = make(time, [first, absent, OSError("usb gone"), FakeDevice(time)])
    camera.open()
    frames = [camera.capture(part_id) for part_id in range(10)]
    assert [frame.number for frame in frames] == list(range(1, 11))
    assert camera.diagnostics.reconnects == 1
    assert camera.diagnostics.connected
    assert camera.diagnostics.last_problem == "OSError: usb gone"
    assert first.released.is_set()
    assert absent.released.is_set()


def test_a_camera_that_stays_away_is_reported_with_its_reason(time: FakeTime, make: Make) -> None:
    device = FakeDevice(time, lost_after=1)
    device.hang = threading.Event()
    camera = make(time, [device])
    camera.open()
    camera._timeout_s = 0.2
    device.hang.set()
    with pytest.raises(CameraError, match=r"no fresh picture.*no device left.*check its cable"):
        camera.capture(1)
    assert not camera.diagnostics.connected


def test_an_absent_camera_does_not_open_but_works_once_it_comes(time: FakeTime, make: Make) -> None:
    there = threading.Event()
    device = FakeDevice(time)

    def plugged_in_later() -> FakeDevice:
        if not there.is_set():
            raise OSError("no such device")
        return device

    camera = OpenCvCamera(
        "main", 0, timeout_s=0.1, lag_ms=0.0, reconnect_s=0.001, device=plugged_in_later, now_ns=time
    )
    with pytest.raises(CameraError, match=r"could not be opened.*no such device.*check its plug"):
        camera.open()
    assert "is connecting (OSError: no such device)" in camera.fault
    there.set()
    camera._timeout_s = 5.0
    camera.open()
    assert camera.capture(1).number == 1
    assert camera.fault == ""
    camera.close()
    assert "is not open" in camera.fault


def test_a_camera_that_takes_long_to_connect_is_not_reported_as_absent(time: FakeTime, make: Make) -> None:
    comes = threading.Event()
    device = FakeDevice(time)

    def slow() -> FakeDevice:
        comes.wait(10.0)
        return device

    camera = OpenCvCamera("main", 0, timeout_s=0.02, lag_ms=0.0, device=slow, now_ns=time)
    camera.open()
    assert camera.fault == "camera 'main' at USB 0 is connecting"
    with pytest.raises(CameraError, match="gave no fresh picture"):
        camera.capture(1)
    comes.set()
    camera._timeout_s = 5.0
    assert camera.capture(2).number == 1
    assert camera.fault == ""
    camera.close()


def test_a_failed_capture_is_a_fault_until_the_camera_has_connected_anew(time: FakeTime, make: Make) -> None:
    first, second = FakeDevice(time), FakeDevice(time)
    first.hang = threading.Event()
    camera = make(time, [first, second])
    camera.open()
    camera._timeout_s = 0.02
    with pytest.raises(CameraError):
        camera.capture(1)
    assert "has not shown yet" in camera.fault
    first.lost_after = 0
    first.hang.set()
    assert second.fifty_grabbed.wait(5.0)
    eventually(lambda: camera.fault == "")


def test_each_step_has_a_limit_of_its_own_and_the_driver_is_told_when_it_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *arguments: asked.append(arguments))
    camera = OpenCvCamera(
        "main", "rtsp://10.0.0.7/a", open_timeout_s=12.0, first_picture_timeout_s=9.0, picture_timeout_s=2.0
    )
    camera._device()
    assert asked == [
        (
            "rtsp://10.0.0.7/a",
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 12_000),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, 9_000),
                *(cv2.CAP_PROP_N_THREADS, 1),
            ],
        )
    ]


def test_the_first_picture_may_take_long_and_the_later_ones_may_not(time: FakeTime, make: Make) -> None:
    slow, fresh = FakeDevice(time), FakeDevice(time)
    slow.hang, slow.hangs_from = threading.Event(), 0
    camera = make(time, [slow, fresh], timeout_s=0.3, first_picture_timeout_s=10.0, picture_timeout_s=2.0)
    camera.open()
    assert slow.in_driver.wait(5.0)
    time.ns += 9_000 * MS  # a key frame that is long in coming
    with pytest.raises(CameraError):
        camera.capture(1)
    assert camera.diagnostics.reconnects == 0
    slow.hangs_from = 300
    slow.hang.set()
    eventually(lambda: camera.diagnostics.connected)
    slow.in_driver.clear()
    slow.hang.clear()
    assert slow.in_driver.wait(5.0)
    time.ns += 2_100 * MS  # no key frame, and no picture
    camera._timeout_s = 5.0
    assert camera.capture(2).number == 1
    assert camera.diagnostics.reconnects == 1
    assert camera.diagnostics.last_problem == "it stopped answering"
    assert not slow.released.is_set()
    slow.hang.set()
    assert slow.released.wait(5.0)  # the thread that was left behind cleans up after itself


def test_no_more_than_three_hanging_threads_are_left_behind(time: FakeTime, make: Make) -> None:
    before = threading.active_count()
    hung = [FakeDevice(time) for _ in range(6)]
    for device in hung:
        device.hang, device.hangs_from = threading.Event(), 0
    camera = make(time, list(hung), timeout_s=0.01, first_picture_timeout_s=1.0)
    camera.open()
    for device in hung[:3]:
        assert device.in_driver.wait(5.0)
        time.ns += 3_000 * MS
    for _ in range(3):
        time.ns += 3_000 * MS
        assert not hung[3].in_driver.wait(0.05)
    assert threading.active_count() == before + 1 + 3
    assert "restart the engine" in camera.diagnostics.last_problem
    assert "restart the engine" in camera.fault
    assert hung[0].hang is not None
    hung[0].hang.set()
    assert hung[0].released.wait(5.0)
    assert hung[3].in_driver.wait(5.0)


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("before_end_ms", [50, 300, 650])
def test_promise_2_a_picture_that_a_stalled_network_held_up_is_not_taken_for_a_fresh_one(
    time: FakeTime, make: Make, timed: bool, before_end_ms: int
) -> None:
    device = HeldUpDevice(time, timed=timed)
    camera = make(time, [device], source="rtsp://10.0.0.7/a", lag_ms=70.0)
    camera.open()
    assert device.stalled.wait(5.0)
    trigger_ns = time.ns = device.stall_ends_ns - before_end_ms * MS
    frames = captured_in_a_thread(camera)
    device.network.set()
    eventually(lambda: bool(frames))
    assert trigger_ns <= exposed_ms(frames[0]) * MS < trigger_ns + 1_000 * MS


def test_promise_2_what_gathered_while_a_stream_was_opened_is_not_taken_for_fresh(time: FakeTime) -> None:
    device = HeldUpDevice(time, timed=True)
    device.network.set()  # it never stands still
    opened = threading.Event()

    def slow() -> FakeDevice:
        opened.wait(10.0)
        return device

    camera = OpenCvCamera("main", "rtsp://10.0.0.7/a", timeout_s=5.0, lag_ms=70.0, device=slow, now_ns=time)
    opening = threading.Thread(target=camera.open)
    opening.start()
    eventually(lambda: camera._grabber is not None)
    trigger_ns = time.ns = time.ns + 500 * MS
    frames = captured_in_a_thread(camera)
    time.ns += 400 * MS
    opened.set()
    eventually(lambda: bool(frames))
    opening.join(5.0)
    camera.close()
    assert exposed_ms(frames[0]) * MS >= trigger_ns


def test_a_usb_driver_whose_time_is_none_is_believed_by_the_count_of_its_pictures(
    time: FakeTime, make: Make
) -> None:
    device = FakeDevice(time)  # a picture each 10 ms
    device.position_ms_of_grab = 40.0
    camera = make(time, [device])
    camera.open()
    began_ns = time.ns
    assert camera.capture(1).captured_ns >= began_ns + 2_000 * MS
    assert camera.capture(2).number == 2
    assert camera.diagnostics.reconnects == 0


GARBAGE: list[tuple[bool, np.ndarray | None]] = [
    (False, None),
    (True, None),
    (True, np.zeros((0, 0, 3), np.uint8)),
    (True, np.zeros((6, 8, 3), np.uint16)),
    (True, np.zeros((6, 8, 2), np.uint8)),
    (True, np.zeros(48, np.uint8)),
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_never_handed_over(
    time: FakeTime, make: Make, garbage: tuple[bool, np.ndarray | None]
) -> None:
    good = np.full((6, 8, 3), 50, np.uint8)
    device = FakeDevice(time, pictures=lambda count: garbage if count <= 2 else (True, good))
    camera = make(time, [device])
    camera.open()
    assert camera.capture(1).picture.shape == (6, 8, 3)
    assert camera.diagnostics.unusable == 2
    assert camera.diagnostics.reconnects == 0


def test_nothing_but_garbage_makes_it_open_the_device_anew(time: FakeTime, make: Make) -> None:
    bad = FakeDevice(time, pictures=lambda count: (True, None))
    camera = make(time, [bad, FakeDevice(time)])
    camera.open()
    assert camera.capture(1).number == 1
    assert bad.released.is_set()
    assert camera.diagnostics.unusable == 3
    assert camera.diagnostics.reconnects == 1
    assert camera.diagnostics.last_problem == "it sends what is no picture"


@pytest.mark.parametrize("channels", [None, 1, 4])
def test_grey_and_bgra_become_rgb(time: FakeTime, make: Make, channels: int | None) -> None:
    shape = (6, 8) if channels is None else (6, 8, channels)
    device = FakeDevice(time, pictures=lambda count: (True, np.full(shape, 90, np.uint8)))
    camera = make(time, [device])
    camera.open()
    picture = camera.capture(1).picture
    assert picture.shape == (6, 8, 3)
    assert np.all(picture == 90)


def test_frozen_pictures_are_counted(time: FakeTime, make: Make) -> None:
    still = np.full((6, 8, 3), 50, np.uint8)
    other = np.full((6, 8, 3), 51, np.uint8)
    device = FakeDevice(time, pictures=lambda count: (True, other if count == 3 else still))
    camera = make(time, [device])
    camera.open()
    for part_id in range(5):
        camera.capture(part_id)
    assert camera.diagnostics.delivered == 5
    assert camera.diagnostics.frozen == 2  # the second, and the fifth


def test_it_must_be_open(time: FakeTime, make: Make) -> None:
    camera = make(time, [FakeDevice(time)])
    assert camera.diagnostics.last_problem == "not open"
    with pytest.raises(CameraError, match="is not open"):
        camera.capture(1)


def test_a_password_is_never_shown(time: FakeTime, make: Make) -> None:
    address = "rtsp://user:s3cret@10.0.0.7:554/stream?token=t0ken"
    camera = make(time, [], source=address, timeout_s=0.02)
    with suppress(CameraError):  # on a busy machine it is still being connected, which is no error
        camera.open()
    eventually(lambda: camera._grabber is not None and not camera._grabber.connecting)
    with pytest.raises(CameraError, match=r"at rtsp://10\.0\.0\.7:554/stream could") as caught:
        camera.open()
    assert "s3cret" not in str(caught.value)
    assert "t0ken" not in str(caught.value)
    assert not camera.simulated


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "parts.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    assert writer.isOpened()
    for red in (40, 120, 220):
        writer.write(np.full((48, 64, 3), (10, 10, red), np.uint8))
    writer.release()
    return path


def test_a_video_is_replayed_picture_by_picture_and_begins_again(video: Path) -> None:
    camera = OpenCvCamera("main", str(video), timeout_s=5.0, reconnect_s=0.001)
    camera.open()
    frames = [camera.capture(part_id) for part_id in range(4)]
    camera.close()
    reds = [int(frame.picture[20, 20, 0]) for frame in frames]
    assert reds == pytest.approx([40, 120, 220, 40], abs=6)
    assert all(int(frame.picture[20, 20, 2]) < 30 for frame in frames)
    assert all(frame.simulated for frame in frames)
    assert camera.simulated
    assert len({digest(frame.picture) for frame in frames}) == 3
    assert frames[0].source == str(video)


def test_a_missing_video_and_one_that_is_none_are_reported(tmp_path: Path) -> None:
    none = tmp_path / "none.avi"
    none.write_bytes(b"no video")
    for path in (tmp_path / "nowhere.avi", none):
        camera = OpenCvCamera("main", str(path), timeout_s=0.3, reconnect_s=0.05)
        with pytest.raises(CameraError, match=r"\.avi could not be opened \(it is not there"):
            camera.open()
        camera.close()


def test_no_thread_outlives_its_camera(video: Path) -> None:
    before = threading.active_count()
    camera = OpenCvCamera("main", str(video), timeout_s=5.0)
    camera.open()
    camera.capture(1)
    assert threading.active_count() == before + 1
    camera.close()
    assert threading.active_count() == before
