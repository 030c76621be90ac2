"""The net is taught by one command, goes on where it stopped, and thinks the same without torch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inspection.errors import WeightsError
from inspection.gauges.display.opinion.net import CLASSES, thoughts
from inspection.gauges.display.opinion.view import HIGH, WIDE
from models.training.displays.net import PlaceNet
from models.training.displays.teaching import teach


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.displays.teaching.BATCH", 4)
    monkeypatch.setattr("models.training.displays.teaching.KEPT_EVERY", 1)


def taught(work: Path, steps: int) -> PlaceNet:
    return teach(work, displays=2, steps=steps, told=lambda *_: None)


def test_an_interrupted_run_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole = taught(tmp_path / "whole", 2).weights()

    def stopped(what: str, done: int, _total: int) -> None:
        if what == "teaching" and done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        teach(tmp_path / "parts", displays=2, steps=2, told=stopped)
    parts = taught(tmp_path / "parts", 2).weights()
    assert all(np.array_equal(parts[name], whole[name]) for name in whole)


def test_plain_numpy_thinks_what_torch_thinks() -> None:
    torch.manual_seed(1)
    net = PlaceNet().eval()
    places = np.random.default_rng(2).normal(size=(3, 2, HIGH, WIDE)).astype(np.float32)
    with torch.no_grad():
        said = net(torch.from_numpy(places))
    seen = thoughts(places, {name: value.astype(np.float32) for name, value in net.weights().items()})
    classes = torch.softmax(said[:, :CLASSES], 1).numpy()
    assert np.stack([thought.classes for thought in seen]) == pytest.approx(classes, abs=2e-3)
    assert [thought.point for thought in seen] == pytest.approx(
        torch.sigmoid(said[:, CLASSES]).tolist(), abs=2e-3
    )


def test_what_cannot_be_gone_on_from_is_said(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"half a file")
    with pytest.raises(WeightsError, match="not what this work had got to"):
        taught(tmp_path, 1)
