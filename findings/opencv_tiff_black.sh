#!/usr/bin/env bash
# OpenCV reads sound TIFFs as black, as noise or as the negative, and says that it succeeded.
#
# Seen with     opencv-python-headless 5.0.0.93 (its libtiff is 4.7.1), tifffile 2026.3.3, imagecodecs 2026.3.6 (PyPI),
#               Python 3.11, Linux, November 2026.
# The question  Sound TIFFs are decoded: RGB of 8 bits, compressed with PNG, JPEG 2000 or JPEG XL (as scanners of slides do) and
#               with Zstandard; RGB of 16 bits with each channel in a plane of its own; grey of 16 bits where white is 0.
# Behaviour     A compression whose number libtiff does not know gives a picture of the right size that is black all over;
#               one that it knows, but was built without, gives None, as it should. Of separate planes of 16 bits nothing
#               is where it belongs; of 8 bits they are read right. Where white is 0, 16 bits are given as they are stored, so
#               black is 65535; 8 bits are turned over.
# Why it hurts  imread's None is what programs test for. A data set converted by such a program is black, or negative, in part.
# What we do    inspection/pictures/decoding/tiff.py reads the tags first, and refuses these kinds by name.
#
# Output seen:
#   OpenCV 5.0.0
#   RGB, 8 bits, compressed with zstd: None
#   RGB, 8 bits, compressed with png: values 0 to 0, stored 40 to 229
#   RGB, 8 bits, compressed with jpeg2000: values 0 to 0, stored 40 to 229
#   RGB, 8 bits, compressed with jpegxl: values 0 to 0, stored 40 to 229
#   RGB, separate planes: 8 bits 100 % of the values right, 16 bits 1 %
#   grey where white is 0: 8 bits 100 % of the values right, 16 bits 0 %
#
# usage: findings/opencv_tiff_black.sh      Exit code 0: as described; 1: it has changed; 2: it could not be run.
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
{ python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    opencv-python-headless==5.0.0.93 tifffile==2026.3.3 imagecodecs==2026.3.6; } ||
    { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/read.py" <<'PY'
import io
import sys

import cv2
import numpy as np
import tifffile

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
print(f"OpenCV {cv2.__version__}")
rows, columns = np.mgrid[0:48, 0:64]
colour = np.stack([40 + 3 * columns, 30 + 4 * rows + 10, 200 - columns - rows], axis=2).astype(np.uint8)


def read(values, **options):
    """As OpenCV reads it, channels in the order of tifffile's."""
    file = io.BytesIO()
    tifffile.imwrite(file, values, **options)
    assert (tifffile.imread(io.BytesIO(file.getvalue())) == values).all()  # it is sound
    seen = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    return None if seen is None else seen[..., ::-1]


described = True
for compression in ("zstd", "png", "jpeg2000", "jpegxl"):
    options = {"compressionargs": {"level": 0}} if compression == "jpeg2000" else {}
    if compression == "jpegxl":
        options = {"compressionargs": {"lossless": True}}
    seen = read(colour, photometric="rgb", compression=compression, **options)
    shown = "None" if seen is None else f"values {seen.min()} to {seen.max()}, stored {colour.min()} to {colour.max()}"
    print(f"RGB, 8 bits, compressed with {compression}: {shown}")
    described &= seen is None if compression == "zstd" else seen is not None and not seen.any()


def right(seen, values):
    return 100 * float((seen == values).mean())


planes = {"photometric": "rgb", "planarconfig": "separate"}
wide = colour.astype(np.uint16) * 257
shares = [right(read(np.moveaxis(c, -1, 0), **planes), c) for c in (colour, wide)]
print(f"RGB, separate planes: 8 bits {shares[0]:.0f} % of the values right, 16 bits {shares[1]:.0f} %")
described &= shares[0] == 100 and shares[1] < 5
inverted = [
    right(read(most - c[..., 0], photometric="miniswhite")[..., 0], c[..., 0])
    for c, most in ((colour, np.uint8(255)), (wide, np.uint16(65535)))
]
print(f"grey where white is 0: 8 bits {inverted[0]:.0f} % of the values right, 16 bits {inverted[1]:.0f} %")
described &= inverted[0] == 100 and inverted[1] < 5
if not described:
    print("this has changed")
    sys.exit(1)
PY
timeout 120 "$work/venv/bin/python" "$work/read.py"
code=$?
[ "$code" -le 1 ] && exit "$code"
exit 2
