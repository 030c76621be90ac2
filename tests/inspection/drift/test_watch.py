"""One view's watch: a rise is found before many good parts are rejected, named, accepted, and forgotten."""

from collections.abc import Iterable

import numpy as np
import pytest

from inspection.drift.usual import Figure, Look, UsualLooks, UsualScores, UsualView
from inspection.drift.watch import LEARNED, ViewWatch
from inspection.messages.codes import Code

TAUGHT = Look(light=140.0, focus=0.3, x=0.5, y=0.5)
LOOKS = UsualLooks(
    pictures=60,
    light=Figure(mean=140.0, deviation=8.0),
    focus=Figure(mean=0.3, deviation=0.01),
    x=Figure(mean=0.5, deviation=0.005),
    y=Figure(mean=0.5, deviation=0.005),
)
DEVIATION = 0.05


def scores(rng: np.random.Generator, count: int, *, risen: float = 0.0) -> list[float]:
    """Of good parts, ``risen`` deviations above the taught ones."""
    return [float(one) for one in np.clip(rng.normal(0.25 + risen * DEVIATION, DEVIATION, count), 0.0, 1.0)]


def watch(
    rng: np.random.Generator, *, taught: int = 60, looks: UsualLooks | None = LOOKS
) -> tuple[ViewWatch, float]:
    """Of a view taught from so many parts, and the limit that 5 % of them may reach."""
    good = sorted(scores(rng, taught))
    limit = good[min(-(-(taught + 1) * 95 // 100), taught) - 1]
    usual = UsualScores.of(good, witnesses=taught, limit=limit)
    assert usual is not None
    return ViewWatch(UsualView(view="top", scores=usual, looks=looks), usual), limit


def show(one: ViewWatch, shown: Iterable[float], limit: float, look: Look = TAUGHT) -> int:
    """Let parts come until the watch says that they have drifted; returns how many passed until then."""
    passed = 0
    for score in shown:
        if score < limit and not one.drifted:
            one.passed(score, lambda: look)
            passed += 1
    return passed


def test_20_000_parts_that_stay_as_they_are_raise_nothing() -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    show(one, scores(rng, 20_000), limit)
    assert not one.drifted


def drifted(one: ViewWatch) -> bool:
    """Asked anew each time."""
    return one.drifted


@pytest.mark.parametrize("seed", range(2))
def test_a_slow_rise_is_found_before_rejected_parts_are_more_than_before(seed: int) -> None:
    """A thousandth of a deviation a part: found before a tenth of those shown since it began is rejected."""
    rng = np.random.default_rng(seed)
    one, limit = watch(rng)
    show(one, scores(rng, 2 * LEARNED), limit)
    rejected, shown = 0, 0
    while not one.drifted:
        shown += 1
        (score,) = scores(rng, 1, risen=shown / 1000)
        rejected += score >= limit
        if score < limit:
            one.passed(score, lambda: TAUGHT)
    assert shown < 1000
    before = np.mean(np.array(scores(rng, 20_000)) >= limit)
    assert rejected / shown <= 2.0 * before + 0.02


def test_a_step_above_the_taught_parts_is_found_from_the_first_part_on() -> None:
    """As after a restart: nothing is learned on this line yet."""
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    assert show(one, scores(rng, 1000, risen=1.5), limit) < 120
    assert one.drifted


def test_what_is_no_longer_as_taught_does_not_become_usual_unseen() -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    for score in scores(rng, 4 * LEARNED, risen=1.0):
        if score < limit:
            one.passed(score, lambda: TAUGHT)
    assert one.drifted


def test_when_the_scores_are_back_it_says_so_within_a_few_hundred_parts() -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    show(one, scores(rng, 1000, risen=1.5), limit)
    assert drifted(one)
    for score in scores(rng, 300):
        if score < limit:
            one.passed(score, lambda: TAUGHT)
    assert not drifted(one)


def test_whoever_accepts_what_there_is_hears_no_more_of_it_unless_the_taught_parts_speak_against_it() -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    show(one, scores(rng, 2 * LEARNED, risen=-0.5), limit)
    show(one, scores(rng, 1000, risen=0.2), limit)
    assert drifted(one), "well among the taught ones, but not as it was on this line"
    one.accept()
    assert not drifted(one)
    show(one, scores(rng, 5000, risen=0.2), limit)
    assert not drifted(one)
    show(one, scores(rng, 1000, risen=2.0), limit)
    one.accept()
    show(one, scores(rng, 1000, risen=2.0), limit)
    one.accept()
    assert drifted(one), "the taught parts are not forgotten"


@pytest.mark.parametrize(
    ("look", "code", "figure"),
    [
        (TAUGHT.model_copy(update={"light": 126.0}), Code.LOOKS_DARKER, 10.0),
        (TAUGHT.model_copy(update={"light": 154.0}), Code.LOOKS_BRIGHTER, 10.0),
        (TAUGHT.model_copy(update={"focus": 0.24}), Code.LOOKS_BLURRED, 20.0),
        (TAUGHT.model_copy(update={"focus": 0.36}), Code.LOOKS_SHARPER, 20.0),
        (TAUGHT.model_copy(update={"focus": 1e9}), Code.LOOKS_SHARPER, 999.0),
        (TAUGHT.model_copy(update={"x": 0.53, "y": 0.54}), Code.LOOKS_MOVED, 27.2),
        (TAUGHT, Code.LOOKS_AS_TAUGHT, None),
    ],
)
def test_what_has_moved_beside_the_scores_is_named(look: Look, code: Code, figure: float | None) -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    show(one, scores(rng, 1000, risen=1.5), limit, look)
    (said,) = one.causes(size=(640, 480)).coded
    assert said.code is code
    assert list(said.params.values()) == ([] if figure is None else [pytest.approx(figure, abs=0.1)])


def test_of_several_that_have_moved_the_most_striking_comes_first() -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    show(one, scores(rng, 1000, risen=1.5), limit, Look(light=120.0, focus=0.2, x=0.5, y=0.5))
    assert [one.code for one in one.causes(size=(640, 480)).coded] == [Code.LOOKS_BLURRED, Code.LOOKS_DARKER]


def test_a_recipe_that_knows_no_looks_says_so() -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng, looks=None)
    show(one, scores(rng, 1000, risen=1.5), limit)
    assert one.causes(size=(640, 480)).coded[0].code is Code.LOOKS_NOT_KNOWN


def test_pictures_are_looked_at_only_where_the_scores_are_suspicious() -> None:
    rng = np.random.default_rng(0)
    one, limit = watch(rng)
    looked = 0

    def look() -> Look:
        nonlocal looked
        looked += 1
        return TAUGHT

    for score in scores(rng, 3000):
        if score < limit:
            one.passed(score, look)
    assert looked < 60
