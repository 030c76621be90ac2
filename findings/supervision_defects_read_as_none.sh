#!/usr/bin/env bash
# supervision 0.31.2 reads labels of defects as pictures without any, from valid files:
# - LabelMe: a defect that is drawn as a circle (or line, or point) is skipped with a Python warning, and its picture is then
#   the same as one without a defect. (Masks of LabelMe's own AI tools are skipped too; its documentation says which shapes.)
# - YOLO: a picture that nobody labelled (no file) is the same as one that is labelled as empty (an empty file).
# - YOLO: classes that are called no and off in data.yaml, without quotes as many tools write names, are both called "False":
#   YAML 1.1 reads them as one boolean.
# Whoever trains or measures on what it returns takes defective parts for good ones, or one class for another.
#
# Seen on CPython 3.11.7, Linux x86-64:
#   LabelMe, one circle: 0 detections
#   YOLO, labelled as empty: 0 detections; not labelled: 0 detections
#   YOLO, names: [no, off]: ['False', 'False']
set -euo pipefail
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check supervision==0.31.2 opencv-python-headless==5.0.0.93 ||
    { echo "the pinned packages cannot be installed"; exit 2; }

cat >"$work/read.py" <<'PYTHON'
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import supervision as sv
from PIL import Image

warnings.simplefilter("ignore")
work = Path(sys.argv[1])
for name in ("labelme", "images", "labels"):
    (work / name).mkdir()
for path in ("labelme/part.jpg", "images/empty.jpg", "images/unlabelled.jpg", "images/part.jpg"):
    Image.fromarray(np.zeros((64, 96, 3), np.uint8)).save(work / path)

circle = {"label": "dent", "shape_type": "circle", "points": [[40, 30], [50, 30]], "group_id": None, "flags": {}}
about = {"version": "6.3.1", "flags": {}, "imagePath": "part.jpg", "imageData": None, "imageHeight": 64, "imageWidth": 96}
(work / "labelme/part.json").write_text(json.dumps({**about, "shapes": [circle]}))
data = sv.DetectionDataset.from_labelme(str(work / "labelme"), str(work / "labelme"))
(circles,) = (len(found) for _, _, found in data)
print(f"LabelMe, one circle: {circles} detections")

(work / "labels/part.txt").write_text("1 0.5 0.5 0.1 0.1\n")
(work / "labels/empty.txt").write_text("")
(work / "data.yaml").write_text("names: [no, off]\n")
data = sv.DetectionDataset.from_yolo(str(work / "images"), str(work / "labels"), str(work / "data.yaml"))
number = {Path(path).stem: len(found) for path, _, found in data}
print(f"YOLO, labelled as empty: {number['empty']} detections; not labelled: {number['unlabelled']} detections")
print(f"YOLO, names: [no, off]: {data.classes}")
as_written = circles == 0 and number == {"part": 1, "empty": 0, "unlabelled": 0} and data.classes == ["False"] * 2
sys.exit(not as_written)
PYTHON
timeout 120 "$work/venv/bin/python" "$work/read.py" "$work" || { echo "it behaves otherwise than is written here"; exit 1; }
