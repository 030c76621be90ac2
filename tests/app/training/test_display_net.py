"""The display net's file is written whole, and its SHA-256 is that of the file."""

import hashlib
from pathlib import Path

import pytest

from app.training.display_net import teach_display_net
from inspection.errors import PassgateError
from inspection.gauges.display.opinion.net import CLASSES, loaded


def test_weights_are_written_as_the_reader_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.displays.teaching.BATCH", 2)
    out = tmp_path / "net.npz"
    told = teach_display_net(out, work=tmp_path / "work", displays=1, steps=1)
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert len(loaded(out)["last_bias"]) == CLASSES + 1


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "net.npz").mkdir()
    with pytest.raises(PassgateError, match="cannot be written"):
        teach_display_net(tmp_path / "net.npz", work=tmp_path / "work", displays=1, steps=1)
    assert not (tmp_path / "work").exists()
