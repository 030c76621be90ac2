"""datumaro 1.13.12: COCO, CVAT, VOC, both YOLOs, LabelMe's XML, MVTec AD. OUT is the argument."""

import sys
from pathlib import Path

import datumaro as dm
from datumaro.components.annotation import Bbox, Label, Mask, Polygon
from datumaro.components.media import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
import world

OUT = Path(sys.argv[1])
SOURCE = world.write_pictures(OUT / "source")


def mark(kind: str, how: str) -> dm.Annotation:
    label = world.KINDS.index(kind)
    left, top, right, bottom = world.box(kind)
    if how == "mask":
        return Mask(world.region(kind), label=label, id=label + 1, group=label + 1)
    if how == "polygon" and kind == "scratch":
        return Polygon([float(one) for corner in world.SCRATCH for one in corner], label=label)
    return Bbox(left, top, right - left, bottom - top, label=label)


def dataset(how: str, *, subset: bool = False) -> dm.Dataset:
    return dm.Dataset.from_iterable(
        [
            dm.DatasetItem(
                id=name,
                subset="train" if subset and name != "good_1" else "val" if subset else "default",
                media=Image.from_file(path=str(SOURCE[name])),
                annotations=[mark(kind, how) for kind in kinds],
            )
            for name, kinds in world.PARTS.items()
        ],
        categories=list(world.KINDS),
    )


for case, form, how, subset in (
    ("coco-polygons", "coco_instances", "polygon", True),
    ("coco-masks", "coco_instances", "mask", False),
    ("cvat-polygons", "cvat", "polygon", False),
    ("cvat-subsets", "cvat", "box", True),
    ("voc", "voc_detection", "box", True),
    ("voc-segmentation", "voc_segmentation", "mask", False),
    ("yolo", "yolo", "box", True),
    ("yolo-ultralytics", "yolo_ultralytics", "box", True),
    ("labelme-xml", "label_me", "polygon", False),
    ("mvtec", "mvtec_segmentation", "mask", False),
):
    data = dataset(how, subset=subset)
    if form.startswith("mvtec"):
        items = []
        for item in data:
            kinds = world.PARTS[item.id]
            kind = kinds[0] if kinds else "good"
            if len(kinds) > 1:
                continue
            names = ("good", *world.KINDS)
            marks = [Label(names.index(kind))]
            marks += [Mask(world.region(one), label=names.index(one)) for one in kinds]
            items.append(
                dm.DatasetItem(
                    id=f"{kind}/{item.id}",
                    subset="train" if item.id == "good_1" else "test",
                    media=item.media,
                    annotations=marks,
                )
            )
        data = dm.Dataset.from_iterable(items, categories=["good", *world.KINDS])
    try:
        data.export(str(OUT / case), form, save_media=True)
    except Exception as error:
        print(case, form, repr(error), file=sys.stderr)
