"""The queue, a page at a time, and a part with all that was said of it and what it is compared with."""

from datetime import timedelta

import pytest

from inspection.decision import Action
from inspection.errors import ReviewError
from inspection.messages.codes import Code
from inspection.part import Outcome
from inspection.reviews.held import WhyHeld
from inspection.reviews.review import Answer, Review, Verdict
from inspection.reviews.shown import QueueState
from reports.queries.reviews import part_to_review, parts_named, queue_page
from reports.record.reviews.on_record import put_review
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import outside


def answer(settings: StoreSettings, number: int, said: Answer) -> Review:
    with outside(settings) as connection:
        found = put_review(connection, f"{number:032x}", said, by="Ben", at=START + timedelta(hours=1))
    assert isinstance(found, Review)
    return found


@pytest.fixture
def filled(store: SqlStore, settings: StoreSettings) -> StoreSettings:
    """Nine parts; every third was held."""
    for number in range(1, 10):
        held = number % 3 == 0
        one = part(
            number,
            action=Action.MANUAL_REVIEW if held else Action.PASS,
            pictures=(f"{number:064x}",),
            part_id=7 if number > 7 else None,
        )
        store.append(one)
        store.append(closed(one, Outcome.HELD if held else Outcome.RELEASED))
    return settings


@on_both
def test_pages_of_the_queue_follow_each_other_and_nothing_is_left_out(filled: StoreSettings) -> None:
    first = queue_page(filled, QueueState.OPEN, limit=2)
    second = queue_page(filled, QueueState.OPEN, limit=2, cursor=first.cursor)
    assert [one.inspection_id for one in (*first.parts, *second.parts)] == [f"{n:032x}" for n in (3, 6, 9)]
    assert (first.open, second.open, second.cursor) == (3, 3, None)
    assert first.parts[0].why is WhyHeld.UNDECIDED
    assert first.parts[0].outcome is Outcome.HELD


def test_what_was_reviewed_comes_in_pages_too_the_newest_first(filled: StoreSettings) -> None:
    good = answer(filled, 6, Answer(verdict=Verdict.GOOD))
    answer(filled, 3, Answer(verdict=Verdict.GOOD))
    doubted = answer(filled, 1, Answer(verdict=Verdict.DEFECT, type="dent", reason="seen at assembly"))
    scratch = answer(filled, 6, Answer(verdict=Verdict.DEFECT, type="dent", replaces=good.position))
    first = queue_page(filled, QueueState.DONE, limit=2)
    assert [one.review for one in first.parts] == [scratch, doubted]
    assert [one.why for one in first.parts] == [WhyHeld.UNDECIDED, None]
    second = queue_page(filled, QueueState.DONE, limit=2, cursor=first.cursor)
    assert [one.part_id for one in second.parts] == [1003]
    assert (second.cursor, second.open) == (None, 1)


def test_any_part_is_found_by_the_plc_s_number_the_newest_first(filled: StoreSettings) -> None:
    answer(filled, 9, Answer(verdict=Verdict.GOOD))
    found = parts_named(filled, 7).parts
    assert [one.inspection_id for one in found] == [f"{9:032x}", f"{8:032x}"]
    assert [one.review is None for one in found] == [False, True]
    assert parts_named(filled, 4711).parts == ()


@on_both
def test_a_part_is_told_with_all_that_was_said_and_with_one_that_passed(filled: StoreSettings) -> None:
    answer(filled, 5, Answer(verdict=Verdict.DEFECT, type="dent", reason="seen at assembly"))
    first = answer(filled, 6, Answer(verdict=Verdict.DONT_KNOW, reason="too dark"))
    second = answer(filled, 6, Answer(verdict=Verdict.GOOD, replaces=first.position))
    found = part_to_review(filled, f"{6:032x}")
    assert (found.inspection.revision, found.why) == (1, WhyHeld.UNDECIDED)
    assert found.reviews == (first, second)
    assert found.types == ("scratch", "dent")
    assert found.good == f"{4:064x}", "5 passed, but somebody doubts it"
    assert part_to_review(filled, f"{1:032x}").good == ""


def test_a_part_that_is_not_on_record_is_told_so(filled: StoreSettings) -> None:
    with pytest.raises(ReviewError) as raised:
        part_to_review(filled, "f" * 32)
    assert raised.value.message.code is Code.REVIEW_NO_PART
