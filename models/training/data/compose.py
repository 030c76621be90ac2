"""From known defects to a whole training sample: a policy in words, its action, and the chunk for it.

What a picture shows is known; under which policy and on which belt it is seen is drawn. Drawn anew, one
picture meets many policies.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final

import numpy as np

from inspection.decision import Action
from inspection.motion.chunk import PhysicsContext
from inspection.motion.planner import MARGIN, plan
from models.language.instructions import (
    LANGUAGES,
    STYLES,
    Language,
    Policy,
    action_for,
    action_word,
    no_defect,
    severity_word,
    words,
)
from models.training.data.policies import draw_policy
from models.training.data.samples import LabelledDecision, LabelledDefect, Split, TrainingSample, VisualInput

_NAMED: Final = 5
"""Types in one policy at most."""


def compose(
    visual_input: VisualInput,
    defects: Sequence[LabelledDefect],
    *,
    types: Sequence[str],
    source: str,
    split: Split,
    rng: np.random.Generator,
) -> TrainingSample:
    """Draw policy, words and belt around a picture.

    Args:
        visual_input: The picture.
        defects: What is on it; none for a good part.
        types: All types that the product knows. The policy speaks of five at most, for the prompt's sake,
            and first of those that the picture shows.
        source: Where the picture comes from.
        split: Its split.
        rng: The same state draws the same sample.
    """
    policy = draw_policy(rng, _some(types, defects, rng))
    language = LANGUAGES[int(rng.integers(len(LANGUAGES)))]
    return decided(
        visual_input,
        defects,
        action=asked_by(policy, defects),
        instruction=words(policy, language, int(rng.integers(STYLES)), rng),
        language=language,
        source=source,
        split=split,
        rng=rng,
    )


def _some(types: Sequence[str], defects: Sequence[LabelledDefect], rng: np.random.Generator) -> list[str]:
    """At most ``_NAMED`` of ``types``, in random order; those of ``defects`` come before others."""
    shown = {defect.type for defect in defects}
    order = sorted(rng.permutation(list(types)).tolist(), key=lambda kind: kind not in shown)
    return [str(kind) for kind in rng.permutation(order[:_NAMED])]


def decided(
    visual_input: VisualInput,
    defects: Sequence[LabelledDefect],
    *,
    action: Action,
    instruction: str,
    language: Language,
    source: str,
    split: Split,
    rng: np.random.Generator,
) -> TrainingSample:
    """The sample of a picture whose action is known; only the belt is drawn."""
    context = draw_context(rng)
    return TrainingSample(
        instruction=instruction,
        visual_input=visual_input,
        physics_context=context,
        reasoning=reasoning(defects, action, language),
        decision=LabelledDecision(action=action, defects=tuple(defects)),
        action_sequence=plan(action, context),
        source=source,
        split=split,
    )


def asked_by(policy: Policy, defects: Iterable[LabelledDefect]) -> Action:
    """The strictest action that any of ``defects`` asks for; pass without any."""
    asked = (action_for(policy, defect.type, defect.severity) for defect in defects)
    return reduce(Action.at_least, asked, Action.PASS)


def reasoning(defects: Sequence[LabelledDefect], action: Action, language: Language) -> str:
    """One sentence on why: the worst defect of each type, with its length where that is known."""
    verdict = action_word(action, language)
    if not defects:
        return f"{no_defect(language)}: {verdict}"
    worst: dict[str, LabelledDefect] = {}
    for defect in sorted(defects, key=lambda defect: (-defect.severity.rank, -(defect.length_mm or 0.0))):
        worst.setdefault(defect.type, defect)
    told = ", ".join(
        " ".join(
            [
                severity_word(defect.severity, language),
                defect.type,
                *([] if defect.length_mm is None else [f"{defect.length_mm:.1f} mm"]),
            ]
        )
        for defect in worst.values()
    )
    return f"{told}: {verdict}"


def draw_context(rng: np.random.Generator) -> PhysicsContext:
    """Draw a belt, its part and its diverter, from slow and heavy to quick and light.

    The diverter stands at either end or, in one case of three, swings somewhere in between.
    """
    end_deg = rng.uniform(20.0, 60.0)
    limit_n_m = 10.0 ** rng.uniform(0.3, 1.5)
    load_n_m = rng.uniform(0.05, 0.6) * limit_n_m
    # From inertias that this drive turns through the whole angle in 0.05 to 0.5 s.
    swing_s = 10.0 ** rng.uniform(-1.3, -0.3)
    inertia = (limit_n_m - load_n_m) * swing_s**2 / (4.0 * np.deg2rad(end_deg))
    greatest = rng.uniform(300.0, 2000.0)
    angle, speed = (0.0 if rng.random() < 0.75 else end_deg), 0.0
    if rng.random() < 1 / 3:
        angle = rng.uniform(0.05, 0.95) * end_deg
        # v² = 2·a·s: as quick as it may be and still stop before the nearer end.
        room = min(angle, end_deg - angle)
        turn = np.rad2deg((limit_n_m - load_n_m) / inertia)
        speed = rng.uniform(-1.0, 1.0) * MARGIN * np.sqrt(2.0 * turn * room) / 2.0
    return PhysicsContext(
        part_mass_kg=float(10.0 ** rng.uniform(-1.0, 1.0)),
        belt_friction=float(rng.uniform(0.15, 0.7)),
        belt_speed_mm_s=float(rng.uniform(0.1, 1.0) * greatest),
        belt_max_speed_mm_s=float(greatest),
        diverter_inertia_kg_m2=float(inertia),
        diverter_load_n_m=float(load_n_m),
        diverter_torque_limit_n_m=float(limit_n_m),
        diverter_max_angle_deg=float(end_deg),
        diverter_angle_deg=float(angle),
        diverter_speed_deg_s=float(speed),
    )
