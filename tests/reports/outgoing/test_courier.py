"""Accounted at the plant too: what a station has is there once, in order, whatever the network does."""

import itertools
import random
import shutil
from datetime import timedelta
from threading import Event as Signal
from threading import Thread

import pytest
from sqlalchemy import make_url, text

from app.benches.plant.network import FOR_EVER, Life, network
from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import subjects_of
from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.reviews.review import Answer, Verdict
from inspection.status import Alarm
from reports.database.connecting import open_reader
from reports.outgoing import courier as courier_module
from reports.outgoing.courier import TRIES
from reports.outgoing.delivery import RowRefusedError
from reports.outgoing.progress import Progress
from reports.plant.reading import StationAtPlant, open_station, stations_at
from reports.record.events_chain import verify_events
from reports.record.reviews.on_record import put_review, reviews_of
from reports.settings import StoreSettings
from reports.shift.document.report import shift_report
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START, closed, frame, part
from tests.reports.plants import Plant, append, courier, push
from tests.reports.postgresql import on_both
from tests.reports.stores import OpenStore, outside, tamper, verify

LONG = START + timedelta(hours=8)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "pause_s", lambda *_: 0.0)


def arrived(plant: Plant) -> StationAtPlant:
    return next(one for one in stations_at(plant.reader) if one.station == plant.cell)


def at_station(settings: StoreSettings) -> list[tuple[object, ...]]:
    query = text(
        "SELECT position, inspection_id, revision, record, row_hash FROM inspections ORDER BY position"
    )
    with outside(settings) as connection:
        return [tuple(row) for row in connection.execute(query)]


def events_on_record(settings: StoreSettings) -> list[str]:
    with outside(settings) as connection:
        return list(connection.scalars(text("SELECT kind FROM events ORDER BY position")))


def note_alarm(store: SqlStore) -> None:
    """An alarm that came and went."""

    def note(kind: EventKind, alarm: Alarm, by: str) -> None:
        at = START + timedelta(seconds=5)
        store.note(
            Event(at=at, kind=kind, by=by or "engine", detail=alarm.text, subjects=subjects_of(alarm, kind))
        )

    alarms = AlarmList(note)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    alarms.gone(AlarmCode.NO_PICTURE)


@on_both
def test_the_plant_reports_and_verifies_what_the_station_does(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    pictures = (store.archive_picture(frame(1)),)
    for number in range(1, 31):
        one = gauged(number, pressure(4.0 + number / 100)).model_copy(update={"pictures": pictures})
        append(store, [one, closed(one)])
    note_alarm(store)
    with outside(settings) as connection:
        put_review(connection, f"{1:032x}", Answer(verdict=Verdict.GOOD), by="Ben", at=START)
    push(settings, plant.settings())
    own, copy = open_reader(settings.url), open_station(plant.reader, plant.cell)
    try:
        reports = [shift_report(one, start=START, end=LONG, now=LONG) for one in (own, copy)]
        assert reports[0] == reports[1]
        assert reports[1].summary.final
        assert reports[1].summary.gauges
        assert reports[1].alarms
        assert verify(own) == verify(copy)
        with copy.connect() as connection:
            assert verify_events(connection).intact
            (review,) = reviews_of(connection, f"{1:032x}")
            assert (review.by, review.verdict) == ("Ben", Verdict.GOOD)
    finally:
        own.dispose()
        copy.dispose()


def test_nothing_lost_doubled_or_reordered_where_the_connection_is_cut_anywhere(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    chance = random.Random(1)
    lives = itertools.chain(
        (Life(chance.randrange(300, 40_000)) for _ in range(15)), itertools.repeat(FOR_EVER)
    )
    for number in range(1, 101):
        append(store, [part(number), closed(part(number))])
    with network(make_url(plant.settings().url), lambda: next(lives)) as net:
        cut = plant.settings(url=net.url.render_as_string(), batch_rows=20)
        one = courier(settings, cut)
        while True:
            try:
                one.run(once=True)
                break
            except StoreError:
                one.failures = 0
        assert net.ended > 7
    assert plant.rows() == at_station(settings)
    assert arrived(plant).events == 1


def test_a_network_that_swallows_everything_holds_nobody_up_for_ever(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    append(store, [part(1)])
    silent = Life(0, swallows=True)
    with network(make_url(plant.settings().url), lambda: silent) as net:
        url = net.url.update_query_dict({"connect_timeout": "2"})
        one = courier(settings, plant.settings(url=url.render_as_string()), patience_s=0.2)
        one.failures = TRIES - 1
        with pytest.raises(StoreError, match=r"refused: .*timeout"):
            one.run(once=True)


def test_a_plant_that_is_away_is_told_with_the_age_of_what_waits_and_is_found_again(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    append(store, [part(1), closed(part(1))])
    push(settings, plant.settings())
    append(store, [part(2)])
    plant.server.stop()
    try:
        with pytest.raises(StoreError, match=r"plant database .* refused"):
            push(settings, plant.settings())
    finally:
        plant.server.start()
    away = Progress.read(settings.folder)
    assert away is not None
    assert (away.inspections, bool(away.failing)) == (2, True)
    push(settings, plant.settings())
    back = Progress.read(settings.folder)
    assert back is not None
    assert (back.inspections, back.failing) == (3, "")
    assert plant.rows() == at_station(settings)


def test_a_running_sync_sends_what_comes_and_ends_when_it_is_told(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    stop = Signal()
    one = courier(settings, plant.settings(), stop=stop)
    thread = Thread(target=one.run, kwargs={"once": False}, daemon=True)
    thread.start()
    try:
        append(store, [part(1), closed(part(1))])
        for _ in range(1000):
            if len(plant.rows()) == 2:
                break
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert plant.rows() == at_station(settings)


def test_one_process_pushes_a_station_and_another_is_told(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    append(store, [part(1)])
    first = courier(settings, plant.settings())
    with first.connection() as holding:
        holding.open()
        with pytest.raises(StoreError, match="Another process pushes as 'Cell"):
            push(settings, plant.settings())
    push(settings, plant.settings())


@on_both
def test_a_record_that_was_restored_is_told_and_never_merged(
    settings: StoreSettings, open_store: OpenStore, plant: Plant
) -> None:
    """Its chain forks: the plant keeps what it has, and names the first row that differs."""
    store = open_store()
    append(store, [part(number) for number in (1, 2, 3)])
    push(settings, plant.settings())
    before = plant.rows()
    tamper(
        settings,
        "DELETE FROM looks WHERE position > 2",
        "DELETE FROM defects WHERE position > 2",
        "DELETE FROM inspections WHERE position > 2",
        "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'inspections'",
    )
    store.close()
    append(open_store(), [part(number) for number in (13, 14, 15)])
    for _ in range(2):
        with pytest.raises(
            RowRefusedError, match=r"has 3 rows .* this record 5, of which the first 2 are the same"
        ):
            push(settings, plant.settings())
    assert plant.rows() == before
    (refusal,) = arrived(plant).refusals
    assert (refusal.chain, refusal.position, refusal.reason) == ("inspections", 3, "fork")
    assert events_on_record(settings).count(EventKind.PLANT_REFUSED) == 1


def test_a_record_that_was_begun_anew_is_told_and_goes_on_under_another_name(
    settings: StoreSettings, store: SqlStore, open_store: OpenStore, plant: Plant
) -> None:
    append(store, [part(1), part(2)])
    push(settings, plant.settings())
    store.close()
    shutil.rmtree(settings.folder)
    append(open_store(), [part(11)])
    with pytest.raises(
        RowRefusedError, match=r"has 2 rows .* this record 1, of which the first 0 are the same"
    ):
        push(settings, plant.settings())
    push(settings, plant.settings(plant.other))
    assert plant.rows(plant.other) == at_station(settings)
    assert len(plant.rows()) == 2


def test_a_row_that_was_changed_at_the_station_is_refused_and_those_before_it_are_taken(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    append(store, [part(number) for number in (1, 2, 3, 4)])
    tamper(
        settings, "UPDATE inspections SET record = replace(record, 'no defect', 'good') WHERE position = 3"
    )
    with pytest.raises(RowRefusedError, match="refuses row 3 of the inspections: its hash does not fit"):
        push(settings, plant.settings())
    assert [row[0] for row in plant.rows()] == [1, 2]
    progress = Progress.read(settings.folder)
    assert progress is not None
    assert progress.refused is not None
    assert progress.refused.position == 3
    (kept,) = plant.asked(f"SELECT record FROM plant.refusals WHERE station = '{plant.cell}'")
    assert '"reason":"good"' in str(kept[0])


def test_a_row_that_fits_no_column_of_the_plant_is_found_and_told(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    append(store, [part(number) for number in (1, 2, 3, 4)])
    tamper(settings, "UPDATE inspections SET plc_boot_id = 1 << 40 WHERE position = 3")
    with pytest.raises(RowRefusedError, match="takes no such row of the inspections"):
        push(settings, plant.settings())
    assert [row[0] for row in plant.rows()] == [1, 2]


def test_a_clock_that_was_set_back_changes_no_order(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    late = part(1)
    hour = timedelta(hours=1)
    ahead = late.trigger.model_copy(update={"seen_at": late.trigger.seen_at + hour})
    append(
        store, [late.model_copy(update={"trigger": ahead, "recorded_at": late.recorded_at + hour}), part(2)]
    )
    push(settings, plant.settings())
    assert plant.rows() == at_station(settings)


def test_another_version_of_the_plant_is_told_and_nothing_is_sent(
    store: SqlStore, settings: StoreSettings, plant: Plant
) -> None:
    append(store, [part(1)])
    ((version,),) = plant.asked("SELECT version_num FROM plant.alembic_version")
    try:
        plant.asked("UPDATE plant.alembic_version SET version_num = 'p9999'")
        with pytest.raises(StoreError, match="at step p9999, which this Passgate does not know"):
            push(settings, plant.settings())
    finally:
        plant.asked(f"UPDATE plant.alembic_version SET version_num = '{version}'")
    assert plant.rows() == []
