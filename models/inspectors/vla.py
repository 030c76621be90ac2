"""Reflex and reasoning under one deadline: the whole inspector.

The reflex looks first; the language model then names what stands out and says what the recipe's words want
done, on the same pass of the tower. Where both, and the action head, come to the same end, the part has its
decision. Where they do not, a person decides. What the language model has not said by the deadline is not
waited for: the step that runs is the last one, and the recipe's ``late_policy`` holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch

from inspection.decision import Action, DecidedBy, Decision, Defect, ModelRef, Severity, Timings
from inspection.errors import WeightsError
from inspection.motion.chunk import NOMINAL_LINE as NOMINAL_LINE
from inspection.motion.chunk import PhysicsContext, ProposedMotion
from inspection.part import Frame
from inspection.recipe import ANY_TYPE, Recipe
from models.backbone.features import VisionTower
from models.inspectors.reflex import ANOMALY, Look, ReflexInspector, ViewKey, unclamped
from models.language.decoding import DecisionGrammar
from models.language.instructions import from_rules, with_names_quoted, words
from models.memory.memory import NormalityMemory
from models.vla.checkpoint import Adapter
from models.vla.perception import Place, look
from models.vla.vla import Prompt, Reason, Verdict

_PUBLISHING_MS: Final = 30.0
"""Kept free before the deadline for the guard, the record and the PLC."""
_MOST_REASON_TOKENS: Final = 32
_MOST_DOUBT: Final = 12.0
"""Bound on a log odds: a probability that rounds to 0 or 1 is no certainty."""


class Late(Exception):  # noqa: N818  (a signal, caught here; no error)
    """The deadline passed between two steps of the language model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the language model says of one view."""

    look: Look
    places: tuple[Place, ...]
    verdict: Verdict
    words: Reason
    defects: tuple[Defect, ...]
    """What the language model names, and what the memory found that it was not shown or takes for nothing."""
    not_pass: float
    """Memory and language together, in deviations of unseen good pictures above the threshold."""


class VlaInspector:
    """Implements ``Inspector``: the reflex, and a language model that has the last word but one.

    The guard has the last (``inspection.station.guard``).
    """

    def __init__(
        self,
        memories: Mapping[ViewKey, NormalityMemory],
        *,
        adapter: Adapter,
        tower: VisionTower,
        threads: int,
    ) -> None:
        """Judge by ``memories`` and an adapter.

        Args:
            memories: One for each view of each recipe that may become active.
            adapter: The loaded model, not trainable.
            tower: The vision tower that both were made for.
            threads: CPU threads of one inspection.
        """
        header = adapter.header
        self._model = ModelRef(name=header.name, version=_version(adapter), sha256=adapter.sha256)
        self._reflex = ReflexInspector(memories, model=self._model, threads=threads)
        self._adapter = adapter
        self._tower = tower
        self._prompts: dict[tuple[int, int], tuple[Prompt, DecisionGrammar]] = {}
        self._unexplained: tuple[int, int, Reason] | None = None
        """Of which part (its id and trigger) there are words to be written, and by what."""
        self._proposed: tuple[int, int, ProposedMotion] | None = None
        """Which motion the action head proposes for which part."""

    @property
    def model(self) -> ModelRef:
        """What judges."""
        return self._model

    def too_small(self, frames: tuple[Frame, ...], *, recipe: Recipe) -> str:
        """Why one of the pictures is too small to be judged; see ``ReflexInspector``."""
        return self._reflex.too_small(frames, recipe=recipe)

    def prepare(self, recipe: Recipe) -> None:
        """Read the recipe's words, and run everything once so that the first part is not the slow one.

        Raises:
            RecipeError: A view was not taught, or its words cannot be told apart.
            WeightsError: The adapter was trained without the memory's features.
        """
        self._reflex.prepare(recipe)
        vla = self._adapter.vla
        grammar = DecisionGrammar.compile(recipe, vla.base.encode, otherwise=self._adapter.header.kinds)
        prompt = vla.prompt(instruction_of(recipe))
        self._prompts[recipe.id, recipe.version] = (prompt, grammar)
        width, height = recipe.quality.size or (640, 480)
        blank = torch.full((height, width, 3), 127, dtype=torch.uint8).numpy()
        seen = look(blank, tower=self._tower, memory=None)
        try:
            prompt.decide(seen, grammar, physics=_physics(recipe))[1].write(most_tokens=2)
        except RuntimeError as error:
            raise WeightsError(
                f"adapter {self._model.name} {self._model.version} cannot read what the tower sees: {error}",
                todo="train an adapter for this tower",
            ) from error

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> Decision:
        """Judge one part; see ``Inspector``.

        Raises:
            RecipeError: A view was not taught, or frames and views do not pair up.
        """
        self._unexplained = self._proposed = None
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
            opinions = [self._reason(each, recipe, check) for each in looks]
        except Late:
            decision = _late(reflex, recipe)
        else:
            decision = _joined(reflex, opinions, recipe)
            # the prompt still holds the last view, and no other
            self._unexplained = (part_id, trigger_seq, opinions[-1].words)
            motion = _motion(opinions, _physics(recipe))
            self._proposed = None if motion is None else (part_id, trigger_seq, motion)
        now_ns = time.monotonic_ns()
        timings = Timings(
            vision=vision_ms, reasoning=(now_ns - looked_ns) / 1e6, total=(now_ns - started_ns) / 1e6
        )
        return decision.model_copy(update={"timings_ms": timings})

    def explain(self, decision: Decision, *, go_on: Callable[[], bool]) -> str:
        """The model's own words on the part that it judged last; see ``Inspector``."""
        unexplained, self._unexplained = self._unexplained, None
        if unexplained is None or unexplained[:2] != (decision.part_id, decision.trigger_seq):
            return ""
        return unexplained[2].write(most_tokens=_MOST_REASON_TOKENS, go_on=go_on)

    def motion(self, decision: Decision) -> ProposedMotion | None:
        """The action head's motion for the part that was judged last; see ``MovingInspector``."""
        proposed = self._proposed
        if proposed is None or proposed[:2] != (decision.part_id, decision.trigger_seq):
            return None
        return proposed[2]

    def _reason(self, seen: Look, recipe: Recipe, check: Callable[[], None]) -> Opinion:
        prompt, grammar = self._prompts[recipe.id, recipe.version]
        check()
        memory = self._reflex.memory(recipe, seen.view)
        shown = look(
            seen.picture,
            tower=self._tower,
            memory=memory,
            assessment=seen.assessment,
            mm_per_pixel=seen.view.mm_per_pixel,
            most_regions=self._adapter.header.settings.most_regions,
        )
        verdict, reason = prompt.decide(shown, grammar, physics=_physics(recipe), check=check)
        return Opinion(
            look=seen,
            places=shown.places,
            verdict=verdict,
            words=reason,
            defects=_defects(seen, shown.places, verdict),
            not_pass=not_pass(
                shown.above_threshold, verdict.defect_probability, trust=self._adapter.header.trust
            ),
        )


def _version(adapter: Adapter) -> str:
    """The adapter's version, and how its base is held where that is not as it was trained: other scores."""
    held, made = adapter.vla.settings.language, adapter.header.settings.language
    changed = [
        now for now, then in ((held.quantization, made.quantization), (held.dtype, made.dtype)) if now != then
    ]
    return "+".join([adapter.header.version, *changed])


def instruction_of(recipe: Recipe) -> str:
    """The recipe's words; where it has none, its rules in words."""
    said = with_names_quoted(recipe.instruction.strip(), recipe.named_types)
    return said or words(from_rules(recipe.policy))


def not_pass(above_threshold: float | None, defect_probability: float, *, trust: float) -> float:
    """How much speaks against a pass: the memory's score and the language model's log odds, weighted.

    Args:
        above_threshold: The memory's score minus its threshold; None without a memory: language alone.
        defect_probability: The language model's.
        trust: Deviations that one unit of log odds is worth; chosen on validation pictures in training.
    """
    doubt = float(
        torch.logit(torch.tensor(defect_probability, dtype=torch.float64)).clamp(-_MOST_DOUBT, _MOST_DOUBT)
    )
    return doubt if above_threshold is None else above_threshold + trust * doubt


def _physics(recipe: Recipe) -> PhysicsContext:
    return recipe.motion or NOMINAL_LINE


def _defects(seen: Look, places: tuple[Place, ...], verdict: Verdict) -> tuple[Defect, ...]:
    """What the model calls a defect, where the memory measured it; and all else that the memory found.

    A place that the model was not shown, or takes for nothing, is not forgotten: it stays an anomaly, and the
    rules have their say on it.
    """
    left_over = {defect.box: defect for defect in seen.defects}
    left, top = (seen.view.region or (0, 0))[:2]
    found = []
    for place, named in zip(places, verdict.named, strict=True):
        if named.severity is None:
            continue
        x, y, width, height = place.box
        box = (left + x, top + y, width, height)
        known = left_over.pop(box, None)
        scale = seen.view.mm_per_pixel
        length = (width**2 + height**2) ** 0.5
        found.append(
            Defect(
                type=named.type.word,
                severity=Severity(named.severity.word),
                view=seen.view.name,
                box=box,
                length_mm=known.length_mm if known else None if scale is None else round(length * scale, 2),
                score=1.0 - named.type.probabilities["none"],
            )
        )
    # where the model names nothing at all, that is a disagreement and not a list of defects
    return (*found, *left_over.values()) if found else ()


def _joined(reflex: Decision, opinions: list[Opinion], recipe: Recipe) -> Decision:
    """One decision of the reflex's and the language model's; manual_review where they disagree."""
    defects = tuple(defect for opinion in opinions for defect in opinion.defects)
    action = Action.PASS
    for opinion in opinions:
        action = action.at_least(Action(opinion.verdict.action.word))
    sure = min(opinion.verdict.action.probability for opinion in opinions)
    decision = reflex.model_copy(
        update={
            "action": action,
            "decided_by": DecidedBy.VLA,
            "confidence": min(sure, reflex.confidence) if action is Action.PASS else sure,
            "defects": defects or reflex.defects,
            "defect_score": unclamped(max(opinion.not_pass for opinion in opinions)),
            "reason": _in_words(defects, action) if defects else reflex.reason,
        }
    )
    asked = recipe.action_for(defects)
    if asked is not Action.PASS:
        rule = f"the rules ask for {asked} on {_named(defects)}"
        decision = decision.stricter(asked, decided_by=DecidedBy.GUARD, reason=rule)
    for reason in _disagreements(reflex, opinions, defects):
        decision = decision.stricter(Action.MANUAL_REVIEW, decided_by=DecidedBy.VLA, reason=reason)
    if _lacks_only_a_name(reflex, recipe):
        return decision
    return decision.stricter(reflex.action, decided_by=DecidedBy.REFLEX, reason=f"by reflex: {reflex.reason}")


def _lacks_only_a_name(reflex: Decision, recipe: Recipe) -> bool:
    """Whether the reflex asks for a person for no other reason than that no rule speaks of an anomaly.

    Only then may the language model, by naming what the rules do speak of, end milder than the reflex.
    """
    close = abs(reflex.confidence - 0.5) < recipe.review_band
    spoken_of = any(rule.type in (ANY_TYPE, ANOMALY) for rule in recipe.policy)
    return reflex.action is Action.MANUAL_REVIEW and not close and not spoken_of


def _motion(opinions: list[Opinion], physics: PhysicsContext) -> ProposedMotion | None:
    """The strictest view's motion; None where the model was broken, for then it moves blindly."""
    if not all(opinion.verdict.sound for opinion in opinions):
        return None
    strictest = max((opinion.verdict for opinion in opinions), key=lambda verdict: verdict.meant.strictness)
    return ProposedMotion(chunk=strictest.chunk, physics=physics, meant=strictest.meant)


def _disagreements(reflex: Decision, opinions: list[Opinion], defects: tuple[Defect, ...]) -> list[str]:
    found = []
    if not all(opinion.verdict.sound for opinion in opinions):
        found.append("the language model is broken: its state holds no numbers")
    normal = not any(opinion.look.defects for opinion in opinions)
    if normal and defects:
        found.append(f"the language model sees {_named(defects)}, the memory nothing unusual")
    if not normal and not defects:
        found.append(f"the memory sees {reflex.reason}, the language model no defect")
    for opinion in opinions:
        said, meant = Action(opinion.verdict.action.word), opinion.verdict.meant
        asked = max((Action(one.asked.word) for one in opinion.verdict.named if one.asked), default=said)
        if asked.strictness > said.strictness:
            found.append(f"the language model says that a defect asks for {asked}, and then {said}")
        if said is not meant:
            found.append(f"the language model says {said}, the action head would {meant}")
    return found


def _late(reflex: Decision, recipe: Recipe) -> Decision:
    """What the recipe wants of a late part, or the reflex where that is as strict: then without its score.

    A score is this model's, memory and language together: the reflex's own lies on another scale.
    """
    decision = reflex.stricter(
        recipe.late_policy,
        decided_by=DecidedBy.TIMEOUT,
        reason=f"the language model did not answer in time; by reflex: {reflex.reason}",
    )
    late = decision.decided_by is DecidedBy.TIMEOUT
    return decision if late else decision.model_copy(update={"defect_score": None})


def _named(defects: tuple[Defect, ...]) -> str:
    return ", ".join(f"{defect.severity} {defect.type}" for defect in defects)


def _in_words(defects: tuple[Defect, ...], action: Action) -> str:
    worst = max(defects, key=lambda defect: (defect.severity.rank, defect.score))
    length = "" if worst.length_mm is None else f" {worst.length_mm:g} mm"
    place = f"at x {worst.box[0]}, y {worst.box[1]} on view {worst.view}"
    more = f", and {len(defects) - 1} more" if len(defects) > 1 else ""
    return f"{worst.severity} {worst.type}{length} {place}{more}: {action}"
