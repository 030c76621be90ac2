"""The parts that wait for a person: read a page at a time, the oldest first."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, exists, func, select, text
from sqlalchemy.orm import aliased

from inspection.part import Inspection
from inspection.reviews.held import HELD
from reports.record.reviews.on_record import has_reviews
from reports.record.reviews.table import ReviewRow
from reports.record.schema import InspectionRow


class HeldPart(NamedTuple):
    """A part in the queue."""

    root: int
    """Position of its first row: its place in the queue, which never changes."""
    inspection: Inspection
    """Its newest revision."""


def open_parts(connection: Connection, *, after: int, limit: int) -> list[HeldPart]:
    """Held parts that nobody has reviewed, the oldest first.

    Args:
        connection: Read only, or in a transaction.
        after: ``root`` of the part to go on behind; 0 to begin with the first.
        limit: So many at most.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A record is none.
    """
    row = InspectionRow
    chosen = _open(connection, row.root, row.position).where(row.root > after).order_by(row.root)
    positions = {position: root for root, position in connection.execute(chosen.limit(limit)).all()}
    records = select(row.position, row.record).where(row.position.in_(positions)).order_by(row.root)
    return [
        HeldPart(positions[position], Inspection.model_validate_json(record))
        for position, record in connection.execute(records).all()
    ]


def count_open(connection: Connection) -> int:
    """How many held parts nobody has reviewed. Raises SQLAlchemyError."""
    row = InspectionRow
    return connection.scalar(_open(connection, func.count(row.position))) or 0


def _open(connection: Connection, *columns: Any) -> Select[Any]:
    row, later, review = InspectionRow, aliased(InspectionRow), ReviewRow
    query = select(*columns).where(text(HELD))
    if has_reviews(connection):  # first: most that were held are reviewed
        query = query.where(~exists().where(review.inspection_id == row.inspection_id))
    return query.where(~exists().where(later.supersedes == row.position))
