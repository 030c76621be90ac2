"""A real RTSP camera for tests and ``passgate bench camera``: a GStreamer server; run by the system's Python.

    /usr/bin/python3 app/testline/rtsp_camera.py {h264|mjpeg} WIDTH HEIGHT FPS FRAMES_PER_KEY_FRAME
    /usr/bin/python3 app/testline/rtsp_camera.py probe   # exit code 0 if all that it needs is here

It imports nothing of ours, since GStreamer's Python binding comes from Debian and not into our environment:
``apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{base,good,ugly}``.

It takes a free port on loopback, prints it, serves ``rtsp://127.0.0.1:PORT/camera`` until its standard input
is closed, and draws into each picture when it was made, as ``app/testline/clock_camera.py`` reads it.
"""

import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

BITS = 42
ROWS = 64
ELEMENTS = ("appsrc", "x264enc", "rtph264pay", "jpegenc", "rtpjpegpay")
ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=1500 key-int-max={key} ! "
    "rtph264pay name=pay0 pt=96 config-interval=-1",
    "mjpeg": "jpegenc quality=70 ! rtpjpegpay name=pay0 pt=26",
}


def picture(now_ms: int, width: int, rest: bytes) -> bytes:
    """One I420 picture: the clock's bits, lowest first, as white and black blocks over a grey ground."""
    block = width // BITS
    row = b"".join((b"\xeb" if now_ms >> bit & 1 else b"\x10") * block for bit in range(BITS))
    return row.ljust(width, b"\x80") * ROWS + rest


def camera(codec: str, width: int, height: int, fps: int, key: int) -> GstRtspServer.RTSPMediaFactory:
    """One encoder for all who connect, as in a camera."""
    caps = f"video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( appsrc name=lens is-live=true do-timestamp=true format=time caps={caps} ! "
        + ENCODERS[codec].format(key=key)
        + " )"
    )
    factory.set_shared(True)
    rest = b"\x70" * (width * (height - ROWS)) + b"\x80" * (width * height // 2)

    def expose(lens: Gst.Element, over: threading.Event) -> None:
        period_ns = 1_000_000_000 // fps
        due_ns = time.monotonic_ns()
        while not over.wait(max(0.0, (due_ns - time.monotonic_ns()) / 1e9)):
            now_ms = time.monotonic_ns() // 1_000_000
            lens.emit("push-buffer", Gst.Buffer.new_wrapped(picture(now_ms, width, rest)))
            due_ns = max(due_ns + period_ns, time.monotonic_ns() - period_ns)

    def start(factory: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
        over = threading.Event()
        media.connect("unprepared", lambda media: over.set())
        lens = media.get_element().get_by_name("lens")
        threading.Thread(target=expose, args=(lens, over), daemon=True).start()

    factory.connect("media-configure", start)
    return factory


def main() -> None:
    """Serve until standard input ends."""
    codec, *numbers = sys.argv[1:]
    Gst.init(None)
    if codec == "probe":
        sys.exit(not all(map(Gst.ElementFactory.find, ELEMENTS)))
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    server.get_mount_points().add_factory("/camera", camera(codec, *map(int, numbers)))
    server.attach(None)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    print(server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
