"""A second model is asked about what the reflex has seen: the frame that all such inspectors share.

The reflex looks first and decides in any case. Then a *consultant* (Passgate's own language model, a
pretrained one, whichever comes next) looks at the same pictures and says what it thinks of the part. How both
become one decision stands here, once:

- **Deadline.** The consultant is asked before each of its steps whether there is time left. Where there is
  none, the reflex's decision holds, made at least as strict as the recipe's ``late_policy``.
- **Doubt.** A consultant that is broken, or that contradicts itself, leaves the part to a person.
- **Disagreement.** So does one that sees a defect where the memory sees none, or none where it sees one.
- **Names.** Where examples show the product's types, a name that they do not bear out becomes *unknown*.
- **Rules.** The recipe's rules apply to the defects under the names that the consultant gave them; they can
  only make the decision stricter.

A new consultant implements ``Consultant`` and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from inspection.decision import Action, DecidedBy, Decision, Defect, ModelRef, Timings, because
from inspection.errors import PositionError
from inspection.messages import message as sentences
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.motion.chunk import ProposedMotion
from inspection.part import Frame
from inspection.pictures.sight.sight import Sight
from inspection.recipe import ANY_TYPE, Recipe, View
from inspection.result import InspectionResult, LaterWords
from models.inspectors.reflex import ANOMALY, ReflexInspector, ViewFindings, ViewKey
from models.memory.memory import NormalityMemory
from models.naming.names import UNKNOWN, Names

_PUBLISHING_MS: Final = 30.0
"""Kept free before the deadline for the guard, the record and the PLC."""


class Late(Exception):  # noqa: N818  (a signal, caught here; no error)
    """The deadline passed between two steps of the consultant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """What a consultant says of one part, all its views together."""

    action: Action
    """What it would have done with the part."""
    confidence: float
    """How sure it is of that, 0 to 1."""
    defects: tuple[Defect, ...]
    """What it names. Where it names nothing, the reflex's defects stay in the decision."""
    reason: Sentence
    """Why, for people, where nothing makes the decision stricter."""
    defect_score: float | None = None
    """See ``Decision.defect_score``; None, where the consultant does not score, leaves the reflex's."""
    sound: bool = True
    """False where the model's state held no numbers: then it chose blindly."""
    contradictions: tuple[Sentence, ...] = ()
    """Why a person must decide: what of it contradicts itself, or the reflex's decision."""
    names_hold: bool = False
    """Whether the names that it gives may end milder than a reflex that lacks nothing but a name."""
    motion: ProposedMotion | None = None
    """How it would move belt and diverter."""
    words: LaterWords | None = None
    """Its own sentence on the part, to be written when the decision is published."""


class Consultant(Protocol):
    """A model that gives a second opinion. It remembers no part from one call to the next."""

    @property
    def model(self) -> ModelRef:
        """What goes into the decisions."""

    @property
    def called(self) -> str:
        """What it is called in a decision's reason, as ``the language model``."""

    @property
    def scores(self) -> bool:
        """Whether its opinions have a ``defect_score`` of their own, on a scale that is not the reflex's."""

    def prepare(self, recipe: Recipe) -> None:
        """Read what ``recipe`` says, and run once so that the first part is not the slow one.

        Raises:
            RecipeError: The recipe cannot be judged by it.
            WeightsError: It does not fit what it is shown.
        """

    def consult(
        self,
        findings: tuple[ViewFindings, ...],
        reflex: Decision,
        *,
        recipe: Recipe,
        check: Callable[[], None],
    ) -> SecondOpinion:
        """Give an opinion on one part.

        Args:
            findings: What the reflex has seen, one for each view.
            reflex: What it decides.
            recipe: The recipe that holds; ``prepare`` has read it.
            check: To be called before each step; what it raises must be let through.
        """


class SecondOpinionInspector:
    """Implements ``Inspector``: the reflex, and a consultant that has the last word but one.

    The guard has the last word (``inspection.station.guard``).
    """

    fault = ""

    def __init__(
        self,
        memories: Mapping[ViewKey, NormalityMemory],
        *,
        consultant: Consultant,
        threads: int,
        model: ModelRef | None = None,
        sights: Mapping[ViewKey, Sight] = {},
        names: Mapping[ViewKey, Names] = {},
    ) -> None:
        """Judge by ``memories`` and a consultant.

        Args:
            memories: One for each view of each recipe that may become active.
            consultant: The second model, loaded.
            threads: CPU threads of one inspection.
            model: What goes into the decisions; None for the consultant's own.
            sights: See ``ReflexInspector``.
            names: See ``ReflexInspector``.
        """
        self._consultant = consultant
        self._model = model or consultant.model
        self._reflex = ReflexInspector(
            memories, model=self._model, threads=threads, sights=sights, names=names
        )

    @property
    def model(self) -> ModelRef:
        """What judges."""
        return self._model

    def watch(self, changed: Callable[[], None]) -> None:
        """It lives in this process and never goes away: ``changed`` is never called."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def too_small(self, frames: tuple[Frame, ...], *, recipe: Recipe) -> str:
        """Why one of the pictures is too small to be judged; see ``ReflexInspector``."""
        return self._reflex.too_small(frames, recipe=recipe)

    def memory(self, recipe: Recipe, view: View) -> NormalityMemory:
        """What was taught for ``view``. Raises RecipeError where nothing was."""
        return self._reflex.memory(recipe, view)

    def prepare(self, recipe: Recipe) -> None:
        """Make reflex and consultant ready; see ``Inspector``.

        Raises:
            RecipeError: A view was not taught, or the consultant cannot read the recipe.
            WeightsError: The consultant does not fit what it is shown.
        """
        self._reflex.prepare(recipe)
        self._consultant.prepare(recipe)

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        """Judge one part; see ``Inspector``.

        Raises:
            RecipeError: A view was not taught, or frames and views do not pair up.
        """
        started_ns = time.monotonic_ns()
        try:
            findings = self._reflex.examine(frames, recipe=recipe)
        except PositionError as error:
            return self._reflex.held(
                error, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, started_ns=started_ns
            )
        looked_ns = time.monotonic_ns()
        vision_ms = (looked_ns - started_ns) / 1e6
        reflex = self._reflex.decide(
            findings, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, vision_ms=vision_ms
        )
        last_ns = deadline_ns - int(_PUBLISHING_MS * 1e6)

        def check() -> None:
            if time.monotonic_ns() >= last_ns:
                raise Late

        motion: ProposedMotion | None = None
        words: LaterWords | None = None
        try:
            opinion = self._consultant.consult(findings, reflex, recipe=recipe, check=check)
        except Late:
            decision = late(reflex, recipe, called=self._consultant.called, scores=self._consultant.scores)
        else:
            decision = joined(reflex, opinion, recipe, called=self._consultant.called)
            motion = opinion.motion
            words = None if opinion.words is None else _Once(opinion.words)
        now_ns = time.monotonic_ns()
        timings = Timings(
            vision=vision_ms, reasoning=(now_ns - looked_ns) / 1e6, total=(now_ns - started_ns) / 1e6
        )
        return InspectionResult(
            decision=decision.model_copy(update={"timings_ms": timings}),
            motion=motion,
            scores=tuple(one.defect_score for one in findings),
            words=words,
        )


class _Once:
    """Words that are said once; all that it took to say them is let go of then."""

    def __init__(self, words: LaterWords) -> None:
        self._words: LaterWords | None = words

    def __call__(self, *, go_on: Callable[[], bool]) -> str:
        words, self._words = self._words, None
        return "" if words is None else words(go_on=go_on)


def late(reflex: Decision, recipe: Recipe, *, called: str, scores: bool) -> Decision:
    """What the recipe wants of a part that the consultant was late for, the reflex where that is as strict.

    Args:
        reflex: What the reflex decides.
        recipe: The recipe that holds.
        called: What the consultant is called.
        scores: Whether it scores parts itself: the reflex's score is left out then, for its scale is another.
    """
    decision = reflex.stricter(
        recipe.late_policy,
        decided_by=DecidedBy.TIMEOUT,
        reason=sentences.joined(
            (say(Code.MODEL_LATE, model=called), say(Code.BY_REFLEX, cause=reflex.sentence))
        ),
    )
    if decision.decided_by is DecidedBy.TIMEOUT or not scores:
        return decision
    return decision.model_copy(update={"defect_score": None})


def joined(reflex: Decision, opinion: SecondOpinion, recipe: Recipe, *, called: str) -> Decision:
    """One decision of the reflex's and the consultant's; manual_review where they disagree.

    Args:
        reflex: What the reflex decides.
        opinion: What the consultant says.
        recipe: The recipe that holds.
        called: What the consultant is called.
    """
    defects = _by_examples(reflex.defects, opinion.defects)
    score = reflex.defect_score if opinion.defect_score is None else opinion.defect_score
    decision = reflex.model_copy(
        update={
            "action": opinion.action,
            "decided_by": DecidedBy.VLA,
            "confidence": opinion.confidence,
            "defects": defects or reflex.defects,
            "defect_score": score,
            **because(opinion.reason),
        }
    )
    asked = recipe.action_for(defects)
    decision = decision.stricter(
        asked,
        decided_by=DecidedBy.GUARD,
        reason=say(Code.RULES_ASK, action=asked, defects=named(defects)),
    )
    if any(defect.type == UNKNOWN for defect in defects):
        decision = decision.stricter(
            Action.MANUAL_REVIEW, decided_by=DecidedBy.VLA, reason=say(Code.LIKE_NO_EXAMPLE)
        )
    for reason in _disagreements(reflex, opinion, called):
        decision = decision.stricter(Action.MANUAL_REVIEW, decided_by=DecidedBy.VLA, reason=reason)
    if opinion.names_hold and _lacks_only_a_name(reflex, recipe):
        return decision
    by_reflex = say(Code.BY_REFLEX, cause=reflex.sentence)
    return decision.stricter(reflex.action, decided_by=DecidedBy.REFLEX, reason=by_reflex)


def _by_examples(seen: tuple[Defect, ...], said: tuple[Defect, ...]) -> tuple[Defect, ...]:
    """What a consultant names, held against the names by examples, where there are any.

    Examples are of this very product; a consultant knows others. Where both come to one name, it stands.
    Where they do not, the defect is unknown, and a person looks at it.
    """
    shown = {(defect.view, defect.box): defect for defect in seen if defect.type != ANOMALY}
    if not shown:
        return said
    found = []
    for defect in said:
        known = shown.get((defect.view, defect.box))
        if known is not None and known.type == defect.type:
            found.append(defect.model_copy(update={"type_probability": known.type_probability}))
        else:
            found.append(defect.model_copy(update={"type": UNKNOWN, "type_probability": None}))
    return tuple(found)


def named(defects: tuple[Defect, ...]) -> str:
    """The defects by severity and type, for people."""
    return ", ".join(f"{defect.severity} {defect.type}" for defect in defects) or "no defect"


def _disagreements(reflex: Decision, opinion: SecondOpinion, called: str) -> list[Sentence]:
    """Why a person must decide, the weightiest reason first."""
    found = []
    if not opinion.sound:
        found.append(say(Code.MODEL_BROKEN, model=called))
    if opinion.defects and not reflex.defects:
        found.append(say(Code.MODEL_SEES_MEMORY_NOT, model=called, defects=named(opinion.defects)))
    if reflex.defects and not opinion.defects:
        found.append(say(Code.MEMORY_SEES_MODEL_NOT, model=called, cause=reflex.sentence))
    return [*found, *opinion.contradictions]


def _lacks_only_a_name(reflex: Decision, recipe: Recipe) -> bool:
    """Whether the reflex asks for a person for no other reason than that no rule speaks of an anomaly.

    Only then may a consultant, by naming what the rules do speak of, end milder than the reflex.
    """
    if any(defect.type != ANOMALY for defect in reflex.defects):
        return False
    close = abs(reflex.confidence - 0.5) < recipe.review_band
    if not reflex.defects:
        return False  # a part that is like no taught one, and yet normal
    spoken_of = any(rule.type in (ANY_TYPE, ANOMALY) for rule in recipe.policy)
    return reflex.action is Action.MANUAL_REVIEW and not close and not spoken_of
