"""``passgate gauge`` and ``passgate display``: what they print, and when they exit with 0."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspection.instruments.reading import InstrumentKind, Reading
from tests.app.recipes.gauges.dials import dial, label
from tests.app.running import Passgate, assert_one_line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of a dial at 40 and 75, their labels, and the dial's description."""
    for value in (40, 75):
        cv2.imwrite(str(tmp_path / f"{value}.png"), dial(value))
    labels = [label(f"{value}.png", value) for value in (40, 75)]
    (tmp_path / "LABELS.json").write_text(json.dumps(labels))
    described = {key: labels[0][key] for key in ("center", "marks", "direction", "unit", "needle")}
    (tmp_path / "dial.json").write_text(json.dumps({"kind": "dial", **described}))
    return tmp_path


def test_read_says_value_unit_and_uncertainty(passgate: Passgate, folder: Path) -> None:
    said = passgate("gauge", "read", folder / "40.png", "--gauge", folder / "dial.json", "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    assert answer.keys() >= {"value", "unit", "uncertainty", "readable", "reason", "ms"}
    assert answer["value"] == pytest.approx(40.0, abs=1.0)
    assert (answer["unit"], answer["readable"], answer["reason"]) == ("bar", True, None)
    both = passgate(
        "gauge", "read", folder / "40.png", folder / "75.png", "--gauge", folder / "dial.json", "--json"
    )
    assert [round(one["value"] / 5) for one in json.loads(both.out)["readings"]] == [8, 15]
    assert " bar" in passgate("gauge", "read", folder / "40.png", "--gauge", folder / "dial.json").out


def test_what_cannot_be_read_is_an_answer_with_a_reason(passgate: Passgate, folder: Path) -> None:
    cv2.imwrite(str(folder / "empty.png"), dial(40)[:20, :20].repeat(15, 0).repeat(20, 1))
    said = passgate("gauge", "read", folder / "empty.png", "--gauge", folder / "dial.json", "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    assert (answer["readable"], answer["value"], answer["uncertainty"]) == (False, None, None)
    assert answer["reason"]


def test_evaluate_on_the_format_of_the_issue(passgate: Passgate, folder: Path) -> None:
    said = passgate("gauge", "evaluate", folder / "LABELS.json", "--images", folder, "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    assert (answer["dials"], answer["readable"], answer["silent_errors"]) == (2, 2, 0)
    assert answer["error_pct"]["max"] < 1.0
    assert "2/2" in said.err, "long work shows how far it is"
    assert "error_pct" in passgate("gauge", "evaluate", folder / "LABELS.json", "--images", folder).out


def test_a_refused_label_is_an_exit_code_of_1_and_all_others_count(passgate: Passgate, folder: Path) -> None:
    labels = [label("absent.png", 1.0), *json.loads((folder / "LABELS.json").read_text())]
    (folder / "LABELS.json").write_text(json.dumps(labels))
    said = passgate("gauge", "evaluate", folder / "LABELS.json", "--images", folder, "--json")
    assert said.code == 1
    answer = json.loads(said.out)
    assert (answer["dials"], answer["readable"], len(answer["refused"])) == (3, 2, 1)
    assert "entry 0 (absent.png): there is no such picture" in said.err


def test_one_description_for_pictures_in_a_csv(passgate: Passgate, folder: Path) -> None:
    (folder / "index.csv").write_text("file,reading\n40.png,40.0\n75.png,70.0\n")
    asked = ("gauge", "evaluate", folder / "index.csv", "--images", folder)
    said = passgate(*asked, "--gauge", folder / "dial.json", "--within", 2, "--json")
    answer = json.loads(said.out)
    assert (said.code, answer["wrong"], answer["wrong_files"]) == (0, 1, ["75.png"])
    assert_one_line(passgate(*asked, "--json"), "--gauge")


@pytest.mark.parametrize("file", ["none.json", "40.png"])
def test_what_is_no_description_is_refused_in_one_line(passgate: Passgate, folder: Path, file: str) -> None:
    said = passgate("gauge", "read", folder / "40.png", "--gauge", folder / file, "--json")
    assert_one_line(said, file)


def test_a_display_is_described_by_options_or_by_a_file_not_both(passgate: Passgate, folder: Path) -> None:
    (folder / "display.json").write_text('{"kind": "display", "digits": 4}')
    asked = ("display", "read", folder / "40.png", "--json")
    assert_one_line(passgate(*asked, "--display", folder / "display.json", "--digits", 3), "--digits")
    assert_one_line(passgate(*asked, "--display", folder / "dial.json"), "describes a dial")
    assert_one_line(passgate(*asked, "--display", folder / "display.json", "--whole"), "--whole")
    assert_one_line(passgate(*asked, "--digits", 2, "--decimals", 3), "do not fit")
    assert_one_line(passgate(*asked, "--unit", "ba\nr"), "--unit.* cannot be printed")
    said = passgate(*asked, "--display", folder / "display.json")
    assert (said.code, json.loads(said.out)["readable"]) == (0, False), "a dial shows no digits"


def test_a_reading_takes_as_many_pictures_as_are_described(passgate: Passgate, folder: Path) -> None:
    (folder / "lamp.json").write_text('{"kind": "lamp", "region": [0, 0, 9, 9], "on_level": 60, "frames": 2}')
    asked = ("gauge", "read", "--gauge", folder / "lamp.json", "--json", folder / "40.png")
    assert_one_line(passgate(*asked), "takes 2 pictures, 1 are named")
    assert json.loads(passgate(*asked, folder / "75.png").out)["value"] == 1.0, "lit in both"
    assert passgate(*asked[:-2], folder / "75.png", folder / "75.png").out == f"{folder / '75.png'}: lit\n"
    four = json.loads(passgate(*asked, folder / "75.png", folder / "75.png", folder / "40.png").out)
    assert [Path(one["image"]).name for one in four["readings"]] == ["40.png", "75.png"]


def test_the_time_that_is_told_is_a_warm_readers(
    passgate: Passgate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter((300.0, 9.0, 8.0))

    def read(_pictures: object, _what: object) -> Reading:
        return Reading(kind=InstrumentKind.DIAL, value=1.0, uncertainty=0.1, ms=next(times))

    monkeypatch.setattr("inspection.gauges.reading_all.read", read)
    pictures = (folder / "40.png", folder / "75.png")
    said = passgate("gauge", "read", *pictures, "--gauge", folder / "dial.json", "--json")
    assert [one["ms"] for one in json.loads(said.out)["readings"]] == [9.0, 8.0]


def test_a_missing_or_damaged_picture_does_not_spoil_the_readings_of_others(
    passgate: Passgate, folder: Path
) -> None:
    (folder / "cut.png").write_bytes((folder / "40.png").read_bytes()[:2000])
    pictures = [folder / f"{name}.png" for name in ("40", "absent", "cut", "75")]
    asked = ("gauge", "read", *pictures, "--gauge", folder / "dial.json")
    said = passgate(*asked, "--json")
    assert said.code == 1, "not all that was asked was done"
    readings = json.loads(said.out)["readings"]
    assert [one["readable"] for one in readings] == [True, False, False, True]
    assert [one["image"] for one in readings] == [str(picture) for picture in pictures]
    for whole, unmade in zip((readings[0], readings[3]), readings[1:3], strict=True):
        assert unmade.keys() - whole.keys() == {"error"}, "a program finds the same keys in each"
        assert unmade["value"] is unmade["reason"] is None
        assert unmade["error"]["todo"]
    assert "absent.png" in readings[1]["error"]["what"]
    assert "2 of 4" in said.err
    words = passgate(*asked)
    assert (words.code, words.out.count(" bar"), words.out.count("not read")) == (1, 2, 2)
    alone = ("gauge", "read", folder / "absent.png", "--gauge", folder / "dial.json", "--json")
    assert_one_line(passgate(*alone), "absent.png")


def test_what_was_taken_otherwise_than_the_file_has_it_is_said(passgate: Passgate, folder: Path) -> None:
    cv2.imwrite(str(folder / "deep.png"), dial(40).astype(np.uint16) * 257)
    said = passgate("gauge", "read", folder / "deep.png", "--gauge", folder / "dial.json", "--json")
    assert (said.code, json.loads(said.out)["value"]) == (0, pytest.approx(40.0, abs=1.0))
    assert "more than 8 bits" in said.err
    assert "more than 8 bits" in json.loads(said.out)["notes"][0]


def test_figures_are_of_values_that_can_be_held_against_labels(passgate: Passgate, folder: Path) -> None:
    asked = ("gauge", "evaluate", folder / "LABELS.json", "--images", folder, "--json")
    assert_one_line(passgate(*asked, "--within", "inf"), "--within")
    (folder / "code.json").write_text('{"kind": "code"}')
    assert_one_line(passgate(*asked, "--gauge", folder / "code.json"), "a code shows no value")
