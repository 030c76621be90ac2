"""The OpenCV camera against a fake device that can hang, lie, fail and come back; and a real video."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspection.cameras.opencv import OpenCvCamera
from inspection.errors import CameraError
from inspection.quality import digest

MS = 1_000_000


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
        self._lost_after = lost_after
        self._opened = opened
        self.grabs = 0
        self.retrieved_began_ns: list[int] = []
        self._began_ns = 0
        self.hang: threading.Event | None = None
        """Once set up, all grabs but the first wait for it."""
        self.in_driver = threading.Event()
        self.fifty_grabbed = threading.Event()
        self.released = threading.Event()

    def isOpened(self) -> bool:
        return self._opened

    def grab(self) -> bool:
        self._began_ns = self._time.ns
        if self.hang is not None and self.grabs > 0:
            self.in_driver.set()
            self.hang.wait(10.0)
        self._time.ns += 10 * MS
        self.grabs += 1
        if self.grabs == 50:
            self.fifty_grabbed.set()
        return self._lost_after is None or self.grabs <= self._lost_after

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        self.retrieved_began_ns.append(self._began_ns)
        if self._pictures is not None:
            return self._pictures(len(self.retrieved_began_ns))
        bgr = np.zeros((6, 8, 3), np.uint8)
        bgr[..., 0] = len(self.retrieved_began_ns) % 256
        bgr[..., 2] = 200
        return True, bgr

    def release(self) -> None:
        self.released.set()


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def make() -> Iterator[Callable[..., OpenCvCamera]]:
    """Cameras that are closed at the end, with devices that end their hanging."""
    made: list[OpenCvCamera] = []
    lent: list[FakeDevice] = []

    def build(
        time: FakeTime, devices: list[FakeDevice | Exception], *, source: int | str = 0, **settings: float
    ) -> OpenCvCamera:
        lent.extend(device for device in devices if isinstance(device, FakeDevice))
        rest = iter(devices)

        def next_device() -> FakeDevice:
            device = next(rest, OSError("no device left"))
            if isinstance(device, Exception):
                raise device
            return device

        wanted = {"timeout_s": 5.0, "lag_ms": 0.0, "reconnect_s": 0.001} | settings
        camera = OpenCvCamera("main", source, device=next_device, now_ns=time, **wanted)
        made.append(camera)
        return camera

    yield build
    for device in lent:
        if device.hang is not None:
            device.hang.set()
    for camera in made:
        camera.close()


Make = Callable[..., OpenCvCamera]


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
    frames: list[object] = []
    capture = threading.Thread(target=lambda: frames.append(camera.capture(1)))
    capture.start()
    grabber = camera._grabber
    assert grabber is not None
    with grabber._changed:
        assert grabber._changed.wait_for(lambda: grabber._wanted_ns is not None, 5.0)
    device.hang.set()
    capture.join(5.0)
    assert len(frames) == 1
    assert device.retrieved_began_ns[0] >= trigger_ns


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
    comes = threading.Event()
    device = FakeDevice(time)

    def plugged_in_later() -> FakeDevice:
        comes.wait(10.0)
        return device

    camera = OpenCvCamera("main", 0, timeout_s=0.02, lag_ms=0.0, device=plugged_in_later, now_ns=time)
    with pytest.raises(CameraError, match=r"could not be opened.*check its plug"):
        camera.open()
    comes.set()
    camera._timeout_s = 5.0
    camera.open()
    assert camera.capture(1).number == 1
    camera.close()


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
