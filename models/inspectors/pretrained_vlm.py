"""A pretrained vision-language model as a second opinion, always beside the reflex and never alone.

It was not trained for Passgate and nobody knows how well it sees this product. So it may only make the
reflex's decision stricter, may give a defect its name, and where the two disagree whether anything is wrong,
a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from inspection.decision import Action, Box, Decision, Defect, ModelRef, Severity
from inspection.messages.codes import Code
from inspection.messages.message import Sentence, joined
from inspection.messages.telling import said_as, say
from inspection.recipe import Recipe
from inspection.result import LaterWords
from models.inspectors.reflex import ViewFindings
from models.inspectors.second_opinion import SecondOpinion, named
from models.language.decoding import NONE, OTHER
from models.language.free_generation import THOUSANDTHS, Legal, PretrainedVlm, SeenDefect, Written
from models.language.instructions import instruction_of

_MOST_RAW: Final = 400
"""Characters of a text that is no decision, kept in the reason."""


@dataclass(frozen=True, slots=True)
class _View:
    """What the model says of one view."""

    written: Written
    defects: tuple[Defect, ...]


class PretrainedVlmConsultant:
    """Implements ``Consultant`` with a model that sees the pictures with its own eyes."""

    called = "the foreign model"
    scores = False

    def __init__(self, model: PretrainedVlm) -> None:
        """Give opinions by a loaded model."""
        self._vlm = model
        self._model = ModelRef(name=model.name, version=model.version, sha256=model.sha256)

    @property
    def model(self) -> ModelRef:
        """The model's folder, its architecture and the digest of its files."""
        return self._model

    def prepare(self, recipe: Recipe) -> None:
        """Run once, so that the first part is not the slow one."""
        width, height = recipe.quality.size or (640, 480)
        blank = np.full((height, width, 3), 127, np.uint8)
        self._vlm.write(blank, question(recipe), legal(recipe), most_tokens=2)

    def consult(
        self,
        findings: tuple[ViewFindings, ...],
        reflex: Decision,
        *,
        recipe: Recipe,
        check: Callable[[], None],
    ) -> SecondOpinion:
        """Say what the pictures show; see ``Consultant``."""
        views = [self._view(each, recipe, check) for each in findings]
        return _opinion(views, reflex, words=self._words(views[-1].written))

    def _view(self, seen: ViewFindings, recipe: Recipe, check: Callable[[], None]) -> _View:
        written = self._vlm.write(seen.picture, question(recipe), legal(recipe), check=check)
        found = () if written.answer is None else written.answer.defects
        return _View(written, tuple(_placed(one, seen) for one in found))

    def _words(self, written: Written) -> LaterWords | None:
        """What it will say of the view that it saw last, which its text is begun of."""
        if written.answer is None:
            return None

        def write_on(*, go_on: Callable[[], bool]) -> str:
            return self._vlm.write_on(written, go_on=go_on)

        return write_on


def legal(recipe: Recipe) -> Legal:
    """What the recipe lets a foreign model say: its types of defects, and the actions that its rules name."""
    kinds = dict.fromkeys((*recipe.named_types, OTHER))
    return Legal(tuple(kind for kind in kinds if kind != NONE), recipe.legal_actions)


def question(recipe: Recipe) -> str:
    """What a foreign model is asked about a picture."""
    said = legal(recipe)
    return (
        "The picture shows one part on a production line. Inspect it.\n"
        f"Rules: {instruction_of(recipe)}\n"
        f"Types of defects: {', '.join(said.kinds)}. "
        f"Severities: {', '.join(Severity)}. Actions: {', '.join(said.actions)}.\n"
        'Answer in JSON: {"defects":[{"type":…,"severity":…,"box":[left,top,right,bottom]}],"action":…,'
        '"reason":…}. Boxes are in thousandths of the width and the height. '
        "Where nothing is wrong, defects is empty."
    )


def _placed(named: SeenDefect, seen: ViewFindings) -> Defect:
    """The defect where the memory measured it, if it did; otherwise where the model says."""
    rows, columns = seen.picture.shape[:2]
    x0, x1 = sorted((named.box[0], named.box[2]))
    y0, y1 = sorted((named.box[1], named.box[3]))
    x, y = x0 * (columns - 1) // THOUSANDTHS, y0 * (rows - 1) // THOUSANDTHS
    width, height = x1 * columns // THOUSANDTHS - x, y1 * rows // THOUSANDTHS - y
    told = seen.seen.box_as_taken((x, y, max(width, 1), max(height, 1)))
    measured = max(seen.defects, key=lambda defect: _overlap(defect.box, told), default=None)
    if measured is None or _overlap(measured.box, told) == 0:
        score = 1.0 - seen.normality
        return Defect(type=named.type, severity=named.severity, view=seen.view.name, box=told, score=score)
    return measured.model_copy(update={"type": named.type, "severity": named.severity})


def _overlap(a: Box, b: Box) -> int:
    """Common area in square pixels."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


def _opinion(views: Sequence[_View], reflex: Decision, *, words: LaterWords | None) -> SecondOpinion:
    """One opinion on the part: the strictest view's action, and the least sure view's confidence."""
    answers = [view.written.answer for view in views if view.written.answer is not None]
    if len(answers) < len(views):
        raw = next(view.written.raw for view in views if view.written.answer is None)[:_MOST_RAW]
        return SecondOpinion(
            action=Action.MANUAL_REVIEW,
            confidence=0.0,
            defects=(),
            reason=said_as(f"what the foreign model wrote is no decision: {raw!r}", Code.FOREIGN_NO_DECISION),
            words=words,
        )
    defects = tuple(defect for view in views for defect in view.defects)
    said = Action.PASS
    for answer in answers:
        said = said.at_least(answer.action)
    sure = min(view.written.action_probability for view in views)
    contradictions: tuple[Sentence, ...] = ()
    if (said is Action.PASS) != (reflex.action is Action.PASS):
        contradictions = (
            say(
                Code.FOREIGN_AGAINST_REFLEX,
                action=said,
                defects=named(defects),
                reflex=reflex.action,
                cause=reflex.sentence,
            ),
        )
    return SecondOpinion(
        action=said,
        confidence=min(sure, reflex.confidence) if said is reflex.action else sure,
        defects=defects,
        reason=joined((say(Code.FOREIGN_SEES, defects=named(defects), action=said), reflex.sentence)),
        contradictions=contradictions,
        words=words,
    )
