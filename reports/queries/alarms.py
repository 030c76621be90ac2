"""What the record tells of alarms: those that stand by it, and those that there were."""

from sqlalchemy import Connection

from inspection.alarms.alarm_list import MOST
from inspection.alarms.history import AlarmPage, HistoryAsked
from inspection.errors import StoreError
from inspection.status import Alarm
from reports.queries.reading import reading
from reports.record.alarms.history import alarm_history
from reports.record.alarms.standing import alarms_that_stand
from reports.record.entry import Entry, EventEntry
from reports.settings import StoreSettings
from reports.store.waiting import not_on_record, read_waiting


def alarms_before(settings: StoreSettings, asked: HistoryAsked, *, waiting: int = 0) -> AlarmPage:
    """A page of the alarms that there were, newest first.

    Args:
        settings: Of the record.
        asked: Which.
        waiting: How many records wait in the spool, where that is known.

    Raises:
        StoreError: The record cannot be read.
    """
    with reading(settings) as connection:
        return alarm_history(connection, asked).model_copy(update={"waiting": waiting})


def alarms_standing(settings: StoreSettings) -> list[Alarm]:
    """The alarms that stand by the record and its spool, oldest first.

    Raises:
        StoreError: One of them cannot be read.
    """
    with reading(settings) as connection:
        events = [entry.event for entry in _waiting(settings, connection) if isinstance(entry, EventEntry)]
        return alarms_that_stand(connection, events, most=MOST)


def records_waiting(settings: StoreSettings) -> int:
    """How many records the spool holds that the database lacks.

    Raises:
        StoreError: One of them cannot be read.
    """
    with reading(settings) as connection:
        return len(_waiting(settings, connection))


def _waiting(settings: StoreSettings, connection: Connection) -> list[Entry]:
    found = read_waiting(settings)
    if found.fault:
        raise StoreError(found.fault, todo=found.todo)
    return not_on_record(connection, found.entries)[0]
