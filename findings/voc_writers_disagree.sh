#!/usr/bin/env bash
# Pascal VOC from three writers, of the same box (left 10, top 20, 31 wide, 5 high) in one of two pictures:
# - supervision 0.31.2 counts pixels from 1, as VOC once did (it reads them back so), polygons as well;
# - datumaro 1.13.12 (CVAT builds on a fork of it) and pascal-voc-writer 0.1.4 count from 0.
# Nothing in the files tells which. Read the other way, a scratch 5 pixels wide is met by 63 %.
# - datumaro writes no XML file for the picture without a defect: that it was labelled is said only by ImageSets/Main.
#   Whoever reads Annotations alone, as most readers do, has no good picture.
#
# Seen on CPython 3.11.7, Linux x86-64:
#   supervision: xmin 11, 2 XML files
#   datumaro: xmin 10.0, 1 XML file
#   pascal-voc-writer: xmin 10
set -euo pipefail
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for tool in one two; do "$python" -m venv "$work/$tool"; done
"$work/one/bin/pip" install --quiet --disable-pip-version-check \
    supervision==0.31.2 opencv-python-headless==5.0.0.93 pascal-voc-writer==0.1.4 ||
    { echo "the pinned packages cannot be installed"; exit 2; }
"$work/two/bin/pip" install --quiet --disable-pip-version-check datumaro==1.13.12 ||
    { echo "the pinned packages cannot be installed"; exit 2; }

cat >"$work/one.py" <<'PYTHON'
import sys
from pathlib import Path

import numpy as np
import supervision as sv
from pascal_voc_writer import Writer
from PIL import Image

work = Path(sys.argv[1])
files = {name: str(work / f"{name}.png") for name in ("good", "scratch")}
for path in files.values():
    Image.fromarray(np.zeros((64, 96, 3), np.uint8)).save(path)
box = sv.Detections(xyxy=np.array([[10.0, 20, 41, 25]]), class_id=np.array([0]))
marks = {files["good"]: sv.Detections.empty(), files["scratch"]: box}
data = sv.DetectionDataset(classes=["scratch"], images=list(marks), annotations=marks)
data.as_pascal_voc(str(work / "supervision"), str(work / "supervision"))
writer = Writer(files["scratch"], 96, 64)
writer.addObject("scratch", 10, 20, 41, 25)
(work / "writer").mkdir()
writer.save(str(work / "writer/scratch.xml"))
PYTHON
cat >"$work/two.py" <<'PYTHON'
import sys
from pathlib import Path

import datumaro as dm
from datumaro.components.annotation import Bbox
from datumaro.components.media import Image

work = Path(sys.argv[1])
items = [
    dm.DatasetItem(
        id=name,
        subset="train",
        media=Image.from_file(path=str(work / f"{name}.png")),
        annotations=[Bbox(10, 20, 31, 5, label=0)] if name == "scratch" else [],
    )
    for name in ("good", "scratch")
]
data = dm.Dataset.from_iterable(items, categories=["scratch"])
data.export(str(work / "datumaro"), "voc_detection", save_media=True)
PYTHON
timeout 120 "$work/one/bin/python" "$work/one.py" "$work"
timeout 120 "$work/two/bin/python" "$work/two.py" "$work"
left() { sed -n 's/.*<xmin>\(.*\)<\/xmin>.*/\1/p' "$1"; }
ones=$(left "$work/supervision/scratch.xml") && ones_files=$(find "$work/supervision" -name '*.xml' | wc -l)
twos=$(left "$work/datumaro/Annotations/scratch.xml") && twos_files=$(find "$work/datumaro" -name '*.xml' | wc -l)
threes=$(left "$work/writer/scratch.xml")
echo "supervision: xmin $ones, $ones_files XML files"
echo "datumaro: xmin $twos, $twos_files XML file"
echo "pascal-voc-writer: xmin $threes"
grep -q good "$work/datumaro/ImageSets/Main/train.txt"
[ "$ones $ones_files $twos $twos_files $threes" = "11 2 10.0 1 10" ] || { echo "it behaves otherwise than is written here"; exit 1; }
