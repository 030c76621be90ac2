"""What people said of a shift's parts, in figures: by whom, against what, and what still waits. Pure.

They are of the shift's parts, whenever they were given; of a part the newest counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from inspection.decision import Action, Frozen
from inspection.reviews.held import why_waiting
from inspection.reviews.review import Review, Verdict, overrides
from reports.record.rows import ShiftRow
from reports.statistics.agreement import Agreement, Call, agreement


class ReviewsBy(Frozen):
    """What one person said."""

    by: str
    parts: int
    by_verdict: dict[Verdict, int]
    overrides: int
    """Of them, those that say another thing than was decided."""


class ReviewedPart(Frozen):
    """A part of which somebody said why."""

    part_id: int
    trigger_seq: int
    decided: Action | None
    """None: it was missed."""
    verdict: Verdict
    type: str
    overrides: bool
    by: str
    at: datetime
    reason: str


class Reviews(Frozen):
    """What people said of a shift's parts."""

    held: int
    """Parts that wait, or waited, for a person."""
    waiting: int
    """Of them, those that nobody has reviewed."""
    by: tuple[ReviewsBy, ...]
    """By name."""
    reasons: tuple[ReviewedPart, ...]
    """Each review that has one, as all have that override a decision; in the order of the parts."""
    agreement: Agreement | None
    """Of the station's decisions with the reviews, of the parts that were decided without asking for a
    person; None where none of those was reviewed."""


def reviews_among(rows: Iterable[ShiftRow], reviews: Mapping[str, Review]) -> Reviews:
    """The figures of a shift's reviews.

    Args:
        rows: Its parts.
        reviews: What was said of them, by inspection id.
    """
    held = waiting = 0
    reviewed: list[tuple[ShiftRow, Review]] = []
    for row in rows:
        review = reviews.get(row.inspection_id)
        if why_waiting(row.action, late=row.late, missed=row.missed, challenge=row.challenge is not None):
            held += 1
            waiting += review is None
        if review is not None:
            reviewed.append((row, review))
    return Reviews(
        held=held,
        waiting=waiting,
        by=tuple(
            _by(name, [one for one in reviewed if one[1].by == name])
            for name in sorted({review.by for _, review in reviewed})
        ),
        reasons=tuple(_reviewed(row, review) for row, review in reviewed if review.reason),
        agreement=agreement(
            (
                Call(
                    piece=row.inspection_id,
                    appraiser="",
                    run="",
                    expected=review.verdict.value,
                    got=(Verdict.GOOD if row.action == Action.PASS else Verdict.DEFECT).value,
                )
                for row, review in reviewed
                if _was_decided(row) and review.verdict is not Verdict.DONT_KNOW
            ),
            good=Verdict.GOOD.value,
        ),
    )


def _was_decided(row: ShiftRow) -> bool:
    return row.judged and row.action != Action.MANUAL_REVIEW


def _overrides(row: ShiftRow, review: Review) -> bool:
    return row.missed is None and overrides(review.verdict, Action(row.action))


def _by(name: str, reviewed: list[tuple[ShiftRow, Review]]) -> ReviewsBy:
    verdicts = Counter(review.verdict for _, review in reviewed)
    return ReviewsBy(
        by=name,
        parts=len(reviewed),
        by_verdict={verdict: verdicts[verdict] for verdict in Verdict},
        overrides=sum(_overrides(row, review) for row, review in reviewed),
    )


def _reviewed(row: ShiftRow, review: Review) -> ReviewedPart:
    return ReviewedPart(
        part_id=row.part_id,
        trigger_seq=row.trigger_seq,
        decided=None if row.missed is not None else Action(row.action),
        verdict=review.verdict,
        type=review.type,
        overrides=_overrides(row, review),
        by=review.by,
        at=review.at,
        reason=review.reason,
    )
