"""The reflex: vision and memory judge a picture in tens of milliseconds, without a word of language.

It finds what was never seen on good parts and says where; what it is called and what the recipe's words want
is left to the second model that looks after it (``models.inspectors.second_opinion``).
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch

from inspection.decision import (
    MOST_REASON,
    SCORE_LIMIT,
    Action,
    Box,
    DecidedBy,
    Decision,
    Defect,
    ModelRef,
    Severity,
    Timings,
)
from inspection.errors import PositionError, RecipeError
from inspection.messages.codes import Code
from inspection.messages.message import Sentence, joined
from inspection.messages.telling import say
from inspection.part import Frame, Picture
from inspection.pictures.sight.sight import PLAIN, Seen, Sight
from inspection.recipe import Recipe, View
from inspection.result import InspectionResult
from models.language.instructions import asked_in_words
from models.memory.assessment import Assessment, Region
from models.memory.memory import NormalityMemory
from models.naming.names import UNKNOWN, Name, Names

ANOMALY: Final = "anomaly"
"""What the reflex calls every defect where no examples show what is what: it sees that something is wrong."""

MAJOR_FROM: Final = 1.5
CRITICAL_FROM: Final = 2.5
"""Severity by a region's peak: multiples of the level that unseen good parts stay below."""

ViewKey = tuple[int, int, str]
"""Recipe id, recipe version, view name."""


@dataclass(frozen=True, slots=True)
class ViewFindings:
    """What the reflex makes of one view's picture."""

    view: View
    seen: Seen
    """What the view judges of it, and where that lies on it."""
    assessment: Assessment
    defects: tuple[Defect, ...]
    normality: float
    """0 to 1; 0.5 at the threshold."""
    defect_score: float
    """See ``unclamped``."""
    memory: NormalityMemory
    """What was taught for the view."""

    @property
    def picture(self) -> Picture:
        """What is judged."""
        return self.seen.picture


class ReflexInspector:
    """Implements ``Inspector`` with the normality memories of the taught recipes."""

    fault = ""

    def __init__(
        self,
        memories: Mapping[ViewKey, NormalityMemory],
        *,
        model: ModelRef,
        threads: int,
        sights: Mapping[ViewKey, Sight] = {},
        names: Mapping[ViewKey, Names] = {},
    ) -> None:
        """Judge by ``memories``.

        Args:
            memories: One for each view of each recipe that may become active.
            sights: How views are seen; those that are not named only have their region cut out.
            names: What defects are called, for views whose types were shown by examples.
            model: What goes into the decisions.
            threads: CPU threads of one inspection.
        """
        self._memories = dict(memories)
        self._sights = dict(sights)
        self._names = dict(names)
        self._model = model
        self._threads = threads

    @property
    def model(self) -> ModelRef:
        """What judges."""
        return self._model

    def watch(self, changed: Callable[[], None]) -> None:
        """It lives in this process and never goes away: ``changed`` is never called."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def prepare(self, recipe: Recipe) -> None:
        """Check that every view was taught, and run each once so that the first part is not the slow one.

        Raises:
            RecipeError: A view was not taught, or how it is seen was not.
        """
        torch.set_num_threads(self._threads)
        for view in recipe.views:
            nothing = self.sight(recipe, view).of_nothing(view, size=recipe.quality.size)
            self.memory(recipe, view).assess(nothing.picture)

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        """Judge one part, without a word of language.

        ``deadline_ns`` is the caller's to watch: a reflex has nothing to abandon.

        Raises:
            RecipeError: A view was not taught, or frames and views do not pair up.
        """
        started_ns = time.monotonic_ns()
        try:
            findings = self.examine(frames, recipe=recipe)
        except PositionError as error:
            return self.held(
                error, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, started_ns=started_ns
            )
        vision_ms = (time.monotonic_ns() - started_ns) / 1e6
        return InspectionResult(
            decision=self.decide(
                findings, recipe=recipe, part_id=part_id, trigger_seq=trigger_seq, vision_ms=vision_ms
            ),
            scores=tuple(one.defect_score for one in findings),
        )

    def examine(self, frames: tuple[Frame, ...], *, recipe: Recipe) -> tuple[ViewFindings, ...]:
        """Look at each view's picture.

        Raises:
            PositionError: A part cannot be aligned as its view was taught; it must not be judged.
            RecipeError: As ``inspect`` does.
        """
        if len(frames) != len(recipe.views):
            raise RecipeError(
                f"recipe {recipe.name!r} has {len(recipe.views)} views, but {len(frames)} pictures came",
                part="the part goes to manual review",
            )
        pairs = zip(frames, recipe.views, strict=True)
        return tuple(self._examine(recipe.levels.of(frame), recipe, view) for frame, view in pairs)

    def decide(
        self,
        findings: tuple[ViewFindings, ...],
        *,
        recipe: Recipe,
        part_id: int,
        trigger_seq: int,
        vision_ms: float,
    ) -> Decision:
        """The decision that the rules make of what was seen."""
        defects = tuple(defect for view in findings for defect in view.defects)
        normality = min(view.normality for view in findings)
        action = recipe.action_for(defects).at_least(asked_of_shown(defects, recipe))
        reason = _reason(defects, normality)
        if any(defect.type == UNKNOWN for defect in defects):
            action = action.at_least(Action.MANUAL_REVIEW)
            reason = joined((say(Code.LIKE_NO_EXAMPLE), reason))
        elif action is Action.PASS and any(defect.type != ANOMALY for defect in defects):
            # a type that nobody showed is called by one that was: such a name may not release what stood out
            action = Action.MANUAL_REVIEW
            reason = joined((say(Code.NAME_RELEASES_NOTHING), reason))
        if any(view.assessment.in_doubt for view in findings):
            action = action.at_least(Action.MANUAL_REVIEW)
            reason = joined((say(Code.FEW_GROUPS_TAUGHT), reason))
        if abs(normality - 0.5) < recipe.review_band:
            action = action.at_least(Action.MANUAL_REVIEW)
            reason = joined((say(Code.TOO_CLOSE), reason))
        return Decision(
            part_id=part_id,
            trigger_seq=trigger_seq,
            recipe=recipe.ref,
            action=action,
            confidence=normality if action is Action.PASS else 1.0 - normality,
            defect_score=max(view.defect_score for view in findings),
            decided_by=DecidedBy.REFLEX,
            reason=reason[:MOST_REASON],
            coded=reason.coded,
            defects=defects,
            model=self._model,
            timings_ms=Timings(vision=vision_ms, total=vision_ms),
        )

    def held(
        self, error: PositionError, *, recipe: Recipe, part_id: int, trigger_seq: int, started_ns: int
    ) -> InspectionResult:
        """A person decides on a part that cannot be aligned: it is not judged where it does not lie."""
        reason = error.what_happened
        took_ms = (time.monotonic_ns() - started_ns) / 1e6
        return InspectionResult(
            decision=Decision(
                part_id=part_id,
                trigger_seq=trigger_seq,
                recipe=recipe.ref,
                action=Action.MANUAL_REVIEW,
                confidence=0.0,
                defect_score=1.0,
                decided_by=DecidedBy.REFLEX,
                reason=reason[:MOST_REASON],
                coded=reason.coded,
                model=self._model,
                timings_ms=Timings(vision=took_ms, total=took_ms),
            )
        )

    def _examine(self, picture: Picture, recipe: Recipe, view: View) -> ViewFindings:
        memory = self.memory(recipe, view)
        seen = self.sight(recipe, view).of(picture, view)
        assessment = memory.assess(seen.picture)
        # From n good pictures nothing finer than 1/(n+1) can be said, however far the score lies out.
        finest = 1.0 / (memory.taught_on + 1)
        normality = min(max(assessment.confidence, finest), 1.0 - finest)
        defect_score = unclamped(assessment.score - memory.threshold)
        if assessment.normal:
            return ViewFindings(view, seen, assessment, (), normality, defect_score, memory)
        score = 1.0 - normality
        if assessment.regions:
            defects = tuple(_defect(region, seen, view, score) for region in assessment.regions)
        else:  # a little wrong everywhere: no place stands out
            height, width = seen.picture.shape[:2]
            defects = (_anomaly((0, 0, width, height), 1.0, seen, view, score),)
        if names := self._names.get((recipe.id, recipe.version, view.name)):
            called = names.name(assessment, shape=seen.picture.shape)
            defects = tuple(_called(*pair) for pair in zip(defects, called, strict=True))
        return ViewFindings(view, seen, assessment, defects, normality, defect_score, memory)

    def too_small(self, frames: tuple[Frame, ...], *, recipe: Recipe) -> str:
        """Why one of the pictures is too small to be judged, in words; empty where none is.

        Raises:
            RecipeError: A view was not taught.
        """
        for frame, view in zip(frames, recipe.views, strict=False):
            size = frame.picture.shape if view.region is None else view.region[:1:-1]
            if reason := self.memory(recipe, view).too_small(size):
                return reason
        return ""

    def memory(self, recipe: Recipe, view: View) -> NormalityMemory:
        """What was taught for ``view``. Raises RecipeError where nothing was."""
        memory = self._memories.get((recipe.id, recipe.version, view.name))
        if memory is None:
            raise RecipeError(
                f"view {view.name!r} of recipe {recipe.name!r} (version {recipe.version}) was not taught",
                part="the part goes to manual review",
                todo=f"passgate recipe teach {recipe.name} --good FOLDER",
            )
        return memory

    def sight(self, recipe: Recipe, view: View) -> Sight:
        """How ``view`` is seen. Raises RecipeError where the recipe wants what was not taught."""
        sight = self._sights.get((recipe.id, recipe.version, view.name), PLAIN)
        if not sight.fits(view):
            raise RecipeError(
                f"view {view.name!r} of recipe {recipe.name!r} (version {recipe.version}) is to be aligned "
                "or masked, and what that takes is not there",
                part="the part goes to manual review",
                todo=f"passgate recipe teach {recipe.name} --good FOLDER",
            )
        return sight


def unclamped(above_threshold: float) -> float:
    """A memory's score as 0 to 1 for ``Decision.defect_score``: ``SCORE_LIMIT`` at its threshold, never flat.

    Not the confidence: a logistic curve is flat far out, where a certificate may have to put its threshold.
    This one (softsign) tells any two scores apart that differ by 1e-3 and lie within 1e6 of the threshold.

    Args:
        above_threshold: Score minus threshold, in deviations of unseen good pictures; so views compare.

    >>> unclamped(-50.0) < unclamped(-49.999) < unclamped(0.0) == SCORE_LIMIT < unclamped(1e6) < 1.0
    True
    """
    beyond = above_threshold / (1.0 + abs(above_threshold))
    return SCORE_LIMIT + beyond * (1.0 - SCORE_LIMIT if beyond > 0.0 else SCORE_LIMIT)


def _defect(region: Region, seen: Seen, view: View, score: float) -> Defect:
    x, y, width, height = (round(value) for value in region.box)
    return _anomaly((x, y, max(width, 1), max(height, 1)), region.score, seen, view, score)


def _anomaly(box: Box, peak: float, seen: Seen, view: View, score: float) -> Defect:
    scale = view.mm_per_pixel
    return Defect(
        type=ANOMALY,
        severity=_severity(peak),
        view=view.name,
        box=seen.box_as_taken(box),
        length_mm=None if scale is None else round(math.hypot(box[2], box[3]) * scale, 2),
        score=score,
    )


def _called(defect: Defect, name: Name) -> Defect:
    known = name.probability if name.kind != UNKNOWN and name.vouched else None
    return defect.model_copy(update={"type": name.kind, "type_probability": known})


def asked_of_shown(defects: Sequence[Defect], recipe: Recipe) -> Action:
    """What the recipe's words ask for defects that were named by examples; pass where they ask for nothing.

    Words speak of types as rules do, and where no language model knows the types nobody else reads them.
    """
    shown = {one.name for one in recipe.shown_types}
    action = Action.PASS
    if not shown or not recipe.instruction.strip():
        return action
    asked = asked_in_words(recipe.instruction, recipe.named_types)
    for defect in defects:
        if defect.type in shown:
            action = action.at_least(asked.get(defect.type, action))
    return action


def _severity(peak: float) -> Severity:
    if peak >= CRITICAL_FROM:
        return Severity.CRITICAL
    return Severity.MAJOR if peak >= MAJOR_FROM else Severity.MINOR


def _reason(defects: Sequence[Defect], normality: float) -> Sentence:
    return worst_of(defects) if defects else say(Code.NOTHING_UNUSUAL, normality=normality)


def worst_of(defects: Sequence[Defect]) -> Sentence:
    """The worst of what was found, with its place in picture pixels, and how many more there are."""
    worst = max(defects, key=lambda defect: (defect.severity.rank, defect.score))
    x, y, _, _ = worst.box
    kind = f"{worst.severity} {worst.type}"
    if worst.length_mm is None:
        said = say(Code.WORST_DEFECT, defect=kind, x=x, y=y, view=worst.view)
    else:
        said = say(Code.WORST_DEFECT_MM, defect=kind, length_mm=worst.length_mm, x=x, y=y, view=worst.view)
    return say(Code.MORE_DEFECTS, cause=said, more=len(defects) - 1) if len(defects) > 1 else said
