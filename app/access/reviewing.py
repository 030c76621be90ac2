"""A person says of a part what it is: on record, or told why not."""

from collections.abc import Callable
from datetime import UTC, datetime

from app.access.recording import PeoplesRecord
from inspection.reviews.review import Answer, Review
from reports.record.reviews.on_record import NotTaken, put_review
from reports.settings import StoreSettings


def answer_part(
    settings: StoreSettings,
    inspection_id: str,
    answer: Answer,
    *,
    by: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Review:
    """As ``answer_on``, of the record that ``settings`` name; its schema is up to date."""
    return answer_on(PeoplesRecord(settings, now=now), inspection_id, answer, by=by)


def answer_on(record: PeoplesRecord, inspection_id: str, answer: Answer, *, by: str) -> Review:
    """Put on record what somebody says of a part; it is durable when this returns.

    Args:
        record: Its schema is up to date (``making.make_up_to_date``).
        inspection_id: Of the part.
        answer: What he says.
        by: Who, as printed; he has Right.REVIEW.

    Raises:
        ReviewError: There is no such part or revision, a reason is missing, or somebody else was first; the
            last is on record.
        StoreError: The record cannot be read or written.
    """
    with record.transaction(writes=True) as connection:
        found = put_review(connection, inspection_id, answer, by=by, at=record.now())
    if isinstance(found, NotTaken):
        raise found.error
    return found
