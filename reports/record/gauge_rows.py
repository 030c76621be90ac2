"""What gauges read, in rows beside the record that they follow from: for whoever works on values in SQL."""

from typing import Any

from sqlalchemy import Connection, insert, inspect, select

from inspection.decision import Decision, GaugeReading
from reports.record.schema import GaugeRow, without_nul

# The table, not the mapped class: the ORM's bookkeeping costs half a millisecond a row.
_TABLE = GaugeRow.metadata.tables[GaugeRow.__tablename__]
_INSERT = insert(_TABLE)


def readings_of(decision: Decision) -> list[dict[str, Any]]:
    """The columns that follow from a decision's readings alone, in their order."""
    return [_columns_of(place, reading) for place, reading in enumerate(decision.gauges)]


def add_readings(connection: Connection, position: int, decision: Decision) -> None:
    """Add the readings of the revision that was just added at ``position``.

    Raises:
        SQLAlchemyError: The database refuses.
    """
    if rows := readings_of(decision):
        connection.execute(_INSERT, [{"position": position, **row} for row in rows])


def stored_readings(connection: Connection, low: int, high: int) -> dict[int, list[dict[str, Any]]]:
    """The readings of the rows from ``low`` to ``high``, by position, each as ``readings_of`` gives them.

    A record that no Passgate has brought up to date has no such table, and so no readings.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    if not inspect(connection).has_table(GaugeRow.__tablename__):
        return found
    query = select(_TABLE).where(_TABLE.c.position.between(low, high)).order_by(*_TABLE.primary_key)
    for row in connection.execute(query).mappings():
        columns = dict(row)
        found.setdefault(columns.pop("position"), []).append(columns)
    return found


def _columns_of(place: int, reading: GaugeReading) -> dict[str, Any]:
    unread = reading.reason
    return {
        "place": place,
        "name": without_nul(reading.name),
        "kind": reading.kind.value if reading.kind else "",
        "value": reading.value,
        "uncertainty": None if reading.value is None else reading.uncertainty,
        "unit": without_nul(reading.unit),
        "low": reading.low,
        "high": reading.high,
        "reason": None if unread is None else unread.value,
    }
