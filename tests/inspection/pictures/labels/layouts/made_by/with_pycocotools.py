"""pycocotools 2.0.11: COCO with compressed run lengths. OUT is the argument."""

import json
import sys
from pathlib import Path

import numpy as np
from pycocotools import mask
from pycocotools.coco import COCO

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

OUT = Path(sys.argv[1])
world.write_pictures(OUT / "rle" / "images")
images: list[dict[str, object]] = []
annotations: list[dict[str, object]] = []
for number, (name, kinds) in enumerate(world.PARTS.items()):
    images.append({"id": number, "file_name": f"{name}.jpg", "width": world.WIDTH, "height": world.HEIGHT})
    for kind in kinds:
        runs = mask.encode(np.asfortranarray(world.region(kind).astype(np.uint8)))
        annotations.append(
            {
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": world.KINDS.index(kind) + 1,
                "segmentation": {"size": runs["size"], "counts": runs["counts"].decode()},
                "bbox": mask.toBbox(runs).tolist(),
                "area": int(mask.area(runs)),
                "iscrowd": 0,
            }
        )
categories = [{"id": number, "name": kind} for number, kind in enumerate(world.KINDS, 1)]
path = OUT / "rle" / "instances.json"
path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
read = COCO(str(path))
assert all((read.annToMask(one) > 0).any() for one in read.anns.values())
