"""Alarms as clients see them: the list, the history, and what people do with one of them."""

from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from app.api.messages import Question
from app.api.server.answers import as_json
from app.api.server.api_end import ApiEnd
from app.api.server.doors import REFUSALS, Who, needs
from inspection.access.rights import Right
from inspection.alarms.history import MOST_A_PAGE, AlarmPage, HistoryAsked, Moment
from inspection.alarms.listed import ListedAlarms
from inspection.alarms.order import AlarmAct, AlarmOrder
from inspection.alarms.priority import Priority
from inspection.alarms.shelving import MOST_MINUTES, MOST_REASON
from inspection.status import CommandResult

_UNREADABLE: Final[dict[int | str, dict[str, Any]]] = {503: {"description": "The record cannot be read now."}}

_AlarmId = Annotated[str, PathParameter(max_length=64, description="As the list names it.")]


class HistoryQuery(BaseModel):
    """Which alarms are asked for."""

    model_config = ConfigDict(extra="forbid")

    start: Moment | None = Field(default=None, alias="from", description="Raised then or later.")
    end: Moment | None = Field(default=None, alias="to", description="Raised before.")
    priority: Priority | None = None
    limit: int = Field(default=100, ge=1, le=MOST_A_PAGE)
    cursor: int | None = Field(default=None, ge=1, le=2**62, description="As the page before says ``next``.")


class Shelving(BaseModel):
    """For how long, and why."""

    model_config = ConfigDict(extra="forbid")

    minutes: int = Field(ge=1, le=max(MOST_MINUTES.values()), description="At most as its priority allows.")
    reason: str = Field(min_length=1, max_length=MOST_REASON)


def add_alarms(api: FastAPI, engine: ApiEnd) -> None:
    """The routes."""

    @api.get("/api/alarms", response_model=ListedAlarms)
    async def listed() -> Response:
        """The alarms that are listed now, newest first, with what each means and what to do."""
        return as_json(await engine.ask(Question.ALARMS))

    @api.get("/api/alarms/history", response_model=AlarmPage, responses=_UNREADABLE)
    async def history(asked: Annotated[HistoryQuery, Query()]) -> Response:
        """The alarms that there were, from the record, newest first, a page at a time."""
        wanted = HistoryAsked(
            start=asked.start, end=asked.end, priority=asked.priority, before=asked.cursor, limit=asked.limit
        )
        return as_json(await engine.ask(Question.ALARM_HISTORY, wanted.model_dump_json()))

    async def do(order: AlarmOrder, who: Who) -> Response:
        return as_json(await engine.order(order.model_dump_json(), by=who.by, what=Question.ALARM_ORDER))

    @api.post("/api/alarms/{alarm_id}/acknowledge", response_model=CommandResult, responses=REFUSALS)
    async def acknowledge(alarm_id: _AlarmId, who: Annotated[Who, needs(Right.ACKNOWLEDGE)]) -> Response:
        """Say that somebody has seen it."""
        return await do(AlarmOrder(act=AlarmAct.ACKNOWLEDGE, alarm_id=alarm_id), who)

    @api.post("/api/alarms/{alarm_id}/shelve", response_model=CommandResult, responses=REFUSALS)
    async def shelve(
        alarm_id: _AlarmId, asked: Shelving, who: Annotated[Who, needs(Right.SHELVE)]
    ) -> Response:
        """Put it aside for a bounded time. What is critical and stops the line is never shelved."""
        order = AlarmOrder(act=AlarmAct.SHELVE, alarm_id=alarm_id, minutes=asked.minutes, reason=asked.reason)
        return await do(order, who)

    @api.post("/api/alarms/{alarm_id}/unshelve", response_model=CommandResult, responses=REFUSALS)
    async def unshelve(alarm_id: _AlarmId, who: Annotated[Who, needs(Right.SHELVE)]) -> Response:
        """Take it up again before its time is over."""
        return await do(AlarmOrder(act=AlarmAct.UNSHELVE, alarm_id=alarm_id), who)
