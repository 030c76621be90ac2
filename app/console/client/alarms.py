"""What the Alarms screen asks of the engine, and how the answers read."""

from typing import Final
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from app.console.client.asking import Answer, Request
from inspection.alarms.history import AlarmPage, HistoryAsked
from inspection.alarms.order import AlarmAct, AlarmOrder
from inspection.status import CommandResult

HISTORY: Final = "alarms history"
ORDER: Final = "alarms order"


def history_wanted(asked: HistoryAsked) -> Request:
    """Ask for a page of the alarms that there were."""
    told = asked.model_dump(mode="json", exclude_none=True)
    names = {"start": "from", "end": "to", "before": "cursor"}
    query = urlencode({names.get(name, name): value for name, value in told.items()})
    return Request(topic=HISTORY, path=f"/api/alarms/history?{query}")


def ordered(order: AlarmOrder) -> Request:
    """Ask for something to be done with an alarm."""
    shelved = order.act is AlarmAct.SHELVE
    return Request(
        topic=ORDER,
        path=f"/api/alarms/{quote(order.alarm_id, safe='')}/{order.act.value}",
        method="POST",
        body={"minutes": order.minutes, "reason": order.reason} if shelved else None,
    )


def page_in(answer: Answer) -> AlarmPage | None:
    """The page that came; None where none did, or it cannot be read."""
    if answer.problem is not None:
        return None
    try:
        return AlarmPage.model_validate_json(answer.body)
    except (ValidationError, RecursionError):
        return None


def result_in(answer: Answer) -> CommandResult | None:
    """What came of an order; None where that is not known."""
    if answer.problem is not None:
        return None
    try:
        return CommandResult.model_validate_json(answer.body)
    except (ValidationError, RecursionError):
        return None
