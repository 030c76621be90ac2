"""``passgate dataset convert`` and ``simulate``: one JSON object, a file that can be read, no overwriting."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from app import cli
from models.training.samples import read_samples

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["passgate", "dataset", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        out, err = capfd.readouterr()
        return code, out, err

    return call


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    for folder in ("free", "rust"):
        (tmp_path / "plates" / folder).mkdir(parents=True)
        for number in range(4):
            grey = np.random.default_rng(number).normal(120, 4, (60, 80)).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "plates" / folder / f"{number}.jpg"), grey)
    return tmp_path / "plates"


def test_photographs_become_samples(run: Run, photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "plates.jsonl"
    code, said, _ = run("convert", photographs, "--out", out, "--json")
    assert code == 0
    told = json.loads(said)
    assert (told["samples"], told["by_type"]) == (8, {"rust": 4})
    assert {sample.source for sample in read_samples(out).samples} == {"plates"}
    code, _, err = run("convert", photographs, "--out", out)
    assert code != 0
    assert "exists already" in err


def test_parts_are_rendered(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "parts.jsonl"
    code, said, _ = run("simulate", "--out", out, "--parts", 5, "--from", 0.5, "--json")
    assert code == 0
    assert json.loads(said)["samples"] == 5
    assert len(read_samples(out).samples) == 5


def test_defects_are_drawn_on_photographs(run: Run, photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "drawn.jsonl"
    code, said, _ = run(
        "simulate", "--out", out, "--parts", 6, "--good", photographs / "free", "--defect-rate", 1
    )
    assert code == 0
    assert "6 samples" in said
    assert {sample.source for sample in read_samples(out).samples} == {"free with drawn defects"}


def test_a_folder_or_a_record_but_not_both(run: Run, photographs: Path, tmp_path: Path) -> None:
    for arguments in ((), (photographs, "--record", tmp_path)):
        code, _, err = run("convert", *arguments, "--out", tmp_path / "x.jsonl")
        assert code != 0
        assert "either a folder or --record" in err


def test_a_record_without_known_parts(run: Run, tmp_path: Path) -> None:
    from reports.settings import StoreSettings
    from reports.store import SqlStore

    store = SqlStore(StoreSettings(folder=tmp_path / "record"))
    store.open()
    store.close()
    code, _, err = run("convert", "--record", tmp_path / "record", "--out", tmp_path / "x.jsonl")
    assert code != 0
    assert "teaches anything" in err
    assert not (tmp_path / "x.jsonl").exists()
