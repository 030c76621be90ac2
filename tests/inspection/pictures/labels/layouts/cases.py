"""Every layout of labels, as its tool's own library wrote it, or as its maker describes it."""

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.inspection.pictures.labels.layouts.world import (
    DENT,
    HEIGHT,
    PARTS,
    SCRATCH,
    WIDTH,
    box,
    picture,
    region,
)

EXPORTS = Path(__file__).parent / "exports"
BY_HAND = "by hand, as its maker describes it"


@dataclass(frozen=True)
class Case:
    """One folder of labelled pictures."""

    layout: str
    lay: Callable[[Path], None]
    """Writes it below a folder."""
    written_by: str = BY_HAND
    words: str = ""
    """Of the refusal, where it is refused; a pattern."""
    left_out: int = 0
    """Pictures that nothing is said about."""
    box_px: float = 1.5
    """Most that a side of a box may be off."""
    overlap: float | None = None
    """Least intersection over union of the marked pixels; None where the labels do not say them."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """How its labels call what ``world`` calls otherwise."""

    @property
    def name(self) -> str:
        return f"{self.layout}, {self.written_by}"


def put(path: Path, part: str) -> Path:
    """A picture of a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, coded = cv2.imencode(path.suffix.lower(), picture(part)[..., ::-1])
    assert done
    path.write_bytes(coded.tobytes())
    return path


def put_mask(path: Path, part: str, value: int = 255) -> None:
    marked = np.zeros((HEIGHT, WIDTH), bool)
    for kind in PARTS[part]:
        marked |= region(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.where(marked, value, 0).astype(np.uint8))[1].tobytes())


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def exported(tool: str, case: str) -> Callable[[Path], None]:
    """What a tool's own library wrote (made_by/make.sh)."""

    def lay(root: Path) -> None:
        shutil.copytree(EXPORTS / tool / case, root, dirs_exist_ok=True)
        listed = root / "pictures.json"
        for place, part in json.loads(listed.read_text()).items():
            put(root / place, part)
        listed.unlink()

    return lay


def share_of(kind: str) -> str:
    """A YOLO line's box."""
    left, top, right, bottom = box(kind)
    shares = (
        (left + right) / 2 / WIDTH,
        (top + bottom) / 2 / HEIGHT,
        (right - left) / WIDTH,
        (bottom - top) / HEIGHT,
    )
    return " ".join(f"{share:.6f}" for share in shares)


def corners_of(kind: str) -> list[tuple[float, float]]:
    """Of its box, or of the scratch exactly."""
    if kind == "scratch":
        return [(float(x), float(y)) for x, y in SCRATCH]
    left, top, right, bottom = DENT
    return [(left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1)]


def yolo_lines(part: str, line: Callable[[str], str] = share_of) -> str:
    return "".join(f"{['scratch', 'dent'].index(kind)} {line(kind)}\n" for kind in PARTS[part])


def outline_line(kind: str) -> str:
    return " ".join(f"{x / WIDTH:.6f} {y / HEIGHT:.6f}" for x, y in corners_of(kind))


def ultralytics(root: Path) -> None:
    """One picture has no label file, which says nothing."""
    for number, part in enumerate(PARTS):
        split = "val" if number == 1 else "train"
        put(root / f"images/{split}/{part}.jpg", part)
        write(root / f"labels/{split}/{part}.txt", yolo_lines(part, outline_line))
    put(root / "images/val/unlabelled.jpg", "good_0")
    write(
        root / "data.yaml", "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: scratch\n  1: dent\n"
    )


def label_img(root: Path) -> None:
    for part in PARTS:
        put(root / f"{part}.png", part)
        write(root / f"{part}.txt", yolo_lines(part))
    write(root / "classes.txt", "scratch\ndent\n")


def without_names(root: Path) -> None:
    label_img(root)
    (root / "classes.txt").unlink()


def with_confidence(root: Path) -> None:
    label_img(root)
    write(root / "scratch_0.txt", f"0 {share_of('scratch')} 0.87\n")


def roboflow_yolo(root: Path) -> None:
    """Two augmented copies of each picture of the training split."""
    for number, part in enumerate(PARTS):
        split, copies = ("valid", 1) if number == 1 else ("train", 2)
        for copy in range(copies):
            name = f"{part}_jpg.rf.{number}{copy}a9f0c4d2e81b7"
            put(root / f"{split}/images/{name}.jpg", part)
            write(root / f"{split}/labels/{name}.txt", yolo_lines(part))
    names = "names: ['scratch', 'dent']\n"
    write(
        root / "data.yaml",
        f"train: ../train/images\nval: ../valid/images\n\nnc: 2\n{names}\nroboflow:\n  version: 1\n",
    )
    write(root / "README.roboflow.txt", "12 images")


def coco(parts: Mapping[str, str]) -> dict[str, Any]:
    """Of pictures (name: part), as Roboflow writes it: a category for the project itself, box and outline."""
    annotations: list[dict[str, Any]] = []
    for number, part in enumerate(parts.values()):
        for kind in PARTS[part]:
            left, top, right, bottom = box(kind)
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": number,
                    "category_id": 1 + ["scratch", "dent"].index(kind),
                    "bbox": [left, top, right - left, bottom - top],
                    "segmentation": [[one for corner in corners_of(kind) for one in corner]],
                    "area": 1,
                    "iscrowd": 0,
                }
            )
    return {
        "categories": [
            {"id": 0, "name": "defects", "supercategory": "none"},
            {"id": 1, "name": "scratch", "supercategory": "defects"},
            {"id": 2, "name": "dent", "supercategory": "defects"},
        ],
        "images": [
            {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT}
            for number, name in enumerate(parts)
        ],
        "annotations": annotations,
    }


def roboflow_coco(root: Path) -> None:
    for split, parts in (("train", list(PARTS)[:4]), ("valid", list(PARTS)[4:])):
        named = {f"{part}_jpg.rf.0a9f0c4d2e81b7.jpg": part for part in parts}
        for name, part in named.items():
            put(root / split / name, part)
        write(root / split / "_annotations.coco.json", json.dumps(coco(named)))


def plain_coco(root: Path, **changes: Any) -> None:
    named = {f"{part}.jpg": part for part in PARTS}
    for name, part in named.items():
        put(root / "images" / name, part)
    write(root / "annotations/instances.json", json.dumps(coco(named) | changes))


def coco_of_a_gone_picture(root: Path) -> None:
    plain_coco(root)
    (root / "images/dent_0.jpg").unlink()


def coco_of_another_size(root: Path) -> None:
    images = [
        {**one, "width": 640, "height": 480}
        for one in coco({f"{part}.jpg": part for part in PARTS})["images"]
    ]
    plain_coco(root, images=images)


def coco_without_good(root: Path) -> None:
    plain_coco(root)
    content = coco({f"{part}.jpg": part for part in PARTS if PARTS[part]})
    write(root / "annotations/instances.json", json.dumps(content))


def voc(part: str, name: str) -> str:
    objects = "".join(
        f"<object><name>{kind}</name><bndbox><xmin>{b[0]}</xmin><xmax>{b[2]}</xmax>"
        f"<ymin>{b[1]}</ymin><ymax>{b[3]}</ymax></bndbox></object>"
        for kind, b in ((kind, box(kind)) for kind in PARTS[part])
    )
    size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
    return f"<annotation><folder></folder><filename>{name}</filename>{size}{objects}</annotation>"


def roboflow_voc(root: Path) -> None:
    for part in PARTS:
        name = f"{part}_jpg.rf.0a9f0c4d2e81b7"
        put(root / f"train/{name}.jpg", part)
        write(root / f"train/{name}.xml", voc(part, f"{name}.jpg"))


def class_folders(good: str, scratch: str, dent: str) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        for part, folder in zip(list(PARTS)[:4], (good, good, scratch, dent), strict=True):
            put(root / folder / f"{part}.jpg", part)

    return lay


def roboflow_folders(root: Path) -> None:
    class_folders("train/ok", "train/scratch", "valid/dent")(root)


def unsorted_among_classes(root: Path) -> None:
    class_folders("train/ok", "train/scratch", "valid/dent")(root)
    put(root / "train/Unlabeled/both_0.jpg", "both_0")


def roboflow_table(name: str, head: str) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        for part in PARTS:
            put(root / f"train/{part}.jpg", part)
        write(root / "train" / name, f"{head}\n")

    return lay


def cvat(root: Path) -> None:
    """As the server writes it: a mask by runs along its rows, a turned box, a tag for good."""
    left, top, right, bottom = box("dent")
    cut = region("dent")[top:bottom, left:right].ravel()
    borders = np.flatnonzero(np.diff(np.concatenate([[False], cut, [not cut[-1]]])))
    runs = ", ".join(str(run) for run in np.diff(np.concatenate([[0], borders])))
    shapes = {
        "dent": f'<mask label="dent" source="manual" rle="{runs}" left="{left}" top="{top}" '
        f'width="{right - left}" height="{bottom - top}" z_order="0"></mask>',
        # A quarter turn about the centre of the scratch's 30 x 4 pixels.
        "scratch": '<box label="scratch" xtl="23.00" ytl="7.00" xbr="27.00" ybr="37.00" rotation="90"/>',
    }
    images = []
    for number, (part, kinds) in enumerate(PARTS.items()):
        put(root / f"images/line 3/{part}.jpg", part)
        inside = "".join(shapes[kind] for kind in kinds) or '<tag label="OK" source="manual"></tag>'
        about = f'id="{number}" name="line 3/{part}.jpg" width="{WIDTH}" height="{HEIGHT}"'
        images.append(f"<image {about}>{inside}</image>")
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version><meta></meta>'
    write(root / "annotations.xml", f"{head}{''.join(images)}</annotations>")


def cvat_video(root: Path) -> None:
    put(root / "images/frame_000000.png", "good_0")
    track = '<track id="0" label="dent"><box frame="0" xtl="1" ytl="1" xbr="9" ybr="9"></box></track>'
    write(root / "annotations.xml", f"<annotations><version>1.1</version>{track}</annotations>")


def label_me_in_class_folders(root: Path) -> None:
    """Only what is wrong was outlined; the folder says what is good."""
    for part, kinds in list(PARTS.items())[:4]:
        folder = root / (kinds[0] if kinds else "good")
        put(folder / f"{part}.jpg", part)
        shapes = [{"label": kind, "points": corners_of(kind), "shape_type": "polygon"} for kind in kinds]
        if shapes:
            write(
                folder / f"{part}.json",
                json.dumps({"imagePath": f"..\\pictures\\{part}.jpg", "shapes": shapes}),
            )


def visa(root: Path) -> None:
    rows = [("image", "label", "mask")]
    for part, kinds in PARTS.items():
        folder = "Anomaly" if kinds else "Normal"
        put(root / f"Data/Images/{folder}/{part}.JPG", part)
        if kinds:
            put_mask(root / f"Data/Masks/{folder}/{part}.png", part, value=1)
        mask = f"candle/Data/Masks/{folder}/{part}.png" if kinds else ""
        rows.append((f"candle/Data/Images/{folder}/{part}.JPG", ",".join(kinds) or "normal", mask))
    with (root / "image_anno.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def visa_without_table(root: Path) -> None:
    visa(root)
    (root / "image_anno.csv").unlink()


def mvtec_2(root: Path) -> None:
    put(root / "train/good/000_regular.png", "good_0")
    put(root / "test_public/good/000_regular.png", "good_1")
    put(root / "test_public/bad/000_regular.png", "dent_0")
    put_mask(root / "test_public/ground_truth/bad/000_regular_mask.png", "dent_0")


def masks_beside(root: Path) -> None:
    class_folders("good", "scratch", "dent")(root)
    put_mask(root / "scratch/scratch_0_mask.png", "scratch_0")
    put_mask(root / "dent/dent_0_mask.png", "dent_0", value=1)


def own_outlines(root: Path) -> None:
    for part in PARTS:
        put(root / f"images/{part}.jpg", part)
    labels = {f"{part}.jpg": {kind: [corners_of(kind)] for kind in kinds} for part, kinds in PARTS.items()}
    write(root / "labels.json", json.dumps(labels))


def jsons(name: str, content: Any) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        for part in PARTS:
            put(root / f"{part}.jpg", part)
        write(root / name, json.dumps(content))

    return lay


def two_layouts(root: Path) -> None:
    label_img(root)
    roboflow_voc(root)


def good_inside_another(root: Path) -> None:
    class_folders("camera 1/good", "camera 1/scratch", "camera 1/dent")(root)


SUPERVISION, DATUMARO = "supervision 0.31.2", "datumaro 1.13.12"
VISA_KINDS = {"scratch": "Anomaly", "dent": "Anomaly"}
EXACT, RING_AS_BOX = 0.99, 0.6

CASES = (
    Case("YOLO detect", exported("supervision", "yolo-boxes"), SUPERVISION),
    Case("YOLO detect (Ultralytics folders)", exported("datumaro", "yolo-ultralytics"), DATUMARO),
    Case("YOLO detect (Darknet folders, CVAT's YOLO 1.1)", exported("datumaro", "yolo"), DATUMARO),
    Case("YOLO detect, beside the pictures (labelImg)", label_img),
    Case("YOLO segment", exported("supervision", "yolo-outlines"), SUPERVISION, overlap=EXACT),
    Case("YOLO segment, one picture without a label", ultralytics, left_out=1, overlap=RING_AS_BOX),
    Case("YOLO without names", without_names, words="class 0, which has no name"),
    Case("YOLO predictions", with_confidence, words="a line of 6 values"),
    Case("COCO boxes", exported("supervision", "coco-boxes"), SUPERVISION),
    Case("COCO polygons", exported("supervision", "coco-outlines"), SUPERVISION, overlap=EXACT),
    Case("COCO polygons and boxes, two splits", exported("datumaro", "coco-polygons"), DATUMARO),
    Case("COCO run lengths", exported("datumaro", "coco-masks"), DATUMARO, overlap=EXACT),
    Case("COCO run lengths, compressed", exported("pycocotools", "rle"), "pycocotools 2.0.11", overlap=EXACT),
    Case(
        "COCO of a picture that is gone", coco_of_a_gone_picture, words=r"names dent_0\.jpg, which is missing"
    ),
    Case("COCO drawn on another size", coco_of_another_size, words="drawn on 640x480 pixels"),
    Case(
        "COCO without a good picture",
        coco_without_good,
        words="leave no picture without a defect",
        left_out=2,
    ),
    Case("CVAT for images", exported("datumaro", "cvat-polygons"), DATUMARO),
    Case("CVAT for images, two subsets", exported("datumaro", "cvat-subsets"), DATUMARO),
    Case("CVAT for images: masks, turned boxes, tags", cvat, overlap=EXACT, box_px=2),
    Case("CVAT for video", cvat_video, words="tracks of a video"),
    Case("Pascal VOC boxes", exported("supervision", "voc-boxes"), SUPERVISION),
    Case("Pascal VOC boxes, files for defects only", exported("datumaro", "voc"), DATUMARO, left_out=1),
    Case(
        "Pascal VOC boxes, beside the pictures",
        exported("pascal_voc_writer", "beside"),
        "pascal-voc-writer 0.1.4",
    ),
    Case("Pascal VOC polygons", exported("supervision", "voc-outlines"), SUPERVISION, overlap=0.6),
    Case(
        "Pascal VOC masks of classes",
        exported("datumaro", "voc-segmentation"),
        DATUMARO,
        words="masks of classes",
    ),
    Case("LabelMe polygons and masks", exported("labelme", "json"), "labelme 6.3.1", overlap=EXACT),
    Case("LabelMe polygons", exported("supervision", "labelme-outlines"), SUPERVISION, overlap=EXACT),
    Case("LabelMe rectangles", exported("supervision", "labelme-boxes"), SUPERVISION),
    Case("LabelMe in class folders", label_me_in_class_folders, overlap=RING_AS_BOX),
    Case("LabelMe's XML of old", exported("datumaro", "labelme-xml"), DATUMARO),
    Case("MVTec AD", exported("datumaro", "mvtec"), DATUMARO, overlap=EXACT),
    Case("MVTec AD 2", mvtec_2, overlap=EXACT, kinds={"dent": "bad"}),
    Case("VisA", visa, overlap=EXACT),
    Case("VisA without its table", visa_without_table, overlap=EXACT, kinds=VISA_KINDS),
    Case("Roboflow: YOLO, augmented copies", roboflow_yolo),
    Case("Roboflow: COCO", roboflow_coco, overlap=RING_AS_BOX),
    Case("Roboflow: Pascal VOC", roboflow_voc),
    Case("Roboflow: folder structure", roboflow_folders),
    Case("Roboflow: folder structure, one unlabelled", unsorted_among_classes, left_out=1),
    Case(
        "Roboflow: table of boxes",
        roboflow_table("_annotations.csv", "filename,width"),
        words="tables of boxes",
    ),
    Case(
        "Roboflow: table of classes",
        roboflow_table("_classes.csv", "filename, dent"),
        words="tables of classes",
    ),
    Case("CreateML", exported("supervision", "createml"), SUPERVISION, words="CreateML, which is not read"),
    Case("Label Studio's JSON", jsons("a.json", [{"data": {}, "annotations": []}]), words="Label Studio"),
    Case("VGG Image Annotator", jsons("via.json", {"_via_settings": {}}), words="VGG Image Annotator"),
    Case("Class folders, English", class_folders("ok_front", "scratch", "dent")),
    Case(
        "Class folders, German",
        class_folders("i.O.", "Kratzer", "Delle"),
        kinds={"scratch": "Kratzer", "dent": "Delle"},
    ),
    Case(
        "Class folders, Chinese",
        class_folders("良品", "划痕", "凹坑"),
        kinds={"scratch": "划痕", "dent": "凹坑"},
    ),
    Case("Class folders with masks beside", masks_beside, overlap=EXACT),
    Case(
        "Class folders without a good one",
        class_folders("fine", "scratch", "dent"),
        words="named for good parts",
    ),
    Case("Class folders one folder too deep", good_inside_another, words="inside one named camera 1"),
    Case("Passgate's own labels.json", own_outlines, overlap=RING_AS_BOX),
    Case("Two layouts in one folder", two_layouts, words="layouts of YOLO and of Pascal VOC"),
)
