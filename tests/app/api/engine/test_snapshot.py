"""The station at one moment, as whoever asks the API reads it."""

from app.api.engine.snapshot import snapshot
from app.settings.station import Settings, StationTable
from inspection.cameras.settings import SimulatedSettings
from inspection.messages.codes import Code
from inspection.messages.telling import said_as
from inspection.ports import StoreHealth
from inspection.status import StationStatus, Subsystem
from tests.inspection.station.world import World


def test_however_much_a_database_says_the_status_can_be_read() -> None:
    """Its words may hold a whole statement; a console that cannot read the status shows nothing at all."""
    world = World()
    complaint = "the database takes nothing: " + "a very long statement, " * 200
    status = snapshot(
        world.station,
        settings=Settings(station=StationTable(recipe="cover"), cameras=(SimulatedSettings(),)),
        model=world.inspector.model,
        store=StoreHealth(degraded=True, spooled=1, detail=said_as(complaint, Code.DATABASE_FAILS)),
        clock=world.clock,
        unheard=world.station.unheard,
    )
    read = StationStatus.model_validate_json(status.model_dump_json())
    (tile,) = (tile for tile in read.tiles if tile.subsystem is Subsystem.STORE)
    assert "a very long statement" in tile.text
    assert [message.code for message in tile.coded] == [Code.SPOOLED]
