"""A station's record pushed to the plant: how fast, and whether all is there once, in order, after every cut.

Twice, as two stations: first undisturbed, for the rate; then over a network that breaks off after so many
bytes as chance says, sometimes without a word, while the station records further parts. What the plant has
then is compared with the station's record row by row, and verified as the station's own is.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Final

import psutil
from sqlalchemy import Engine, select

from app.benches.plant.network import Life, network
from inspection.decision import Action, DecidedBy, Decision, Frozen, ModelRef, RecipeRef, Timings
from inspection.errors import RecordRefusedError, StoreError
from inspection.part import Inspection, Outcome, Trigger
from inspection.status import Percentiles
from reports.database.connecting import open_reader
from reports.database.database import Database
from reports.outgoing.courier import Courier
from reports.plant.connecting import parse_plant_url
from reports.plant.preparing import prepare
from reports.plant.reading import open_station
from reports.plant.verifying import verify_copy
from reports.record.parts_chain import part_entry
from reports.record.schema import EventRow, InspectionRow
from reports.settings import PlantSettings, StoreSettings
from reports.store.store import SqlStore

MEAN_BYTES: Final = 3_000_000
"""After so many from the station a connection ends, on average: every batch or two."""
SILENT: Final = 0.05
"""Share of the connections that end without a word."""
PATIENCE_S: Final = 3.0
"""Instead of half a minute, so that a silent one costs the bench less."""
PAUSE_S: Final = 0.02
"""Between two parts of the station that runs beside."""
BEGAN: Final = datetime(2026, 3, 2, 6, tzinfo=UTC)
TAKT: Final = timedelta(milliseconds=500)
BESIDE: Final = 100
"""One part more comes meanwhile for so many that are there."""
HOPELESS: Final = 20
"""Runs without a single row, after which it gives up."""
_BATCH: Final = 500
_TABLES: Final = (InspectionRow, EventRow)


class SyncBench(Frozen):
    """What came of it."""

    kept: bool
    """Nothing lost, doubled or out of order, and the plant's copy is intact."""
    parts: int
    rows: int
    """Rows of parts and events that the plant has of the disturbed station."""
    rows_per_s: float
    """Undisturbed."""
    memory_mb: float
    """By which the process grew while it pushed undisturbed."""
    disturbed_s: float
    cuts: int
    """Connections that broke off or went silent."""
    connections: int
    lost: int
    """Rows of the station that the plant lacks."""
    foreign: int
    """Rows of the plant that the station does not have at this place: doubled, changed or out of order."""
    verified: bool
    verify_s: float
    append_ms: Percentiles | None
    """How long the station's own appends took meanwhile."""


def bench_sync(plant: str, folder: Path, *, parts: int, seed: int, show: Callable[[int], None]) -> SyncBench:
    """Push a made-up record.

    Args:
        plant: A database for this bench alone, as its owner, who may make roles.
        folder: For the station's record.
        parts: Parts on record before it begins.
        seed: Of the cuts.
        show: Told how many parts are made.

    Raises:
        StoreError: The database cannot be used.
    """
    name = f"bench {datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
    cut = f"{name}, cut"
    ready = prepare(plant, now=BEGAN, stations=(name, cut), months=1)
    roles = {one.station: one.role for one in ready.stations}
    store = StoreSettings(folder=folder)
    _fill(store, parts, show)

    calm = _courier(store, plant, name, roles[name])
    process = psutil.Process()
    before, began_s = process.memory_info().rss, time.perf_counter()
    calm.run(once=True)
    rate = calm.rows / (time.perf_counter() - began_s)
    grown = process.memory_info().rss - before

    disturbed = _disturbed(store, plant, cut, roles[cut], parts=parts, seed=seed)
    own, copy = open_reader(store.url), open_station(plant, cut)
    try:
        there, lost, foreign = _compared(own, copy)
    finally:
        own.dispose()
        copy.dispose()
    began_s = time.perf_counter()
    report = verify_copy(plant, cut)
    return SyncBench.model_validate(
        disturbed
        | {
            "kept": report.intact and not (lost or foreign),
            "parts": parts,
            "rows": there,
            "rows_per_s": rate,
            "memory_mb": grown / 1e6,
            "lost": lost,
            "foreign": foreign,
            "verified": report.intact,
            "verify_s": time.perf_counter() - began_s,
        }
    )


def _disturbed(
    store: StoreSettings, plant: str, name: str, role: str, *, parts: int, seed: int
) -> dict[str, object]:
    """The same record as another station's, over a network that breaks off, while parts come."""
    chance = random.Random(seed)  # noqa: S311

    def life() -> Life:
        return Life(round(chance.expovariate(1.0 / MEAN_BYTES)), swallows=chance.random() < SILENT)

    appended_ms: list[float] = []
    writer = threading.Thread(target=_station, args=(store, parts, appended_ms))
    writer.start()
    began_s = time.perf_counter()
    with network(parse_plant_url(plant).set(username=role, password=None), life) as net:
        url = net.url.render_as_string(hide_password=False)
        courier = Courier(
            store,
            PlantSettings(url=url, station=name),
            station=name,
            stop=threading.Event(),
            patience_s=PATIENCE_S,
        )
        _push(courier)
        writer.join()
        _push(courier)
        ended = net.ended
    return {
        "disturbed_s": time.perf_counter() - began_s,
        "cuts": ended,
        "connections": courier.connections,
        "append_ms": Percentiles.of(appended_ms),
    }


def _push(courier: Courier) -> None:
    """All that is there, however often it gives up. Raises StoreError where it comes no further at all."""
    failed, rows = 0, courier.rows
    while True:
        try:
            courier.run(once=True)
            return
        except RecordRefusedError:
            raise
        except StoreError:
            failed = failed + 1 if rows == courier.rows else 0
            rows, courier.failures = courier.rows, 0
            if failed > HOPELESS:
                raise


def _courier(store: StoreSettings, plant: str, name: str, role: str) -> Courier:
    url = parse_plant_url(plant).set(username=role, password=None).render_as_string()
    return Courier(store, PlantSettings(url=url, station=name), station=name, stop=threading.Event())


def _station(store: StoreSettings, parts: int, took_ms: list[float]) -> None:
    """The engine's part in it: further parts, each with its outcome, behind those that are there."""
    record = SqlStore(store)
    record.open()
    try:
        for number in range(parts + 1, parts + 1 + max(parts // BESIDE, 1)):
            for inspection in (intent := _intent(number), _closed(intent)):
                began_s = time.perf_counter()
                record.append(inspection)
                took_ms.append((time.perf_counter() - began_s) * 1000.0)
            time.sleep(PAUSE_S)
    finally:
        record.close()


def _compared(own: Engine, copy: Engine) -> tuple[int, int, int]:
    """Rows that the plant has, that it lacks, and that it has and the station has not at this place."""
    there = lost = foreign = 0
    with own.connect() as station, copy.connect() as plant:
        for table in _TABLES:
            query = select(table.position, table.row_hash).order_by(table.position)
            rows = [one.execution_options(yield_per=1000).execute(query) for one in (station, plant)]
            for at_station, at_plant in zip_longest(*rows):
                there += at_plant is not None
                lost += at_plant is None
                foreign += at_plant is not None and at_plant != at_station
    return there, lost, foreign


def _fill(store: StoreSettings, parts: int, show: Callable[[int], None]) -> None:
    """So many parts on record, each with its outcome."""
    database = Database(store.url, busy_timeout_ms=5000)
    database.open(now=BEGAN)
    try:
        for first in range(1, parts + 1, _BATCH):
            numbers = range(first, min(first + _BATCH, parts + 1))
            intents = [_intent(number) for number in numbers]
            database.append([part_entry(one) for intent in intents for one in (intent, _closed(intent))])
            show(numbers[-1])
    finally:
        database.close()


def _intent(number: int) -> Inspection:
    seq, at = (number - 1) % 65_535 + 1, BEGAN + number * TAKT
    decision = Decision(
        part_id=number,
        trigger_seq=seq,
        recipe=RecipeRef(id=1, version=1),
        action=Action.PASS,
        confidence=0.97,
        decided_by=DecidedBy.REFLEX,
        reason="made up for the bench: nothing was seen",
        model=ModelRef(name="none", version="0", sha256="0" * 64),
        timings_ms=Timings(capture=11.0, vision=20.0, total=90.0),
    )
    trigger = Trigger(seq=seq, part_id=number, plc_boot_id=1, seen_at=at)
    return Inspection(
        inspection_id=f"{number:032x}", trigger=trigger, decision=decision, recorded_at=at, simulated=True
    )


def _closed(intent: Inspection) -> Inspection:
    at = intent.recorded_at + TAKT
    return intent.model_copy(
        update={"revision": 1, "outcome": Outcome.RELEASED, "outcome_at": at, "recorded_at": at}
    )
