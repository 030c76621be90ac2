"""A station's life is read out of its record as its engine wrote it, what waits in the spool too."""

from datetime import timedelta

from sqlalchemy import Engine

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import subjects_of
from inspection.events import Event, EventKind
from inspection.status import Alarm, Shelf
from reports.settings import StoreSettings
from reports.shift.downtime.alarms import AlarmLife, alarm_lives
from reports.shift.downtime.reasons import Reason
from reports.shift.figures import ShiftSummary, shift_summary
from reports.shift.query import shift_on_record
from reports.store.store import SqlStore
from reports.store.waiting import NOTHING, read_waiting
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import locked, tamper

END = START + timedelta(hours=8)


def note(store: SqlStore, hours: float, kind: EventKind, by: str = "engine") -> None:
    store.note(Event(at=START + timedelta(hours=hours), kind=kind, by=by))


def summary(reader: Engine, *, now: float = 24.0) -> ShiftSummary:
    return shift_summary(reader, start=START, end=END, now=START + timedelta(hours=now))


def hours_of(found: ShiftSummary) -> dict[Reason, float]:
    assert found.downtime is not None
    return {row.reason: round(row.seconds / 3600, 3) for row in found.downtime.rows}


@on_both
def test_how_the_station_stood_before_the_shift_and_that_it_lived_behind_it_is_read(
    store: SqlStore, reader: Engine
) -> None:
    for hours, kind in ((-9, EventKind.ENGINE_STARTED), (-9, EventKind.LINK_UP), (-1, EventKind.HOLD)):
        note(store, hours, kind)
    note(store, 2, EventKind.START)
    note(store, 9, EventKind.LINK_LOST)
    assert hours_of(summary(reader)) == {Reason.HOLD: 2.0}


@on_both
def test_a_part_is_a_sign_of_life_and_a_user_who_is_added_is_none(store: SqlStore, reader: Engine) -> None:
    note(store, -1, EventKind.ENGINE_STARTED)
    note(store, -1, EventKind.LINK_UP)
    store.append(part(3600))
    store.append(closed(part(3600)))
    store.note(Event(at=START + timedelta(hours=3), kind=EventKind.SIGNED_IN, by="anna"))
    note(store, 4, EventKind.ENGINE_STARTED)
    note(store, 4, EventKind.LINK_UP)
    note(store, 9, EventKind.ENGINE_STOPPED)
    assert hours_of(summary(reader)) == {Reason.UNKNOWN: 3.0}, "killed after its part of 7:00:01"


def test_a_record_of_parts_alone_tells_of_no_time_that_ran(store: SqlStore, reader: Engine) -> None:
    store.append(part(1))
    assert hours_of(summary(reader)) == {Reason.UNKNOWN: 8.0}


def lives(store: SqlStore, reader: Engine) -> tuple[AlarmLife, ...]:
    found = shift_on_record(reader, start=START, end=END, waiting=NOTHING, now=END)
    return alarm_lives(found.life, start=START, end=END)


def alarms_at(store: SqlStore) -> tuple[AlarmList, list[float]]:
    """Alarms whose changes are noted at the hour that stands in the list."""
    hour = [0.0]

    def told(kind: EventKind, alarm: Alarm, by: str) -> None:
        at = START + timedelta(hours=hour[0])
        store.note(
            Event(at=at, kind=kind, by=by or "engine", detail=alarm.text, subjects=subjects_of(alarm, kind))
        )

    return AlarmList(told), hour


@on_both
def test_alarms_are_told_with_who_saw_them_how_long_they_stood_and_which_came_first(
    store: SqlStore, reader: Engine
) -> None:
    alarms, hour = alarms_at(store)

    def raise_(code: AlarmCode, at: float) -> None:
        hour[0] = at
        alarms.raise_(code, code.name, START)

    def gone(code: AlarmCode, at: float) -> None:
        hour[0] = at
        alarms.gone(code)

    note(store, -3, EventKind.ENGINE_STARTED)
    raise_(AlarmCode.BAD_PICTURE, -2.5)
    gone(AlarmCode.BAD_PICTURE, -2.4)
    hour[0] = -2.3
    alarms.acknowledge(alarms, by="bert")  # over and seen before the shift: none of its alarms
    raise_(AlarmCode.NO_PICTURE, -1)
    raise_(AlarmCode.STORE_DEGRADED, 1)
    gone(AlarmCode.NO_PICTURE, 2)
    hour[0] = 3
    alarms.acknowledge(alarms, by="anna")
    gone(AlarmCode.STORE_DEGRADED, 4)
    raise_(AlarmCode.LINE_HALTED, 7)
    note(store, 9, EventKind.ENGINE_STOPPED)
    first, second, third = lives(store, reader)
    assert [one.text for one in (first, second, third)] == ["NO_PICTURE", "STORE_DEGRADED", "LINE_HALTED"]
    assert [one.active_s / 3600 for one in (first, second, third)] == [2.0, 3.0, 1.0]
    assert [one.first_out for one in (first, second, third)] == [1, 1, 3]
    assert [one.acknowledged_by for one in (first, second, third)] == ["anna", "anna", ""]
    assert third.cleared_at is None
    assert second.cleared_at == START + timedelta(hours=4)
    assert (first.raised_at, first.priority) == (START - timedelta(hours=1), "medium")


def test_an_alarm_that_is_shelved_stands_as_long_as_its_cause_is_there(
    store: SqlStore, reader: Engine
) -> None:
    alarms, hour = alarms_at(store)
    note(store, 0, EventKind.ENGINE_STARTED)
    hour[0] = 1
    alarms.raise_(AlarmCode.NO_PICTURE, "gone", START)
    hour[0] = 2
    until = START + timedelta(hours=3)
    alarms.shelve(alarms[0], Shelf(by="ben", since=START, until=until, reason="it is being mended"))
    hour[0] = 3
    alarms.look(until)
    hour[0] = 5
    alarms.gone(AlarmCode.NO_PICTURE)
    assert [one.active_s / 3600 for one in lives(store, reader)] == [4.0]


@on_both
def test_an_alarm_that_a_run_before_the_last_left_is_told_with_who_saw_it_now(
    store: SqlStore, reader: Engine
) -> None:
    alarms, hour = alarms_at(store)
    note(store, -9, EventKind.ENGINE_STARTED)
    hour[0] = -8
    alarms.raise_(AlarmCode.NO_PICTURE, "gone", START)
    alarms.raise_(AlarmCode.STORE_DEGRADED, "the disk is full", START)
    alarms.gone(AlarmCode.NO_PICTURE)
    alarms.acknowledge([alarms[0]], by="bert")
    alarms.gone(AlarmCode.STORE_DEGRADED)
    note(store, -7, EventKind.ENGINE_STARTED)
    again, hour = alarms_at(store)
    again.take_up(list(alarms), START)
    hour[0] = 3
    again.acknowledge(again, by="anna")
    (one,) = lives(store, reader)
    assert (one.text, one.acknowledged_by, one.active_s) == ("gone", "anna", 0.0)
    assert one.raised_at == START - timedelta(hours=8)


def test_an_alarm_of_a_run_that_died_stands_no_longer_than_the_run_was_heard_of(
    store: SqlStore, reader: Engine
) -> None:
    alarms, hour = alarms_at(store)
    note(store, 0, EventKind.ENGINE_STARTED)
    hour[0] = 1
    alarms.raise_(AlarmCode.NO_PICTURE, "gone", START)
    hour[0] = 2
    alarms.raise_(AlarmCode.LINE_HALTED, "halted", START)
    note(store, 5, EventKind.ENGINE_STARTED)
    assert [one.active_s / 3600 for one in lives(store, reader)] == [1.0, 0.0]


def test_what_waits_in_the_spool_is_part_of_a_stations_life(
    store: SqlStore, settings: StoreSettings, reader: Engine
) -> None:
    note(store, -1, EventKind.ENGINE_STARTED)
    note(store, -1, EventKind.LINK_UP)
    with locked(settings):
        note(store, 1, EventKind.HOLD)
        store.append(part(7200))
        note(store, 4, EventKind.ENGINE_STARTED)
        note(store, 4, EventKind.LINK_UP)
        note(store, 5, EventKind.START)
        note(store, 9, EventKind.ENGINE_STOPPED)
    found = shift_summary(reader, start=START, end=END, waiting=read_waiting(settings))
    assert found.spooled == 6
    assert hours_of(found) == {Reason.HOLD: 2.0, Reason.UNKNOWN: 2.0}, "killed behind its part of 8:00"


def test_an_event_of_a_newer_passgate_is_left_out_as_in_all_figures(
    store: SqlStore, settings: StoreSettings, reader: Engine
) -> None:
    note(store, -1, EventKind.ENGINE_STARTED)
    note(store, -1, EventKind.LINK_UP)
    note(store, 1, EventKind.HOLD)
    note(store, 9, EventKind.ENGINE_STOPPED)
    tamper(settings, "UPDATE events SET record = '{}' WHERE kind = 'hold'")
    assert hours_of(summary(reader)) == {}
