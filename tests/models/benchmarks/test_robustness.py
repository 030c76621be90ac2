"""Promise of the decoder: whatever the weights, the words and the pictures, a decision of the recipe."""

import pytest

from inspection.decision import Action
from inspection.recipe import DefectRule
from models.benchmarks.robustness import check_validity


def holds(decodings: int, seed: int) -> None:
    counted = check_validity(decodings, seed=seed)
    assert counted.faults == ()
    assert (counted.errors, counted.passes_on_broken_features) == (0, 0)
    assert counted.valid + counted.refused == decodings
    assert sum(counted.actions.values()) == counted.valid


def test_a_few_decodings_are_all_valid() -> None:
    holds(40, seed=1)


@pytest.mark.soak
def test_many_decodings_are_all_valid_on_weights_of_every_kind() -> None:
    holds(650, seed=2)  # the bench judges 10,000


def test_the_same_seed_judges_the_same() -> None:
    first, again = (check_validity(20, seed=3) for _ in range(2))
    assert first.actions == again.actions


@pytest.mark.parametrize("kind", ['"', "", '"],["none"', "a\n", "b" * 65, " a"])
def test_a_rule_is_about_a_name_that_needs_no_escape(kind: str) -> None:
    with pytest.raises(ValueError, match="type"):
        DefectRule(type=kind, action=Action.STOP)
