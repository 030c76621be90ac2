"""A record of a factory's size, asked, verified and written to, each beside the same in SQL by hand."""

import multiprocessing
import os
import random
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, func, select, text

from app.benches.speed.percentiles import percentiles
from app.benches.store.filling import FIRST_PART, PARTS_IN_A_SHIFT, fill, rows_of, seen_at
from app.benches.store.looks import looks
from inspection.errors import StoreError
from inspection.part import Inspection
from reports.audit.side_by_side import side_by_side
from reports.database.connecting import open_reader
from reports.record.chain import ChainReport
from reports.record.own_verification import VerifiedUpTo, verified_event
from reports.record.parts_audit import verify_parts
from reports.record.schema import InspectionRow
from reports.settings import StoreSettings
from reports.shift.figures import shift_summary
from reports.shift.query import EVER, all_inspections
from reports.store.store import SqlStore

PARTS_A_SECOND: Final = 50
_ASKED: Final = 20
"""So often, for another part each time."""

_BOOT: Final = random.SystemRandom().randrange(1 << 16)

_LATEST: Final = "NOT EXISTS (SELECT 1 FROM inspections l WHERE l.supersedes = i.position)"
_COUNTED: Final = (
    "SELECT i.action, i.outcome, i.missed, count(*), sum(i.latency_ms) FROM inspections i"  # noqa: S608
    f" WHERE i.seen_at >= :start AND i.seen_at < :end AND {_LATEST} GROUP BY i.action, i.outcome, i.missed"
)
_FOUND: Final = f"SELECT i.record FROM inspections i WHERE i.part_id = :part AND {_LATEST}"  # noqa: S608
_STRIP: Final = f"SELECT i.record FROM inspections i WHERE {_LATEST} ORDER BY i.position DESC LIMIT 20"  # noqa: S608
_READ: Final = "SELECT count(*), sum(length(record)) FROM inspections"


def bench_store(
    settings: StoreSettings, parts: int, *, seconds: float, show: Callable[[int, int], None]
) -> dict[str, Any]:
    """Make a record of so many parts, where it is empty yet, and measure it.

    Args:
        settings: Of the record: an empty one, or one that this bench made.
        parts: How many it is to have.
        seconds: How long parts are written beside reports; 0 for not.
        show: Told how many are made.

    Raises:
        StoreError: The database cannot be used, or holds something else.
        SQLAlchemyError: It refuses.
    """
    began_s = time.perf_counter()
    store = SqlStore(settings)
    store.open()
    store.close()
    opening_s = time.perf_counter() - began_s
    reader = open_reader(settings.url)
    try:
        with reader.connect() as connection:
            there = connection.scalar(select(func.max(InspectionRow.position))) or 0
        if there == 0:
            fill(settings, parts, show=show)
        elif there < rows_of(parts):
            raise StoreError(
                f"the record in {settings.folder} has {there} rows, and {parts} parts have {rows_of(parts)}",
                todo="name a new folder and an empty database",
            )
        with reader.connect() as connection:
            asked = {"search": _search(connection, settings, parts), "strip": _strip(connection, settings)}
            verified = _verified(connection, settings)
        with reader.connect() as connection:
            figures = _figures(connection, settings, parts)
    finally:
        reader.dispose()
    return {
        "database": settings.url.partition(":")[0],
        "parts": parts,
        "opening_s": round(opening_s, 3),
        "figures": figures,
        **asked,
        "verify": verified,
        "writes_beside_reports": _writes(settings, parts, seconds) if seconds else {},
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _timed_ms(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began_s)


def _beside(ours_ms: list[float], by_hand_ms: list[float]) -> dict[str, Any]:
    ours, by_hand = percentiles(ours_ms), percentiles(by_hand_ms)
    ratio = ours["p50"] / by_hand["p50"] if by_hand["p50"] else None
    return {"ms": ours, "by_hand_ms": by_hand, "ratio": ratio}


def _shift(parts: int) -> tuple[datetime, datetime]:
    """A shift in the midst of the record, or all of a short one."""
    first = max(parts // 2 - PARTS_IN_A_SHIFT // 2, 0)
    return seen_at(first), seen_at(min(first + PARTS_IN_A_SHIFT, parts))


def _figures(connection: Connection, settings: StoreSettings, parts: int) -> dict[str, Any]:
    start, end = _shift(parts)
    reader = open_reader(settings.url)
    try:

        def reported() -> object:
            return shift_summary(reader, start=start, end=end, now=seen_at(parts), hurried=True)

        ours = [_timed_ms(reported) for _ in range(3)]
        summary = shift_summary(reader, start=start, end=end, now=seen_at(parts), hurried=True)
    finally:
        reader.dispose()
    bounds = {"start": _as_stored(connection, start), "end": _as_stored(connection, end)}
    by_hand = [_timed_ms(lambda: connection.execute(text(_COUNTED), bounds).all()) for _ in range(3)]
    where = InspectionRow.seen_at.between(start, end)
    low, high = connection.execute(
        select(func.min(InspectionRow.position), func.max(InspectionRow.position)).where(where)
    ).one()
    verifying = [_timed_ms(lambda: verify_parts(connection, first=low, last=high)) for _ in range(2)]
    return {
        "parts": summary.parts,
        "rows_verified_before": 0 if summary.verified_before is None else summary.verified_before.rows,
        "all_rows_verified_ms": percentiles(verifying),
        **_beside(ours, by_hand),
    }


def _as_stored(connection: Connection, moment: datetime) -> object:
    if connection.dialect.name != "sqlite":
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _search(connection: Connection, settings: StoreSettings, parts: int) -> dict[str, Any]:
    chance = random.Random(3)  # noqa: S311
    wanted = [FIRST_PART + chance.randrange(parts) for _ in range(_ASKED)]
    start, end = EVER
    ours = [
        _timed_ms(lambda part=part: all_inspections(settings, start=start, end=end, parts=[part]))  # type: ignore[misc]
        for part in wanted
    ]
    by_hand = [
        _timed_ms(lambda part=part: connection.execute(text(_FOUND), {"part": part}).all())  # type: ignore[misc]
        for part in wanted
    ]
    return _beside(ours, by_hand)


def _strip(connection: Connection, settings: StoreSettings) -> dict[str, Any]:
    store = SqlStore(settings)
    store.open()
    try:
        ours = [_timed_ms(lambda: store.recent(20)) for _ in range(_ASKED)]
    finally:
        store.close()
    by_hand = [_timed_ms(lambda: connection.execute(text(_STRIP)).all()) for _ in range(_ASKED)]
    return _beside(ours, by_hand)


def _verified(connection: Connection, settings: StoreSettings) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began_s = time.perf_counter()
    worked_s = sum(os.times()[:4])
    rows = connection.scalar(select(func.max(InspectionRow.position))) or 0
    with side_by_side(settings.url, rows=rows) as ahead:
        report = verify_parts(connection, ahead=ahead)
    took_s, worked_s = time.perf_counter() - began_s, sum(os.times()[:4]) - worked_s
    _note(settings, report)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    read_ms = _timed_ms(lambda: connection.execute(text(_READ)).all())
    return {
        "intact": report.intact,
        "rows": report.rows,
        "s": round(took_s, 2),
        "cpu_s": round(worked_s, 2),
        "s_for_a_million": round(1e6 * took_s / report.rows, 2),
        "cpu_s_for_a_million": round(1e6 * worked_s / report.rows, 2),
        "memory_grown_mb": round(grown / 1024),
        "ratio": 1e3 * took_s / read_ms,
    }


def _note(settings: StoreSettings, report: ChainReport) -> None:
    """What the station, which verifies its record as it goes, has noted by then."""
    store = SqlStore(settings)
    store.open()
    reached = VerifiedUpTo(position=report.rows, row_hash=report.head, at=datetime.now(UTC))
    if report.intact:
        store.note(verified_event(reached))
    store.close()


def _writes(settings: StoreSettings, parts: int, seconds: float) -> dict[str, Any]:
    """Parts that come while another process makes one report after the other."""
    context = multiprocessing.get_context("spawn")
    ended, reports = context.Event(), context.Value("i", 0)
    beside = context.Process(target=_report_on, args=(settings, parts, ended, reports))
    store = SqlStore(settings)
    store.open()
    beside.start()
    took: list[float] = []
    late = 0
    try:
        intents = [(intent, outcome) for intent, outcome in looks(seed=11)]
        began_s = time.perf_counter()
        for number in range(round(seconds * PARTS_A_SECOND)):
            due_s = began_s + number / PARTS_A_SECOND
            if (early_s := due_s - time.perf_counter()) > 0:
                time.sleep(early_s)
            late += early_s < -1.0
            for revision in _now(*intents[number % len(intents)], number):
                took.append(_timed_ms(lambda one=revision: store.append(one)))  # type: ignore[misc]
        elapsed_s = time.perf_counter() - began_s
    finally:
        ended.set()
        store.close()
        beside.join()
    return {
        "ms": percentiles(took),
        "writes": len(took),
        "parts_a_second": round(len(took) / 2 / elapsed_s, 1),
        "parts_a_second_late": late,
        "reports": reports.value,
    }


def _report_on(settings: StoreSettings, parts: int, ended: Event, reports: Any) -> None:
    start, end = _shift(parts)
    while not ended.is_set():
        reader = open_reader(settings.url)
        shift_summary(reader, start=start, end=end, now=end)
        reader.dispose()
        reports.value += 1


def _now(intent: Inspection, outcome: Inspection, number: int) -> list[Inspection]:
    """A new part that looks so, of a run of its own: the record may have those of an earlier bench."""
    now, name = datetime.now(UTC), uuid4().hex
    seq = number % 65_535 + 1
    trigger = intent.trigger.model_copy(
        update={"seq": seq, "plc_boot_id": _BOOT, "seen_at": now, "part_id": seq}
    )
    decision = intent.decision.model_copy(update={"trigger_seq": seq, "part_id": seq})
    same = {"inspection_id": name, "trigger": trigger, "decision": decision, "recorded_at": now}
    at = now + timedelta(seconds=1)
    return [
        intent.model_copy(update=same),
        outcome.model_copy(update={**same, "recorded_at": at, "outcome_at": at}),
    ]


def in_folder(folder: Path, url: str | None) -> StoreSettings:
    """The bench's record: without a spool's help, so that a write that waits is seen."""
    return StoreSettings(folder=folder, database_url=url, busy_timeout_ms=5000)
