"""What the store knows of the events without asking the database: the newest of all, and of each kind."""

from collections import deque
from itertools import islice

from sqlalchemy import Connection, Select, func, select

from inspection.events import Event, EventKind
from reports.record.schema import EventRow

RECENT_EVENTS = 200
"""How many of the newest events are kept at hand."""


class Journal:
    """The newest events at hand, without asking the database. One thread.

    Loaded once when the store opens, and carried along with every event that became durable, in the database
    or in the spool.
    """

    def __init__(self) -> None:
        self._last: dict[EventKind, tuple[int, Event]] = {}
        """The newest of each kind, and its place in the order."""
        self._recent: deque[Event] = deque(maxlen=RECENT_EVENTS)
        self._count = 0

    def __len__(self) -> int:
        """Events on record."""
        return self._count

    def load(self, connection: Connection) -> None:
        """Take over what the database holds. Raises SQLAlchemyError."""
        table = EventRow
        self._count = connection.scalar(select(func.max(table.position))) or 0
        self._last = {}
        for kind in EventKind:
            newest = connection.execute(_newest_of(frozenset({kind}))).first()
            if newest is not None:
                self._last[kind] = newest.position, Event.model_validate_json(newest.record)
        records = connection.scalars(
            select(table.record).order_by(table.position.desc()).limit(RECENT_EVENTS)
        ).all()
        self._recent.clear()
        self._recent.extend(map(Event.model_validate_json, reversed(records)))

    def apply(self, event: Event) -> None:
        """Take note of an event that became durable."""
        self._count += 1
        self._last[event.kind] = self._count, event
        self._recent.append(event)

    def last_event(self, kinds: frozenset[EventKind]) -> Event | None:
        """The newest event of any of ``kinds``; None where there is none."""
        found = [self._last[kind] for kind in kinds if kind in self._last]
        return max(found, key=lambda numbered: numbered[0])[1] if found else None

    def recent_events(self, limit: int) -> list[Event]:
        """Newest first; at most ``RECENT_EVENTS``."""
        return list(islice(reversed(self._recent), max(limit, 0)))


def newest_event(connection: Connection, kinds: frozenset[EventKind]) -> Event | None:
    """The newest event of any of ``kinds`` in the database; None where there is none.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: It is no event of ours.
    """
    newest = connection.execute(_newest_of(kinds)).first()
    return None if newest is None else Event.model_validate_json(newest.record)


def _newest_of(kinds: frozenset[EventKind]) -> Select[int, str]:
    table = EventRow
    query = select(table.position, table.record).where(table.kind.in_(sorted(kinds)))
    return query.order_by(table.position.desc()).limit(1)
