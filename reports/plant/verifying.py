"""The plant's copy of a station's record, verified: its two chains, as the station's own are."""

from sqlalchemy.exc import SQLAlchemyError

from inspection.decision import Frozen
from reports.plant.reading import open_station
from reports.record.chain import ChainReport, lost_events, parse_head
from reports.record.events_chain import verify_events
from reports.record.parts_audit import verify_parts
from reports.record.unreadable import unreadable


class CopyReport(Frozen):
    """What verification of a copy found. Spool, pictures and users are the station's, and not here."""

    station: str
    intact: bool
    reason: str
    """Empty where it is intact."""
    parts: ChainReport
    events: ChainReport


def verify_copy(
    url: str, station: str, *, head: str | None = None, events_head: str | None = None
) -> CopyReport:
    """Check every row that the plant has of a station.

    Args:
        url: The plant's database, as its reader.
        station: Which one; it is there (``stations_named``).
        head: A head noted earlier, of the parts or of the events, or its beginning (``parse_head``).
        events_head: One of the events that was noted with it; ``head`` is one of the parts then.

    Raises:
        StoreError: The plant cannot be read, or ``head`` is no head.
    """
    named = None if head is None else parse_head(head)
    beside = None if events_head is None else parse_head(events_head)
    engine = open_station(url, station)
    try:
        with engine.connect() as connection:
            events = verify_events(connection, named_head=beside or named)
            parts = verify_parts(
                connection, expected_head=named if beside or events.named_at is None else None
            )
    except SQLAlchemyError as error:
        raise unreadable(engine, error) from error
    finally:
        engine.dispose()
    reason = parts.reason or events.reason or lost_events(beside, events)
    return CopyReport(station=station, intact=not reason, reason=reason, parts=parts, events=events)
