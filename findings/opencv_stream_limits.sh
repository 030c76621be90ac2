#!/usr/bin/env bash
# opencv-python-headless 5.0.0.93, network streams through the FFmpeg backend: the limits for opening and reading count only
# where they are handed to the constructor (or to open()). set() on an opened stream returns False and changes nothing; on
# a VideoCapture that is not open yet it returns False as well, and a following open() waits with its own limit, which is
# 30 s. So one limit serves opening, the first picture and all later pictures, although an RTSP camera needs seconds for
# the first and tens of milliseconds for each later one.
#
# Seen on CPython 3.11.7, Linux x86-64:
#   before open():  set(OPEN_TIMEOUT_MSEC) False  set(READ_TIMEOUT_MSEC) False
#   opened stream:  set(OPEN_TIMEOUT_MSEC) False  set(READ_TIMEOUT_MSEC) False
#   a camera that falls silent, constructor said 6 s, set() said 1 s: grab() gave up after 6.1 s
set -euo pipefail
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 numpy==2.4.6 ||
    { echo "the pinned packages cannot be installed"; exit 2; }

cat >"$work/look.py" <<'PYTHON'
import http.server
import threading
import time

import cv2
import numpy as np

LIMITS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
done = threading.Event()


class Camera(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=f")
        self.end_headers()
        data = cv2.imencode(".jpg", np.zeros((120, 160, 3), np.uint8))[1].tobytes()
        part = b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data) + data + b"\r\n"
        self.wfile.write(10 * part)
        done.wait(60)  # and then nothing more

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera)
threading.Thread(target=server.serve_forever, daemon=True).start()
closed = cv2.VideoCapture()
before = [closed.set(limit, 1000) for limit in LIMITS]
url = f"http://127.0.0.1:{server.server_port}/"
stream = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [LIMITS[0], 6000, LIMITS[1], 6000])
assert stream.grab()
after = [stream.set(limit, 1000) for limit in LIMITS]
while True:
    began = time.monotonic()
    if not stream.grab():
        break
waited_s = time.monotonic() - began
done.set()
print("before open():  set(OPEN_TIMEOUT_MSEC) {}  set(READ_TIMEOUT_MSEC) {}".format(*before))
print("opened stream:  set(OPEN_TIMEOUT_MSEC) {}  set(READ_TIMEOUT_MSEC) {}".format(*after))
print(f"grab() gave up after {waited_s:.1f} s")
raise SystemExit(any(before) or any(after) or not 5.0 < waited_s < 10.0)
PYTHON
timeout 120 "$work/venv/bin/python" "$work/look.py" || { echo "it behaves otherwise than is written here"; exit 1; }
