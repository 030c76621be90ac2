"""``passgate dataset convert`` and ``simulate``: one JSON object, a file that can be read, no overwriting."""

import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspection.part import Truth
from models.training.data.samples import read_samples
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.running import Passgate, assert_one_line
from tests.reports.parts import frame, part


@pytest.fixture
def run(passgate: Passgate) -> Passgate:
    """``passgate dataset``."""
    return partial(passgate, "dataset")


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    for folder in ("free", "rust"):
        (tmp_path / "plates" / folder).mkdir(parents=True)
        for number in range(4):
            grey = np.random.default_rng(number).normal(120, 4, (60, 80)).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "plates" / folder / f"{number}.jpg"), grey)
    return tmp_path / "plates"


def test_photographs_become_samples(run: Passgate, photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "plates.jsonl"
    code, said, _ = run("convert", photographs, "--out", out, "--json")
    assert code == 0
    told = json.loads(said)
    assert (told["samples"], told["by_type"]) == (8, {"rust": 4})
    assert {sample.source for sample in read_samples(out).samples} == {"plates"}
    code, _, err = run("convert", photographs, "--out", out)
    assert code != 0
    assert "exists already" in err


def test_parts_are_rendered(run: Passgate, tmp_path: Path) -> None:
    out = tmp_path / "parts.jsonl"
    code, said, _ = run("simulate", "--out", out, "--parts", 5, "--from", 0.5, "--json")
    assert code == 0
    assert json.loads(said)["samples"] == 5
    assert len(read_samples(out).samples) == 5


def test_defects_are_drawn_on_photographs(run: Passgate, photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "drawn.jsonl"
    code, said, _ = run(
        "simulate", "--out", out, "--parts", 6, "--good", photographs / "free", "--defect-rate", 1
    )
    assert code == 0
    assert "6 samples" in said
    assert {sample.source for sample in read_samples(out).samples} == {"free with drawn defects"}


def test_a_folder_or_a_record_but_not_both(run: Passgate, photographs: Path, tmp_path: Path) -> None:
    for arguments in ((), (photographs, "--record", tmp_path)):
        code, _, err = run("convert", *arguments, "--out", tmp_path / "x.jsonl")
        assert code != 0
        assert "either a folder or --record" in err


def test_a_record_without_known_parts(run: Passgate, tmp_path: Path) -> None:
    store = SqlStore(StoreSettings(folder=tmp_path / "record"))
    store.open()
    store.close()
    code, _, err = run("convert", "--record", tmp_path / "record", "--out", tmp_path / "x.jsonl")
    assert code != 0
    assert "teaches anything" in err
    assert not (tmp_path / "x.jsonl").exists()


def test_the_record_of_a_station_is_found_by_its_file(run: Passgate, tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text(
        '[station]\nrecipe = "x"\n[[cameras]]\nname = "main"\nkind = "simulated"\n'
        '[store]\nfolder = "here/record"\n',
        encoding="utf-8",
    )
    store = SqlStore(StoreSettings(folder=tmp_path / "here" / "record"))
    store.open()
    for number in (1, 2):
        picture = store.archive_picture(frame(number))
        store.append(part(number, pictures=(picture,), truth=Truth(defective=False)))
    store.close()
    out = tmp_path / "samples.jsonl"
    code, said, err = run("convert", "--config", tmp_path / "station.toml", "--out", out, "--json")
    assert code == 0, err
    assert json.loads(said)["samples"] == 2
    code, _, err = run(
        "convert", tmp_path, "--config", tmp_path / "station.toml", "--out", tmp_path / "y.jsonl"
    )
    assert code != 0
    assert "either a folder or --record or --config" in err


def test_options_that_would_be_passed_over_are_refused(
    passgate: Passgate, parts: Path, tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "out.jsonl")
    for command, said in (
        (("convert", parts, "--recipes", tmp_path), "--recipes.*it is for parts on record"),
        (("convert", "--record", tmp_path, "--without-good"), "--without-good.*a folder of photographs"),
        (("simulate", "--mm-per-pixel", 0.2), "--mm-per-pixel.*the scale of --good FOLDER"),
    ):
        refused = passgate("dataset", *command, *out)
        assert_one_line(refused, said)
        assert refused.code == 2
        assert not out[1].exists()
