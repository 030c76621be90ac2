"""What became of alarms lies in rows of its own: as the events say, summed up in a view, never rewritten."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import subjects_of
from inspection.events import Event, EventKind
from inspection.status import Alarm
from reports.audit.verification import verify_record
from reports.record.events_chain import verify_events
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.postgresql import on_both
from tests.reports.stores import outside, refused_by, tamper


@pytest.fixture
def written(store: SqlStore, settings: StoreSettings) -> StoreSettings:
    """A camera that was gone for two seconds and once more, seen by Anna; and a record that is late."""
    seconds = iter(range(100))

    def note(kind: EventKind, alarm: Alarm, by: str) -> None:
        at = START + timedelta(seconds=next(seconds))
        store.note(
            Event(at=at, kind=kind, by=by or "engine", detail=alarm.text, subjects=subjects_of(alarm, kind))
        )

    alarms = AlarmList(note)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    alarms.raise_(AlarmCode.RECORD_LATE, "it took 300 ms", START)
    alarms.gone(AlarmCode.NO_PICTURE)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    alarms.acknowledge(alarms, by="anna")
    store.note(Event(at=START, kind=EventKind.HOLD, by="bert"))
    return settings


def asked(settings: StoreSettings, query: str) -> list[tuple[object, ...]]:
    with outside(settings) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


@on_both
def test_one_row_an_alarm_says_when_it_came_who_saw_it_and_whether_it_is_over(
    written: StoreSettings,
) -> None:
    rows = asked(
        written,
        "SELECT code, priority, times, acknowledged_by, acknowledged IS NULL, cleared IS NULL FROM alarms"
        " ORDER BY code",
    )
    assert [tuple(row[:4]) for row in rows] == [
        (AlarmCode.RECORD_LATE, "low", 1, "anna"),
        (AlarmCode.NO_PICTURE, "medium", 2, "anna"),
    ]
    assert [tuple(map(bool, row[4:])) for row in rows] == [(False, False), (False, True)]


@on_both
def test_an_intact_record_is_found_intact(written: StoreSettings, reader: Engine) -> None:
    with reader.connect() as connection:
        assert verify_events(connection).rows == 9
    assert verify_record(written).intact


@on_both
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE alarm_changes SET priority = 'low' WHERE position = 2",
        "DELETE FROM alarm_changes WHERE position = 4",
        "INSERT INTO alarm_changes SELECT 9, alarm_id, code, priority, change, times FROM alarm_changes"
        " WHERE position = 2",
    ],
)
def test_never_rewritten_what_is_changed_in_the_life_of_an_alarm_is_found(
    written: StoreSettings, reader: Engine, tampering: str
) -> None:
    tamper(written, tampering)
    with reader.connect() as connection:
        report = verify_events(connection)
    assert not report.intact
    assert "alarm" in report.reason


@on_both
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alarm_changes SET times = 9",
        "INSERT OR REPLACE INTO alarm_changes SELECT * FROM alarm_changes LIMIT 1",
    ],
)
def test_never_rewritten_the_database_itself_refuses_to_change_it(
    written: StoreSettings, statement: str
) -> None:
    refused_by(written, statement)
