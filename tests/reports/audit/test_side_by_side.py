"""Several processes look at a record as one does: what they find is the same, whatever was done to it."""

from collections.abc import Iterator
from itertools import islice
from multiprocessing import Pipe, active_children

import pytest
from sqlalchemy import Connection, func, select

from inspection.decision import Action
from reports.audit import side_by_side as beside
from reports.audit.side_by_side import side_by_side
from reports.audit.verification import verify_record
from reports.record import parts_audit
from reports.record.chain import ChainReport
from reports.record.parts_audit import Walked, verify_parts, walk_parts
from reports.record.schema import InspectionRow
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import closed, part
from tests.reports.stores import disarm, execute_all, outside, tamper

ROWS, STRETCH = 10, 5


@pytest.fixture(scope="module")
def record(lasting_settings: StoreSettings) -> Iterator[Connection]:
    """A record of ten rows, whose triggers were removed by somebody with means."""
    store = SqlStore(lasting_settings)
    store.open()
    for number in range(1, ROWS // 2 + 1):
        pictures = (f"{number:064x}",)
        intent = (
            part(number, action=Action.REWORK, pictures=pictures)
            if number % 2
            else gauged(number, pressure(4.25), serial=f"S{number}", lot="L7", pictures=pictures)
        )
        store.append(intent)
        store.append(closed(intent))
    store.close()
    with outside(lasting_settings) as connection:
        disarm(connection)
        connection.commit()
        yield connection


def stretches(record: Connection, named: str | None) -> Iterator[Walked]:
    """As the processes look at them."""
    newest = record.scalar(select(func.max(InspectionRow.position))) or 0
    for first in range(1, newest + 1, STRETCH):
        last = min(first + STRETCH - 1, newest)
        walked = walk_parts(record, first=first, last=last, expected_head=named)
        if walked is None:
            return
        yield walked


class _Doubting(parts_audit._Audit):
    """Trusts no quick look: every row is read and compared column by column."""

    def surely_good(self, first: int, last: int | None, head: str) -> list[str] | None:
        row = InspectionRow.position
        behind = select(row).where(row >= first, *(() if last is None else (row <= last,))).limit(1)
        return None if self._connection.scalar(behind) is None else []


def found(record: Connection, *statements: str, named: str | None = None) -> ChainReport:
    """What verification finds after ``statements``, which are then undone; the same in all ways."""
    try:
        execute_all(record, statements)
        report = verify_parts(record, expected_head=named)
        assert verify_parts(record, expected_head=named, ahead=stretches(record, named)) == report
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parts_audit, "_Audit", _Doubting)
            assert verify_parts(record, expected_head=named) == report
        return report
    finally:
        record.rollback()


@pytest.mark.parametrize(
    ("damage", "row"),
    [
        ("UPDATE inspections SET action = 'stop' WHERE position = 5", 5),
        ("UPDATE inspections SET outcome = NULL WHERE position = 6", 6),
        ("UPDATE inspections SET published = NOT published WHERE position = 1", 1),
        ("UPDATE inspections SET latency_ms = 1 WHERE position = 10", 10),
        ("UPDATE inspections SET serial = 'S9' WHERE position = 3", 3),
        ("UPDATE inspections SET seen_at = '2026-01-01 00:00:00' WHERE position = 7", 7),
        ("UPDATE inspections SET recorded_at = '20260-01-01 00:00:00' WHERE position = 7", 7),
        ("UPDATE inspections SET supersedes = NULL WHERE position = 6", 6),
        ("UPDATE inspections SET trigger_cycle = 3 WHERE position = 5", 5),
        ("UPDATE inspections SET row_hash = prev_hash WHERE position = 5", 5),
        ("UPDATE inspections SET prev_hash = row_hash WHERE position = 6", 6),
        ("UPDATE inspections SET record = replace(record, 'scratch', 'dent') WHERE position = 5", 5),
        ("UPDATE inspections SET record = record || ' ' WHERE position = 6", 6),
        ("UPDATE inspections SET record = '{}' WHERE position = 10", 10),
        ("DELETE FROM inspections WHERE position = 1", 1),
        ("DELETE FROM inspections WHERE position = 5", 5),
        ("DELETE FROM inspections WHERE position = 6", 6),
        ("DELETE FROM inspections WHERE position > 5", 6),
        ("DELETE FROM inspections WHERE position > 9", 10),
        ("DELETE FROM inspections", 1),
        ("UPDATE inspections SET position = 11 WHERE position = 10", 10),
        ("UPDATE inspections SET position = 0 WHERE position = 6", 6),
        ("DELETE FROM inspection_pictures WHERE position = 6", 6),
        ("UPDATE gauge_readings SET value = 4.5 WHERE position = 8", 8),
        ("UPDATE defects SET score = 0.8 WHERE position = 5", 5),
        ("UPDATE looks SET pictures = 2 WHERE position = 5", 5),
    ],
)
def test_never_rewritten_the_same_row_is_named_by_whoever_looks(
    record: Connection, damage: str, row: int
) -> None:
    assert found(record, damage).broken_at == row


def test_of_two_breaks_the_first_is_named(record: Connection) -> None:
    harm = "UPDATE inspections SET action = 'stop' WHERE position IN (4, 9)"
    assert found(record, harm).broken_at == 4


def test_an_untouched_record_is_intact_and_a_noted_head_is_found_in_any_stretch(record: Connection) -> None:
    assert found(record).rows == ROWS
    for position in (1, 5, 6, 10):
        row_hash = record.scalar(select(InspectionRow.row_hash).where(InspectionRow.position == position))
        assert found(record, named=row_hash).named_at == position
    assert not found(record, named="f" * 64).intact


def test_what_is_written_in_another_way_and_says_the_same_is_no_break(record: Connection) -> None:
    """As an older Passgate, or a tool that copies databases, may have written it."""
    if record.dialect.name == "sqlite":
        zone = "UPDATE inspections SET seen_at = seen_at || '+00:00' WHERE position = 5"
        assert found(record, zone).intact
        elsewhere = "UPDATE inspections SET seen_at = seen_at || '+01:00' WHERE position = 5"
        assert found(record, elsewhere).broken_at == 5


def test_a_process_that_ends_early_only_costs_time(record: Connection) -> None:
    """What it was to look at is looked at by whoever verifies."""
    assert verify_parts(record, ahead=islice(stretches(record, None), 1)) == verify_parts(record)
    ours, theirs = Pipe()
    theirs.close()
    assert list(beside._in_turn([ours])) == []


def test_real_processes_find_it_and_are_gone_afterwards(
    settings: StoreSettings, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 9):
        store.append(part(number))
    tamper(settings, "UPDATE inspections SET action = 'stop' WHERE position = 7")
    for name, value in (("LEAST_ROWS", 2), ("STRETCH_ROWS", 3), ("_PROCESSES", 1)):
        monkeypatch.setattr(beside, name, value)
    with side_by_side(settings.url, rows=8) as ahead:
        looked_at = list(ahead)
    assert [(one.first, one.rows, bool(one.fault)) for one in looked_at] == [
        (1, 3, False),
        (4, 3, False),
        (7, 0, True),
    ]
    assert active_children() == []
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(beside, "LEAST_ROWS", 9)
    assert verify_record(settings, show_rows=lambda *told: seen.append(told)).broken_at == 7
    assert seen[-1] == (6, 8)
