"""What the Review screen asks of the engine, and how its answers read."""

from typing import Final, TypeVar

from pydantic import ValidationError

from app.console.client.asking import Answer, Request
from inspection.reviews.review import Answer as Said
from inspection.reviews.review import Review
from inspection.reviews.shown import PartToReview, QueuePage

PAGE: Final = "review/page"
PART: Final = "review/part"
NEXT: Final = "review/next"
"""As PART, of the part that comes next: so that nobody waits for it."""
ANSWER: Final = "review/answer"
WAITING: Final = "review/waiting"
PAGE_PARTS: Final = 20

Model = TypeVar("Model", QueuePage, PartToReview, Review)


def page_behind(place: int) -> Request:
    """The held parts behind a place in the queue; 0 for the first."""
    return Request(topic=PAGE, path=f"/api/reviews?state=open&limit={PAGE_PARTS}&cursor={place}")


def waiting() -> Request:
    """How many held parts wait; a page of one part says it."""
    return Request(topic=WAITING, path="/api/reviews?state=open&limit=1")


def part(inspection_id: str, *, topic: str = PART) -> Request:
    """All that is known of a part."""
    return Request(topic=topic, path=f"/api/reviews/{inspection_id}")


def put(inspection_id: str, said: Said) -> Request:
    """What somebody says of a part is to be put on record."""
    return Request(
        topic=ANSWER,
        path=f"/api/reviews/{inspection_id}",
        method="POST",
        body=said.model_dump(mode="json"),
    )


def page_in(answer: Answer) -> QueuePage | None:
    """The page that came; None where there is a problem, or it cannot be read."""
    return _read(QueuePage, answer)


def part_in(answer: Answer) -> PartToReview | None:
    """The part that came; None as for a page."""
    return _read(PartToReview, answer)


def review_in(answer: Answer) -> Review | None:
    """The review that is on record now; None as for a page."""
    return _read(Review, answer)


def _read(model: type[Model], answer: Answer) -> Model | None:
    if answer.problem is not None:
        return None
    try:
        return model.model_validate_json(answer.body)
    except (ValidationError, RecursionError):
        return None
