"""What the recipe commands say of a threshold: what to expect, why, and what would make it better."""

import json

import numpy as np
import pytest

from app.commands.recipes.promised import in_json, in_words
from inspection.messages.telling import CHINESE
from models.good_parts.high_scores import HighScores
from models.memory.threshold import Threshold

WHY = HighScores(groups=12, blur=0.71, place=(0.25, 0.5), standing_out=7)


def promise(*, groups: int, each: int, between: float, asked: float) -> Threshold:
    rng, places = np.random.default_rng(1), np.repeat(np.arange(groups), each)
    scores = between * rng.normal(size=groups)[places] + rng.normal(size=groups * each)
    return Threshold.of(scores, places.tolist(), asked)


def test_of_pictures_without_groups_it_tells_what_to_expect_and_no_more() -> None:
    assert list(in_words(promise(groups=99, each=1, between=0.0, asked=0.05), None)) == [
        "of 100 good parts like the taught ones about 5 will be rejected, 0 to 12 in 19 of 20 cases"
    ]


def test_too_few_pictures_are_told_how_many_it_takes() -> None:
    expected, better = in_words(promise(groups=20, each=1, between=0.0, asked=0.01), None)
    assert "about 5 will be rejected" in expected
    assert better == "to promise the 1 % that were asked, teach 99 good pictures instead of 20"


def test_groups_that_differ_are_named_with_what_they_cost_and_how_many_it_takes() -> None:
    found = promise(groups=6, each=15, between=2.0, asked=0.05)
    said = list(in_words(found, WHY))
    assert [sentence.split(":")[0] for sentence in said[1:3]] == [
        "the 6 groups differ",
        "6 groups are too few to tell, so the threshold lies beyond the highest good score, as far as "
        "normally distributed groups ask",
    ]
    assert said[3].startswith(f"to promise the 5 % that were asked, teach {found.groups_needed} groups")
    assert said[4].startswith(
        "until then a part that scores higher than all but 5 % of the taught ones is held"
    )
    assert found.beyond
    assert found.groups_needed is not None
    assert 6 < found.groups_needed <= 19


def test_nothing_is_said_to_be_held_where_the_pictures_alone_are_too_few_to_say_from_which_score() -> None:
    found = promise(groups=6, each=15, between=2.0, asked=0.005)
    assert not any(sentence.startswith("until then") for sentence in in_words(found, WHY))


def test_groups_that_do_not_differ_are_said_not_to() -> None:
    places = [place % 12 for place in range(96)]
    found = Threshold.of(np.arange(96.0), places, 0.05)
    assert "the 12 groups do not differ" in list(in_words(found, WHY))[1]


def test_what_raises_the_scores_is_said_last_with_what_to_do() -> None:
    *_, blur, place = in_words(promise(groups=99, each=1, between=0.0, asked=0.05), WHY)
    assert blur == (
        "blurred good parts score high (rank correlation 0.71 over 12 groups): sharper focus would let the "
        "threshold lie lower"
    )
    assert place.startswith("in 7 of 12 groups the same place stands out most, 25 % from the left and 50 %")


@pytest.mark.parametrize(
    ("groups", "each", "asked"), [(99, 1, 0.05), (20, 1, 0.01), (6, 15, 0.05), (12, 8, 0.0)]
)
def test_the_same_is_told_in_chinese_and_kept_as_json(groups: int, each: int, asked: float) -> None:
    found = promise(groups=groups, each=each, between=2.0, asked=asked)
    for sentence in in_words(found, WHY):
        assert not set("abcdefghijklmnopqrstuvwxyz") & set(CHINESE.tell(sentence.coded).lower())
    shown = json.loads(json.dumps(in_json({"top": (found, WHY), "side": (None, None)})))
    assert shown["side"] is None
    assert shown["top"]["text"] == list(in_words(found, WHY))
    assert len(shown["top"]["coded"]) == len(shown["top"]["text"])
