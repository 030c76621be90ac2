"""The parts of a stretch of time as what waits in the spool makes them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from inspection.part import Inspection
from reports.record.entry import Entry, PartEntry
from reports.record.rows import ShiftRow, figures_of
from reports.record.schema import columns_of


def with_waiting(
    stored: Iterable[ShiftRow], waiting: Iterable[Entry], start: datetime, end: datetime
) -> list[ShiftRow]:
    """The parts as they are once ``waiting``, in order, has followed them, in the order of their triggers."""
    entries = [entry for entry in waiting if isinstance(entry, PartEntry)]
    if not entries:
        return list(stored)
    parts = {row.inspection_id: row for row in stored}
    for entry in entries:
        inspection = entry.inspection
        before = parts.get(inspection.inspection_id)
        if before is not None:
            parts[inspection.inspection_id] = before._replace(position=0, **_latest(entry))
        elif inspection.revision == 0 and start <= inspection.trigger.seen_at < end:
            parts[inspection.inspection_id] = _new(entry, inspection)
    return sorted(parts.values(), key=lambda row: row.seen_at)


def _latest(entry: PartEntry) -> dict[str, Any]:
    """The fields that follow a later revision."""
    columns = columns_of(entry.inspection)
    found = {name: columns[name] for name in ShiftRow._fields if name in columns}
    return found | figures_of(entry.inspection) | {"record": entry.record}


def _new(entry: PartEntry, inspection: Inspection) -> ShiftRow:
    columns = columns_of(inspection)
    return ShiftRow(
        position=0,
        root=0,
        **_latest(entry),
        first_action=columns["action"],
        first_late=columns["late"],
        first_latency_ms=columns["latency_ms"],
    )
