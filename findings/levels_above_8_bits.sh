#!/usr/bin/env bash
# Pictures of 12 bits lose their levels, or change them, where OpenCV and Pillow open them as one usually does.
#
# Seen with     opencv-python-headless 5.0.0.93, Pillow 13.0.0, NumPy 2.4.6 (PyPI), Python 3.11, Linux, November 2026.
# The question  A picture of a Mono12 camera (0 to 4095) in a PNG of 16 bits, grey and RGB, and in a TIFF whose 12 bits are packed
#               (BitsPerSample 12, TIFF 6.0): which levels does a program get?
# Behaviour     OpenCV's IMREAD_COLOR, the default, keeps the upper 8 of the 16 bits: 4,096 levels become 16, without a word.
#               With IMREAD_ANYDEPTH all are there. Packed 12 bits come moved up by 4 bits, so white is 65520.
#               Pillow gives grey of 16 bits as it is ("I;16"), but RGB of 16 bits as "RGB": the upper 8 bits, without a word.
# Why it hurts  A defect 14 of 255 levels deep is less than one level of what is left; every such part passes.
# What we do    inspection/pictures/decoding/decoding.py reads with IMREAD_ANYDEPTH and compares with the depth that the recipe states;
#               packed TIFFs are refused by name; Pillow decodes no picture that is judged.
#
# Output seen:
#   grey PNG of 12 bits in 16: 4096 levels; OpenCV's default 16, ANYDEPTH 4096, Pillow 4096 (I;16)
#   RGB PNG of 12 bits in 16: 4096 levels; OpenCV's default 16, ANYDEPTH 4096, Pillow 16 (RGB)
#   TIFF of 12 packed bits: stored up to 4095, OpenCV gives up to 65520
#
# usage: findings/levels_above_8_bits.sh      Exit code 0: as described; 1: it has changed; 2: it could not be run.
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
{ python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    opencv-python-headless==5.0.0.93 pillow==13.0.0 numpy==2.4.6; } ||
    { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/read.py" <<'PY'
import io
import struct
import sys

import cv2
import numpy as np
from PIL import Image

described = True
levels = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def count(picture):
    return len(np.unique(picture))


for name, stored, cut in (("grey", levels, False), ("RGB", np.dstack([levels] * 3), True)):
    file = cv2.imencode(".png", stored)[1]
    usual, deep = (count(cv2.imdecode(file, flag)) for flag in (cv2.IMREAD_COLOR, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH))
    image = Image.open(io.BytesIO(file.tobytes()))
    pillow = count(np.asarray(image))
    print(
        f"{name} PNG of 12 bits in 16: {count(stored)} levels; OpenCV's default {usual}, ANYDEPTH {deep}, "
        f"Pillow {pillow} ({image.mode})"
    )
    described &= (usual, deep, pillow) == (16, 4096, 16 if cut else 4096)

bits = "".join(format(int(level), "012b") for level in levels.ravel())
data = int(bits, 2).to_bytes(len(bits) // 8, "big")
tags = [(256, 64), (257, 64), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1), (278, 64), (279, len(data))]
entries = b"".join(struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, value) for tag, value in tags)
tiff = b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4)
seen = cv2.imdecode(np.frombuffer(tiff, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
print(f"TIFF of 12 packed bits: stored up to {levels.max()}, OpenCV gives up to {seen.max()}")
described &= bool((seen[..., 0] == levels << 4).all())
sys.exit(0 if described else 1)
PY
timeout 120 "$work/venv/bin/python" "$work/read.py"
code=$?
[ "$code" -le 1 ] && exit "$code"
exit 2
