"""Every layout of labels is read right, or refused with words; makes docs/measurements/label-layouts.md."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import structlog

from inspection.errors import PassgateError
from inspection.pictures.decoding.decoding import read_picture
from models.training.adapting.labelled import read_example
from models.training.data.photographs import Photograph, read_photographs
from tests.inspection.pictures.labels.layouts.cases import CASES, Case
from tests.inspection.pictures.labels.layouts.world import PARTS, box, picture, region

PAGE = Path(__file__).parents[4] / "docs" / "measurements" / "label-layouts.md"


def part_of(photograph: Photograph) -> str:
    """Which part a picture shows, whatever the layout called its file: by its pixels."""
    shown = read_picture(photograph.path).astype(int)
    return min(PARTS, key=lambda name: int(np.abs(picture(name).astype(int) - shown).sum()))


def off(photograph: Photograph, part: str, case: Case) -> float:
    """Most that a side of a box is off, in pixels; 0 where no place is said."""
    worst = 0
    for defect in photograph.defects:
        if defect.box is not None:
            left, top, width, height = defect.box
            said = (left, top, left + width, top + height)
            true = [box(kind) for kind in PARTS[part] if case.kinds.get(kind, kind) == defect.type]
            worst = max(worst, min(max(abs(a - b) for a, b in zip(said, one, strict=True)) for one in true))
    return worst


def overlap(photograph: Photograph, part: str) -> float | None:
    """Intersection over union of the marked pixels; None where none are said."""
    marked = read_example(photograph).mask
    if marked is None:
        return None
    truth = np.any([region(kind) for kind in PARTS[part]], axis=0)
    return float(((marked > 0) & truth).sum() / ((marked > 0) | truth).sum())


def outcome(case: Case, root: Path) -> str:
    """What became of a case, for the table."""
    case.lay(root)
    try:
        photographs = read_photographs(root)
    except PassgateError as error:
        return f"refused: {error}".replace(f"{root}/", "").replace(str(root), "FOLDER")
    parts = [part_of(one) for one in photographs]
    good = sum(not one.defects for one in photographs)
    left = f", {case.left_out} left out" if case.left_out else ""
    told = f"{len(photographs)} pictures, {good} good{left}"
    for one, part in zip(photographs, parts, strict=True):
        wanted = {case.kinds.get(kind, kind) for kind in PARTS[part]}
        assert {defect.type for defect in one.defects} == wanted, one
    placed = any(defect.box for one in photographs for defect in one.defects)
    pixels = [
        share
        for one, part in zip(photographs, parts, strict=True)
        if (share := overlap(one, part)) is not None
    ]
    worst = max(off(one, part, case) for one, part in zip(photographs, parts, strict=True))
    assert worst <= case.box_px
    assert case.overlap is None or min(pixels) >= case.overlap
    return f"read: {told}; {'boxes' if placed else 'no places'}{', pixels' if pixels else ''}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_read_right_or_refused_with_words(case: Case, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as said:
        became = outcome(case, tmp_path / "labelled")
    assert became.startswith("refused: " if case.words else "read: ")
    assert re.search(case.words, became)
    left_out = [event for event in said if "are left out" in event["event"]]
    assert [event["event"].split()[0] for event in left_out] == (
        [str(case.left_out)] if case.left_out else []
    )


def page() -> str:
    """docs/measurements/label-layouts.md, made anew."""
    rows = []
    for case in CASES:
        with TemporaryDirectory() as folder, structlog.testing.capture_logs():
            became = outcome(case, Path(folder) / "labelled").replace("|", "\\|")
        rows.append(f"| {case.layout} | {case.written_by} | {became} |")
    return "\n".join([HEAD, "| layout | written by | what became of it |", "|---|---|---|", *rows, ""])


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m tests.models.training.adapting.test_label_layouts > docs/measurements/label-layouts.md"
    )


HEAD = """# Label layouts

What `recipe adapt --labels`, `dataset convert` and `model evaluate` make of each layout of labels: five
parts of 96x64 pixels, two of them good, one with a scratch, one with a ring-shaped dent, one with both (but
in class folders, which cannot say so). "Read" means: each picture has exactly its types, the good ones
none; boxes are right to 1.5 pixels (a turned box of CVAT: 2); where the labels say which pixels, these are
right: an overlap of at least 99 %, or of 60 % where they cannot say the ring or count pixels from 1.
"Refused" has the words shown.

Made and checked by `tests/models/training/adapting/test_label_layouts.py`. Files of tools that have a library
were written by that library (`tests/inspection/pictures/labels/layouts/made_by`).
"""

if __name__ == "__main__":
    print(page(), end="")
