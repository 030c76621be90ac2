"""What a recipe remembers of its pictures: bounded, whatever their order, forgotten with its labels."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from app.recipes.learned_from import MOST, NOT_REMEMBERED, LearnedFrom


def sha256(*numbers: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in numbers]


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_it_knows_exactly_what_it_learned_from(good: set[int], labels: set[int], asked: set[int]) -> None:
    learned = LearnedFrom.good(sha256(*good)).and_labels(sha256(*labels))
    assert learned.among(sha256(*asked)) == len(asked & (good | labels))
    assert learned.complete
    assert LearnedFrom.model_validate_json(learned.model_dump_json()) == learned
    assert learned == LearnedFrom.good(sha256(*sorted(good, reverse=True))).and_labels(sha256(*labels))


def test_earlier_labels_are_forgotten_with_what_they_taught() -> None:
    again = LearnedFrom.good(sha256(1)).and_labels(sha256(2)).and_labels(sha256(3))
    assert [again.among(sha256(number)) for number in (1, 2, 3)] == [1, 0, 1]


def test_of_very_many_a_bounded_part_is_remembered_and_said_to_be_one() -> None:
    learned = LearnedFrom.good(sha256(*range(MOST + 100)))
    assert learned.among(sha256(*range(MOST + 100))) == MOST
    assert not learned.complete
    assert not NOT_REMEMBERED.and_labels(sha256(1)).complete
