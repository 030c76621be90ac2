"""A lesson written out: words and visual tokens in one row, and where something must be decided.

The row is put together from the same pieces that ``models.vla.vla.Prompt`` reads on the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspection.decision import Action
from models.language.decoding import NONE, DecisionGrammar, Slot, Tokens, targets
from models.language.instructions import action_for
from models.training.data.compose import asked_by
from models.training.steps.features import Truth
from models.training.steps.lesson import Lesson, labelled
from models.vla.vla import InspectionVLA, instruction_tokens


@dataclass(frozen=True, slots=True)
class Decided:
    """A token that is a choice."""

    at: int
    """The position whose state decides it: the one before the token."""
    token: int
    legal: tuple[int, ...]
    """All tokens that could stand there."""
    what: str
    """The loss that it counts to: type, severity, asked, action, reason, asked_drill or drill."""


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson, written out."""

    ids: list[int]
    """Token ids; at visual tokens 0."""
    visual: list[int]
    """Positions of visual tokens, in the order whole, context, then two for each place."""
    decided: list[Decided]
    action_at: int
    """The position whose state the action head reads; -1 in a row without a picture."""


def write_row(
    lesson: Lesson,
    vla: InspectionVLA,
    *,
    with_picture: bool = True,
    with_reason: bool = True,
    with_drills: bool = True,
) -> Row:
    """Write a lesson out as the model would have to; without its picture only the cases told in words."""
    writing = _Writing(lesson, vla)
    action_at = writing.show(with_reason=with_reason) if with_picture else -1
    for told in lesson.drills if with_drills else ():
        writing.tell(told)
    return Row(writing.ids, writing.visual, writing.decided, action_at)


class _Writing:
    """A row as it grows."""

    def __init__(self, lesson: Lesson, vla: InspectionVLA) -> None:
        self._lesson = lesson
        self._encode = vla.base.encode
        self._cells = vla.settings.grid.cells
        self._grammar = DecisionGrammar.of_words(lesson.kinds, tuple(Action), self._encode)
        self.ids: list[int] = list(instruction_tokens(lesson.instruction, self._encode))
        self.visual: list[int] = []
        self.decided: list[Decided] = []

    def show(self, *, with_reason: bool) -> int:
        """Write the picture and what is to be said of it; return where the action is decided."""
        lesson, grammar = self._lesson, self._grammar
        self._see(1 + self._cells)
        self._write(grammar.opening)
        for truth in lesson.truth:
            self._see(2)
            self._write(grammar.type_is)
            self._decide(grammar.types, NONE if truth is None else truth[0], "type")
            if truth is not None:
                self._write(grammar.severity_is)
                self._decide(grammar.severities, truth[1].value, "severity")
                self._write(grammar.asked_is)
                self._decide(grammar.actions, action_for(lesson.policy, *truth).value, "asked")
            self._write(grammar.after_place)
        self._write(grammar.action_is)
        action_at = len(self.ids) - 1
        self._decide(grammar.actions, lesson.action.value, "action")
        if with_reason:
            self._write(grammar.reason_is)
            for token in (*self._encode(lesson.reason), self._encode('"')[-1]):
                self.decided.append(Decided(len(self.ids) - 1, token, grammar.reason, "reason"))
                self.ids.append(token)
        return action_at

    def tell(self, told: Sequence[Truth]) -> None:
        """Write one more part under the same instruction, in words instead of a picture."""
        lesson, grammar = self._lesson, self._grammar
        self._write(grammar.next_part)
        self._write(grammar.opening)
        for truth in told:
            self._write(grammar.type_is)
            self._write(grammar.types.written(NONE if truth is None else truth[0]))
            if truth is not None:
                self._write(grammar.severity_is)
                self._write(grammar.severities.written(truth[1].value))
                self._write(grammar.asked_is)
                self._decide(grammar.actions, action_for(lesson.policy, *truth).value, "asked_drill")
            self._write(grammar.after_place)
        self._write(grammar.action_is)
        self._decide(grammar.actions, asked_by(lesson.policy, labelled(told)).value, "drill")

    def _see(self, count: int) -> None:
        self.visual.extend(range(len(self.ids), len(self.ids) + count))
        self.ids.extend([0] * count)

    def _write(self, tokens: Tokens) -> None:
        self.ids.extend(tokens)

    def _decide(self, slot: Slot, word: str, what: str) -> None:
        start = len(self.ids)
        for place, token, legal in targets(slot, word):
            self.decided.append(Decided(start + place - 1, token, legal, what))
        self.ids.extend(slot.written(word))
