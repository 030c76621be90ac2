"""What the engine makes of the station's settings."""

from datetime import time
from pathlib import Path

from app.engine.engine import Engine
from app.settings.shifts import ShiftTable
from app.settings.station import InspectorKind, ModelTable, Settings, StationTable
from inspection.cameras.settings import SimulatedSettings
from reports.settings import StoreSettings


def test_the_engine_counts_by_the_plants_shifts_and_tells_screens_its_zone(
    taught_library: Path, tmp_path: Path
) -> None:
    station = StationTable(
        recipe="cover",
        zone="Asia/Kathmandu",  # where no full hour of UTC is one
        shifts=(ShiftTable(start=time(3)), ShiftTable(start=time(15))),
    )
    engine = Engine(
        Settings(
            station=station,
            cameras=(SimulatedSettings(),),
            recipes=taught_library,
            store=StoreSettings(folder=tmp_path / "record"),
            model=ModelTable(inspector=InspectorKind.REFLEX),
        )
    )
    status, since = engine.status(), engine.station.telemetry.counts.since
    engine.close()
    assert status.zone == "Asia/Kathmandu"
    assert since is not None
    assert status.by_its_clocks(since).time() in {time(3), time(15)}
    assert since == station.calendar.shift_of(since).start
