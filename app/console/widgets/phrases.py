"""What stands beside a shape, in the words of one language: signs, ages, shares, names of defects. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.console.client.asking import Answer, AskProblem
from app.console.widgets.signs import (
    ACTION_SIGNS,
    MISSED_SIGN,
    OPEN_OUTCOME_SIGN,
    OUTCOME_SIGNS,
    WITHHELD_SIGN,
    Shape,
    Tone,
)
from app.console.words.words import Words
from inspection.decision import Action, Defect
from inspection.messages.message import Coded
from inspection.messages.telling import LANGUAGES, tell
from inspection.part import Inspection, Outcome
from inspection.status import StationStatus

NOTHING: Final = "–"
"""In the place of a number that is not known: never a 0, which would be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A shape, its tone and its word."""

    shape: Shape
    tone: Tone
    word: str


def said(text: str, coded: Coded, words: Words) -> str:
    """What the engine says, in this language; in English where it says it without codes."""
    return tell(coded, text, words.code)


def why(answer: Answer, words: Words) -> str:
    """Why what was asked did not come, or is not surely done, in this language."""
    detail = said(answer.detail, answer.coded, words)
    return words.ask_problems[answer.problem or AskProblem.BAD_ANSWER].format(detail=detail)


def age_text(age_s: float, words: Words) -> str:
    """An age as people say it: whole units, rounded down, so that it does not flicker."""
    age_s = max(0.0, age_s)
    if age_s < 1:
        return words.under_1_s
    if age_s < 120:
        return words.seconds.format(n=int(age_s))
    if age_s < 2 * 3600:
        return words.minutes.format(n=int(age_s // 60))
    if age_s < 2 * 86400:
        return words.hours.format(n=int(age_s // 3600))
    return words.days.format(n=int(age_s // 86400))


def age_of(since: datetime, status: StationStatus, silence_s: float) -> float:
    """How long ago that was, s: by the engine's clock until it spoke, by ours since."""
    return max(0.0, (status.at - since).total_seconds()) + silence_s


def percent(share: float) -> str:
    """Per cent with one decimal, rounded down: 99.96 % is not shown as 100."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def number(value: int | None) -> str:
    """A whole number with spaces between thousands (ISO 80000-1); the font has no thin ones."""
    return NOTHING if value is None else f"{value:,}".replace(",", "\u00a0")


def outcome_sign(outcome: Outcome | None, words: Words) -> Sign:
    """What became of a part."""
    shape, tone = OPEN_OUTCOME_SIGN if outcome is None else OUTCOME_SIGNS[outcome]
    return Sign(
        shape=shape, tone=tone, word=words.outcome_open if outcome is None else words.outcomes[outcome]
    )


def action_sign(action: Action, words: Words, *, short: bool = False) -> Sign:
    """What was decided."""
    shape, tone = ACTION_SIGNS[action]
    return Sign(shape=shape, tone=tone, word=(words.actions_short if short else words.actions)[action])


def part_sign(part: Inspection, words: Words, *, short: bool = False) -> Sign:
    """What was decided on a part, where somebody looked at it and the PLC was told; else what happened."""
    if part.missed is not None:
        shape, tone = MISSED_SIGN
        return Sign(shape=shape, tone=tone, word=words.not_inspected_short if short else words.not_inspected)
    if not part.published:
        shape, tone = WITHHELD_SIGN
        return Sign(shape=shape, tone=tone, word=words.not_sent_short if short else words.not_sent)
    return action_sign(part.decision.action, words, short=short)


def defect_label(defect: Defect, words: Words) -> str:
    """Type, severity and length, as far as it is known."""
    length = "" if defect.length_mm is None else f", {defect.length_mm:.1f} mm"
    return f"{term(defect.type, words)}, {words.severities[defect.severity]}{length}"


def term(name: str, words: Words) -> str:
    """A word of the trade, such as a defect's type; a name of the plant's own stays as it is."""
    return LANGUAGES[words.code].term(name)


def calm(sign: Sign) -> Sign:
    """The sign in grey: a count is history, and colour is for what is abnormal now."""
    return replace(sign, tone=Tone.CALM)
