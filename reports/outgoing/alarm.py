"""Word of a refused row in the station's own record: one event, which its shift report shows."""

from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import said_as
from reports.database.connecting import connect, parse_url
from reports.outgoing.progress import Refused
from reports.record.events_chain import add_event, event_entry, in_turn
from reports.settings import StoreSettings

BY = "sync"
_BUSY_MS = 5000


def tell_refusal(store: StoreSettings, refused: Refused, *, plant: str) -> None:
    """Put on record that the plant does not take a row; beside a running engine, in turn with it.

    Raises:
        StoreError: The record cannot be written.
    """
    said = said_as(f"{refused.what} ({plant})", Code.PLANT_REFUSES, {"row": refused.position})
    event = Event(at=refused.since, kind=EventKind.PLANT_REFUSED, by=BY, detail=said, coded=said.coded)
    url = parse_url(store.url)
    engine = connect(url, busy_timeout_ms=_BUSY_MS, read_only=False, patience_s=2e-3 * _BUSY_MS, beside=True)
    try:
        with engine.begin() as connection:
            in_turn(connection)
            add_event(connection, event_entry(event))
    except SQLAlchemyError as error:
        raise StoreError(
            f"That the plant refuses a row cannot be put on record: {getattr(error, 'orig', None) or error}",
            todo="check the record's database, its rights and its disk",
        ) from error
    finally:
        engine.dispose()
