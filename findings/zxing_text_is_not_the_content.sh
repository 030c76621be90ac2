#!/usr/bin/env bash
# zxing-cpp 3.1.1: `barcode.text` is what a person would print below the code, not what the code holds.
#
# By default `text` comes in the mode HRI, "human readable interpretation". GS1 data gets brackets around its application
# identifiers and loses the FNC1 between its elements; of other codes each control character becomes the printable sign
# that stands for it (U+241E for 0x1E), so that `text.isprintable()` is true of data that is not printable. A label of
# ISO/IEC 15434, which automotive parts carry, begins with "[)>", 0x1E, "06", 0x1D: what is split at 0x1D finds nothing.
# `bytes` has the content. `valid` and `error` say nothing of it; `content_type` tells GS1 and ISO15434.
# Passgate takes serial and lot of GS1 data from `bytes` (inspection/gauges/elements.py).
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q zxing-cpp==3.1.1 numpy==2.4.6
cat > "$work/run.py" <<'P'
import numpy as np
import zxingcpp
from zxingcpp import BarcodeFormat


def read(content, **how):
    code = zxingcpp.create_barcode(content, BarcodeFormat.DataMatrix, **how)
    image = np.pad(np.array(zxingcpp.write_barcode_to_image(code, scale=4)), 40, constant_values=255)
    (one,) = zxingcpp.read_barcodes(image)
    print(one.content_type, repr(one.text), one.bytes)
    return one


gs1 = read("(01)09501101530003(10)AB-123(21)12345", gs1=True)
assert gs1.bytes == b"010950110153000310AB-123\x1d2112345"
assert gs1.text == "(01)09501101530003(10)AB-123(21)12345"
label = read("[)>\x1e06\x1dSSN0042\x1d1TLOT7\x1e\x04")
assert label.bytes == b"[)>\x1e06\x1dSSN0042\x1d1TLOT7\x1e\x04"
assert label.text == "[)>\u241e06\u241dSSN0042\u241d1TLOT7\u241e\u2404" and label.text.isprintable()
P
"$work/venv/bin/python" "$work/run.py"
echo "as described"
