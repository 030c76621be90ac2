"""Reviews over the API: a page at a time, by people who have the right, and of two at once one wins."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import httpx
import pytest

from app.api.engine.cannot import CannotError
from app.api.engine.reviews_end import ReviewsEnd
from app.api.messages import Asked, Failure, Question
from inspection.decision import Action
from inspection.events import EventKind
from inspection.messages.telling import tell
from inspection.reviews.review import Review
from inspection.reviews.shown import PartToReview, QueuePage
from reports.settings import StoreSettings
from tests.app.access.people import events, on_record
from tests.app.api.serving import FakeEngine, bearer, in_engine, signed_in
from tests.reports.parts import part

GOOD = {"verdict": "good"}
DEFECT = {"verdict": "defect", "type": "毛刺", "reason": "=卷边", "revision": 0}
FIRST = f"{1:032x}"
Test = Callable[[FakeEngine, httpx.AsyncClient], Awaitable[None]]


def in_engine_with_parts(test: Test) -> Callable[[Path], None]:
    """Run a test with two held parts and one that passed on record."""

    async def filled(engine: FakeEngine, client: httpx.AsyncClient) -> None:
        held = [part(number, action=Action.MANUAL_REVIEW) for number in (1, 2)]
        on_record(engine.record, *held, part(3, part_id=7))
        await test(engine, client)

    filled.__name__, filled.__doc__ = getattr(test, "__name__", ""), test.__doc__
    return in_engine(filled)


async def page(client: httpx.AsyncClient, query: str = "") -> QueuePage:
    return QueuePage.model_validate((await client.get(f"/api/reviews{query}")).json())


@in_engine_with_parts
async def test_held_parts_come_a_page_at_a_time(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    first = await page(client, "?limit=1")
    second = await page(client, f"?state=open&limit=1&cursor={first.cursor}")
    assert [one.part_id for one in (*first.parts, *second.parts)] == [1001, 1002]
    assert (first.open, second.cursor) == (2, None)
    assert first.cursor == first.parts[-1].place
    assert [one.part_id for one in (await page(client, "?part_id=7")).parts] == [7]
    for odd in ("?state=nothing", "?limit=0", "?limit=101", "?cursor=-1", "?part_id=x", "?more=1"):
        assert (await client.get(f"/api/reviews{odd}")).status_code == 422, odd


@in_engine_with_parts
async def test_quality_reviews_by_his_name_and_the_part_leaves_the_queue(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    ben = bearer((await signed_in(client, "Ben")).token)
    answer = await client.post(f"/api/reviews/{FIRST}", json=DEFECT, headers=ben)
    review = Review.model_validate(answer.json())
    assert (review.by, review.part_id, review.type, review.reason) == ("Ben", 1001, "毛刺", "=卷边")
    assert [one.part_id for one in (await page(client)).parts] == [1002]
    assert [one.review for one in (await page(client, "?state=done")).parts] == [review]
    told = PartToReview.model_validate((await client.get(f"/api/reviews/{FIRST}")).json())
    assert (told.reviews, told.inspection.decision.action) == ((review,), Action.MANUAL_REVIEW)
    assert told.types == ("scratch", "毛刺")


@in_engine_with_parts
async def test_of_two_consoles_on_one_part_one_wins_and_both_are_on_record(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    ben = bearer((await signed_in(client, "Ben")).token)
    both = [client.post(f"/api/reviews/{FIRST}", json=said, headers=ben) for said in (GOOD, DEFECT)]
    answers = sorted(await asyncio.gather(*both), key=lambda one: one.status_code)
    assert [one.status_code for one in answers] == [200, 409]
    told = answers[1].json()
    assert "Ben has reviewed it since it was looked up" in told["detail"]
    coded = Failure.model_validate({"status": 409, **told}).coded
    assert tell(coded, "", "zh").startswith("查看期间 Ben 已完成复核")
    kinds = [event.kind for event in events(engine.record)]
    assert kinds == [EventKind.REVIEWED, EventKind.REFUSED]


@in_engine_with_parts
async def test_who_has_not_the_right_or_says_what_is_no_review_changes_nothing(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    ben, ola = [bearer((await signed_in(client, name)).token) for name in ("Ben", "Ola")]
    url = f"/api/reviews/{FIRST}"
    assert (await client.post(url, json=GOOD, headers=ola)).status_code == 403
    assert (await client.post(url, json=GOOD, headers={"Authorization": "Bearer none"})).status_code == 401
    for odd in ({}, {"verdict": "pass"}, {"verdict": "dont_know"}, {"verdict": "good", "type": "dent"}):
        assert (await client.post(url, json=odd, headers=ben)).status_code == 422, odd
    assert (await client.post(f"/api/reviews/{'f' * 32}", json=GOOD, headers=ben)).status_code == 404
    against = {"verdict": "defect", "type": "dent"}
    answer = await client.post(f"/api/reviews/{3:032x}", json=against, headers=ben)
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "it says another thing than was decided (pass), so a reason is needed",
    )
    assert (await client.get(f"/api/reviews/{'f' * 32}")).status_code == 404
    assert events(engine.record) == []


@in_engine
async def test_without_a_record_it_is_said_and_the_engine_goes_on(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/api/reviews")
    assert answer.status_code == 503
    assert "There is no record at" in answer.json()["detail"]
    assert (await client.get("/api/state")).status_code == 200


class Hanging:
    """An engine whose record lies on a disk that hangs until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    @property
    def record(self) -> StoreSettings:
        return cast(StoreSettings, self)

    @property
    def url(self) -> str:
        self.released.wait(5)
        return ""


def test_a_record_that_hangs_holds_nobody_up() -> None:
    async def go() -> None:
        engine = Hanging()
        end = ReviewsEnd(engine, timeout_s=0.0)
        with pytest.raises(CannotError) as raised:
            await end.answer(Asked(what=Question.REVIEW, argument=FIRST))
        assert raised.value.failure.status == 504
        engine.released.set()
        end.close()

    asyncio.run(go())
