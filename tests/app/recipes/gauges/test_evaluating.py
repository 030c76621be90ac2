"""Labels against readings: every kind of picture is read, no bad entry ends the run, errors are counted."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from app.recipes.gauges.evaluating import Scored, figures, score
from app.recipes.gauges.labels import Refused, labels_of
from app.recipes.gauges.pictures import picture_of
from inspection.errors import CameraError, DatasetError
from inspection.gauges.reading_all import read
from inspection.instruments.description import Description
from inspection.instruments.display import DisplayDescription
from inspection.instruments.reading import InstrumentKind, Reading, Unreadable, unreadable
from inspection.levels import Picture
from tests.app.recipes.gauges.dials import dial, label


def says(value: float, uncertainty: float = 0.5) -> Any:
    """A reader that sees one value everywhere."""

    def seen(pictures: Sequence[Picture], what: Description) -> Reading:
        return Reading(kind=InstrumentKind.DIAL, value=value, uncertainty=uncertainty, ms=2.0)

    return seen


def written(folder: Path, labels: object, name: str = "LABELS.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(labels), "utf-8")
    return path


def evaluated(folder: Path, labels: object, reader: Any = read) -> dict[str, Any]:
    outcomes = list(score(labels_of(written(folder, labels), images=folder), reader))
    return json.loads(json.dumps(figures(outcomes), allow_nan=False))  # type: ignore[no-any-return]


def _encoded(kind: str, shown: Picture) -> bytes:
    image = Image.fromarray(shown)
    into = io.BytesIO()
    match kind:
        case "grey.png":
            image.convert("L").save(into, "PNG")
        case "alpha.png":
            clear = image.convert("RGBA")
            clear.putalpha(Image.fromarray(np.where(shown[..., 0] == 120, 0, 255).astype(np.uint8)))
            clear.save(into, "PNG")
        case "palette.png":
            image.quantize(64).save(into, "PNG")
        case "deep.png":
            return cv2.imencode(".png", shown.astype(np.uint16) * 257)[1].tobytes()
        case "cmyk.jpg":
            image.convert("CMYK").save(into, "JPEG")
        case "turned.jpg":
            exif = Image.Exif()
            exif[0x0112] = 6
            image.rotate(90, expand=True).save(into, "JPEG", exif=exif, quality=95)
        case "moving.gif":
            image.save(into, "GIF")
        case "long.jpg":
            image.save(into, "JPEG", quality=95)
            return into.getvalue()[:-2] + b"\0\1\2\3" + into.getvalue()[-2:]
        case _:
            image.save(into, kind.rsplit(".")[-1].upper().replace("JPG", "JPEG"))
    return into.getvalue()


KINDS = (
    *("grey.png", "alpha.png", "palette.png", "deep.png", "cmyk.jpg", "turned.jpg", "moving.gif", "long.jpg"),
    *("plain.jpg", "plain.bmp", "plain.webp", "plain.tiff"),
)


def test_whatever_kind_of_picture_it_is_the_dial_is_seen_upright(tmp_path: Path) -> None:
    for kind in KINDS:
        (tmp_path / kind).write_bytes(_encoded(kind, dial(40.0)))
    said = evaluated(tmp_path, [label(kind, 40.0) for kind in KINDS])
    assert said["refused"] == []
    off = {one["file"]: one["error_pct"] for one in said["files"]}
    assert off.keys() == {*KINDS}
    assert None not in off.values(), off
    assert max(off.values()) < 1.5


def test_marks_that_were_clicked_in_the_picture_as_stored_are_read_there(tmp_path: Path) -> None:
    stored = Image.new("RGB", (500, 300))
    stored.paste(Image.fromarray(dial(40.0)), (100, 0))  # upright it is 300 wide: its marks lie beyond
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(tmp_path / "a.jpg", exif=exif, quality=95)
    moved = label("a.jpg", 40.0)
    moved["center"][0] += 100
    moved["marks"] = [[x + 100, y, value] for x, y, value in moved["marks"]]
    (one,) = evaluated(tmp_path, [moved])["files"]
    assert one["readable"], one
    assert one["error_pct"] < 1.5


def test_one_bad_entry_never_ends_the_run(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), dial(40.0))
    (tmp_path / "text.png").write_text("no picture")
    good = label("a.png", 40.0)
    bad = [
        *("nothing", None, {}, {"file": "a.png"}, label("absent.png", 1.0), label("text.png", 1.0)),
        *(label("a.png", 40.0, reading=None), label("a.png", 40.0, marks=[]), label("a\0.png", 1.0)),
        label("a.png", 1e308),
    ]
    said = evaluated(tmp_path, [*bad, good], says(40.0))
    assert (said["readable"], len(said["refused"])) == (1, len(bad))
    assert said["share_readable"] == pytest.approx(1 / (len(bad) + 1)), "what is refused was not read"


def test_a_refused_entry_is_named_by_its_place_and_its_file(tmp_path: Path) -> None:
    said = evaluated(tmp_path, ["nothing", label("a.png", 1.0), label("b.png", 2.0, marks=[])], says(40.0))
    assert [(one["entry"], one["file"]) for one in said["refused"]] == [(0, ""), (1, "a.png"), (2, "b.png")]
    assert str(Refused(2, "b.png", "why")) == "entry 2 (b.png): why"
    assert str(Refused(0, "", "why")) == "entry 0: why"


def test_a_reading_beyond_its_own_scale_is_pointed_out(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), dial(40.0))
    beyond, within = evaluated(tmp_path, [label("a.png", 140.0), label("a.png", 100.0)], says(40.0))["files"]
    assert "140 lies beyond the scale, 0 to 100" in beyond["notes"][0]
    assert within["notes"] == []


def test_errors_are_in_per_cent_of_full_scale_and_far_ones_are_silent_errors(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), dial(40.0))
    truths = (40.0, 41.0, 45.0, 45.01, 30.0)
    said = evaluated(tmp_path, [label("a.png", truth) for truth in truths], says(40.0))
    assert said["error_pct"]["median"] == pytest.approx(5.0)
    assert said["error_pct"]["max"] == pytest.approx(10.0)
    assert said["silent_errors"] == 2
    assert said["within_2u"] == pytest.approx(2 / 5)
    assert said["ms"] == {"median": 2.0, "p95": 2.0}

    def never(pictures: Sequence[Picture], what: Description) -> Reading:
        return unreadable(InstrumentKind.DIAL, Unreadable.GLARE)

    none = evaluated(tmp_path, [label("a.png", truth) for truth in truths], never)
    assert (none["readable"], none["silent_errors"], none["error_pct"]["median"]) == (0, 0, None)
    assert none["reasons"] == {"glare": 5}


def test_around_a_full_circle_the_error_goes_the_shorter_way(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), dial(40.0))
    marks = [[200, 50, 0], [300, 150, 2.5], [200, 250, 5], [100, 150, 7.5], [200, 50, 10]]
    (one,) = evaluated(tmp_path, [label("a.png", 0.1, marks=marks)], says(9.9))["files"]
    assert one["error"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    "around",
    [
        {"dials": [0]},
        {"version": 1, "labels": [0]},
        {"sources": [{"url": "of the pictures"}], "dials": [0]},
        {"data": {"sources": [{}], "dials": [0]}},
    ],
)
def test_labels_may_lie_inside_an_object_and_pictures_in_folders(
    tmp_path: Path, around: dict[str, Any]
) -> None:
    (tmp_path / "in").mkdir()
    cv2.imwrite(str(tmp_path / "in" / "a.png"), dial(40.0))
    cv2.imwrite(str(tmp_path / "B.PNG"), dial(40.0))
    files = ("in/a.png", "in\\a.png", "elsewhere/B.PNG", "b.png", "a.png", " b.png ")
    of_all = json.dumps([label(file, 40.0) for file in files])
    held = json.loads(json.dumps(around).replace("[0]", of_all))
    labels = labels_of(written(tmp_path, held), images=tmp_path)
    assert len(labels) == len(files)
    assert not [one for one in labels if isinstance(one, Refused)]
    by_name = labels_of(written(tmp_path, {"in/a.png": label("", 4.0)}), images=tmp_path)
    assert len(by_name) == 1


def test_by_its_name_alone_a_picture_is_taken_only_where_no_other_is_called_so(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "a.png"), dial(40.0))
    (unsure,) = labels_of(written(tmp_path, [label("A.png", 40.0)]), images=tmp_path)
    assert isinstance(unsure, Refused)
    (tmp_path / "one" / "Messgera\u0308t.png").write_bytes((tmp_path / "one" / "a.png").read_bytes())
    (named,) = labels_of(written(tmp_path, [label("Messger\u00e4t.png", 40.0)]), images=tmp_path)
    assert not isinstance(named, Refused), "as macOS writes an umlaut"
    with pytest.raises(DatasetError, match="is no folder"):
        labels_of(written(tmp_path, [label("a.png", 40.0)]), images=tmp_path / "one" / "a.png")


@pytest.mark.parametrize("text", ["", "nothing to see here"])
def test_what_is_no_picture_is_said_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.png").write_text(text)
    with pytest.raises(CameraError, match=r"a\.png cannot be read: it is empty, or no picture\."):
        picture_of(tmp_path / "a.png")
    with pytest.raises(CameraError, match=r"b\.png cannot be read: No such file or directory\."):
        picture_of(tmp_path / "b.png")


def test_a_csv_needs_a_head_and_takes_either_separator(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), dial(40.0))
    (labelled,) = labels_of(written(tmp_path, [label("a.png", 40.0)]), images=tmp_path)
    assert not isinstance(labelled, Refused)
    for text in (
        "file,reading\na.png,40.0\n",
        "\ufefffile;value\r\na.png;40,0\r\n",
        "File,Litres\na.png,40\n\n",
    ):
        (tmp_path / "index.csv").write_text(text, "utf-8")
        (one,) = labels_of(tmp_path / "index.csv", images=tmp_path, what=labelled.what)
        assert not isinstance(one, Refused)
        assert one.truth == 40.0
    (tmp_path / "index.csv").write_text("file,reading\nb.png\na.png,40,more\n", "utf-8")
    short, long = labels_of(tmp_path / "index.csv", images=tmp_path, what=labelled.what)
    assert short == Refused(0, "b.png", "reading is missing")
    assert not isinstance(long, Refused)
    for text in ("a.png,40.0\nb.png,30.0\n", "a.png,40.0\n", "", f"file,reading\n{'a' * 200_000},1\n"):
        (tmp_path / "index.csv").write_text(text, "utf-8")
        with pytest.raises(DatasetError, match=r"index\.csv cannot be used as labels"):
            labels_of(tmp_path / "index.csv", images=tmp_path, what=labelled.what)


def test_a_value_within_what_is_allowed_is_not_wrong(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), dial(40.0))
    labels = labels_of(written(tmp_path, [label("a.png", t) for t in (39.0, 41.0, 42.0)]), images=tmp_path)
    outcomes = list(score(labels, says(40.0)))
    assert all(isinstance(one, Scored) for one in outcomes)
    assert figures(outcomes, within=1.0)["wrong"] == 1


@pytest.mark.parametrize(
    ("label", "shown", "wrong"),
    [
        *(("37", "36.39", False), ("36", "36.39", False), ("38", "36.39", True), ("36.4", "36.39", False)),
        *(("36.39", "36.39", False), ("36.40", "36.39", True), ("93", "93", False), ("94", "93", True)),
    ],
)
def test_a_label_that_was_rounded_is_held_against_so_and_no_other(
    tmp_path: Path, label: str, shown: str, wrong: bool
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), dial(40.0))
    (tmp_path / "index.csv").write_text(f"file,litres\na.png,{label}\n")
    display = DisplayDescription()
    labels = labels_of(tmp_path / "index.csv", images=tmp_path, what=display)

    def seen(pictures: Sequence[Picture], what: Description) -> Reading:
        return Reading(kind=InstrumentKind.DISPLAY, value=float(shown), text=shown, uncertainty=0.003)

    assert figures(list(score(labels, seen)), count_wrong=True)["wrong"] == wrong
