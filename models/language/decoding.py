"""The decision as the language model writes it: only what is open is decoded, the rest is appended.

A recipe's grammar is compiled once into fixed pieces of text and *slots*. At a slot only the legal
words compete, so what comes out is always a decision, whatever the weights, the instruction or the picture:
there is nothing to parse. Fixed text costs no step of its own; it is read together with what follows it
(jump-forward: Zheng et al., "SGLang: Efficient Execution of Structured Language Model Programs", 2024,
arXiv:2312.07104).

    {"defects":[<place>["scratch","major","rework"],<place>["none"]],"action":"rework","reason":"…"}

Each defect says what the policy asks for it, and the action what comes of them all: two small steps, looking
up and comparing, are learned where one large one was not.

A shorter JSON than the decision's own, since every token is time: geometry fills in the rest.

Words are given to the tokenizer piece by piece, in training as well, so that no token straddles a seam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from inspection.decision import Action, Severity
from inspection.recipe import Recipe
from models.language.instructions import LANGUAGES, action_word, no_defect, severity_word

NONE: Final = "none"
"""What the model calls a place where nothing is wrong."""
OTHER: Final = "other"
"""What it calls a defect that the recipe has no name for."""

_WORTH_A_STEP: Final = 0.01
"""Words that share their first token are told apart only where they have this probability together."""

Tokens = tuple[int, ...]


class Encode(Protocol):
    """A tokenizer."""

    def __call__(self, text: str) -> list[int]:
        """Token ids of ``text``, no specials."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where one of some words goes."""

    words: tuple[str, ...]
    tokens: tuple[Tokens, ...]
    """Of each word; none is the beginning of another."""

    @classmethod
    def of(cls, words: Sequence[str], encode: Encode) -> Slot:
        """Compile ``words``.

        Raises:
            ValueError: No word, or one whose tokens begin another's: the two could not be told apart.
        """
        tokens = tuple(tuple(encode(word)) for word in words)
        if not words or any(not one for one in tokens):
            raise ValueError(f"a slot needs words that are not empty, not {list(words)}")
        for a, one in enumerate(tokens):
            for b, other in enumerate(tokens):
                if a != b and other[: len(one)] == one:
                    raise ValueError(f"{words[a]!r} begins as {words[b]!r} does")
        return cls(tuple(words), tokens)

    def written(self, word: str) -> Tokens:
        """The tokens of ``word`` and its closing quote. Raises ValueError where it is not legal here."""
        return self.tokens[self.words.index(word + '"')]

    def after(self, written: Tokens) -> dict[int, list[int]]:
        """Which tokens may follow ``written``, and to which words each leads (indices)."""
        n = len(written)
        ways: dict[int, list[int]] = {}
        for index, tokens in enumerate(self.tokens):
            if tokens[:n] == written and len(tokens) > n:
                ways.setdefault(tokens[n], []).append(index)
        return ways


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen at a slot."""

    word: str
    probabilities: dict[str, float]
    """Of every word that was legal; they add up to 1."""

    @property
    def probability(self) -> float:
        """Of the word that was chosen."""
        return self.probabilities[self.word]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionGrammar:
    """The decision of one recipe, compiled."""

    opening: Tokens
    """After the picture, before the evidence of the first place."""
    type_is: Tokens
    """Between the evidence and the type."""
    severity_is: Tokens
    """After the type of a defect; a place without one has no severity."""
    asked_is: Tokens
    """After the severity of a defect: what the policy asks for this one."""
    after_place: Tokens
    action_is: Tokens
    reason_is: Tokens
    reason: Tokens
    """Of which the reason may be made: the words of the trade, in both languages, and the closing quote last.
    A small model is sure among few words, and what it cannot say it cannot get wrong."""
    next_part: Tokens
    """After a whole decision, where another part follows; only in training."""
    types: Slot
    severities: Slot
    actions: Slot

    @classmethod
    def compile(cls, recipe: Recipe, encode: Encode, *, otherwise: Sequence[str] = ()) -> DecisionGrammar:
        """Compile what a recipe allows: its defect types, and the actions that its rules name.

        ``pass`` and ``manual_review`` are legal in every recipe; so are ``none`` and ``other`` for a defect.

        Args:
            recipe: The recipe.
            encode: The tokenizer.
            otherwise: Types for a recipe that names none: what the model was trained to name.
        """
        return cls.of_words(recipe.named_types or otherwise, recipe.legal_actions, encode)

    @classmethod
    def of_words(cls, kinds: Sequence[str], actions: Sequence[Action], encode: Encode) -> DecisionGrammar:
        """Compile from the names of defect types and the legal actions."""

        def piece(text: str) -> Tokens:
            return tuple(encode(text))

        def quoted(words: Sequence[str]) -> Slot:
            # with the closing quote no word begins another: "oxide" does not hide "oxide scale"
            return Slot.of([word + '"' for word in words], encode)

        named = [kind for kind in dict.fromkeys(kinds) if kind not in (NONE, OTHER)]
        return cls(
            opening=piece('{"defects":['),
            type_is=piece('["'),
            severity_is=piece(',"'),
            asked_is=piece(',"'),
            after_place=piece("],"),
            action_is=piece('],"action":"'),
            reason_is=piece(',"reason":"'),
            reason=_words_of_reasons(tuple(named), encode),
            next_part=piece("}\nPart:"),
            types=quoted([*named, OTHER, NONE]),
            severities=quoted(list(Severity)),
            actions=quoted(list(actions)),
        )


def _words_of_reasons(kinds: Sequence[str], encode: Encode) -> Tokens:
    """Every token of every sentence that training teaches; the closing quote comes last."""
    texts = []
    for language in LANGUAGES:
        severities = [severity_word(severity, language) for severity in Severity]
        actions = [action_word(action, language) for action in Action]
        texts += [f"{no_defect(language)}: {action}" for action in actions]
        texts += [f"{word} {kind}, {word} {kind}: " for kind in (*kinds, OTHER) for word in severities]
        texts += [f"{OTHER}: {action}" for action in actions]
    known = dict.fromkeys(token for text in texts for token in encode(text))
    end = encode('"')[-1]
    known.pop(end, None)
    return (*known, end)


class Reader(Protocol):
    """A language model that reads on: what was read before is in its cache."""

    def read(self, parts: Sequence[Tokens | Tensor]) -> Tensor:
        """Read tokens and embeddings, (n, hidden); the hidden state after the last one, (hidden,)."""

    def logits(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
        """Logits of some tokens, float32, (len(tokens),)."""

    def peek(self, tokens: Tokens, wanted: Sequence[int]) -> Tensor:
        """Logits of ``wanted`` after ``tokens``, which are forgotten again."""


class Writer:
    """Writes one decision with a reader: collects what is known, and reads it when a slot must be decided."""

    def __init__(self, reader: Reader, *, check: Callable[[], None] = lambda: None) -> None:
        """Write with ``reader``."""
        self._reader = reader
        self.check = check
        """Called before each step; it may raise (a deadline)."""
        self._pending: list[Tokens | Tensor] = []
        self.steps = 0
        """How often the model has been run."""

    def add(self, *parts: Tokens | Tensor) -> None:
        """Append what is known: tokens, or embeddings (n, hidden)."""
        self._pending += parts

    def hidden(self) -> Tensor:
        """The hidden state after all that was added, (hidden,)."""
        self.check()
        self.steps += 1
        hidden = self._reader.read(self._pending)
        self._pending = []
        return hidden

    def choose(self, slot: Slot, hidden: Tensor | None = None) -> Choice:
        """Decide a slot, and append what was chosen.

        Words are told apart token by token, each step among the legal ones alone. Where a group of words is
        all but impossible, its members share its probability evenly instead of costing a step.

        Args:
            slot: What is legal.
            hidden: The state before the slot, where it is known already.
        """
        hidden = self.hidden() if hidden is None else hidden
        probabilities = [0.0] * len(slot.words)

        def spread(ways: dict[int, list[int]], logits: Tensor, mass: float, written: Tokens) -> None:
            if not bool(torch.isfinite(logits).all()):
                logits = torch.zeros_like(logits)  # broken weights: nothing is preferred, and nothing sure
            for token, share in zip(ways, torch.softmax(logits, 0).tolist(), strict=True):
                words, probability = ways[token], mass * share
                longer = (*written, token)
                if len(words) == 1 or probability < _WORTH_A_STEP:
                    for word in words:
                        probabilities[word] = probability / len(words)
                    continue
                # tokens that all of the group share are no choice: they are read in one go
                after = slot.after(longer)
                while len(after) == 1:
                    longer = (*longer, *after)
                    after = slot.after(longer)
                self.check()
                self.steps += 1
                spread(after, self._reader.peek(longer, list(after)), probability, longer)

        ways = slot.after(())
        spread(ways, self._reader.logits(hidden, list(ways)), 1.0, ())
        chosen = max(range(len(slot.words)), key=probabilities.__getitem__)
        self.add(slot.tokens[chosen])
        names = [word.removesuffix('"') for word in slot.words]
        return Choice(names[chosen], dict(zip(names, probabilities, strict=True)))


def targets(slot: Slot, word: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """For training: where writing ``word`` is a choice.

    Yields:
        (place in the word's tokens, the right token, the legal tokens) at each branching.

    Raises:
        ValueError: The word is not legal here.
    """
    tokens = slot.written(word)
    for place, token in enumerate(tokens):
        legal = tuple(slot.after(tokens[:place]))
        if len(legal) > 1:
            yield place, token, legal
