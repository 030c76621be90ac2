"""What a signed shift was made of, and what came to the record since."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from inspection.decision import Action
from inspection.events import Event
from inspection.part import Inspection, Outcome
from inspection.reviews.review import Review
from reports.record.reviews.on_record import has_reviews, newest_in
from reports.record.reviews.table import ReviewRow
from reports.record.schema import EventRow, InspectionRow
from reports.shift.signing.state import Added


class PartsOfSigned(NamedTuple):
    """The parts of a signed shift, for whoever lists them one by one."""

    signed: list[Inspection]
    """Their latest revisions then, in the order of their triggers: the figures are of these."""
    added: list[Inspection]
    """Revisions that came since, in their order; then the parts of which people have said something since."""
    reviews: Mapping[str, Review]
    """What people had said of the parts then, by inspection id."""
    reviews_since: Mapping[str, Review]
    """What they say now."""


def parts_of_signed(
    connection: Connection, *, start: datetime, end: datetime, upto: int, events_upto: int
) -> PartsOfSigned:
    """The parts seen from ``start`` up to ``end``, as they stood at a row and an event, and what came since.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A record is none.
    """
    row, later = InspectionRow, aliased(InspectionRow)
    in_time = (row.seen_at >= start) & (row.seen_at < end)
    known = select(row.record).outerjoin(later, (later.supersedes == row.position) & (later.position <= upto))
    signed = known.where(later.position.is_(None), row.position <= upto, in_time)
    added = select(row.record).where(row.position > upto, in_time).order_by(row.position)
    parts, since = (
        [Inspection.model_validate_json(record) for record in connection.scalars(query)]
        for query in (signed.order_by(row.seen_at, row.root), added)
    )
    reviews, now = (newest_in(connection, start, end, upto=at) for at in (events_upto, None))
    told = {part.inspection_id for part in since}
    since += [
        part
        for part in parts
        if now.get(part.inspection_id) != reviews.get(part.inspection_id) and part.inspection_id not in told
    ]
    return PartsOfSigned(parts, since, reviews, now)


def added_since(connection: Connection, *, start: datetime, end: datetime, after: int) -> tuple[Added, ...]:
    """The revisions behind row ``after`` of parts seen from ``start`` up to ``end``, in their order.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A record is none.
    """
    row, before = InspectionRow, aliased(InspectionRow)
    query = (
        select(row.position, row.record, before.action, before.outcome)
        .outerjoin(before, before.position == row.supersedes)
        .where(row.position > after, row.seen_at >= start, row.seen_at < end)
        .order_by(row.position)
    )
    return tuple(
        _added(position, Inspection.model_validate_json(record), action, outcome)
        for position, record, action, outcome in connection.execute(query)
    )


def events_since(connection: Connection, *, start: datetime, end: datetime, after: int) -> tuple[Event, ...]:
    """The events behind event ``after`` that say they are from ``start`` up to ``end``, in their order.

    Reviews of parts seen in that time are among them whenever they were given.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A record is none.
    """
    row, part = EventRow, InspectionRow
    asked = (row.at >= start) & (row.at < end)
    if has_reviews(connection):
        of_the_time = (part.inspection_id == ReviewRow.inspection_id) & (part.revision == 0)
        reviews = select(ReviewRow.position).join(part, of_the_time)
        asked |= row.position.in_(
            reviews.where(ReviewRow.position > after, part.seen_at >= start, part.seen_at < end)
        )
    query = select(row.record).where(row.position > after, asked)
    return tuple(
        Event.model_validate_json(record) for record in connection.scalars(query.order_by(row.position))
    )


def _added(position: int, one: Inspection, action: str | None, outcome: str | None) -> Added:
    return Added(
        position=position,
        part_id=one.trigger.part_id,
        trigger_seq=one.trigger.seq,
        seen_at=one.trigger.seen_at,
        recorded_at=one.recorded_at,
        action=one.decision.action,
        action_before=None if action is None else Action(action),
        outcome=one.outcome,
        outcome_before=None if outcome is None else Outcome(outcome),
        decided_by=one.decision.decided_by,
        reason=one.decision.reason,
    )
