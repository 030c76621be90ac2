"""A review: what a person says of a part, as it is asked for and as it is on record. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, model_validator

from inspection.decision import Action, Frozen
from inspection.part import Truth

MOST_REASON: Final = 500
"""Characters of a reason at most."""


class Verdict(StrEnum):
    """What somebody says of a part. The names are on record: they are added to, never changed."""

    GOOD = "good"
    DEFECT = "defect"
    """It has the defect whose type is named."""
    DONT_KNOW = "dont_know"
    """He has looked, and cannot tell; the reason says why."""


class Answer(Frozen):
    """What somebody says of a part that he has before him."""

    verdict: Verdict
    type: str = Field(default="", max_length=64)
    """Of the defect; empty where none was found."""
    reason: str = Field(default="", max_length=MOST_REASON)
    """In his own words, in one line."""
    revision: int = Field(default=0, ge=0)
    """Of the part's record, as he had it before him."""
    replaces: int = Field(default=0, ge=0)
    """The review that this one takes the place of: its position among the events; 0 where there was none."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.verdict is Verdict.DEFECT) != bool(self.type.strip()):
            raise ValueError("a type of defect is named where there is a defect, and only there")
        if not (self.type.isprintable() and self.reason.isprintable()):
            raise ValueError("type and reason are one line each, of letters that can be printed")
        if self.verdict is Verdict.DONT_KNOW and not self.reason.strip():
            raise ValueError("who does not know says why")
        return self


class Review(Answer):
    """An answer that is on record."""

    position: int = Field(ge=1)
    """Of its event."""
    at: datetime
    """UTC."""
    by: str
    inspection_id: str
    part_id: int

    @property
    def said(self) -> str:
        """What it says, in English: the type of a defect, or the verdict, and why."""
        what = self.type or self.verdict.value
        return f"{what}: {self.reason}" if self.reason else what


def truth_in(review: Review | None) -> Truth | None:
    """What a review says that a part really is; None without one, and where who gave it does not know."""
    if review is None or review.verdict is Verdict.DONT_KNOW:
        return None
    return Truth(defective=review.verdict is Verdict.DEFECT, types=(review.type,) if review.type else ())


def overrides(verdict: Verdict, action: Action) -> bool:
    """Whether a verdict says another thing of a part than was decided on it.

    Where the decision was to ask a person there is nothing to override.

    >>> overrides(Verdict.DEFECT, Action.PASS), overrides(Verdict.GOOD, Action.STOP)
    (True, True)
    >>> overrides(Verdict.DEFECT, Action.REWORK), overrides(Verdict.GOOD, Action.MANUAL_REVIEW)
    (False, False)
    """
    if verdict is Verdict.DONT_KNOW or action is Action.MANUAL_REVIEW:
        return False
    return (verdict is Verdict.GOOD) != (action is Action.PASS)
