"""The queue of reviews and a part in it, as API and commands tell them."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from inspection.decision import Action, DecidedBy, Frozen, RecipeRef
from inspection.messages.message import Coded
from inspection.part import Inspection, MissedCause, Outcome
from inspection.reviews.held import WhyHeld, why_held
from inspection.reviews.review import Answer, Review


class QueueState(StrEnum):
    """Which parts are asked for."""

    OPEN = "open"
    """Held, and nobody has reviewed them: the oldest first."""
    DONE = "done"
    """Reviewed, held or not: those reviewed last first."""


class QueueAsked(Frozen):
    """Which page of which list is asked for."""

    state: QueueState = QueueState.OPEN
    part_id: int | None = Field(default=None, ge=0, le=0xFFFFFFFF)
    """Parts with this number of the PLC's, held or not, instead of those of a state; the newest first."""
    cursor: int | None = Field(default=None, ge=0, le=2**62)
    """To go on behind a page, as that says; None to begin."""
    limit: int = Field(default=20, ge=1, le=100)


class ToPut(Frozen):
    """What is to be put on record of a part."""

    inspection_id: str
    answer: Answer


class PartInQueue(Frozen):
    """A part in a list."""

    place: int
    """In the list: the page behind it is asked for by this as ``cursor``."""
    inspection_id: str
    revision: int
    part_id: int
    trigger_seq: int
    seen_at: datetime
    recipe: RecipeRef
    action: Action
    decided_by: DecidedBy
    reason: str
    coded: Coded = ()
    """What ``reason`` says, for any language."""
    why: WhyHeld | None = None
    """Why it waits for a person; None where it does not."""
    outcome: Outcome | None = None
    missed: MissedCause | None = None
    defects: tuple[str, ...] = ()
    """Types, as they were named."""
    pictures: tuple[str, ...] = ()
    review: Review | None = None
    """The one that counts."""

    @classmethod
    def of(cls, part: Inspection, review: Review | None, *, place: int) -> "PartInQueue":
        """A part with what was said of it."""
        decision = part.decision
        return cls(
            place=place,
            inspection_id=part.inspection_id,
            revision=part.revision,
            part_id=part.trigger.part_id,
            trigger_seq=part.trigger.seq,
            seen_at=part.trigger.seen_at,
            recipe=decision.recipe,
            action=decision.action,
            decided_by=decision.decided_by,
            reason=decision.reason,
            coded=decision.coded,
            why=why_held(part),
            outcome=part.outcome,
            missed=part.missed,
            defects=tuple(dict.fromkeys(defect.type for defect in decision.defects)),
            pictures=part.pictures,
            review=review,
        )


class QueuePage(Frozen):
    """GET /api/reviews: a page of the list."""

    parts: tuple[PartInQueue, ...]
    cursor: int | None
    """To go on behind this page; None where it is the last."""
    open: int
    """How many held parts nobody has reviewed, on this page or not."""


class PartToReview(Frozen):
    """GET /api/reviews/{inspection_id}: all that is known of a part."""

    inspection: Inspection
    why: WhyHeld | None
    reviews: tuple[Review, ...]
    """All that was said of it, the newest last; that one counts."""
    types: tuple[str, ...]
    """Types of defects to choose from: the part's own, then those that people have named here."""
    good: str = ""
    """SHA-256 of a picture to compare with: of the last part before it that the same recipe passed; empty for
    none. (A recipe keeps what it was taught as numbers, not the pictures.)"""
