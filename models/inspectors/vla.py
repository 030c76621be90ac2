"""Passgate's own language model as a second opinion, on the same pass of the tower as the reflex.

It names what stands out and says what the recipe's words want done; the action head says how belt and
diverter should move. Where the reflex, the language model and the action head come to the same end, the part
has its decision. Where they do not, a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import torch

from inspection.decision import Action, Decision, Defect, ModelRef, Severity
from inspection.errors import WeightsError
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.motion.chunk import NOMINAL_LINE, PhysicsContext, ProposedMotion
from inspection.recipe import Recipe
from models.backbone.features import VisionTower
from models.inspectors.reflex import ViewFindings, unclamped, worst_of
from models.inspectors.second_opinion import SecondOpinion
from models.language.base import held_unlike
from models.language.decoding import DecisionGrammar
from models.language.instructions import instruction_of
from models.vla.checkpoint import Adapter
from models.vla.perception import Place
from models.vla.vla import Prompt, Reason, Verdict

_MOST_REASON_TOKENS: Final = 32
_MOST_DOUBT: Final = 12.0
"""Bound on a log odds: a probability that rounds to 0 or 1 is no certainty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOpinion:
    """What the language model says of one view."""

    places: tuple[Place, ...]
    verdict: Verdict
    words: Reason
    defects: tuple[Defect, ...]
    """What the language model names, and what the memory found that it was not shown or takes for nothing."""
    not_pass: float
    """Memory and language together, in deviations of unseen good pictures above the threshold."""


class VlaConsultant:
    """Implements ``Consultant`` with an adapter of ours: language model and action head."""

    called = "the language model"
    scores = True

    def __init__(self, *, adapter: Adapter, tower: VisionTower) -> None:
        """Give opinions by an adapter.

        Args:
            adapter: The loaded model, not trainable.
            tower: The vision tower that the adapter and the memories were made for.
        """
        header = adapter.header
        self._model = ModelRef(name=header.name, version=_version(adapter), sha256=adapter.sha256)
        self._adapter = adapter
        self._tower = tower
        self._perception = header.settings.perception
        self._prompts: dict[tuple[int, int], tuple[Prompt, DecisionGrammar]] = {}

    @property
    def model(self) -> ModelRef:
        """The adapter, and how its base is held."""
        return self._model

    def prepare(self, recipe: Recipe) -> None:
        """Read the recipe's words, and run once so that the first part is not the slow one.

        Raises:
            RecipeError: Its words cannot be told apart.
            WeightsError: The adapter was trained without the memory's features.
        """
        vla = self._adapter.vla
        grammar = DecisionGrammar.compile(recipe, vla.base.encode, otherwise=self._adapter.header.kinds)
        prompt = vla.prompt(instruction_of(recipe))
        self._prompts[recipe.id, recipe.version] = (prompt, grammar)
        width, height = recipe.quality.size or (640, 480)
        blank = torch.full((height, width, 3), 127, dtype=torch.uint8).numpy()
        seen = self._perception.see(blank, tower=self._tower, memory=None)
        try:
            prompt.decide(seen, grammar, physics=_physics(recipe))[1].write(most_tokens=2)
        except RuntimeError as error:
            raise WeightsError(
                f"adapter {self._model.name} {self._model.version} cannot read what the tower sees: {error}",
                todo="train an adapter for this tower",
            ) from error

    def consult(
        self,
        findings: tuple[ViewFindings, ...],
        reflex: Decision,
        *,
        recipe: Recipe,
        check: Callable[[], None],
    ) -> SecondOpinion:
        """Name what stands out, and say what is to be done; see ``Consultant``."""
        views = [self._view(each, recipe, check) for each in findings]
        return opinion_of(views, reflex, _physics(recipe))

    def _view(self, seen: ViewFindings, recipe: Recipe, check: Callable[[], None]) -> ViewOpinion:
        prompt, grammar = self._prompts[recipe.id, recipe.version]
        check()
        shown = self._perception.see(
            seen.picture,
            tower=self._tower,
            memory=seen.memory,
            assessment=seen.assessment,
            mm_per_pixel=seen.view.mm_per_pixel,
        )
        verdict, reason = prompt.decide(shown, grammar, physics=_physics(recipe), check=check)
        return ViewOpinion(
            places=shown.places,
            verdict=verdict,
            words=reason,
            defects=_defects(seen, shown.places, verdict),
            not_pass=not_pass(
                shown.above_threshold, verdict.defect_probability, trust=self._adapter.header.trust
            ),
        )


def _version(adapter: Adapter) -> str:
    """The adapter's version, and how its base is held where that is not as it was trained."""
    held, made = adapter.vla.settings.language, adapter.header.settings.language
    return "+".join([adapter.header.version, *held_unlike(made, held)])


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


def _defects(seen: ViewFindings, places: tuple[Place, ...], verdict: Verdict) -> tuple[Defect, ...]:
    """What the model calls a defect, where the memory measured it; and all else that the memory found.

    A place that the model was not shown, or takes for nothing, is not forgotten: it stays an anomaly, and the
    rules have their say on it.
    """
    left_over = {defect.box: defect for defect in seen.defects}
    found = []
    for place, named in zip(places, verdict.named, strict=True):
        if named.severity is None:
            continue
        _, _, width, height = place.box
        box = seen.seen.box_as_taken(place.box)
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


def opinion_of(views: Sequence[ViewOpinion], reflex: Decision, physics: PhysicsContext) -> SecondOpinion:
    """One opinion on the part: the strictest view's action, and the least sure view's confidence."""
    defects = tuple(defect for view in views for defect in view.defects)
    action = Action.PASS
    for view in views:
        action = action.at_least(Action(view.verdict.action.word))
    sure = min(view.verdict.action.probability for view in views)
    return SecondOpinion(
        action=action,
        confidence=min(sure, reflex.confidence) if action is Action.PASS else sure,
        defects=defects,
        reason=say(Code.SEEN_AND_DECIDED, cause=worst_of(defects), action=action)
        if defects
        else reflex.sentence,
        defect_score=unclamped(max(view.not_pass for view in views)),
        sound=all(view.verdict.sound for view in views),
        contradictions=tuple(_contradictions(views)),
        names_hold=True,
        motion=_motion(views, physics),
        # the prompt still holds the last view, and no other
        words=partial(views[-1].words.write, most_tokens=_MOST_REASON_TOKENS),
    )


def _motion(views: Sequence[ViewOpinion], physics: PhysicsContext) -> ProposedMotion | None:
    """The strictest view's motion; None where the model was broken, for then it moves blindly."""
    if not all(view.verdict.sound for view in views):
        return None
    strictest = max((view.verdict for view in views), key=lambda verdict: verdict.meant.strictness)
    return ProposedMotion(chunk=strictest.chunk, physics=physics, meant=strictest.meant)


def _contradictions(views: Sequence[ViewOpinion]) -> list[Sentence]:
    """Where the model says one thing and asks for another, or its action head does."""
    found = []
    for view in views:
        said, meant = Action(view.verdict.action.word), view.verdict.meant
        asked = max((Action(one.asked.word) for one in view.verdict.named if one.asked), default=said)
        if asked.strictness > said.strictness:
            found.append(say(Code.MODEL_MILDER_THAN_ASKED, asked=asked, action=said))
        if said is not meant:
            found.append(say(Code.MODEL_AGAINST_ACTION_HEAD, action=said, meant=meant))
    return found
