"""The engine's answers about shifts: which there are, their reports, and the signatures below these."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from pydantic import ValidationError

from app.api.channel import MOST_TOLD
from app.api.engine.cannot import CannotError
from app.api.engine.lane import Lane
from app.api.messages import Asked, Question, ReportAsked
from app.api.rate import Rate
from inspection.errors import AccessError, PassgateError
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.signing.shown import ShiftsAsked, SignOrder
from inspection.times.shifts import NoSuchShiftError

WAITING: Final = 2
"""Reports that may wait for the one that is being made; signatures alike."""
PAGE_TIMEOUT_S: Final = 4.0
"""Less than a client waits for the engine."""
SIGNATURES_PER_S: Final = 0.5
SIGNATURES_AT_ONCE: Final = 5


class ReportsServed(Protocol):
    """What is needed of the engine. Everything is done beside the line."""

    async def report(self, asked: ReportAsked) -> tuple[str, bytes]:
        """A shift report: its file's name, and the file; within a bounded time.

        Raises:
            NoSuchShiftError: There is no such shift, or it has not begun.
            StoreError: It cannot be made.
        """

    async def shifts(self, asked: ShiftsAsked) -> bytes:
        """A page of the shifts, as JSON. Raises StoreError."""

    async def sign(self, order: SignOrder) -> bytes:
        """Put a signature below a report; what became of it, as JSON; within a bounded time.

        Raises:
            NoSuchShiftError: There is no such shift, or it has not begun.
            AccessError: Who signs is not who he says, may not, or something stands against it.
            StoreError: It cannot be signed.
        """


def report_lanes(answer: Callable[[int, Asked], Awaitable[None]]) -> Mapping[Question, Lane]:
    """By question: the line's loop only waits for other processes, and for the record's thread."""
    return {
        Question.REPORT: Lane(answer, 1.0, waiting=WAITING),
        Question.SHIFTS: Lane(answer, 1.0),
        Question.SIGN_REPORT: Lane(answer, 1.0, waiting=WAITING),
    }


class ReportsEnd:
    """Answers.

    Args:
        engine: Whose shifts they are.
    """

    def __init__(self, engine: ReportsServed) -> None:
        self._engine = engine
        self._signatures = Rate(SIGNATURES_PER_S, burst=SIGNATURES_AT_ONCE)

    async def answer(self, asked: Asked) -> bytes:
        """To one question. Raises CannotError."""
        try:
            match asked.what:
                case Question.SHIFTS:
                    return await self._page(ShiftsAsked.model_validate_json(asked.argument))
                case Question.SIGN_REPORT:
                    return await self._signed(SignOrder.model_validate_json(asked.argument))
                case _:
                    return await self._report(ReportAsked.model_validate_json(asked.argument))
        except ValidationError as error:
            raise CannotError(422, "what is asked names no shift or report") from error
        except NoSuchShiftError as error:
            raise CannotError(404, str(error)) from error
        except AccessError as error:
            raise CannotError(403, error.sentence) from error
        except PassgateError as error:
            raise CannotError(503, error.sentence) from error

    async def _report(self, asked: ReportAsked) -> bytes:
        name, file = await self._engine.report(asked)
        if len(file) > MOST_TOLD // 2:
            raise CannotError(501, "the report is too large to be sent: make it with passgate report shift")
        return name.encode() + b"\n" + file

    async def _page(self, asked: ShiftsAsked) -> bytes:
        try:
            async with asyncio.timeout(PAGE_TIMEOUT_S):
                return await self._engine.shifts(asked)
        except TimeoutError as error:
            raise CannotError(503, say(Code.RECORD_NOT_ANSWERING, silent_s=PAGE_TIMEOUT_S)) from error

    async def _signed(self, order: SignOrder) -> bytes:
        if not self._signatures.allows():
            raise CannotError(429, say(Code.ASKED_TOO_OFTEN))
        return await self._engine.sign(order)
