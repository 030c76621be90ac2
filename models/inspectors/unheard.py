"""What a recipe asks for that nobody hears: it names types that the language model cannot name.

Then the reflex judges alone. It calls all that it finds an anomaly, so rules and words that speak of a type
never come into force: "crack: stop" silently becomes what the rules ask for an anomaly.
"""

from collections.abc import Iterable

from inspection.decision import Action, Severity
from inspection.recipe import Recipe
from inspection.unheard import Unheard
from models.inspectors.reflex import ANOMALY
from models.language.instructions import action_for, asked_in_words, from_rules


def unheard(recipe: Recipe, kinds: Iterable[str] | None) -> Unheard:
    """What of ``recipe`` does not come into force.

    Args:
        recipe: Any.
        kinds: The types that the language model was trained to name; None where none judges. What examples
            show is named in any case.
    """
    known = {*(kinds or ()), *(one.name for one in recipe.shown_types)}
    types = tuple(kind for kind in recipe.named_types if kind not in known)
    if not types:
        return Unheard()
    policy = from_rules(recipe.policy)
    reflex = [action_for(policy, ANOMALY, severity) for severity in Severity]
    lost: dict[str, Action] = {}
    for kind in policy.types:
        if kind == ANOMALY:
            continue
        for severity, done in zip(Severity, reflex, strict=True):
            asked = action_for(policy, kind, severity)
            if asked.strictness > done.strictness:
                lost[kind] = asked.at_least(lost.get(kind, asked))
    mildest = min(reflex, key=lambda action: action.strictness)
    for kind, asked in asked_in_words(recipe.instruction, recipe.named_types).items():
        if asked.strictness > mildest.strictness:
            lost[kind] = asked.at_least(lost.get(kind, asked))
    return Unheard(types=types, by_reflex=kinds is None, lost=lost)
