"""What became of alarms, in rows beside the events that they follow from: for whoever asks in SQL.

The view ``alarms`` sums them up, one row an alarm.
"""

from typing import Any

from sqlalchemy import Connection, insert, inspect, select

from inspection.alarms.on_record import change_in
from inspection.events import Event
from reports.record.schema import AlarmRow

# The table, not the mapped class, as for the events.
_TABLE = AlarmRow.metadata.tables[AlarmRow.__tablename__]
_INSERT = insert(_TABLE)


def alarm_row(event: Event) -> dict[str, Any] | None:
    """The columns that follow from an event alone; None where it tells of no alarm.

    Raises:
        ValueError: It tells of one, but not which.
    """
    change = change_in(event)
    if change is None:
        return None
    return {**change._asdict(), "priority": change.priority.value, "change": event.kind.value}


def add_alarm_row(connection: Connection, position: int, event: Event) -> None:
    """Add what the event that was just added at ``position`` tells of an alarm, where it tells of one.

    Raises:
        SQLAlchemyError: The database refuses.
    """
    if row := alarm_row(event):
        connection.execute(_INSERT, {"position": position, **row})


def stored_alarm_rows(connection: Connection, low: int, high: int) -> dict[int, dict[str, Any]]:
    """The rows of the events from ``low`` to ``high``, by position, each as ``alarm_row`` gives it.

    A record that no Passgate has brought up to date has no such table, and tells of no alarm.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not inspect(connection).has_table(AlarmRow.__tablename__):
        return {}
    query = select(_TABLE).where(_TABLE.c.position.between(low, high))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return {row.pop("position"): row for row in rows}
