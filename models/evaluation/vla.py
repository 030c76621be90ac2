"""How well a model names defects, follows words and tells good from bad, beside plain baselines.

Every picture is judged under four instructions: two policies that ask for opposite actions, each in English
and in Chinese. So an action that is right by chance, or by habit, shows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from inspection.decision import Action, Severity
from inspection.motion.chunk import NOMINAL_LINE
from models.evaluation.metrics import calibration_error, evaluate
from models.evaluation.type_baseline import TypeRegression
from models.inspectors.vla import not_pass
from models.language.decoding import NONE, OTHER, DecisionGrammar
from models.language.instructions import Language, Policy, action_for, words
from models.vla.checkpoint import Adapter
from models.vla.perception import Seen
from models.vla.vla import Verdict

_LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One picture whose truth is known."""

    seen: Seen
    kind: str | None
    """The type of its defect; None for a good part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One picture, and what the model said of it."""

    kind: str
    """The truth; ``none`` for a good part."""
    said: str
    """The type that the model named at the foremost place; ``none`` for a good part."""
    probability: float
    """The probability that the model gave to what it said."""
    defect_probability: float
    """The model's own doubt, averaged over the instructions."""
    not_pass: float
    """The score by which the station would decide: the memory's, and the doubt as far as it is trusted."""
    right_actions: int
    """Under how many instructions it chose the action that the policy asks for, given the truth."""
    followed: int
    """Under how many it chose what the policy asks for, given what the model itself named."""
    asked: int
    """How many instructions there were."""


def opposites(kinds: Sequence[str]) -> tuple[Policy, Policy]:
    """Give two policies that differ for every type: what one has reworked, the other stops the line for."""
    always: dict[Action, tuple[Action, Action, Action]] = {
        action: (action, action, action) for action in Action
    }
    one = {kind: always[Action.REWORK if i % 2 else Action.STOP] for i, kind in enumerate(kinds)}
    two = {kind: always[Action.STOP if i % 2 else Action.REWORK] for i, kind in enumerate(kinds)}
    return (
        Policy(types=one, others=always[Action.MANUAL_REVIEW]),
        Policy(types=two, others=always[Action.PASS]),
    )


def judge_all(
    shown: Sequence[Shown],
    adapter: Adapter,
    *,
    kinds: Sequence[str],
    progress: Callable[[int], None] = lambda done: None,
) -> list[Judged]:
    """Judge pictures under opposite policies.

    Args:
        shown: The pictures.
        adapter: The model.
        kinds: The types that the recipe names.
        progress: Is told how many pictures are done.
    """
    vla = adapter.vla
    grammar = DecisionGrammar.of_words(kinds, tuple(Action), vla.base.encode)
    asked = [
        (policy, vla.prompt(words(policy, language)))
        for policy in opposites(kinds)
        for language in _LANGUAGES
    ]
    # On a product that it was not trained on its doubt says nothing: there the memory's score counts alone.
    trust = 0.0 if adapter.header.unknown(kinds) else adapter.header.trust
    judged = []
    for number, one in enumerate(shown, 1):
        verdicts = [
            (policy, prompt.decide(one.seen, grammar, physics=NOMINAL_LINE)[0]) for policy, prompt in asked
        ]
        judged.append(_judged(one, verdicts, trust=trust, kinds=kinds))
        progress(number)
    return judged


def _judged(
    one: Shown, verdicts: Sequence[tuple[Policy, Verdict]], *, trust: float, kinds: Sequence[str]
) -> Judged:
    truth = one.kind or NONE
    known = truth if truth in (*kinds, NONE) else OTHER
    right = followed = 0
    for policy, verdict in verdicts:
        action = Action(verdict.action.word)
        right += action is _asked(policy, [] if truth == NONE else [(known, Severity.MAJOR)])
        own = [(n.type.word, Severity(n.severity.word)) for n in verdict.named if n.severity is not None]
        followed += action is _asked(policy, own)
    first = verdicts[0][1]
    worst = max(first.named, key=lambda named: 1.0 - named.type.probabilities[NONE])
    # averaged over the instructions, which should not matter to it, but do a little
    doubt = float(np.mean([verdict.defect_probability for _, verdict in verdicts]))
    return Judged(
        kind=truth,
        said=worst.type.word,
        probability=worst.type.probability,
        defect_probability=doubt,
        not_pass=not_pass(one.seen.above_threshold, doubt, trust=trust),
        right_actions=right,
        followed=followed,
        asked=len(verdicts),
    )


def _asked(policy: Policy, defects: Sequence[tuple[str, Severity]]) -> Action:
    action = Action.PASS
    for kind, severity in defects:
        action = action.at_least(action_for(policy, kind, severity))
    return action


def summary(
    shown: Sequence[Shown], judged: Sequence[Judged], *, regression: TypeRegression | None
) -> dict[str, Any]:
    """Sum up what was said in figures, for JSON.

    Returns:
        ``type_accuracy`` (``none`` is a type), ``type_accuracy_of_defects``, ``action_accuracy`` (by the
        truth), ``follows_words`` (by what it named itself) and ``follows_words_where_type_right``,
        ``auroc_not_pass``, ``overkill_at_one_percent_escape``, ``confusion`` (truth, then what was said),
        ``ece``, ``n``, ``baselines``: logistic regression for the type, memory and regression for AUROC.
        None where the pictures cannot tell.
    """
    bad = [one for one in judged if one.kind != NONE]
    truths = [one.kind != NONE for one in judged]
    guesses = None
    if regression is not None:
        guesses = [regression.probabilities(one.seen) for one in shown]
    both = any(truths) and not all(truths)
    found = evaluate([one.not_pass for one in judged], truths) if both else None
    return {
        "n": len(judged),
        "n_good": len(judged) - len(bad),
        "type_accuracy": _share([one.said == one.kind for one in judged]),
        "type_accuracy_of_defects": _share([one.said == one.kind for one in bad]),
        "action_accuracy": sum(one.right_actions for one in judged) / sum(one.asked for one in judged),
        "follows_words": sum(one.followed for one in judged) / sum(one.asked for one in judged),
        "follows_words_where_type_right": _rate(
            [one for one in judged if one.said == one.kind], lambda one: one.followed / one.asked
        ),
        "auroc_not_pass": None if found is None else found.auroc,
        "overkill_at_one_percent_escape": None if found is None else found.at_one_percent.overkill_rate,
        "ece": calibration_error(
            [one.probability for one in judged], [one.said == one.kind for one in judged]
        ),
        "confusion": _confusion(judged),
        "baselines": {
            "logistic_regression": _regression(shown, guesses) if guesses is not None else None,
            "memory": _memory(shown, truths) if both else None,
        },
    }


def _regression(shown: Sequence[Shown], guesses: Sequence[dict[str, float]]) -> dict[str, Any]:
    truth = [one.kind or NONE for one in shown]
    said = [max(guess, key=guess.__getitem__) for guess in guesses]
    bad = [kind != NONE for kind in truth]
    right = [a == b for a, b in zip(said, truth, strict=True)]
    result: dict[str, Any] = {
        "type_accuracy": _share(right),
        "type_accuracy_of_defects": _share([hit for hit, is_bad in zip(right, bad, strict=True) if is_bad]),
    }
    if any(bad) and not all(bad):
        result["auroc_not_pass"] = evaluate([1.0 - guess.get(NONE, 0.0) for guess in guesses], bad).auroc
    return result


def _memory(shown: Sequence[Shown], truths: Sequence[bool]) -> dict[str, Any] | None:
    scores = [one.seen.above_threshold for one in shown]
    if any(score is None for score in scores):
        return None
    found = evaluate([score for score in scores if score is not None], truths)
    return {
        "auroc_not_pass": found.auroc,
        "overkill_at_one_percent_escape": found.at_one_percent.overkill_rate,
    }


def _confusion(judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in judged:
        table[one.kind][one.said] += 1
    return {kind: dict(sorted(said.items())) for kind, said in sorted(table.items())}


def _share(right: Sequence[bool]) -> float | None:
    return float(np.mean(right)) if right else None


def _rate(judged: Sequence[Judged], value: Callable[[Judged], float]) -> float | None:
    return float(np.mean([value(one) for one in judged])) if judged else None
