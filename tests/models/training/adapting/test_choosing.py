"""Which pictures to ask about: doubtful ones, and no two alike."""

import numpy as np
import pytest

from models.training.adapting.choosing import doubt_of, most_telling


def test_doubt_is_greatest_at_the_threshold() -> None:
    doubt = doubt_of(np.array([0.0, 0.2, 0.5, 0.8, 1.0]))
    assert doubt == pytest.approx([0.0, 0.64, 1.0, 0.64, 0.0])


def test_near_copies_of_a_doubtful_picture_are_asked_about_once() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4, 30)) * 10.0
    features = np.repeat(centres, 25, axis=0) + rng.normal(size=(100, 30)) * 0.1
    doubt = np.repeat([1.0, 0.9, 0.8, 1e-4], 25)
    picks = most_telling(doubt, features.astype(np.float32), count=3)
    assert picks[0].index // 25 == 0
    assert {pick.index // 25 for pick in picks} == {0, 1, 2}, "not the fourth, of which nothing is in doubt"
    assert picks[0].apart is None
    assert all(pick.apart is not None and pick.apart > 0.3 for pick in picks[1:])


def test_equal_pictures_are_one_and_none_are_none() -> None:
    alike = np.ones((5, 3), np.float32)
    assert len(most_telling(np.ones(5), alike, count=4)) == 1
    assert most_telling(np.zeros(0), np.zeros((0, 3), np.float32), count=4) == []


def test_as_many_as_there_are_and_no_more() -> None:
    features = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    assert sorted(pick.index for pick in most_telling(np.full(6, 0.5), features, count=20)) == list(range(6))
