"""Held parts as the engine tells them to the Review screen."""

from datetime import timedelta

from inspection.decision import Action
from inspection.part import Inspection, MissedCause, Outcome
from inspection.reviews.held import why_held
from inspection.reviews.review import Review, Verdict
from inspection.reviews.shown import PartInQueue, PartToReview, QueuePage
from tests.reports.parts import START, closed, part

GOOD_PICTURE = "9" * 64


def held(number: int) -> Inspection:
    """The ``number``-th held part; every fifth was missed."""
    if number % 5 == 0:
        return part(number, action=Action.MANUAL_REVIEW, published=False, missed=MissedCause.OVERRUN)
    one = part(
        number,
        action=Action.MANUAL_REVIEW,
        pictures=(f"{number:064x}",),
        reason="the defect score 0.51 is too near to the limit 0.50, so a person looks",
    )
    return closed(one, Outcome.HELD, explanation="A thin line runs from the upper edge; it may be a scratch.")


def page(numbers: range, *, more: bool = False, waiting: int | None = None) -> QueuePage:
    """A page of the queue."""
    parts = tuple(PartInQueue.of(held(number), None, place=number) for number in numbers)
    cursor = parts[-1].place if more else None
    return QueuePage(parts=parts, cursor=cursor, open=len(parts) if waiting is None else waiting)


def whole(number: int, *reviews: Review) -> PartToReview:
    """A part with all that is known of it."""
    one = held(number)
    return PartToReview(
        inspection=one,
        why=why_held(one),
        reviews=reviews,
        types=("scratch", "dent", "毛刺"),
        good=GOOD_PICTURE if one.pictures else "",
    )


def review(number: int, position: int, verdict: Verdict = Verdict.GOOD, **said: str) -> Review:
    """What Ben said of the ``number``-th part."""
    return Review(
        position=position,
        at=START + timedelta(hours=1),
        by="Ben",
        inspection_id=f"{number:032x}",
        part_id=1000 + number,
        verdict=verdict,
        revision=1,
        **said,
    )
