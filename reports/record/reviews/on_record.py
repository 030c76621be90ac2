"""What people say of parts, put on record and read back.

A part's newest review counts. One that comes second names the one that it replaces: of two people who look
at a part at once, the one who answers later is told so, and his try is on record as refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, inspect, select
from sqlalchemy.orm import aliased

from inspection.decision import Action
from inspection.errors import ReviewError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.part import Inspection
from inspection.reviews.on_record import in_words, subjects_of
from inspection.reviews.review import Answer, Review, overrides
from reports.record.events_chain import add_event, event_entry
from reports.record.reviews.table import ReviewRow
from reports.record.schema import EventRow, InspectionRow

_LOOK_AGAIN: Final = "look at what is on record now, and name the review to replace; this try is on record"
_TODO: Final[Mapping[str, str]] = {
    Code.REVIEW_NO_PART: "name a part that is on record; nothing was changed",
    Code.REVIEW_NO_REVISION: "look at the part as it is on record; nothing was changed",
    Code.REVIEW_NEEDS_REASON: "say why; nothing was changed",
    Code.REVIEW_FORESTALLED: _LOOK_AGAIN,
    Code.REVIEW_REPLACES_NONE: _LOOK_AGAIN,
}
_OF_REVIEW: Final = tuple(name for name in Review.model_fields if name not in ("at", "by"))
_BATCH = 500
"""Ids in one question: a database takes only so many."""


class NotTaken(NamedTuple):
    """Why a review was not put on record."""

    why: Sentence
    on_record: bool
    """Whether the try is: where somebody else was first."""

    @property
    def error(self) -> ReviewError:
        """What says so to people, in every language."""
        (message,) = self.why.coded[0].causes or self.why.coded
        return ReviewError(self.why, todo=_TODO[message.code], code=message.code, params=message.params)


def has_reviews(connection: Connection) -> bool:
    """Whether the record has their table: one that nobody has brought up to date has none, and no review.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    return inspect(connection).has_table(ReviewRow.__tablename__)


def newest_part(connection: Connection, inspection_id: str) -> Inspection | None:
    """A part as it is on record now; None where there is none of this id.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: Its record is none.
    """
    row = InspectionRow
    query = select(row.record).where(row.inspection_id == inspection_id).order_by(row.revision.desc())
    record = connection.scalar(query.limit(1))
    return None if record is None else Inspection.model_validate_json(record)


def newest_parts(connection: Connection, inspection_ids: Iterable[str]) -> dict[str, Inspection]:
    """As ``newest_part``, of several; without those that are not on record."""
    found = ((one, newest_part(connection, one)) for one in inspection_ids)
    return {one: part for one, part in found if part is not None}


def reviews_of(connection: Connection, inspection_id: str) -> tuple[Review, ...]:
    """All that was said of a part, the newest last.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A row is none of ours.
    """
    if not has_reviews(connection):
        return ()
    return tuple(_read(connection, _reviews().where(ReviewRow.inspection_id == inspection_id)))


def newest_reviews(connection: Connection, inspection_ids: Iterable[str]) -> dict[str, Review]:
    """The reviews that count, by the part's id; without those parts that nobody has reviewed.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A row is none of ours.
    """
    if not has_reviews(connection):
        return {}
    ids, found = list(inspection_ids), {}
    for at in range(0, len(ids), _BATCH):
        query = _reviews().where(ReviewRow.inspection_id.in_(ids[at : at + _BATCH]))
        found.update({review.inspection_id: review for review in _read(connection, query)})
    return found


def newest_in(
    connection: Connection, start: datetime, end: datetime, *, upto: int | None = None
) -> dict[str, Review]:
    """The reviews that count of the parts seen from ``start`` up to ``end``, by the part's id.

    Args:
        connection: Read only.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.
        upto: Those that counted at this position of the events; None for now.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A row is none of ours.
    """
    if not has_reviews(connection):
        return {}
    row = InspectionRow
    seen = (row.inspection_id == ReviewRow.inspection_id) & (row.revision == 0)
    query = _reviews().join(row, seen).where(row.seen_at >= start, row.seen_at < end)
    if upto is not None:
        query = query.where(ReviewRow.position <= upto)
    return {review.inspection_id: review for review in _read(connection, query)}


def reviewing_began(connection: Connection) -> datetime | None:
    """When the part was seen that was reviewed first; None where nobody reviews here.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not has_reviews(connection):
        return None
    row, review = InspectionRow, ReviewRow
    first = select(review.inspection_id).order_by(review.position).limit(1).scalar_subquery()
    return connection.scalar(select(row.seen_at).where(row.inspection_id == first, row.revision == 0))


def counting(before: int | None, limit: int) -> Select[Any]:
    """Question for the reviews that count, of all parts, the newest first.

    Args:
        before: Position: none from here on; None for the newest.
        limit: So many at most.
    """
    review, later = ReviewRow, aliased(ReviewRow)
    same = (later.replaces == review.position) & (later.inspection_id == review.inspection_id)
    query = _reviews().outerjoin(later, same).where(later.position.is_(None))
    if before is not None:
        query = query.where(review.position < before)
    return query.order_by(None).order_by(review.position.desc()).limit(limit)


def counting_reviews(connection: Connection, *, before: int | None, limit: int) -> list[Review]:
    """A page of the reviews that count, the newest first; see ``counting``.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: A row is none of ours.
    """
    return list(_read(connection, counting(before, limit))) if has_reviews(connection) else []


def put_review(
    connection: Connection, inspection_id: str, answer: Answer, *, by: str, at: datetime
) -> Review | NotTaken:
    """Put on record what somebody says of a part, or that he could not be first.

    Args:
        connection: In a transaction of a writer, in turn with all others (``events_chain.in_turn``).
        inspection_id: Of the part.
        answer: What he says.
        by: Who he is; he has a right to it.
        at: When, with time zone.

    Raises:
        SQLAlchemyError: The database refuses.
        ValueError: A row of the part is none.
    """
    part = newest_part(connection, inspection_id)
    if part is None:
        return NotTaken(say(Code.REVIEW_NO_PART, part=inspection_id), on_record=False)
    part_id = part.trigger.part_id
    if answer.revision > part.revision:
        missing = say(Code.REVIEW_NO_REVISION, part=part_id, revision=answer.revision)
        return NotTaken(missing, on_record=False)
    decided = _decided(connection, part, answer.revision)
    if overrides(answer.verdict, decided) and not answer.reason.strip():
        return NotTaken(say(Code.REVIEW_NEEDS_REASON, action=decided.value), on_record=False)
    before = next(reversed(reviews_of(connection, inspection_id)), None)
    if answer.replaces != (0 if before is None else before.position):
        cause = (
            say(Code.REVIEW_REPLACES_NONE)
            if before is None
            else say(Code.REVIEW_FORESTALLED, user=before.by, verdict=before.verdict)
        )
        why = say(Code.REVIEW_REFUSED, part=part_id, verdict=answer.verdict, cause=cause)
        add_event(
            connection,
            event_entry(Event(at=at, kind=EventKind.REFUSED, by=by, detail=why, coded=why.coded)),
        )
        return NotTaken(why, on_record=True)
    said = in_words(part_id, answer, before)
    event = Event(
        at=at,
        kind=EventKind.REVIEWED,
        by=by,
        detail=said,
        coded=said.coded,
        subjects=subjects_of(inspection_id, part_id, answer),
    )
    add_event(connection, event_entry(event))
    return reviews_of(connection, inspection_id)[-1]


def _decided(connection: Connection, part: Inspection, revision: int) -> Action:
    """What was decided on a part by a revision of its record."""
    row = InspectionRow
    query = select(row.action).where(row.inspection_id == part.inspection_id, row.revision == revision)
    return Action(connection.scalar(query) or part.decision.action)


def _reviews() -> Select[Any]:
    """All reviews, in their order; of columns, which verification compares with the events."""
    review, event = ReviewRow, EventRow
    columns = [getattr(review, name) for name in _OF_REVIEW]
    joined = select(*columns, event.at, event.by).join(event, event.position == review.position)
    return joined.order_by(event.position)


def _read(connection: Connection, query: Select[Any]) -> Iterator[Review]:
    for row in connection.execute(query).mappings().all():
        yield Review.model_validate(dict(row))
