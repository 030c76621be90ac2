"""Promise 5: whoever changes the record breaks its chain, and the first broken row is named."""

import json
import math
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from inspection.decision import Action, RecipeRef
from inspection.errors import StoreError
from inspection.part import Inspection, Outcome, Truth
from reports.audit.verification import verify_record
from reports.record.chain import GENESIS, ChainReport
from reports.record.parts_audit import verify_parts
from reports.record.parts_chain import part_json
from reports.record.schema import InspectionRow
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START, closed, part
from tests.reports.stores import NOT_LET_THROUGH, differs, disarm, execute_all, outside, verify

PARTS = 6
ROWS = 2 * PARTS


@pytest.fixture(scope="module")
def record(lasting_settings: StoreSettings) -> Iterator[Connection]:
    """A record of 12 rows, 2 for each part, whose triggers were removed by somebody with means."""
    store = SqlStore(lasting_settings)
    store.open()
    for number in range(1, PARTS + 1):
        intent = part(number, pictures=(f"{number:064x}",), truth=Truth(defective=number == 3))
        store.append(intent)
        store.append(closed(intent))
    store.close()
    with outside(lasting_settings) as connection:
        disarm(connection)
        connection.commit()
        yield connection


def check(record: Connection, *statements: str, **options: Any) -> ChainReport:
    """What verification says after ``statements``, which are then undone."""
    try:
        execute_all(record, statements)
        return verify_parts(record, **options)
    finally:
        record.rollback()


def hash_of(record: Connection, position: int) -> str:
    return str(record.scalar(text(f"SELECT row_hash FROM inspections WHERE position = {position}")))


def test_an_untouched_record_is_intact(record: Connection) -> None:
    assert check(record) == ChainReport(intact=True, rows=ROWS, head=hash_of(record, ROWS))


def test_an_empty_record_is_intact(store: SqlStore, reader: Engine) -> None:
    assert verify(reader) == ChainReport(intact=True, rows=0, head=GENESIS)


COLUMNS = [column.name for column in InspectionRow.__table__.columns if column.name != "position"]
VALUES = ("'tampered'", "NULL", "0", "1", "7", "-1", "0.5", "x'00ff'", "'2026-01-01 00:00:00'", "'pass'")


@given(column=st.sampled_from(COLUMNS), value=st.sampled_from(VALUES), row=st.integers(1, ROWS))
@hypothesis_settings(max_examples=120)
def test_never_rewritten_any_changed_value_is_found(
    record: Connection, column: str, value: str, row: int
) -> None:
    where = f"WHERE position = {row} AND {differs(record, column, value, InspectionRow)}"
    try:
        changes = record.scalar(text(f"SELECT count(*) FROM inspections {where}"))
        record.rollback()
        report = check(record, f"UPDATE inspections SET {column} = {value} {where}")
    except NOT_LET_THROUGH:
        record.rollback()
        return
    assert report.broken_at == (row if changes else None)
    assert report.rows == (row - 1 if changes else ROWS)


@pytest.mark.parametrize("column", ["seen_at", "recorded_at"])
@pytest.mark.parametrize(
    "moment", ["infinity", "-infinity", "2026-03-02 06:00:00 BC", "20260-03-02 06:00:00"]
)
def test_never_rewritten_a_time_that_python_does_not_have_is_a_break_at_its_row(
    record: Connection, column: str, moment: str
) -> None:
    report = check(record, f"UPDATE inspections SET {column} = '{moment}' WHERE position = 5")
    assert (report.broken_at, report.reason) == (5, "a column cannot be read")


@given(row=st.integers(1, ROWS), at=st.integers(0, 600), letter=st.sampled_from('0aZ}"é'))
@hypothesis_settings(max_examples=100)
def test_never_rewritten_one_letter_of_the_json(record: Connection, row: int, at: int, letter: str) -> None:
    changed = f"substr(record, 1, {at}) || '{letter}' || substr(record, {at} + 2)"
    query = text(f"SELECT record = {changed} FROM inspections WHERE position = {row}")
    same = record.scalar(query)
    report = check(record, f"UPDATE inspections SET record = {changed} WHERE position = {row}")
    assert report.broken_at == (None if same else row)


@given(rows=st.sets(st.integers(1, ROWS), min_size=1, max_size=ROWS))
@hypothesis_settings(max_examples=40)
def test_never_rewritten_deleted_rows_are_found(record: Connection, rows: set[int]) -> None:
    report = check(record, f"DELETE FROM inspections WHERE position IN ({', '.join(map(str, rows))})")

    assert not report.intact
    assert report.broken_at is not None
    assert report.broken_at <= max(rows)


@given(pair=st.lists(st.integers(1, ROWS), min_size=2, max_size=2, unique=True))
@hypothesis_settings(max_examples=30)
def test_never_rewritten_exchanged_rows_are_found(record: Connection, pair: list[int]) -> None:
    one, other = sorted(pair)
    moves = [(one, 99), (other, one), (99, other)]
    report = check(record, *(f"UPDATE inspections SET position = {b} WHERE position = {a}" for a, b in moves))
    assert report.broken_at == one


@pytest.mark.parametrize("position", [-3, 0, ROWS + 1, ROWS + 5])
def test_never_rewritten_inserted_rows_are_found(record: Connection, position: int) -> None:
    columns = ", ".join(COLUMNS)
    values = (
        columns.replace("inspection_id", "'x'").replace("trigger_cycle", "9").replace("supersedes", "NULL")
    )
    report = check(
        record,
        f"INSERT INTO inspections (position, {columns}) SELECT {position}, {values} FROM inspections LIMIT 1",
    )
    assert not report.intact


def test_never_rewritten_the_pictures_belong_to_it(record: Connection) -> None:
    for statement in (
        "UPDATE inspection_pictures SET sha256 = 'x' WHERE position = 5",
        "DELETE FROM inspection_pictures WHERE position = 5",
        "INSERT INTO inspection_pictures VALUES (5, 1, 'x', 'png')",
    ):
        assert check(record, statement).broken_at == 5


def test_removed_newest_rows_are_found_by_the_counter_or_by_a_printed_head(record: Connection) -> None:
    remove = f"DELETE FROM inspections WHERE position > {ROWS - 2}"
    reset = f"UPDATE sqlite_sequence SET seq = {ROWS - 2} WHERE name = 'inspections'"
    assert check(record, remove).broken_at == ROWS - 1
    assert check(record, remove, reset).intact, "documented: without a secret this cannot be found"
    head = hash_of(record, ROWS)
    assert check(record, expected_head=head).intact
    report = check(record, remove, reset, expected_head=head)
    assert not report.intact
    assert head in report.reason


def test_a_stretch_is_verified_against_the_row_before_it(record: Connection) -> None:
    assert check(record, first=5, last=8) == ChainReport(intact=True, rows=4, head=hash_of(record, 8))
    tampered = "UPDATE inspections SET action = 'stop' WHERE position = 9"
    assert check(record, tampered, first=5, last=8).intact
    assert check(record, tampered, first=5).broken_at == 9
    assert check(record, "DELETE FROM inspections WHERE position = 4", first=5).broken_at == 4


def test_a_database_of_something_else_is_a_clear_error(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    other = StoreSettings(folder=tmp_path, database_url=f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(StoreError, match=r"other\.db cannot be read: no such table.*another record is meant"):
        verify_record(other)


# --- canonical JSON ---------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
inspections = st.builds(
    lambda number, action, reason, ms, outcome, hours: closed(
        part(number, action=action, reason=reason, total_ms=ms), outcome
    ).model_copy(update={"recorded_at": START.astimezone(timezone(timedelta(hours=hours)))}),
    st.integers(1, 60_000),
    st.sampled_from(Action),
    texts,
    st.floats(0, 1e6, allow_nan=False),
    st.sampled_from(Outcome),
    st.integers(-12, 12),
)


@given(inspections)
def test_canonical_json_reads_back_and_is_a_fixed_point(inspection: Inspection) -> None:
    record = part_json(inspection)
    again = Inspection.model_validate_json(record)
    assert again == inspection
    assert part_json(again) == record


@given(inspections, inspections)
def test_canonical_json_differs_where_the_inspections_differ(one: Inspection, other: Inspection) -> None:
    assert (part_json(one) == part_json(other)) == (one == other)


def test_never_rewritten_a_row_from_before_recipes_were_named_by_hash_stays_as_it_was() -> None:
    before = part(1)
    record = json.loads(part_json(before))
    assert record["decision"]["recipe"] == {"id": 3, "version": 7}
    assert Inspection.model_validate_json(json.dumps(record)).decision.recipe.sha256 == ""
    named = before.decision.model_copy(update={"recipe": RecipeRef(id=3, version=7, sha256="ab" * 32)})
    record = json.loads(part_json(before.model_copy(update={"decision": named})))
    assert record["decision"]["recipe"] == {"id": 3, "version": 7, "sha256": "ab" * 32}


def test_canonical_json_refuses_what_it_would_lose() -> None:
    good = part(1)
    for bad in (
        good.model_copy(update={"recorded_at": datetime(2026, 1, 1)}),
        good.model_copy(update={"accepted_ms": math.inf}),
        good.model_copy(update={"outcome": "melted"}),
    ):
        with pytest.raises(StoreError, match="cannot be kept"):
            part_json(bad)
    assert datetime.fromisoformat("2026-03-02T06:00:00Z") == START.astimezone(UTC)
