"""The grammar: whatever the model thinks, what is written is a decision of the recipe."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from inspection.decision import Action, Severity
from inspection.recipe import DefectRule, Recipe
from models.language.decoding import NONE, OTHER, DecisionGrammar, Slot, Tokens, Writer, targets


def encode(text: str) -> list[int]:
    """A tokenizer with a token for each character, but for two pairs."""
    ids, at = [], 0
    while at < len(text):
        pair = text[at : at + 2]
        if pair in ("sc", "cr"):
            ids.append(1000 + ord(pair[0]))
            at += 2
        else:
            ids.append(ord(text[at]))
            at += 1
    return ids


class Dice:
    """A language model that thinks at random, and remembers what it read."""

    def __init__(self, seed: int, loud: float = 3.0) -> None:
        self.seen: list[int] = []
        self.reads = 0
        self._rng = np.random.default_rng(seed)
        self._loud = loud

    def read(self, parts: Sequence[Tokens | Tensor]) -> Tensor:
        self.reads += 1
        for part in parts:
            self.seen += [-1] * len(part) if isinstance(part, Tensor) else list(part)
        return torch.zeros(4)

    def logits(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
        return torch.tensor(self._rng.normal(size=len(tokens)) * self._loud, dtype=torch.float32)

    def peek(self, tokens: Tokens, wanted: Sequence[int]) -> Tensor:
        return self.logits(torch.zeros(4), wanted)


class Convinced(Dice):
    """Wants certain tokens, legal or not, in this order of preference."""

    def __init__(self, *wanted: int) -> None:
        super().__init__(0)
        self._wanted = wanted

    def logits(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
        return torch.tensor([9.0 if token in self._wanted else 0.0 for token in tokens])


names = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)


@given(st.lists(names, min_size=1, max_size=8, unique=True), st.integers(0, 2**32 - 1))
def test_only_legal_words_are_written_and_their_probabilities_add_up(words: list[str], seed: int) -> None:
    slot = Slot.of([word + '"' for word in words], encode)
    reader = Dice(seed)
    choice = Writer(reader).choose(slot)
    assert choice.word in words
    assert set(choice.probabilities) == set(words)
    assert math.isclose(sum(choice.probabilities.values()), 1.0, rel_tol=1e-6)
    assert choice.probability == max(choice.probabilities.values())


@given(st.integers(0, 2**32 - 1))
def test_the_probabilities_are_those_of_writing_token_by_token(seed: int) -> None:
    """Against the definition: the product of each branching's share."""
    words = ("scratch", "scale", "crack", "dent")
    slot = Slot.of([word + '"' for word in words], encode)
    scores = np.random.default_rng(seed).normal(size=2000)

    class Fixed(Dice):
        def logits(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
            return torch.tensor(scores[list(tokens)], dtype=torch.float64)

        def peek(self, tokens: Tokens, wanted: Sequence[int]) -> Tensor:
            return self.logits(torch.zeros(4), wanted)

    found = Writer(Fixed(0)).choose(slot).probabilities

    def share(token: int, legal: Sequence[int]) -> float:
        values = np.exp(scores[list(legal)])
        return float(np.exp(scores[token]) / values.sum())

    roots = [encode("sc")[0], encode("cr")[0], ord("d")]
    after = [ord("r"), ord("a")]  # scRatch, scAle
    assert found["crack"] == pytest.approx(share(roots[1], roots), rel=1e-5)
    if found["scratch"] + found["scale"] > 0.01:
        assert found["scratch"] == pytest.approx(share(roots[0], roots) * share(after[0], after), rel=1e-5)


def test_a_model_that_wants_something_illegal_writes_something_legal() -> None:
    slot = Slot.of(['pass"', 'stop"'], encode)
    choice = Writer(Convinced(ord("}"), ord("x"))).choose(slot)
    assert choice.word in ("pass", "stop")
    assert choice.probabilities == pytest.approx({"pass": 0.5, "stop": 0.5})


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_broken_weights_still_write_a_legal_word_and_are_not_sure_of_it(broken: float) -> None:
    class Broken(Dice):
        def logits(self, hidden: Tensor, tokens: Sequence[int]) -> Tensor:
            return torch.full((len(tokens),), broken)

    choice = Writer(Broken(0)).choose(Slot.of(['pass"', 'stop"'], encode))
    assert choice.probabilities == pytest.approx({"pass": 0.5, "stop": 0.5})


def test_fixed_text_costs_no_step_of_its_own() -> None:
    reader = Dice(0)
    writer = Writer(reader)
    writer.add((1, 2, 3), torch.zeros(5, 4), (4,))
    writer.choose(Slot.of(['pass"', 'stop"'], encode))
    writer.add((5, 6))
    writer.choose(Slot.of(['pass"', 'stop"'], encode))
    assert reader.reads == 2
    assert reader.seen[:9] == [1, 2, 3, -1, -1, -1, -1, -1, 4]


def test_a_deadline_stops_the_writing_between_two_steps() -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise TimeoutError

    writer = Writer(Dice(0), check=check)
    slot = Slot.of(['pass"', 'stop"'], encode)
    writer.choose(slot)
    with pytest.raises(TimeoutError):
        writer.choose(slot)


def test_words_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="begins as"):
        Slot.of(["dent", "dentist"], encode)
    with pytest.raises(ValueError, match="not empty"):
        Slot.of([], encode)


def test_a_name_that_begins_another_is_told_apart_by_its_closing_quote() -> None:
    grammar = DecisionGrammar.of_words(("oxide", "oxide scale"), tuple(Action), encode)
    assert 'oxide"' in grammar.types.words
    assert 'oxide scale"' in grammar.types.words


def test_the_grammar_of_a_recipe_allows_its_types_and_actions_and_no_others() -> None:
    recipe = Recipe(
        id=1,
        name="cover",
        policy=(
            DefectRule(type="scratch", action=Action.REWORK),
            DefectRule(type="crack", action=Action.REWORK),
        ),
    )
    grammar = DecisionGrammar.compile(recipe, encode)
    assert grammar.types.words == ('scratch"', 'crack"', f'{OTHER}"', f'{NONE}"')
    assert grammar.actions.words == ('pass"', 'rework"', 'manual_review"'), "no rule asks for stop"
    assert grammar.severities.words == tuple(f'{severity}"' for severity in Severity)


def test_a_recipe_that_names_no_type_takes_what_the_model_knows() -> None:
    grammar = DecisionGrammar.compile(Recipe(id=1, name="cover"), encode, otherwise=("pit",))
    assert 'pit"' in grammar.types.words
    own = Recipe(id=1, name="cover", defect_types=("burr",))
    assert 'pit"' not in DecisionGrammar.compile(own, encode, otherwise=("pit",)).types.words


@given(st.lists(names, min_size=1, max_size=8, unique=True), st.data())
def test_training_aims_at_the_very_choices_that_decoding_makes(words: list[str], data: st.DataObject) -> None:
    slot = Slot.of([word + '"' for word in words], encode)
    word = data.draw(st.sampled_from(words))
    tokens = slot.tokens[words.index(word)]
    chosen = list(targets(slot, word))
    for place, token, legal in chosen:
        assert tokens[place] == token
        assert token in legal
        assert len(legal) > 1
    others = [other for other in slot.tokens if other != tokens]
    assert len(chosen) == len(
        {next(i for i, (a, b) in enumerate(zip(tokens, o, strict=False)) if a != b) for o in others}
    )
