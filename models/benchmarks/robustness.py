"""Always valid: whatever the weights, the words and the pictures, what comes out is a decision of the recipe.

The whole inspector is run on random weights, hostile recipes and broken features, and each decision is held
against the schema and the recipe. Nothing here needs a trained model: validity is no matter of training.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import torch
from pydantic import ValidationError

from inspection.decision import Action, Decision
from inspection.errors import PassgateError
from inspection.part import Frame, Trigger
from inspection.recipe import ANY_TYPE, Recipe
from inspection.result import LaterWords
from inspection.station.guard import review
from models.benchmarks.hostile import (
    BROKEN,
    SIDE_PX,
    SOUND,
    WEIGHTS,
    HostileTower,
    hostile_adapter,
    hostile_recipe,
    taught_on,
)
from models.inspectors.reflex import ANOMALY
from models.inspectors.second_opinion import SecondOpinionInspector
from models.inspectors.vla import VlaConsultant
from models.language.decoding import OTHER

_PARTS_A_RECIPE: Final = 10
_PARTS_A_MODEL: Final = 250
_MOST_SHOWN: Final = 5
"""Faults that are told in words; the rest are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """What was counted."""

    decodings: int
    valid: int
    """Decisions that hold: of the schema, with actions and types of the recipe alone."""
    manual_review: int
    """Of the valid ones."""
    actions: dict[str, int]
    decided_by: dict[str, int]
    passes_on_broken_features: int
    """Parts passed although what the tower gave was no picture of anything; must be 0."""
    refused: int
    """Not decided, for a reason that was told in words: features that are no numbers. The station makes
    manual_review of each."""
    errors: int
    """Any other error in place of a decision; must be 0, though the station makes manual_review of it too."""
    explained: int
    """How often the model's own words were asked for."""
    faults: tuple[str, ...]
    """The first few, in words."""
    seconds: float


def check_validity(
    decodings: int, *, seed: int = 0, progress: Callable[[int], None] = lambda done: None
) -> Validity:
    """Judge so many parts and hold every decision against its recipe.

    Args:
        decodings: Parts to judge.
        seed: The same seed and number give the same parts.
        progress: Told how many are done.
    """
    rng = np.random.default_rng(seed)
    tower = HostileTower(seed)
    memory = taught_on(tower)
    actions: Counter[str] = Counter()
    deciders: Counter[str] = Counter()
    faults: list[str] = []
    valid = reviews = refused = errors = explained = passed_broken = 0
    started = time.perf_counter()
    with _one_thread():
        for number in range(decodings):
            if number % _PARTS_A_MODEL == 0:
                weights = WEIGHTS[number // _PARTS_A_MODEL % len(WEIGHTS)]
                adapter = hostile_adapter(rng, weights, seed + number)
            if number % _PARTS_A_RECIPE == 0:
                tower.gives = "taught"
                recipe = hostile_recipe(rng, 1 + number // _PARTS_A_RECIPE % 0xFFFF)
                memories = {(recipe.id, recipe.version, view.name): memory for view in recipe.views}
                consultant = VlaConsultant(adapter=adapter, tower=tower)
                inspector = SecondOpinionInspector(memories, consultant=consultant, threads=1)
                inspector.prepare(recipe)
            tower.gives = str(rng.choice([*SOUND, *BROKEN], p=[*SOUND.values(), *BROKEN.values()]))
            try:
                decision, words = _judged(inspector, recipe, number)
                if rng.random() < 0.1:
                    explained += 1
                    _explained(words)
            except PassgateError:
                refused += 1
            except Exception as error:  # whatever it is: that it was raised is the finding
                errors += 1
                faults.append(f"part {number}: {tower.gives} features, {adapter.header.name}: {error!r}")
            else:
                fault = _fault(decision, recipe, adapter.header.kinds)
                valid += fault is None
                if fault is not None:
                    faults.append(f"part {number}: {tower.gives} features, {adapter.header.name}: {fault}")
                actions[decision.action] += 1
                deciders[decision.decided_by] += 1
                reviews += decision.action is Action.MANUAL_REVIEW
                passed_broken += decision.action is Action.PASS and tower.gives in BROKEN
            progress(number + 1)
    return Validity(
        decodings=decodings,
        valid=valid,
        manual_review=reviews,
        actions=dict(actions.most_common()),
        decided_by=dict(deciders.most_common()),
        passes_on_broken_features=passed_broken,
        refused=refused,
        errors=errors,
        explained=explained,
        faults=tuple(faults[:_MOST_SHOWN]),
        seconds=round(time.perf_counter() - started, 1),
    )


def _judged(
    inspector: SecondOpinionInspector, recipe: Recipe, number: int
) -> tuple[Decision, LaterWords | None]:
    """As the station judges: the inspector, then the guard. And what the model can still say of the part."""
    now = datetime.now(UTC)
    picture = np.full((SIDE_PX, SIDE_PX, 3), number % 256, np.uint8)
    frame = Frame(picture=picture, camera="main", captured_at=now, number=number, simulated=True)
    trigger = Trigger(seq=1 + number % 0xFFFF, part_id=number, plc_boot_id=1, seen_at=now)
    result = inspector.inspect(
        (frame,) * len(recipe.views),
        recipe=recipe,
        part_id=trigger.part_id,
        trigger_seq=trigger.seq,
        deadline_ns=time.monotonic_ns() + 10**12,
    )
    return review(result.decision, trigger=trigger, recipe=recipe), result.words


def _explained(words: LaterWords | None) -> None:
    said = "" if words is None else words(go_on=lambda: True)
    if not said.isprintable():
        raise ValueError(f"the model's words are not printable: {said!r}")


def _fault(decision: Decision, recipe: Recipe, otherwise: Sequence[str]) -> str | None:
    """What is wrong with a decision; None where nothing is. ``otherwise``: as for the grammar."""
    try:
        again = Decision.model_validate_json(decision.model_dump_json())
    except ValidationError as error:
        return f"not of the schema: {error.errors()[0]['msg']}: {decision.model_dump_json()[:300]}"
    if again != decision:
        return "not what its own JSON says"
    legal = {rule.action for rule in recipe.policy} | {Action.PASS, Action.MANUAL_REVIEW}
    if decision.action not in legal:
        return f"{decision.action} is no action of the recipe"
    ruled = tuple(rule.type for rule in recipe.policy if rule.type != ANY_TYPE)
    kinds = {*(recipe.defect_types or ruled or otherwise), OTHER, ANOMALY}
    foreign = {defect.type for defect in decision.defects} - kinds
    return f"{foreign} are no types of the recipe" if foreign else None


@contextmanager
def _one_thread() -> Iterator[None]:
    """Many small operations: threads that other processes hold up make them a hundred times slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
