"""supervision 0.31.2: YOLO, COCO, VOC, LabelMe, CreateML, of boxes and of outlines. OUT is the argument."""

import sys
from pathlib import Path

import numpy as np
import supervision as sv

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

OUT = Path(sys.argv[1])
SOURCE = world.write_pictures(OUT / "source")


def dataset(*, masks: bool) -> sv.DetectionDataset:
    annotations = {}
    for name, kinds in world.PARTS.items():
        if not kinds:
            annotations[str(SOURCE[name])] = sv.Detections.empty()
            continue
        annotations[str(SOURCE[name])] = sv.Detections(
            xyxy=np.array([world.box(kind) for kind in kinds], float),
            class_id=np.array([world.KINDS.index(kind) for kind in kinds]),
            mask=np.array([world.region(kind) for kind in kinds]) if masks else None,
        )
    return sv.DetectionDataset(
        classes=list(world.KINDS), images=[*map(str, SOURCE.values())], annotations=annotations
    )


for masks, how in ((False, "boxes"), (True, "outlines")):
    data = dataset(masks=masks)
    to = OUT / f"yolo-{how}"
    data.as_yolo(str(to / "images"), str(to / "labels"), str(to / "data.yaml"))
    to = OUT / f"coco-{how}"
    data.as_coco(str(to / "images"), str(to / "annotations.json"))
    to = OUT / f"voc-{how}"
    data.as_pascal_voc(str(to / "JPEGImages"), str(to / "Annotations"))
    to = OUT / f"labelme-{how}"
    data.as_labelme(str(to), str(to))
data = dataset(masks=False)
data.as_createml(str(OUT / "createml"), str(OUT / "createml" / "_annotations.createml.json"))
