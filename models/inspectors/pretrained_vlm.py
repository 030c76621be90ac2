"""A foreign vision-language model on the line, always beside the reflex and never alone.

It was not trained for Passgate and nobody knows how well it sees this product. So it may only make the
reflex's decision stricter, may give a defect its name, and where the two disagree whether anything is wrong,
a person decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from inspection.decision import Action, Box, DecidedBy, Decision, Defect, ModelRef, Severity, Timings
from inspection.part import Frame
from inspection.recipe import Recipe
from models.inspectors.reflex import Look, ReflexInspector, ViewKey
from models.inspectors.vla import Late, instruction_of
from models.language.decoding import NONE, OTHER
from models.language.free_generation import THOUSANDTHS, ForeignModel, Legal, SeenDefect, Written
from models.memory.memory import NormalityMemory

_PUBLISHING_MS: Final = 30.0
"""Kept free before the deadline for the guard, the record and the PLC."""
_MOST_RAW: Final = 400
"""Characters of a text that is no decision, kept in the reason."""


@dataclass(frozen=True, slots=True)
class _Opinion:
    look: Look
    written: Written
    defects: tuple[Defect, ...]


class ForeignVlmInspector:
    """Implements ``Inspector``: the reflex, and a foreign model that sees the same pictures.

    The guard has the last word (``inspection.station.guard``).
    """

    def __init__(
        self, memories: Mapping[ViewKey, NormalityMemory], *, model: ForeignModel, threads: int
    ) -> None:
        """Judge by ``memories`` and a foreign model.

        Args:
            memories: One for each view of each recipe that may become active.
            model: The loaded model.
            threads: CPU threads of one inspection.
        """
        self._foreign = model
        self._model = ModelRef(name=model.name, version=model.kind, sha256=model.sha256)
        self._reflex = ReflexInspector(memories, model=self._model, threads=threads)
        self._unexplained: tuple[int, int, Written] | None = None

    @property
    def model(self) -> ModelRef:
        """What judges."""
        return self._model

    def too_small(self, frames: tuple[Frame, ...], *, recipe: Recipe) -> str:
        """Why one of the pictures is too small to be judged; see ``ReflexInspector``."""
        return self._reflex.too_small(frames, recipe=recipe)

    def prepare(self, recipe: Recipe) -> None:
        """Run everything once, so that the first part is not the slow one.

        Raises:
            RecipeError: A view was not taught.
        """
        self._reflex.prepare(recipe)
        width, height = recipe.quality.size or (640, 480)
        blank = np.full((height, width, 3), 127, np.uint8)
        self._foreign.write(blank, question(recipe), legal(recipe), most_tokens=2)

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> Decision:
        """Judge one part; see ``Inspector``.

        Raises:
            RecipeError: A view was not taught, or frames and views do not pair up.
        """
        self._unexplained = None
        started_ns = time.monotonic_ns()
        looks = self._reflex.look(frames, recipe=recipe)
        looked_ns = time.monotonic_ns()
        vision_ms = (looked_ns - started_ns) / 1e6
        reflex = self._reflex.decide(
            looks, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, vision_ms=vision_ms
        )
        last_ns = deadline_ns - int(_PUBLISHING_MS * 1e6)

        def check() -> None:
            if time.monotonic_ns() >= last_ns:
                raise Late

        try:
            opinions = [self._look(each, recipe, check) for each in looks]
        except Late:
            decision = reflex.stricter(
                recipe.late_policy,
                decided_by=DecidedBy.TIMEOUT,
                reason=f"the foreign model did not answer in time; by reflex: {reflex.reason}",
            )
        else:
            decision = _joined(reflex, opinions, recipe)
            self._unexplained = (part_id, trigger_seq, opinions[-1].written)
        now_ns = time.monotonic_ns()
        timings = Timings(
            vision=vision_ms, reasoning=(now_ns - looked_ns) / 1e6, total=(now_ns - started_ns) / 1e6
        )
        return decision.model_copy(update={"timings_ms": timings})

    def explain(self, decision: Decision, *, go_on: Callable[[], bool]) -> str:
        """The model's own words on the picture that it saw last; see ``Inspector``."""
        unexplained, self._unexplained = self._unexplained, None
        if unexplained is None or unexplained[:2] != (decision.part_id, decision.trigger_seq):
            return ""
        written = unexplained[2]
        return "" if written.answer is None else self._foreign.write_on(written, go_on=go_on)

    def _look(self, seen: Look, recipe: Recipe, check: Callable[[], None]) -> _Opinion:
        written = self._foreign.write(seen.picture, question(recipe), legal(recipe), check=check)
        named = () if written.answer is None else written.answer.defects
        return _Opinion(seen, written, tuple(_placed(one, seen) for one in named))


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


def _placed(named: SeenDefect, seen: Look) -> Defect:
    """The defect where the memory measured it, if it did; otherwise where the model says."""
    left, top = (seen.view.region or (0, 0))[:2]
    rows, columns = seen.picture.shape[:2]
    x0, x1 = sorted((named.box[0], named.box[2]))
    y0, y1 = sorted((named.box[1], named.box[3]))
    x, y = x0 * (columns - 1) // THOUSANDTHS, y0 * (rows - 1) // THOUSANDTHS
    width, height = x1 * columns // THOUSANDTHS - x, y1 * rows // THOUSANDTHS - y
    told = (left + x, top + y, max(width, 1), max(height, 1))
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


def _joined(reflex: Decision, opinions: list[_Opinion], recipe: Recipe) -> Decision:
    """The stricter of the reflex's decision and the model's; manual_review where they disagree."""
    for opinion in opinions:
        if opinion.written.answer is None:
            raw = opinion.written.raw[:_MOST_RAW]
            return reflex.model_copy(
                update={
                    "action": Action.MANUAL_REVIEW,
                    "decided_by": DecidedBy.VLA,
                    "confidence": 0.0,
                    "reason": f"what the foreign model wrote is no decision: {raw!r}"[:500],
                }
            )
    answers = [opinion.written.answer for opinion in opinions if opinion.written.answer is not None]
    defects = tuple(defect for opinion in opinions for defect in opinion.defects)
    said = Action.PASS
    for answer in answers:
        said = said.at_least(answer.action)
    sure = min(opinion.written.action_probability for opinion in opinions)
    named = ", ".join(f"{defect.severity} {defect.type}" for defect in defects) or "no defect"
    decision = reflex.model_copy(
        update={
            "action": said,
            "decided_by": DecidedBy.VLA,
            "confidence": min(sure, reflex.confidence) if said is reflex.action else sure,
            "defects": defects or reflex.defects,
            "reason": f"the foreign model sees {named}: {said}; {reflex.reason}"[:500],
        }
    )
    asked = recipe.action_for(defects)
    decision = decision.stricter(
        asked, decided_by=DecidedBy.GUARD, reason=f"the rules ask for {asked} on {named}"
    )
    if bool(defects) != bool(reflex.defects) or (said is Action.PASS) != (reflex.action is Action.PASS):
        reason = (
            f"the foreign model says {said} and sees {named}, the reflex {reflex.action}: {reflex.reason}"
        )
        return decision.stricter(Action.MANUAL_REVIEW, decided_by=DecidedBy.VLA, reason=reason)
    return decision.stricter(reflex.action, decided_by=DecidedBy.REFLEX, reason=reflex.reason)
