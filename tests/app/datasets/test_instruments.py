"""Rendered instruments as files are what ``evaluate`` takes."""

from pathlib import Path

import pytest

from app.datasets.instruments import write_instruments
from app.recipes.gauges.labels import Labelled, labels_of
from inspection.errors import PassgateError
from inspection.instruments.dial import DialDescription
from inspection.instruments.display import DisplayDescription


def test_what_is_written_is_what_evaluate_takes(tmp_path: Path) -> None:
    written = write_instruments(tmp_path / "new", dials=4, displays=3, seed=1, click_error_px=0.5)
    dials = labels_of(written.dials, images=written.dials.parent)
    displays = labels_of(written.displays, images=written.displays.parent, what=DisplayDescription())
    assert (len(dials), len(displays)) == (4, 3)
    for label in (*dials, *displays):
        assert isinstance(label, Labelled), label
        assert label.path.is_file()
    assert all(
        isinstance(one.what, DialDescription) and not one.notes for one in dials if isinstance(one, Labelled)
    )


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(PassgateError, match="exists already"):
        write_instruments(tmp_path, dials=1, displays=1, seed=0, click_error_px=0.0)
    assert list(tmp_path.iterdir()) == []
