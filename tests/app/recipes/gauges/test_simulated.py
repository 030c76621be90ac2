"""The simulated cover's gauge is read on parts that lie as they come, and good ones are not held by it."""

from pathlib import Path

import pytest

from app.recipes.gauges.simulated import label_gauge, pressure_gauge
from inspection.cameras.folder import FolderCamera
from inspection.cameras.simulated import DIAL_NAME, SimulatedCamera
from inspection.gauges.reading_all import read
from inspection.recipe import EIGHT_BITS
from inspection.simulation import Variation
from inspection.station.gauging.cutting import Cut


@pytest.mark.parametrize("defect_rate", [0.0, 1.0])
def test_the_dial_shows_what_the_part_has(defect_rate: float) -> None:
    gauge = pressure_gauge(seed=4, part_id=1_000_000)
    assert gauge.reads is not None
    camera = SimulatedCamera("main", seed=4, variation=Variation(defect_rate=defect_rate))
    camera.open()
    for part_id in range(1, 9):
        frame = camera.capture(part_id)
        assert frame.truth is not None
        said = gauge.reading_of(read([EIGHT_BITS.of(frame)], gauge.reads))
        assert said.value == pytest.approx(frame.truth.readings[DIAL_NAME], abs=0.05), "half a per cent"
        assert said.in_range
        assert said.uncertainty < 0.1, "else limits of 3 and 5 bar would be in doubt at 3.2 and 4.8"


def test_a_station_which_cuts_the_gauges_region_reads_what_the_whole_picture_says() -> None:
    gauge = pressure_gauge(seed=4, part_id=1_000_000)
    assert gauge.reads is not None
    camera = SimulatedCamera("main", seed=4)
    camera.open()
    for part_id in range(1, 5):
        picture = EIGHT_BITS.of(camera.capture(part_id))
        height, width = picture.shape[:2]
        cut = Cut.of(gauge.region, size=(width, height), what=gauge.reads)
        assert cut is not None
        whole = read([picture], gauge.reads)
        part = cut.reading(read([cut.picture(picture)], cut.description(gauge.reads)))
        assert whole.uncertainty is not None
        assert part.value == pytest.approx(whole.value, abs=whole.uncertainty)
        assert whole.box is not None
        assert part.box == pytest.approx(whole.box, abs=2)


def test_each_simulated_label_names_one_part(tmp_path: Path) -> None:
    gauge = label_gauge(tmp_path / "labels")
    assert gauge.reads is not None
    camera = FolderCamera("label", tmp_path / "labels", loop=True)
    camera.open()
    serials = [gauge.reading_of(read([EIGHT_BITS.of(camera.capture(0))], gauge.reads)) for _ in range(5)]
    assert [one.text for one in serials] == [f"SN{number:04d}" for number in range(5)]
    assert all(one.in_range for one in serials)
    camera.close()
