"""``passgate model``: from samples to an adapter, and from an adapter to its figures, on a tiny base."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
import torch

from tests.app.running import Passgate, assert_one_line
from tests.models.bases import llama


@pytest.fixture
def model(passgate: Passgate) -> Passgate:
    """``passgate model``."""
    return partial(passgate, "model")


@pytest.fixture
def config(passgate: Passgate, tmp_path: Path) -> Path:
    """A few simulated parts, a base of two layers, and the settings of a run of a few steps."""
    made = passgate("dataset", "simulate", "--out", tmp_path / "parts.jsonl", "--parts", 12, "--json")
    assert made.code == 0
    llama(tmp_path / "base")
    stages = "".join(
        f"[[stages]]\nname = '{name}'\nsteps = 1\nlearning_rate = 1e-3\n"
        for name in ("align", "instruct", "act")
    )
    path = tmp_path / "run.toml"
    path.write_text(
        "out = 'out'\nversion = '7'\nbatch = 2\n"
        "[[data]]\nsamples = 'parts.jsonl'\n"
        f"[vla.language]\nbase = {json.dumps(str(tmp_path / 'base'))}\ndtype = 'float32'\n{stages}",
        encoding="utf-8",
    )
    return path


@pytest.mark.soak
def test_an_adapter_is_trained_shown_and_measured(model: Passgate, config: Path, parts: Path) -> None:
    said = model("train", "--config", config, "--json")
    assert (said.code, said.out.count("\n")) == (0, 1)
    made = json.loads(said.out)
    adapter = Path(made["adapter"])
    assert adapter.is_file()
    assert Path(made["losses"]).is_file()
    assert made["broken_lines_skipped"] == 0
    shown = json.loads(model("show", "--adapter", adapter, "--json").out)
    assert (shown["version"], shown["file"]) == ("7", str(adapter))
    measure = ("evaluate", "--images", parts, "--adapter", adapter, "--limit", 8, "--json")
    found = model(*measure)
    assert (found.code, found.out.count("\n")) == (0, 1)
    figures = json.loads(found.out)
    assert figures.keys() >= {
        *("type_accuracy", "action_accuracy", "auroc_not_pass", "confusion", "ece", "n", "baselines"),
    }
    assert figures["n"] == sum(sum(said.values()) for said in figures["confusion"].values()) == 8
    assert figures["kinds"] == ["bad"], "the folders name the defects"
    assert 0 < figures["n_good"] < 8
    again = model(*measure)
    assert json.loads(again.out) == figures, "drawn with a fixed seed"


def test_samples_are_measured_by_their_split_and_with_a_memory(model: Passgate, config: Path) -> None:
    adapter = json.loads(model("train", "--config", config, "--json").out)["adapter"]
    samples = ("--images", config.with_name("parts.jsonl"), "--adapter", adapter, "--json")
    every = json.loads(model("evaluate", *samples, "--split", "all", "--teach", 5).out)
    assert (every["n"], every["memory"]) == (12, "taught on 5")
    training = json.loads(model("evaluate", *samples, "--split", "train").out)
    assert 0 < training["n"] < 12
    assert training["memory"] is None
    assert_one_line(model("evaluate", *samples, "--split", "trian"), "no pictures of split 'trian'")


def test_a_broken_line_is_named_and_left_out_only_when_asked(model: Passgate, config: Path) -> None:
    samples = config.with_name("parts.jsonl")
    lines = samples.read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4][:40]
    samples.write_text("\n".join(lines), encoding="utf-8")
    assert_one_line(model("train", "--config", config, "--json"), r"parts\.jsonl.*line 5")
    said = model("train", "--config", config, "--skip-broken", "--json")
    assert json.loads(said.out)["broken_lines_skipped"] == 1


def test_the_shipped_model_is_listed(model: Passgate) -> None:
    listed = json.loads(model("list", "--json").out)["models"]
    assert [one["name"] for one in listed] == ["passgate-vla"]
    assert Path(listed[0]["file"]).is_file()
    assert json.loads(model("show", "--json").out)["version"] == listed[0]["version"]


def test_what_cannot_be_measured_is_said_in_one_line(model: Passgate, parts: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_one_line(model("evaluate", "--images", tmp_path / "nowhere"), "no folder .*nowhere")
    assert_one_line(model("evaluate", "--images", tmp_path / "empty"), "no picture in")
    no_adapter = parts / "good" / "0.png"
    assert_one_line(model("evaluate", "--images", parts, "--adapter", no_adapter), r"0\.png")
    assert_one_line(model("show", "--adapter", tmp_path / "none.safetensors"), "none")


def test_what_cannot_be_trained_is_said_in_one_line(
    model: Passgate, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    text = config.read_text(encoding="utf-8")
    for spoiled, reason in (
        (text.replace("batch", "bacth"), r"bacth: is no key that is known here"),
        (text.replace("parts.jsonl", "no-parts.jsonl"), r"no-parts\.jsonl"),
        (text.replace("dtype =", "device = 'cuda'\ndtype ="), "no CUDA device"),
        ("[[", r"is not valid TOML: line 1, '\[\[': close the brackets"),
        ("", r"out: is missing; .*data: is missing"),
    ):
        config.write_text(spoiled, encoding="utf-8")
        assert_one_line(model("train", "--config", config), reason)
    config.write_text(text, encoding="utf-8")
    shutil.rmtree(tmp_path / "base")
    assert_one_line(model("train", "--config", config), "base")
    assert_one_line(model("train", "--config", tmp_path / "none.toml"), r"none\.toml")


def test_options_that_would_be_passed_over_are_refused(
    model: Passgate, parts: Path, recipes: None, tmp_path: Path
) -> None:
    """Else figures are taken for those of another split, memory or scale than they are of."""
    samples = tmp_path / "parts.jsonl"
    for option, images, said in (
        (("--split", "val"), parts, "is no .jsonl of samples"),
        (("--teach", 5), parts, "is no .jsonl of samples"),
        (("--recipe", "cover", "--teach", 5), samples, "has a memory and a scale of its own"),
        (("--recipe", "cover", "--mm-per-pixel", 0.2), parts, "has a memory and a scale of its own"),
    ):
        refused = model("evaluate", "--images", images, *option)
        assert_one_line(refused, f"{option[-2]}.*{said}")
        assert refused.code == 2
