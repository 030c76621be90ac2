#!/usr/bin/env bash
# OpenCV turns a picture as its EXIF orientation says, or not: it depends on the format, the flag and the door it comes in by.
#
# Seen with     opencv-python-headless 5.0.0.93 and Pillow 13.0.0 (PyPI), Python 3.11, Linux, November 2026.
# The question  One picture of 64 x 48 pixels whose EXIF orientation is 6 (turn by 90 degrees to the right, so 48 x 64) is read as
#               JPEG, PNG, WebP and AVIF with IMREAD_COLOR, with IMREAD_UNCHANGED, and as JPEG frames by VideoCapture, whose
#               CAP_PROP_ORIENTATION_AUTO says 1.
# Behaviour     IMREAD_COLOR turns JPEG, PNG and WebP, and not AVIF. IMREAD_UNCHANGED turns none. VideoCapture does not turn.
# Why it hurts  Pictures that were saved by a camera are turned when a model is taught from files, and are not when the same camera
#               is read as a stream; masks read unchanged lie across their pictures. By 180 degrees no size tells.
# What we do    Files are turned as they say, in every format that is read (inspection/pictures/decoding/decoding.py); AVIF is refused,
#               and so is a mask that says that it must be turned; docs/quality.md says what a live camera does.
#
# Output seen:
#   OpenCV 5.0.0
#   JPEG  IMREAD_COLOR 48x64, IMREAD_UNCHANGED 64x48
#   PNG   IMREAD_COLOR 48x64, IMREAD_UNCHANGED 64x48
#   WEBP  IMREAD_COLOR 48x64, IMREAD_UNCHANGED 64x48
#   AVIF  IMREAD_COLOR 64x48, IMREAD_UNCHANGED 64x48
#   VideoCapture of JPEG frames 64x48, CAP_PROP_ORIENTATION_AUTO 1
#
# usage: findings/opencv_orientation.sh      Exit code 0: as described; 1: it has changed; 2: it could not be run.
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
{ python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    opencv-python-headless==5.0.0.93 pillow==13.0.0; } || { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/read.py" <<'PY'
import io
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

print(f"OpenCV {cv2.__version__}")
rows, columns = np.mgrid[0:48, 0:64]
picture = Image.fromarray(np.stack([40 + 3 * columns, 30 + 4 * rows, 200 - columns - rows], axis=2).astype(np.uint8))
exif = Image.Exif()
exif[0x0112] = 6
STORED, TURNED = "64x48", "48x64"


def size(seen):
    return f"{seen.shape[1]}x{seen.shape[0]}"


described = True
for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
    file = io.BytesIO()
    picture.save(file, kind, exif=exif)
    coded = np.frombuffer(file.getvalue(), np.uint8)
    colour, unchanged = (size(cv2.imdecode(coded, flag)) for flag in (cv2.IMREAD_COLOR, cv2.IMREAD_UNCHANGED))
    print(f"{kind:5} IMREAD_COLOR {colour}, IMREAD_UNCHANGED {unchanged}")
    described &= (colour, unchanged) == (STORED if kind == "AVIF" else TURNED, STORED)
    if kind == "JPEG":
        frames = Path(sys.argv[1], "frames.mjpeg")
        frames.write_bytes(file.getvalue() * 20)
capture = cv2.VideoCapture(str(frames), cv2.CAP_FFMPEG)
done, seen = capture.read()
auto = capture.get(cv2.CAP_PROP_ORIENTATION_AUTO)
if not done:
    print("the frames cannot be read")
    sys.exit(2)
print(f"VideoCapture of JPEG frames {size(seen)}, CAP_PROP_ORIENTATION_AUTO {auto:.0f}")
described &= size(seen) == STORED and auto == 1
if not described:
    print("this has changed")
    sys.exit(1)
PY
timeout 120 "$work/venv/bin/python" "$work/read.py" "$work"
code=$?
[ "$code" -le 1 ] && exit "$code"
exit 2
