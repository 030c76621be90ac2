"""How a station stands to its challenge, and when one is due. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Self

from inspection.challenge.plan import ChallengePlan
from inspection.decision import ModelRef, RecipeRef
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence
from inspection.messages.telling import say
from inspection.times.shifts import Shift

SET_BACK: Final = timedelta(minutes=5)
"""A wall clock that shows so much less than when the last challenge passed was set back: how long ago that
is, it cannot tell."""


class ChallengeState(StrEnum):
    """Declared from mild to strict. The names are on record: they are added to, never changed."""

    MET = "met"
    """Nothing is due: parts may pass."""
    DUE = "due"
    OVERDUE = "overdue"
    FAILED = "failed"

    @property
    def strictness(self) -> int:
        """Rank from 0 (met)."""
        return tuple(ChallengeState).index(self)

    def at_least(self, other: "ChallengeState") -> "ChallengeState":
        """The stricter of the two."""
        return max(self, other, key=lambda state: state.strictness)

    @classmethod
    def on_record(cls, subjects: Sequence[str]) -> "ChallengeState":
        """The state that an event's subjects begin with; the strictest where they name none."""
        named = subjects[0] if subjects else ""
        return cls(named) if named in set(cls) else cls.FAILED


class Judging(NamedTuple):
    """By what a challenge is passed: what another one judges by was not challenged."""

    recipe: str
    model: str
    pieces: str

    @classmethod
    def of(cls, recipe: RecipeRef, model: ModelRef, plan: ChallengePlan | None) -> Self:
        """By a recipe, a model and a set of pieces."""
        return cls(
            f"{recipe.id} {recipe.version} {recipe.sha256}",
            f"{model.name} {model.version} {model.sha256}",
            "" if plan is None else plan.digest,
        )


class Met(NamedTuple):
    """The last challenge that passed, or the last time that quality opened the station without."""

    at: datetime
    by_what: Judging
    parts: int = 0
    """Parts that came since."""


def why_due(
    plan: ChallengePlan, met: Met | None, by_what: Judging, *, shift: Shift, now: datetime
) -> Sentence:
    """Why a challenge is due now; empty where none is.

    Args:
        plan: When one is.
        met: What is on record; None where none ever passed.
        by_what: What judges now.
        shift: The running one.
        now: The wall clock, with time zone.
    """
    if met is None:
        return say(Code.CHALLENGE_NEVER)
    if now < met.at - SET_BACK:
        return say(Code.CHALLENGE_CLOCK)
    before = met.by_what
    if before.pieces != by_what.pieces:
        return say(Code.CHALLENGE_SET_CHANGED)
    if plan.recipe_change and before.recipe != by_what.recipe:
        return say(Code.CHALLENGE_RECIPE_CHANGED)
    if plan.model_change and before.model != by_what.model:
        return say(Code.CHALLENGE_MODEL_CHANGED)
    if plan.shift_start and shift.start > met.at:
        return say(Code.CHALLENGE_SHIFT, shift=shift.name)
    if plan.every_hours is not None and now - met.at >= timedelta(hours=plan.every_hours):
        return say(Code.CHALLENGE_HOURS, hours=plan.every_hours)
    if plan.after_parts is not None and met.parts >= plan.after_parts:
        return say(Code.CHALLENGE_PARTS, parts=met.parts)
    return NOTHING
