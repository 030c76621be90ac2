"""Cameras whose pictures carry the time of their exposure, over HTTP and RTSP: for tests and benches.

The time is on the machine's monotonic clock, in ms, as 42 black and white blocks in the upper rows. MJPEG
over HTTP is served from here; RTSP by a program of its own (``rtsp_camera.py``), whose server is GStreamer's.
"""

import socket
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import cv2
import numpy as np

from inspection.errors import CameraError
from inspection.part import Picture

BITS: Final = 42
ROWS: Final = 64
WIDTH: Final = 640
HEIGHT: Final = 480
SYSTEM_PYTHON: Final = Path("/usr/bin/python3")
"""Debian's own, for which its GStreamer binding is."""
START_S: Final = 10.0
_RTSP_PROGRAM: Final = Path(__file__).with_name("rtsp_camera.py")
_DARK, _BRIGHT = 80, 175
_LARGE_BUFFER: Final = 4 << 20


def draw_clock(now_ms: int, *, seed: int = 0) -> Picture:
    """A grey picture with noise, so that no two are alike, and ``now_ms`` in its upper rows."""
    noise = np.random.default_rng(now_ms + seed).integers(100, 140, (HEIGHT // 16, WIDTH // 16), np.uint8)
    grey = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)
    block = WIDTH // BITS
    bits = np.array([255 * (now_ms >> bit & 1) for bit in range(BITS)], np.uint8)
    grey[:ROWS, : BITS * block] = np.repeat(bits, block)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)


def read_clock(picture: Picture) -> int:
    """When ``picture`` was exposed, in ms on the monotonic clock.

    Raises:
        CameraError: Its blocks are neither black nor white: it was damaged on its way.
    """
    block = picture.shape[1] // BITS
    inner = picture[ROWS // 8 : ROWS * 7 // 8, : BITS * block, 1].reshape(-1, BITS, block)
    levels = inner[:, :, block // 4 : -(block // 4)].mean(axis=(0, 2))
    if ((levels > _DARK) & (levels < _BRIGHT)).any():
        raise CameraError("the clock in the picture cannot be read", todo="see how the picture was damaged")
    return sum(int(level > _BRIGHT) << bit for bit, level in enumerate(levels))


class HttpCamera(AbstractContextManager["HttpCamera"]):
    """MJPEG over HTTP on a free port of loopback, as cheap network cameras serve it.

    Args:
        fps: Pictures a second.
        keeps_backlog: While the network stands still, pictures wait in a large buffer; otherwise in a small
            one, and those for which there is no room are left out.
    """

    def __init__(self, *, fps: float = 25.0, keeps_backlog: bool = True) -> None:
        self._period_s = 1.0 / fps
        self._keeps_backlog = keeps_backlog
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._fresh = threading.Condition()
        self._number = 0
        self._jpeg = b""
        self._over = threading.Event()
        self._clients: list[socket.socket] = []
        self._threads = [threading.Thread(target=work) for work in (self._expose, self._accept)]

    def url(self, port: int) -> str:
        """The stream's address where ``port`` leads to this camera."""
        return f"http://127.0.0.1:{port}/"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.close()
        for client in self._clients:
            client.close()
        with self._fresh:
            self._fresh.notify_all()
        for thread in self._threads:
            thread.join(5.0)

    def _expose(self) -> None:
        due_s = time.monotonic()
        while not self._over.wait(max(0.0, due_s - time.monotonic())):
            picture = draw_clock(time.monotonic_ns() // 1_000_000)
            jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
            with self._fresh:
                self._number, self._jpeg = self._number + 1, jpeg
                self._fresh.notify_all()
            due_s += self._period_s

    def _accept(self) -> None:
        self._server.settimeout(0.2)
        while not self._over.is_set():
            try:
                client, _ = self._server.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._clients.append(client)
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        size = _LARGE_BUFFER if self._keeps_backlog else 1 << 15
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        sent = 0
        with suppress(OSError), client:
            client.recv(4096)
            client.sendall(
                b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=picture\r\n\r\n"
            )
            while not self._over.is_set():
                with self._fresh:
                    if self._number == sent:
                        self._fresh.wait(1.0)
                    sent, jpeg = self._number, self._jpeg
                head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                client.sendall(head.encode() + jpeg + b"\r\n")


class RtspCamera(AbstractContextManager["RtspCamera"]):
    """A GStreamer RTSP server in a process of its own.

    Args:
        codec: How pictures are sent.
        fps: Pictures a second.
        key_s: Seconds from one key frame of H.264 to the next.
    """

    def __init__(self, codec: Literal["h264", "mjpeg"], *, fps: int = 25, key_s: float = 1.0) -> None:
        self._command = [
            *(str(SYSTEM_PYTHON), str(_RTSP_PROGRAM), codec),
            *(str(WIDTH), str(HEIGHT), str(fps), str(round(key_s * fps))),
        ]
        self._process: subprocess.Popen[str]
        self.port = 0

    @staticmethod
    def available() -> bool:
        """Whether the system's Python has GStreamer's RTSP server and its encoders."""
        if not SYSTEM_PYTHON.exists():
            return False
        probe = [str(SYSTEM_PYTHON), str(_RTSP_PROGRAM), "probe"]
        return subprocess.run(probe, capture_output=True, timeout=60.0, check=False).returncode == 0  # noqa: S603

    def url(self, port: int) -> str:
        """The stream's address where ``port`` leads to this camera."""
        return f"rtsp://127.0.0.1:{port}/camera"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.strip().isdigit():
            self.__exit__(None, None, None)
            raise CameraError(
                "the RTSP server did not start",
                todo="apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base "
                "gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly",
            )
        self.port = int(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # It ends when its standard input does.
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(START_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(START_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Network(AbstractContextManager["Network"]):
    """What lies between a camera and Passgate: a TCP proxy that can stand still and lose its connections.

    Args:
        target: The camera's port on loopback.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._flows = threading.Event()
        self._flows.set()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.close()
        self.resume()
        self.cut()
        for thread in self._threads:
            thread.join(5.0)

    def stand_still(self) -> None:
        """Nothing passes until ``resume``."""
        self._flows.clear()

    def resume(self) -> None:
        """All passes again, what waited first."""
        self._flows.set()

    def cut(self) -> None:
        """Lose all connections; new ones may be made."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        self._server.settimeout(0.2)
        while not self._over.is_set():
            try:
                near, _ = self._server.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            near.settimeout(None)
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5.0)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                thread = threading.Thread(target=self._pass_on, args=(source, sink))
                self._threads.append(thread)
                thread.start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._flows.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
