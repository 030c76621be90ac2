"""A policy in words says what the rules say, in every style and language."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import Action, Defect, Severity
from inspection.recipe import DefectRule, Recipe
from models.language.instructions import (
    STYLES,
    Asked,
    Language,
    Policy,
    action_for,
    from_rules,
    with_names_quoted,
    words,
)

TYPES = ("scratch", "dent", "stain")
LANGUAGES: tuple[Language, ...] = ("en", "zh")

rules = st.lists(
    st.builds(
        DefectRule,
        type=st.sampled_from(("*", *TYPES)),
        min_severity=st.sampled_from(Severity),
        action=st.sampled_from(Action),
    ),
    max_size=6,
)
asked = st.tuples(*[st.sampled_from(Action)] * 3)
policies = st.builds(Policy, types=st.dictionaries(st.sampled_from(TYPES), asked), others=asked)


@given(rules, st.sampled_from((*TYPES, "pit")), st.sampled_from(Severity))
def test_a_recipes_rules_and_its_policy_ask_for_the_same(
    policy: list[DefectRule], kind: str, severity: Severity
) -> None:
    recipe = Recipe(id=1, name="x", policy=tuple(policy))
    defect = Defect(type=kind, severity=severity, box=(0, 0, 1, 1), score=1.0)
    assert action_for(from_rules(policy), kind, severity) is recipe.action_for((defect,))


ACTIONS = {"pass": Action.PASS, "rework": Action.REWORK, "stop": Action.STOP}
ACTIONS |= {"manual review": Action.MANUAL_REVIEW}


def understood(text: str, style: int) -> Policy:
    """Read the plain English back: not the way it was written, so a wrong word shows."""
    text = text.replace('"', "")
    types: dict[str, list[Action]] = {}
    severities = [severity.value for severity in Severity]
    if style == 4:
        for clause in text.rstrip(".").split("; "):
            action, what = clause.split(": ")
            for group in what.split(", "):
                *when, kinds = group.replace("any defect", "others").split()
                ranks = [severities.index(s) for s in when[0].split("/")] if when else [0, 1, 2]
                for kind in kinds.split("/"):
                    row = types.setdefault(kind, [Action.PASS] * 3)
                    for rank in ranks:
                        row[rank] = ACTIONS[action]
    for clause in text.rstrip(".").split("; ") if style != 4 else ():
        if ": " not in clause:
            assert clause.split("/") == severities
            continue
        kinds, demand = clause.replace("any defect", "others").split(": ")
        row = [Action.PASS] * 3
        if demand in ACTIONS:
            row = [ACTIONS[demand]] * 3
        elif style == 1:
            row = [ACTIONS[action] for action in demand.split("/")]
        elif style == 0:
            for part in demand.split(", "):
                severity, action = part.split(" ", 1)
                row[severities.index(severity)] = ACTIONS[action]
        elif style == 2:
            for part in demand.split(", "):
                action, _, severity = part.partition(" from ")
                rank = severities.index(severity) if severity else 0
                row[rank:] = [ACTIONS[action]] * (3 - rank)
        elif style == 3:
            for part in reversed(demand.split(", ")):
                action, _, severity = part.removeprefix("else ").partition(" up to ")
                rank = severities.index(severity) if severity else 2
                row[: rank + 1] = [ACTIONS[action]] * (rank + 1)
        for kind in kinds.split(", "):
            types[kind] = row
    table: dict[str, Asked] = {kind: (row[0], row[1], row[2]) for kind, row in types.items()}
    others = table.pop("others")
    return Policy(types=table, others=others)


@given(policies, st.integers(0, STYLES - 1))
def test_the_words_say_the_whole_policy(policy: Policy, style: int) -> None:
    text = words(policy, style=style)
    assert understood(text, style) == policy, text


@given(policies, st.integers(0, STYLES - 1), st.integers(0, 99))
def test_synonyms_keep_types_and_differ_between_policies_only_in_words(
    policy: Policy, style: int, seed: int
) -> None:
    for language in LANGUAGES:
        text = words(policy, language, style, np.random.default_rng(seed))
        assert text == words(policy, language, style, np.random.default_rng(seed))
        assert all(f'"{kind}"' in text for kind in policy.types)
        assert "{" not in text


@pytest.mark.parametrize("style", range(STYLES))
def test_chinese_leaves_only_the_types_in_latin(style: int) -> None:
    policy = Policy(
        types={"scratch": (Action.PASS, Action.REWORK, Action.STOP)}, others=(Action.MANUAL_REVIEW,) * 3
    )
    text = words(policy, "zh", style)
    assert set(re.findall("[a-z]+", text)) == {"scratch"}


def test_there_is_no_style_beyond_the_last() -> None:
    with pytest.raises(ValueError, match="style"):
        words(Policy(others=(Action.PASS,) * 3), style=STYLES)


def test_names_in_a_persons_words_are_quoted_once_and_whole() -> None:
    said = 'scratch: rework; deep scratch-marks and "dent" stop; scratches pass.'
    kinds = ("scratch", "dent", "deep scratch-marks")
    quoted = with_names_quoted(said, kinds)
    assert quoted == '"scratch": rework; "deep scratch-marks" and "dent" stop; scratches pass.'
    assert with_names_quoted(quoted, kinds) == quoted
    assert with_names_quoted(said, ()) == said


@given(policies, st.integers(0, STYLES - 1))
def test_our_own_words_are_quoted_already(policy: Policy, style: int) -> None:
    text = words(policy, style=style)
    assert with_names_quoted(text, policy.types) == text
