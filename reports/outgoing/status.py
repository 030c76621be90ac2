"""How far a station's record is at the plant, and how old the oldest of it is that is not."""

from datetime import UTC, datetime

from inspection.decision import Frozen
from reports.database.connecting import open_reader
from reports.outgoing.outbox import Outbox
from reports.outgoing.progress import Progress
from reports.plant.connecting import parse_plant_url, shown
from reports.settings import PlantSettings, StoreSettings
from reports.store.waiting import read_waiting


class Status(Frozen):
    """As the station knows it, without asking the plant."""

    known: Progress
    """What the plant last said, and why nothing goes now."""
    heard_age_s: float | None
    """How old that is; None: it never said anything."""
    unsent_inspections: int
    unsent_events: int
    oldest_unsent_at: datetime | None
    oldest_unsent_age_s: float | None
    """The lag: by the station's clock; None where all is at the plant."""
    spooled: int
    """Records that wait in the station's spool, and come behind the others."""
    spool_fault: str
    """Why that is not known; empty where it is."""


def begun(store: StoreSettings, plant: PlantSettings, station: str) -> Progress:
    """What is known of the plant's copy of this station; nothing where the last push was to elsewhere."""
    where = shown(parse_plant_url(plant.url))
    before = Progress.read(store.folder)
    if before is not None and (before.station, before.plant) == (station, where):
        return before
    return Progress(station=station, plant=where)


def status(store: StoreSettings, plant: PlantSettings, *, station: str, now: datetime) -> Status:
    """How far the record is at the plant.

    Args:
        store: Where the record lies; it is only read.
        plant: Where it is pushed.
        station: As what.
        now: The wall clock, with time zone.

    Raises:
        StoreError: The record cannot be read, or the plant's URL is none.
    """
    known = begun(store, plant, station)
    waiting = read_waiting(store)  # first: see ``reports.store.waiting``
    reader = open_reader(store.url)
    try:
        unsent = Outbox(reader).unsent(known.inspections, known.events)
    finally:
        reader.dispose()
    return Status(
        known=known,
        heard_age_s=_age_s(known.heard_at, now),
        unsent_inspections=unsent.parts,
        unsent_events=unsent.events,
        oldest_unsent_at=unsent.oldest,
        oldest_unsent_age_s=_age_s(unsent.oldest, now),
        spooled=len(waiting.entries),
        spool_fault=waiting.fault,
    )


def _age_s(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else (now.astimezone(UTC) - moment).total_seconds()
