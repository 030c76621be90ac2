"""The engine's answers about reviews: the queue, a part in it, and what a person says of one.

They come from the record, read and written beside the line in a thread of their own: no part waits for it,
and it may hang on a dead disk.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from app.access.recording import PeoplesRecord
from app.access.reviewing import answer_on
from app.api.engine.cannot import CannotError
from app.api.engine.lane import Lane
from app.api.messages import Asked, Question
from inspection.errors import PassgateError, ReviewError
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.reviews.shown import QueueAsked, ToPut
from inspection.station.recording.lone_thread import LoneThread
from reports.queries.reviews import part_to_review, parts_named, queue_page
from reports.settings import StoreSettings

RECORD_TIMEOUT_S: Final = 4.0
"""Less than a client waits for the engine."""
ABOUT: Final = frozenset({Question.REVIEWS, Question.REVIEW, Question.REVIEW_PUT})
"""What is answered here."""
_STATUS: Final[Mapping[str, int]] = {
    Code.REVIEW_NO_PART: 404,
    Code.REVIEW_FORESTALLED: 409,
    Code.REVIEW_REPLACES_NONE: 409,
}
"""How HTTP says why a review was not taken; 422 for the others."""

T = TypeVar("T")


class ReviewsServed(Protocol):
    """What is needed of the engine."""

    @property
    def record(self) -> StoreSettings:
        """Where its record lies."""


def review_lanes(answer: Callable[[int, Asked], Awaitable[None]]) -> Mapping[Question, Lane]:
    """By question. The record's thread is waited for, and the line's loop is free meanwhile."""
    return {what: Lane(answer, 1.0) for what in ABOUT}


class ReviewsEnd:
    """Answers.

    Args:
        engine: Whose record it is.
        timeout_s: How long the record is waited for.
    """

    def __init__(self, engine: ReviewsServed, *, timeout_s: float = RECORD_TIMEOUT_S) -> None:
        self._engine = engine
        self._timeout_s = timeout_s
        self._thread = LoneThread("reviews")
        self._written = PeoplesRecord(engine.record, now=lambda: datetime.now(UTC), lasting=True)

    def close(self) -> None:
        """Let go of the record, and end the thread; what hangs ends with the process."""
        self._thread.submit(self._written.close)
        self._thread.shutdown(wait=False)

    async def answer(self, asked: Asked) -> bytes:
        """To one question. Raises CannotError."""
        record = self._engine.record
        try:
            match asked.what:
                case Question.REVIEWS:
                    wanted = QueueAsked.model_validate_json(asked.argument)
                    return await self._from_record(lambda: _page(record, wanted))
                case Question.REVIEW:
                    return await self._from_record(lambda: part_to_review(record, asked.argument))
                case _:
                    put = ToPut.model_validate_json(asked.argument)
                    return await self._from_record(
                        lambda: answer_on(self._written, put.inspection_id, put.answer, by=asked.by)
                    )
        except ValidationError as error:
            raise CannotError(422, "what is asked is no question about reviews") from error

    async def _from_record(self, work: Callable[[], BaseModel]) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                call = self._thread.submit(lambda: work().model_dump_json().encode())
                return await asyncio.shield(asyncio.wrap_future(call))
        except TimeoutError as error:
            raise CannotError(504, say(Code.RECORD_NOT_ANSWERING, silent_s=self._timeout_s)) from error
        except ReviewError as error:
            raise CannotError(_STATUS.get(error.message.code, 422), error.what_happened) from error
        except PassgateError as error:
            raise CannotError(503, error.sentence) from error


def _page(record: StoreSettings, asked: QueueAsked) -> BaseModel:
    if asked.part_id is not None:
        return parts_named(record, asked.part_id, limit=asked.limit)
    return queue_page(record, asked.state, cursor=asked.cursor, limit=asked.limit)
