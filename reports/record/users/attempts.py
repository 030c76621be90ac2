"""How often somebody has failed to sign in, as the events say: a restart forgets nothing."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from inspection.events import EventKind
from reports.record.schema import EventRow

_ROW = EventRow


class Attempts(NamedTuple):
    """The sign-ins by one name since the last that succeeded, or since the password was last changed."""

    failures: int = 0
    since: datetime | None = None
    """The earliest time that the clock has shown since the last failure: that failure's, or where the clock
    was set back after it, that of a refusal behind. None without a failure."""
    told: bool = False
    """Whether a refusal since the last failure is on record."""
    newest: int = 0
    """Position of the newest event about it: where this is another, somebody else has tried meanwhile."""


def attempts_by(connection: Connection, name: str, *, after: int) -> Attempts:
    """The sign-ins by ``name``.

    Args:
        connection: In a transaction.
        name: As events name him.
        after: Position of an event; what lies before counts no more.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    succeeded = _newest(connection, name, EventKind.SIGNED_IN, after)
    failed, refused = (
        _by(name, kind, succeeded) for kind in (EventKind.SIGN_IN_FAILED, EventKind.SIGN_IN_REFUSED)
    )
    failures, last = connection.execute(select(func.count(), func.max(_ROW.position)).where(failed)).one()
    if not failures:
        return Attempts(newest=succeeded)
    at = connection.scalar(select(_ROW.at).where(_ROW.position == last))
    told, newest, earliest = connection.execute(
        select(func.count(), func.max(_ROW.position), func.min(_ROW.at)).where(refused, _ROW.position > last)
    ).one()
    times = [time for time in (at, earliest) if time is not None]
    return Attempts(failures, min(times), bool(told), newest or last)


def _by(name: str, kind: EventKind, after: int) -> ColumnElement[bool]:
    return (_ROW.by == name) & (_ROW.kind == kind.value) & (_ROW.position > after)


def _newest(connection: Connection, name: str, kind: EventKind, after: int) -> int:
    return connection.scalar(select(func.max(_ROW.position)).where(_by(name, kind, after))) or after
