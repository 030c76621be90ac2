"""The history of alarms: every one on record, once, newest first, a page at a time."""

import sqlite3
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, create_engine

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.history import AlarmPage, HistoryAsked
from inspection.alarms.on_record import subjects_of
from inspection.alarms.priority import Priority
from inspection.events import Event, EventKind
from inspection.status import Alarm, Shelf
from reports.record.alarms.history import alarm_history
from reports.record.events_chain import add_event, event_entry
from reports.record.schema import Base
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.postgresql import on_both


class Written:
    """An alarm list whose every change is on record a minute after the one before."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.minutes = store, 0
        self.alarms = AlarmList(self.note)

    def note(self, kind: EventKind, alarm: Alarm, by: str) -> None:
        self.minutes += 1
        said = {"detail": alarm.text, "coded": alarm.coded, "subjects": subjects_of(alarm, kind)}
        at = START + timedelta(minutes=self.minutes)
        self.store.note(Event.model_validate({"at": at, "kind": kind, "by": by or "engine", **said}))


@pytest.fixture
def written(store: SqlStore) -> Written:
    """A camera that was gone twice, a disk that is shelved, and a critical alarm that waits."""
    written = Written(store)
    alarms = written.alarms
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)  # minute 1
    alarms.raise_(AlarmCode.PICTURES_SILENT, "the disk is slow", START)
    alarms.gone(AlarmCode.NO_PICTURE)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    alarms.gone(AlarmCode.NO_PICTURE)
    alarms.acknowledge([alarm for alarm in alarms if alarm.code == AlarmCode.NO_PICTURE], by="anna")
    shelf = Shelf(by="bert", since=START, until=START + timedelta(hours=1), reason="it is being mended")
    alarms.shelve(alarms[0], shelf)
    alarms.raise_(AlarmCode.INTERNAL, "it happened", START)  # minute 8, and 9 where it is over
    return written


def asked(reader: Engine, **which: object) -> AlarmPage:
    with reader.connect() as connection:
        return alarm_history(connection, HistoryAsked.model_validate(which))


@on_both
def test_one_row_an_alarm_says_what_became_of_it(written: Written, reader: Engine) -> None:
    internal, disk, camera = asked(reader).alarms

    def minute(number: int) -> datetime:
        return START + timedelta(minutes=number)

    assert (camera.code, camera.times, camera.priority) == (AlarmCode.NO_PICTURE, 2, Priority.MEDIUM)
    assert (camera.raised_at, camera.cleared_at) == (minute(1), minute(5))
    assert (camera.acknowledged_at, camera.acknowledged_by) == (minute(6), "anna")
    assert (camera.first_out, disk.first_out) == (True, False)
    assert (disk.acknowledged_at, disk.cleared_at) == (None, None)
    assert disk.shelf is not None
    assert (disk.shelf.by, disk.shelf.reason) == ("bert", "it is being mended")
    assert (internal.raised_at, internal.cleared_at, internal.text) == (minute(8), minute(9), "it happened")


def test_pages_by_position_have_every_alarm_once_whatever_comes_meanwhile(
    written: Written, reader: Engine
) -> None:
    first = asked(reader, limit=1)
    written.alarms.raise_(AlarmCode.LINE_HALTED, "heartbeat lost", START)
    second = asked(reader, limit=1, before=first.next)
    third = asked(reader, limit=1, before=second.next)
    codes = [page.alarms[0].code for page in (first, second, third)]
    assert codes == [AlarmCode.INTERNAL, AlarmCode.PICTURES_SILENT, AlarmCode.NO_PICTURE]
    assert third.next is None


@on_both
def test_they_are_found_by_time_and_priority(written: Written, reader: Engine) -> None:
    def codes(**which: object) -> list[int]:
        return [one.code for one in asked(reader, **which).alarms]

    assert codes(start=START + timedelta(minutes=2)) == [AlarmCode.INTERNAL, AlarmCode.PICTURES_SILENT]
    assert codes(end=START + timedelta(minutes=2)) == [AlarmCode.NO_PICTURE]
    assert codes(priority=Priority.HIGH) == [AlarmCode.INTERNAL]
    assert codes(priority=Priority.LOW, end=START) == []


def test_seen_before_it_came_again_is_not_seen(written: Written, reader: Engine) -> None:
    alarms = written.alarms
    alarms.acknowledge([alarms[0]], by="anna")
    alarms.raise_(AlarmCode.LINE_HALTED, "heartbeat lost", START)
    alarms.acknowledge([alarms[0]], by="anna")
    shelf = Shelf(by="bert", since=START, until=START + timedelta(hours=1), reason="known")
    alarms.shelve(alarms[0], shelf)
    alarms.gone(AlarmCode.LINE_HALTED)
    alarms.raise_(AlarmCode.LINE_HALTED, "heartbeat lost", START)
    halted, internal, *_ = asked(reader).alarms
    assert (halted.acknowledged_at, halted.cleared_at, halted.acknowledged_by) == (None, None, "")
    assert internal.acknowledged_by == "anna"


def test_what_a_page_costs_does_not_grow_with_the_record() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        alarms = AlarmList(lambda kind, alarm, by: write(connection, kind, alarm))
        cost = []
        for _ in range(2):
            for number in range(60):
                alarms.raise_(AlarmCode.RELEASED_WITHOUT_PASS, f"part {number}", START)
                alarms.acknowledge(alarms, by="anna")
                alarms.gone(AlarmCode.RELEASED_WITHOUT_PASS)
            cost.append(work(connection))
    engine.dispose()
    assert cost[1] <= cost[0] * 1.2


def write(connection: Connection, kind: EventKind, alarm: Alarm) -> None:
    said = {"detail": alarm.text, "coded": alarm.coded, "subjects": subjects_of(alarm, kind)}
    event = Event.model_validate({"at": START, "kind": kind, "by": "engine", **said})
    add_event(connection, event_entry(event))


def work(connection: Connection) -> int:
    """How much SQLite does for the newest page, in hundreds of its machine's steps."""
    done = [0]
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)

    def step() -> int:
        done[0] += 1
        return 0

    driver.set_progress_handler(step, 100)
    assert len(alarm_history(connection, HistoryAsked(limit=20)).alarms) == 20
    driver.set_progress_handler(None, 0)
    return done[0]
