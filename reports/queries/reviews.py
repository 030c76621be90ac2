"""The queue of reviews: pages of it, and one part with all that was said of it. Read only."""

from typing import Final

from sqlalchemy import Connection, exists, func, select

from inspection.decision import Action
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.part import Inspection, Outcome
from inspection.reviews.held import why_held
from inspection.reviews.review import Verdict
from inspection.reviews.shown import PartInQueue, PartToReview, QueuePage, QueueState
from reports.queries.reading import reading
from reports.record.reviews.on_record import (
    NotTaken,
    counting_reviews,
    has_reviews,
    newest_part,
    newest_parts,
    newest_reviews,
    reviews_of,
)
from reports.record.reviews.queue import count_open, open_parts
from reports.record.reviews.table import ReviewRow
from reports.record.schema import InspectionRow
from reports.settings import StoreSettings

MOST_AT_ONCE: Final = 100
"""Parts of a page at most."""
_MOST_TYPES: Final = 20
_LOOKED_THROUGH: Final = 5000
"""Rows before a part in which one that passed is looked for."""


def queue_page(
    settings: StoreSettings, state: QueueState, *, cursor: int | None = None, limit: int = 20
) -> QueuePage:
    """A page of the parts that wait for a person, or that people have reviewed.

    Args:
        settings: Of the record.
        state: Which parts.
        cursor: That of the page before; None to begin.
        limit: Parts at most, 1 to ``MOST_AT_ONCE``.

    Raises:
        StoreError: The record cannot be read.
    """
    limit = min(max(limit, 1), MOST_AT_ONCE)
    with reading(settings) as connection:
        if state is QueueState.OPEN:
            held = open_parts(connection, after=cursor or 0, limit=limit + 1)
            found = [PartInQueue.of(one.inspection, None, place=one.root) for one in held]
        else:
            reviews = counting_reviews(connection, before=cursor, limit=limit + 1)
            parts = newest_parts(connection, [one.inspection_id for one in reviews])
            found = [PartInQueue.of(parts[one.inspection_id], one, place=one.position) for one in reviews]
        more = found[limit - 1].place if len(found) > limit else None
        return QueuePage(parts=tuple(found[:limit]), cursor=more, open=count_open(connection))


def parts_named(settings: StoreSettings, part_id: int, *, limit: int = MOST_AT_ONCE) -> QueuePage:
    """The parts to which the PLC gave a number, held or not, the newest first; one page has them all.

    Raises:
        StoreError: The record cannot be read.
    """
    row = InspectionRow
    with reading(settings) as connection:
        query = select(row.inspection_id).where(row.part_id == part_id, row.revision == 0)
        ids = connection.scalars(query.order_by(row.position.desc()).limit(limit)).all()
        parts, reviews = newest_parts(connection, ids), newest_reviews(connection, ids)
        found = tuple(
            PartInQueue.of(parts[one], reviews.get(one), place=place) for place, one in enumerate(ids)
        )
        return QueuePage(parts=found, cursor=None, open=count_open(connection))


def part_to_review(settings: StoreSettings, inspection_id: str) -> PartToReview:
    """A part with all that was said of it.

    Raises:
        ReviewError: There is no such part.
        StoreError: The record cannot be read.
    """
    with reading(settings) as connection:
        part = newest_part(connection, inspection_id)
        if part is None:
            raise NotTaken(say(Code.REVIEW_NO_PART, part=inspection_id), on_record=False).error
        return PartToReview(
            inspection=part,
            why=why_held(part),
            reviews=reviews_of(connection, inspection_id),
            types=_types(connection, part),
            good=_good_picture(connection, part),
        )


def _types(connection: Connection, part: Inspection) -> tuple[str, ...]:
    named = [defect.type for defect in part.decision.defects]
    if has_reviews(connection):
        review = ReviewRow
        counted = select(review.type).where(review.verdict == Verdict.DEFECT.value).group_by(review.type)
        often = counted.order_by(func.count().desc(), review.type).limit(_MOST_TYPES)
        named += connection.scalars(often).all()
    return tuple(dict.fromkeys(named))[:_MOST_TYPES]


def _good_picture(connection: Connection, part: Inspection) -> str:
    """Of the last part before this one that the same recipe passed, and nobody has doubted since."""
    row, review = InspectionRow, ReviewRow
    own = select(row.position).where(row.inspection_id == part.inspection_id, row.revision == 0)
    first = connection.scalar(own) or 0
    passed = select(row.record).where(
        row.position.between(first - _LOOKED_THROUGH, first - 1),
        row.recipe_id == part.decision.recipe.id,
        row.action == Action.PASS.value,
        row.outcome == Outcome.RELEASED.value,
    )
    if has_reviews(connection):
        doubted = (review.inspection_id == row.inspection_id) & (review.verdict != Verdict.GOOD.value)
        passed = passed.where(~exists().where(doubted))
    record = connection.scalar(passed.order_by(row.position.desc()).limit(1))
    pictures = () if record is None else Inspection.model_validate_json(record).pictures
    return pictures[0] if pictures else ""
