"""What a person said of a part on record is its label; what nobody said anything of may be asked about."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.access.reviewing import answer_part
from app.recipes.growing.from_record import reviewed, unreviewed
from inspection.decision import Action, DecidedBy
from inspection.errors import RecipeError
from inspection.part import Truth
from inspection.recipe import Recipe, View
from inspection.reviews.review import Answer, Verdict
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START, frame, part

BRACKET = Recipe(id=3, version=7, name="bracket")


@pytest.fixture
def settings(tmp_path: Path) -> StoreSettings:
    return StoreSettings(folder=tmp_path / "record")


@pytest.fixture(autouse=True)
def store(settings: StoreSettings) -> Iterator[SqlStore]:
    """Parts 1001 to 1006: passed, stopped, held by a person; the model's word; known; without picture."""
    store = SqlStore(settings)
    store.open()
    by_operator = DecidedBy.OPERATOR
    said: list[dict[str, Any]] = [
        {"action": Action.PASS, "decided_by": by_operator},
        {"action": Action.STOP, "decided_by": by_operator},
        {"action": Action.MANUAL_REVIEW, "decided_by": by_operator},
        {"action": Action.REWORK},
        {"action": Action.PASS, "truth": Truth(defective=True)},
    ]
    for number, one in enumerate(said, 1):
        store.append(part(number, pictures=(store.archive_picture(frame(number)),), **one))
    store.append(part(6, decided_by=by_operator))
    yield store
    store.close()


def test_a_persons_word_or_the_known_truth_is_the_label(settings: StoreSettings) -> None:
    found = reviewed([1001, 1002, 1005, 1001], recipe=BRACKET, settings=settings)
    assert [one.defective for one in found] == [False, True, True]
    assert all(one.path.is_file() for one in found)
    assert found[0].said.startswith("part 1001 of 2026-03-02 06:00 UTC")


def test_the_newest_review_is_the_label_before_any_decision(settings: StoreSettings) -> None:
    said = (
        (2, Answer(verdict=Verdict.GOOD, reason="dust")),
        (4, Answer(verdict=Verdict.DEFECT, type="dent")),
        (3, Answer(verdict=Verdict.DONT_KNOW, reason="too dark")),
    )
    for number, answer in said:
        answer_part(settings, f"{number:032x}", answer, by="Ben")
    found = reviewed([1001, 1002, 1004], recipe=BRACKET, settings=settings)
    assert [one.defective for one in found] == [False, False, True]
    with pytest.raises(RecipeError, match="part 1003 was reviewed and decided by no person who knew"):
        reviewed([1003], recipe=BRACKET, settings=settings)
    with pytest.raises(RecipeError, match="no picture"):
        unreviewed(recipe=BRACKET, settings=settings, since=timedelta(days=1), now=START)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (1003, "decided by no person who knew"),
        (1004, "decided by no person who knew"),
        (1006, "0 pictures"),
        (77, "not on the record"),
    ],
)
def test_what_tells_nothing_is_refused_by_its_part(settings: StoreSettings, number: int, why: str) -> None:
    with pytest.raises(RecipeError, match=f"part {number} .*{why}"):
        reviewed([1001, number], recipe=BRACKET, settings=settings)


def test_the_picture_of_a_view_for_gauges_is_never_taken_for_one_of_the_part(
    settings: StoreSettings, store: SqlStore
) -> None:
    """Behind the view's own it does no harm; alone, as where the archive refused the other, it would."""
    gauged = BRACKET.model_copy(update={"gauge_views": (View(name="panel"),)})
    seen, dial = (store.archive_picture(frame(number)) for number in (20, 21))
    passed: dict[str, Any] = {"decided_by": DecidedBy.OPERATOR}
    store.append(part(7, pictures=(seen, dial), **passed))
    store.append(part(8, pictures=(dial,), unkept="no room", **passed))
    (found,) = reviewed([1007], recipe=gauged, settings=settings)
    assert found.path.stem == seen
    with pytest.raises(RecipeError, match="part 1008 has 1 pictures"):
        reviewed([1008], recipe=gauged, settings=settings)
    with pytest.raises(RecipeError, match="part 1007 has 2 pictures"):
        reviewed([1007], recipe=BRACKET, settings=settings)


def test_another_recipes_part_is_refused(settings: StoreSettings) -> None:
    with pytest.raises(RecipeError, match="judged by recipe 3, not by 'cap'"):
        reviewed([1001], recipe=Recipe(id=4, version=1, name="cap"), settings=settings)


def test_parts_that_nobody_decided_on_may_be_asked_about_the_newest_first(settings: StoreSettings) -> None:
    def asked(since: timedelta) -> list[str]:
        now = START + timedelta(seconds=10)
        return [one.said for one in unreviewed(recipe=BRACKET, settings=settings, since=since, now=now)]

    assert asked(timedelta(days=1)) == ["part 1004", "part 1003"]
    assert asked(timedelta(seconds=6.5)) == ["part 1004"]
    with pytest.raises(RecipeError, match="--days"):
        asked(timedelta(seconds=1))
