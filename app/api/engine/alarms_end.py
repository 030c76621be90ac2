"""The engine's answers about alarms: those that stand, those that there were, and what people do with one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from pydantic import ValidationError

from app.api.engine.cannot import CannotError
from app.api.engine.lane import Lane
from app.api.messages import Asked, Question
from app.api.rate import Rate
from inspection.alarms.history import HistoryAsked
from inspection.alarms.listed import listed_alarms
from inspection.alarms.order import AlarmOrder
from inspection.errors import PassgateError
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.station.station import Station

PAGE_TIMEOUT_S: Final = 4.0
"""Less than a client waits for the engine."""
ORDERS_PER_S: Final = 4.0
ORDERS_AT_ONCE: Final = 20
"""As many as alarms can be listed: somebody goes through them one by one."""


class AlarmsServed(Protocol):
    """What is needed of the engine."""

    @property
    def station(self) -> Station:
        """The running station."""

    async def alarm_page(self, asked: HistoryAsked) -> bytes:
        """A page of the alarms that there were, as JSON; read beside the line. Raises StoreError."""


def alarm_lanes(answer: Callable[[int, Asked], Awaitable[None]]) -> Mapping[Question, Lane]:
    """By question. The record's thread is waited for, and the line's loop is free meanwhile."""
    return {Question.ALARM_HISTORY: Lane(answer, 1.0), Question.ALARM_ORDER: Lane(answer, 1.0)}


class AlarmsEnd:
    """Answers.

    Args:
        engine: Whose alarms they are.
    """

    def __init__(self, engine: AlarmsServed) -> None:
        self._engine = engine
        self._orders = Rate(ORDERS_PER_S, burst=ORDERS_AT_ONCE)

    async def answer(self, asked: Asked) -> bytes:
        """To one question. Raises CannotError."""
        try:
            match asked.what:
                case Question.ALARM_HISTORY:
                    return await self._page(HistoryAsked.model_validate_json(asked.argument))
                case Question.ALARM_ORDER:
                    return await self._ordered(AlarmOrder.model_validate_json(asked.argument), asked.by)
                case _:
                    return self._listed()
        except ValidationError as error:
            raise CannotError(422, "what is asked is no question about alarms") from error

    def _listed(self) -> bytes:
        station = self._engine.station
        now = station.orders.now()
        return listed_alarms(station.telemetry.alarms, now).model_dump_json().encode()

    async def _page(self, asked: HistoryAsked) -> bytes:
        try:
            async with asyncio.timeout(PAGE_TIMEOUT_S):
                return await self._engine.alarm_page(asked)
        except TimeoutError as error:
            raise CannotError(503, say(Code.RECORD_NOT_ANSWERING, silent_s=PAGE_TIMEOUT_S)) from error
        except PassgateError as error:
            raise CannotError(503, error.sentence) from error

    async def _ordered(self, order: AlarmOrder, by: str) -> bytes:
        if not self._orders.allows():
            raise CannotError(429, say(Code.COMMAND_TOO_OFTEN, command=order.act))
        result = await self._engine.station.desk.of_alarms.take(order, by=by)
        return result.model_dump_json().encode()
