"""Real streams over HTTP and RTSP, whose pictures tell when they were exposed."""

import time

import pytest

from app.benches.cameras import Moment, StreamKind, bench_camera
from app.testline.clock_camera import HttpCamera, Network, RtspCamera, draw_clock, read_clock
from inspection.cameras.opencv import OpenCvCamera
from inspection.errors import CameraError
from inspection.recipe import EIGHT_BITS

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def rtsp() -> None:
    """GStreamer's RTSP server, or the test is skipped."""
    if not RtspCamera.available():
        pytest.skip("GStreamer's RTSP server is not installed")


def wait_ready(camera: OpenCvCamera) -> None:
    until_s = time.monotonic() + 20.0
    while camera.fault:
        assert time.monotonic() < until_s, camera.fault
        time.sleep(0.02)


def test_promise_2_no_real_stream_gives_a_picture_from_before_its_trigger(rtsp: None) -> None:
    found = bench_camera(16, seed=9, kinds=[StreamKind.HTTP_MJPEG, StreamKind.RTSP_H264])
    assert found.stale == 0
    assert found.triggers == 16
    for stream in found.streams.values():
        assert stream[Moment.STEADY].refused < stream[Moment.STEADY].triggers
        assert stream[Moment.HICCUP].triggers >= 2
        assert stream[Moment.CONNECTING].triggers >= 1


def test_h264_with_key_frames_four_seconds_apart_is_connected_once_and_is_not_reported_as_absent(
    rtsp: None,
) -> None:
    with RtspCamera("h264", key_s=4.0) as served:
        first, second = (OpenCvCamera("main", served.url(served.port), lag_ms=60.0) for _ in range(2))
        try:
            first.open()
            wait_ready(first)  # the camera's encoder runs: the second one comes between two key frames
            second.open()
            wait_ready(second)
            asked_ms = time.monotonic_ns() // 1_000_000
            assert read_clock(EIGHT_BITS.of(second.capture(1))) >= asked_ms
            assert second.diagnostics.reconnects == 0
        finally:
            first.close()
            second.close()


def test_a_camera_that_came_back_is_no_fault_any_more_without_a_capture() -> None:
    with HttpCamera() as served, Network(served.port) as network:
        camera = OpenCvCamera("main", served.url(network.port), picture_timeout_s=0.5)
        try:
            camera.open()
            wait_ready(camera)
            network.stand_still()
            network.cut()
            with pytest.raises(CameraError):
                camera.capture(1)
            assert "main" in camera.fault
            network.resume()
            wait_ready(camera)
            assert camera.diagnostics.reconnects >= 1
        finally:
            camera.close()


def test_the_clock_in_a_picture_reads_as_it_was_drawn() -> None:
    for now_ms in (0, 1, 123_456_789, (1 << 42) - 1):
        assert read_clock(draw_clock(now_ms)) == now_ms
    blurred = draw_clock(5)
    blurred[:64] = 128
    with pytest.raises(CameraError, match="cannot be read"):
        read_clock(blurred)
