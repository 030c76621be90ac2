#!/usr/bin/env bash
# opencv-python-headless 5.0.0.93, MJPEG over HTTP (multipart/x-mixed-replace, as many network cameras serve it) through
# the FFmpeg backend. The stream carries no times, and VideoCapture invents them without saying so:
# CAP_PROP_POS_MSEC counts 40 ms a picture (25 pictures a second) whatever the camera's rate is, CAP_PROP_FPS says 25,
# and CAP_PROP_PTS is -2^63. So POS_MSEC of such a stream is a count of pictures and no clock: at 10 pictures a second it
# falls behind by 60 ms with each, and how old a picture is cannot be read off it.
#
# Seen on CPython 3.11.7, Linux x86-64; a camera of 10 pictures a second, 20 pictures read:
#   fps 25.0  POS_MSEC between pictures {40.0}  PTS {-9223372036854775808}  true time 102 ms
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

PERIOD_S = 0.1


class Camera(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=f")
        self.end_headers()
        for number in range(60):
            picture = np.full((120, 160, 3), 4 * number, np.uint8)
            data = cv2.imencode(".jpg", picture)[1].tobytes()
            head = b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data)
            try:
                self.wfile.write(head + data + b"\r\n")
            except OSError:
                return
            time.sleep(PERIOD_S)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera)
threading.Thread(target=server.serve_forever, daemon=True).start()
limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 15000]
url = f"http://127.0.0.1:{server.server_port}/"
stream = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
at, told, pts = [], [], set()
for _ in range(20):
    assert stream.grab()
    at.append(time.monotonic())
    told.append(stream.get(cv2.CAP_PROP_POS_MSEC))
    pts.add(int(stream.get(cv2.CAP_PROP_PTS)))
steps = {round(b - a, 3) for a, b in zip(told[5:], told[6:])}
true_ms = 1000 * (at[-1] - at[5]) / (len(at) - 6)
print(f"fps {stream.get(cv2.CAP_PROP_FPS)}  POS_MSEC between pictures {steps}  PTS {pts}  true time {true_ms:.0f} ms")
raise SystemExit(not (steps == {40.0} and pts == {-(2**63)} and true_ms > 80))
PYTHON
timeout 120 "$work/venv/bin/python" "$work/look.py" || { echo "it behaves otherwise than is written here"; exit 1; }
