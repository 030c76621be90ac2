"""Which parts wait for a person, and why. Any other part may be reviewed too, by its id. Pure."""

from enum import StrEnum
from typing import Final

from inspection.decision import Action, DecidedBy
from inspection.part import Inspection, MissedCause

HELD: Final = (
    "challenge IS NULL AND (missed IS NULL OR missed <> 'bypass')"
    " AND (action = 'manual_review' OR late OR missed IS NOT NULL)"
)
"""``why_waiting`` in SQL, by the columns of a part's newest revision."""


class WhyHeld(StrEnum):
    """Why a part waits for a person."""

    MISSED = "missed"
    """It came and was not inspected."""
    LATE = "late"
    """Its decision missed the deadline."""
    UNDECIDED = "undecided"
    """The station asked for a person: it was in doubt, its models disagreed, or a rule forbade a pass."""


def why_held(part: Inspection) -> WhyHeld | None:
    """Why a part waits for a person; None where it does not (``why_waiting``)."""
    decision = part.decision
    late = decision.decided_by is DecidedBy.TIMEOUT or part.late_decision is not None
    return why_waiting(decision.action, late=late, missed=part.missed, challenge=part.challenge is not None)


def why_waiting(action: str, *, late: bool, missed: str | None, challenge: bool) -> WhyHeld | None:
    """Why a part waits for a person; None where it does not.

    Pieces of challenges are known, and need no review. Nobody waits for parts that went by while the PLC's
    bypass key was turned: who turned it let them go.

    Args:
        action: Decided on it.
        late: Whether that missed its deadline.
        missed: Why it was not inspected; None where it was.
        challenge: Whether it is a piece of one.
    """
    if challenge or missed == MissedCause.BYPASS:
        return None
    if missed is not None:
        return WhyHeld.MISSED
    if late:
        return WhyHeld.LATE
    return WhyHeld.UNDECIDED if action == Action.MANUAL_REVIEW else None
