"""A defect policy as the language model reads it: what each type and severity asks for, said in words.

The recipe's rules are for machines, and hold whatever the model says. The same rules in words go into the
prompt, so that the same defect gets another action under another policy. Words cost time (every token of the
prompt is read), so types that ask for the same are named together.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, TypeAlias

import numpy as np
from pydantic import Field

from inspection.decision import Action, Frozen, Severity
from inspection.recipe import ANY_TYPE, DefectRule, Recipe

Language: TypeAlias = Literal["en", "zh"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")

Asked: TypeAlias = tuple[Action, Action, Action]
"""What a minor, a major and a critical defect ask for."""


class Policy(Frozen):
    """What each type of defect asks for. A part without defects passes under every policy."""

    types: dict[str, Asked] = Field(default_factory=dict)
    others: Asked
    """What every type asks for that ``types`` does not name."""


def action_for(policy: Policy, kind: str, severity: Severity) -> Action:
    """What ``policy`` asks for one defect of type ``kind``."""
    return policy.types.get(kind, policy.others)[severity.rank]


def from_rules(rules: Iterable[DefectRule]) -> Policy:
    """The policy that a recipe's rules amount to: for each single defect ``Recipe.action_for``'s answer."""
    rules = tuple(rules)
    named = dict.fromkeys(rule.type for rule in rules if rule.type != ANY_TYPE)
    return Policy(types={kind: _asked(rules, kind) for kind in named}, others=_asked(rules, ANY_TYPE))


def _asked(rules: Sequence[DefectRule], kind: str) -> Asked:
    def strictest(severity: Severity) -> Action:
        matching = [
            rule.action
            for rule in rules
            if rule.type in (ANY_TYPE, kind) and severity.rank >= rule.min_severity.rank
        ]
        return max(matching, key=lambda action: action.strictness, default=Action.MANUAL_REVIEW)

    minor, major, critical = map(strictest, Severity)
    return minor, major, critical


def words(
    policy: Policy, language: Language = "en", style: int = 0, rng: np.random.Generator | None = None
) -> str:
    """Say ``policy`` in one line.

    Args:
        policy: What to say. Its type names stay as they are, in every language.
        language: English or Chinese.
        style: Which way to put it, 0 to ``STYLES`` - 1.
        rng: Draws synonyms and the order of types; None takes the first synonym and the policy's order.

    Returns:
        For five types 20 to 60 tokens of SmolLM2's in English; Chinese costs it twice as many.

    Raises:
        ValueError: There is no such style.
    """
    if not 0 <= style < STYLES:
        raise ValueError(f"style {style} is not within 0 to {STYLES - 1}")
    kinds = list(policy.types)
    if rng is not None:
        rng.shuffle(kinds)
    lexicon = _LEXICONS[language]
    clauses: dict[Asked, list[str]] = {}
    for kind in kinds:
        clauses.setdefault(policy.types[kind], []).append(quoted(kind))
    # The default comes last, however many types share it.
    sharing = clauses.pop(policy.others, [])
    clauses[policy.others] = [*sharing, _pick(lexicon.others if kinds else lexicon.any_defect, rng)]
    say = _Say(
        action={action: _pick(choice, rng) for action, choice in lexicon.action.items()},
        severity={severity: _pick(choice, rng) for severity, choice in lexicon.severity.items()},
        lexicon=lexicon,
    )
    return _STYLES[style](say, [(tuple(named), asked) for asked, named in clauses.items()])


def quoted(kind: str) -> str:
    """A type's name as policies say it.

    In quotes, as the decision has it: so it is the same tokens in both, and what was said of it is found.
    """
    return f'"{kind}"'


def with_names_quoted(text: str, kinds: Iterable[str]) -> str:
    """A person's words with the names of types in quotes, where they are not yet: as models learned them."""
    names = "|".join(re.escape(kind) for kind in sorted(kinds, key=len, reverse=True))
    if not names:
        return text
    return re.sub(rf'(?<!["\w-])(?:{names})(?!["\w-])', lambda found: quoted(found[0]), text)


def asked_in_words(text: str, kinds: Iterable[str]) -> dict[str, Action]:
    """The strictest action that a person's words speak of together with each type, in one clause.

    No understanding, and on the strict side: a clause speaks of all types and all actions that are in it, as
    "scratch, dent: rework, but stop from critical" does, and one without a type speaks of every type that has
    no clause of its own, as "others: stop" does. Severities are not heeded.

    Args:
        text: The policy in English or Chinese.
        kinds: The types that may be spoken of.

    Returns:
        An action for each of ``kinds`` that is spoken of, and for ``*`` where all others are.

    >>> asked = asked_in_words("Scratches: rework; 裂纹停线. Others: review", ["scratch", "裂纹", "dent"])
    >>> {kind: str(action) for kind, action in asked.items()}
    {'scratch': 'rework', '裂纹': 'stop', 'dent': 'manual_review', '*': 'manual_review'}
    """
    kinds = tuple(kinds)
    own: dict[str, Action] = {}
    general: Action | None = None
    for clause in _CLAUSE_ENDS.split(text.casefold()):
        asked = max(_actions_in(clause), key=lambda action: action.strictness, default=None)
        if asked is None:
            continue
        spoken_of = [kind for kind in kinds if _speaks_of(clause, kind)]
        for kind in spoken_of:
            own[kind] = asked.at_least(own.get(kind, asked))
        if not spoken_of or any(word in clause for word in _EVERYTHING_ELSE):
            general = asked if general is None else asked.at_least(general)
    if general is None:
        return own
    return own | {kind: general for kind in (*kinds, ANY_TYPE) if kind not in own}


def _actions_in(clause: str) -> list[Action]:
    return [action for action, found in _ACTION_WORDS.items() if found.search(clause)]


def _speaks_of(clause: str, kind: str) -> bool:
    """Chinese has no spaces to tell words apart by; English has plurals."""
    name = re.escape(kind.casefold())
    bounded = rf"(?<![\w-]){name}(?:e?s)?(?![\w-])" if kind.isascii() else name
    return re.search(bounded, clause) is not None


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """One language's words; of synonyms the first is the plain one."""

    severity: dict[Severity, tuple[str, ...]]
    action: dict[Action, tuple[str, ...]]
    others: tuple[str, ...]
    any_defect: tuple[str, ...]
    do: str
    """An action at a severity: ``{severity}``, ``{action}``."""
    at_least: str
    """An action from a severity on."""
    at_most: str
    """An action up to a severity."""
    above: str
    """An action above all severities named before: ``{action}``."""


_NO_DEFECT: Final[dict[Language, str]] = {"en": "no defect", "zh": "无缺陷"}

_LEXICONS: dict[Language, _Lexicon] = {
    "en": _Lexicon(
        severity={
            Severity.MINOR: ("minor", "slight"),
            Severity.MAJOR: ("major", "serious"),
            Severity.CRITICAL: ("critical", "severe"),
        },
        action={
            Action.PASS: ("pass", "accept", "let go"),
            Action.REWORK: ("rework", "repair"),
            Action.STOP: ("stop", "stop the line", "halt"),
            Action.MANUAL_REVIEW: ("manual review", "ask a person", "review"),
        },
        others=("others", "any other defect", "anything else"),
        any_defect=("any defect", "all defects"),
        do="{severity} {action}",
        at_least="{action} from {severity}",
        at_most="{action} up to {severity}",
        above="else {action}",
    ),
    "zh": _Lexicon(
        severity={
            Severity.MINOR: ("轻微", "轻度"),
            Severity.MAJOR: ("严重", "较重"),
            Severity.CRITICAL: ("致命", "极重"),
        },
        action={
            Action.PASS: ("合格", "放行"),
            Action.REWORK: ("返工", "返修"),
            Action.STOP: ("停线", "停机"),
            Action.MANUAL_REVIEW: ("复核", "人工复核"),
        },
        others=("其他", "其余"),
        any_defect=("任何缺陷",),
        do="{severity}{action}",
        at_least="{severity}起{action}",
        at_most="{severity}及以下{action}",
        above="否则{action}",
    ),
}


_CLAUSE_ENDS: Final = re.compile(r"[;；。\n]|\.(?=\s|$)")
_EVERYTHING_ELSE: Final = tuple(
    word for lexicon in _LEXICONS.values() for word in (*lexicon.others, *lexicon.any_defect)
)
_MORE_WORDS: Final[dict[Action, tuple[str, ...]]] = {Action.STOP: ("停",), Action.MANUAL_REVIEW: ("人工",)}
"""People have more ways to say what must not be missed than the model learned."""
_ACTION_WORDS: Final[dict[Action, re.Pattern[str]]] = {
    action: re.compile(
        "|".join(
            rf"\b{word}" if word.isascii() else word
            for word in (
                *(word for lexicon in _LEXICONS.values() for word in lexicon.action[action]),
                *_MORE_WORDS.get(action, ()),
            )
        )
    )
    for action in Action
}


def action_word(action: Action, language: Language) -> str:
    """The plain word for ``action``."""
    return _LEXICONS[language].action[action][0]


def no_defect(language: Language) -> str:
    """That nothing is wrong."""
    return _NO_DEFECT[language]


def severity_word(severity: Severity, language: Language) -> str:
    """The plain word for ``severity``."""
    return _LEXICONS[language].severity[severity][0]


@dataclass(frozen=True, slots=True)
class _Say:
    """The words chosen for one text."""

    action: dict[Action, str]
    severity: dict[Severity, str]
    lexicon: _Lexicon

    def phrase(self, pattern: str, *, action: Action | None = None, severity: Severity | None = None) -> str:
        """``pattern`` with its words filled in."""
        return pattern.format(
            action="" if action is None else self.action[action],
            severity="" if severity is None else self.severity[severity],
        )


_Clause: TypeAlias = tuple[tuple[str, ...], Asked]
"""Types that ask for the same, and what they ask for."""


def _listed(say: _Say, clauses: Sequence[_Clause]) -> str:
    """``"scratch": minor pass, major rework, critical stop; "dent", "stain": rework``."""

    def asked(actions: Asked) -> str:
        each = zip(Severity, actions, strict=True)
        return ", ".join(say.phrase(say.lexicon.do, severity=s, action=a) for s, a in each)

    return _by_types(say, clauses, asked)


def _table(say: _Say, clauses: Sequence[_Clause]) -> str:
    """``minor/major/critical; "scratch": pass/rework/stop; "dent", "stain": rework``."""
    body = _by_types(say, clauses, lambda actions: "/".join(say.action[action] for action in actions))
    if not any(len(set(actions)) > 1 for _, actions in clauses):
        return body
    return "/".join(say.severity.values()) + "; " + body


def _from_below(say: _Say, clauses: Sequence[_Clause]) -> str:
    """``"scratch": pass, rework from major, stop from critical; "dent", "stain": rework``."""

    def asked(actions: Asked) -> str:
        (_, first), *rest = _runs(actions)
        later = [say.phrase(say.lexicon.at_least, severity=run[0], action=action) for run, action in rest]
        return ", ".join([say.action[first], *later])

    return _by_types(say, clauses, asked)


def _from_above(say: _Say, clauses: Sequence[_Clause]) -> str:
    """``"scratch": pass up to minor, rework up to major, else stop; "dent", "stain": rework``."""

    def asked(actions: Asked) -> str:
        *early, (_, last) = _runs(actions)
        told = [say.phrase(say.lexicon.at_most, severity=run[-1], action=action) for run, action in early]
        return ", ".join([*told, say.phrase(say.lexicon.above, action=last)])

    return _by_types(say, clauses, asked)


def _by_action(say: _Say, clauses: Sequence[_Clause]) -> str:
    """``pass: minor "scratch"; rework: major "scratch", "dent"/"stain"; stop: critical "scratch"``."""
    told: dict[Action, list[str]] = {}
    for named, actions in clauses:
        types = "/".join(named)
        for run, action in _runs(actions):
            severity = "/".join(say.severity[each] for each in run)
            pattern = "{types}" if len(run) == len(Severity) else "{severity} {types}"
            told.setdefault(action, []).append(pattern.format(severity=severity, types=types))
    return "; ".join(f"{say.action[a]}: {', '.join(told[a])}" for a in Action if a in told) + "."


_STYLES: tuple[Callable[[_Say, Sequence[_Clause]], str], ...] = (
    _listed,
    _table,
    _from_below,
    _from_above,
    _by_action,
)

STYLES = len(_STYLES)
"""How many ways of putting a policy there are."""


def instruction_of(recipe: Recipe) -> str:
    """What the language model is told: the recipe's words; where it has none, its rules in words."""
    said = with_names_quoted(recipe.instruction.strip(), recipe.named_types)
    return said or words(from_rules(recipe.policy))


def _by_types(say: _Say, clauses: Sequence[_Clause], asked: Callable[[Asked], str]) -> str:
    """One clause a group of types; what does not depend on severity is said without it."""

    def clause(named: tuple[str, ...], actions: Asked) -> str:
        told = say.action[actions[0]] if len(set(actions)) == 1 else asked(actions)
        return f"{', '.join(named)}: {told}"

    return "; ".join(clause(named, actions) for named, actions in clauses) + "."


def _runs(actions: Asked) -> list[tuple[tuple[Severity, ...], Action]]:
    """Neighbouring severities that ask for the same, mildest first."""
    pairs = zip(actions, Severity, strict=True)
    return [
        (tuple(severity for _, severity in run), action)
        for action, run in groupby(pairs, key=lambda pair: pair[0])
    ]


def _pick(choice: Sequence[str], rng: np.random.Generator | None) -> str:
    return choice[0] if rng is None else choice[int(rng.integers(len(choice)))]
