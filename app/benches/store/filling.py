"""A record of many parts, made quickly: each row is hashed and chained as the store does it, none is judged.

The rows are those of a few hundred made-up parts (``app.benches.store.looks``), written by the record's own
code, in which names, times and pictures are put for each further part. Verification finds nothing amiss.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, NullPool, create_engine, text

from app.benches.store.looks import BEGAN, looks
from inspection.part import Inspection
from reports.record.chain import GENESIS
from reports.record.derived import DERIVED
from reports.record.parts_chain import hash_row, part_json
from reports.record.schema import InspectionRow, columns_of
from reports.settings import StoreSettings
from reports.store.store import SqlStore

PARTS_IN_A_SHIFT: Final = 57_600
SHIFT: Final = timedelta(hours=8)
TAKT: Final = SHIFT / PARTS_IN_A_SHIFT
FIRST_PART: Final = 100_000
BEHIND: Final = 3
"""So many parts later a part's outcome comes."""
_BATCH: Final = 20_000
_SEQUENCE: Final = 65_535

Rows = dict[str, list[tuple[Any, ...]]]
_INSPECTIONS: Final = InspectionRow.metadata.tables[InspectionRow.__tablename__]
_TABLES: Final = (_INSPECTIONS, *(one.table for one in DERIVED))


class _Stamp(NamedTuple):
    """One made-up revision, taken apart where another part differs."""

    pieces: tuple[str, ...]
    """Of its record: between each two of them stands one of ``fields``."""
    fields: tuple[int, ...]
    """Which of ``_Names`` stands there."""
    columns: dict[str, Any]
    derived: dict[str, list[dict[str, Any]]]


class _Names(NamedTuple):
    """What differs from part to part, as the JSON has it."""

    inspection_id: str
    part_id: str
    seq: str
    seen_at: str
    recorded_at: str
    ended_at: str
    picture: str


_MARKS: Final = _Names(
    inspection_id="0123456789abcdef" * 2,
    part_id="4123456789",
    seq="65521",
    seen_at="2001-01-01T01:01:01.000001Z",
    recorded_at="2002-02-02T02:02:02.000002Z",
    ended_at="2003-03-03T03:03:03.000003Z",
    picture="fedcba9876543210" * 4,
)


def fill(settings: StoreSettings, parts: int, *, show: Callable[[int, int], None]) -> None:
    """Make a record of so many parts, where there is none yet.

    Args:
        settings: Of the record; its database is empty.
        parts: How many.
        show: Told how many are done.

    Raises:
        StoreError: The database cannot be made.
        SQLAlchemyError: It refuses.
    """
    store = SqlStore(settings)
    store.open()
    store.close()
    engine = create_engine(settings.url, poolclass=NullPool)
    with engine.connect() as connection:
        with _past_the_triggers(connection):
            for rows in _batches(parts, show):
                _write(connection, rows)
        _remember(connection, rows_of(parts))
        connection.commit()
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    engine.dispose()


def rows_of(parts: int) -> int:
    """Rows that so many parts make: the last few have no outcome yet."""
    return 2 * parts - min(BEHIND, parts)


def seen_at(number: int) -> datetime:
    """When the part was seen that is the ``number``-th, counted from 0."""
    return BEGAN + number * TAKT


def _batches(parts: int, show: Callable[[int, int], None]) -> Iterator[Rows]:
    stamps = [(_stamp(intent), _stamp(ended)) for intent, ended in looks()]
    chance = random.Random(1)  # noqa: S311
    chain = _Chain()
    open_parts: list[tuple[int, int, _Stamp, _Names]] = []
    for number in range(parts):
        intent, ended = chance.choice(stamps)
        names = _names(number, chance)
        root = chain.add(intent, names, number, root=None)
        open_parts.append((number, root, ended, names))
        if len(open_parts) > BEHIND:
            before, its_root, stamp, its_names = open_parts.pop(0)
            chain.add(stamp, its_names, before, root=its_root)
        if (number + 1) % _BATCH == 0 or number + 1 == parts:
            yield chain.take()
            show(number + 1, parts)


def _names(number: int, chance: random.Random) -> _Names:
    at = seen_at(number)
    return _Names(
        inspection_id=f"{chance.getrandbits(128):032x}",
        part_id=str(FIRST_PART + number),
        seq=str(number % _SEQUENCE + 1),
        seen_at=_json(at),
        recorded_at=_json(at + timedelta(seconds=0.2)),
        ended_at=_json(at + timedelta(seconds=1.4)),
        picture=f"{chance.getrandbits(256):064x}",
    )


def _json(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _stamp(look: Inspection) -> _Stamp:
    marked = look.model_copy(
        update={
            "inspection_id": _MARKS.inspection_id,
            "trigger": look.trigger.model_copy(
                update={
                    "part_id": int(_MARKS.part_id),
                    "seq": int(_MARKS.seq),
                    "seen_at": datetime.fromisoformat(_MARKS.seen_at),
                }
            ),
            "decision": look.decision.model_copy(
                update={"part_id": int(_MARKS.part_id), "trigger_seq": int(_MARKS.seq)}
            ),
            "pictures": (_MARKS.picture,) if look.pictures else (),
            "recorded_at": datetime.fromisoformat(_MARKS.ended_at if look.outcome else _MARKS.recorded_at),
            "outcome_at": datetime.fromisoformat(_MARKS.ended_at) if look.outcome else None,
        }
    )
    record = part_json(marked)
    found = sorted((at, mark) for mark, said in enumerate(_MARKS) for at in _places(record, said))
    pieces, done = [], 0
    for at, mark in found:
        pieces.append(record[done:at])
        done = at + len(_MARKS[mark])
    return _Stamp(
        pieces=(*pieces, record[done:]),
        fields=tuple(mark for _, mark in found),
        columns=columns_of(marked),
        derived={one.name: [{**one.written, **row} for row in one.rows_of(marked)] for one in DERIVED},
    )


def _places(text: str, said: str) -> Iterator[int]:
    at = text.find(said)
    while at >= 0:
        yield at
        at = text.find(said, at + 1)


class _Chain:
    """Rows, each hashed behind the one before it."""

    def __init__(self) -> None:
        self._position, self._head = 0, GENESIS
        self._rows: Rows = {table.name: [] for table in _TABLES}

    def add(self, stamp: _Stamp, names: _Names, number: int, *, root: int | None) -> int:
        """Add one revision; returns its position."""
        self._position += 1
        position = self._position
        record = "".join(
            said
            for piece, field in zip(stamp.pieces, (*stamp.fields, None), strict=True)
            for said in (piece, "" if field is None else names[field])
        )
        at = seen_at(number)
        link: dict[str, Any] = {
            "root": root or position,
            "supersedes": root,
            "trigger_cycle": None if root else number // _SEQUENCE,
            "record": record,
        }
        row_hash = hash_row(prev_hash=self._head, position=position, **link)
        columns = {
            **stamp.columns,
            "inspection_id": names.inspection_id,
            "part_id": int(names.part_id),
            "trigger_seq": int(names.seq),
            "seen_at": at,
            "recorded_at": at + timedelta(seconds=1.4 if root else 0.2),
            **link,
            "position": position,
            "prev_hash": self._head,
            "row_hash": row_hash,
        }
        self._rows[_INSPECTIONS.name].append(tuple([columns[column.name] for column in _INSPECTIONS.columns]))
        for one in DERIVED:
            for row in stamp.derived[one.name]:
                if "sha256" in row:
                    row = {**row, "sha256": names.picture}
                self._rows[one.name].append(
                    (
                        position,
                        *[row[column.name] for column in one.table.columns if column.name != "position"],
                    )
                )
        self._head = row_hash
        return position

    def take(self) -> Rows:
        """The rows since the last time."""
        rows, self._rows = self._rows, {table.name: [] for table in _TABLES}
        return rows


@contextmanager
def _past_the_triggers(connection: Connection) -> Iterator[None]:
    """What looks at each row that comes is off: the chain is made here."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET session_replication_role = replica")
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA synchronous = OFF")
    driver.execute("PRAGMA cache_size = -400000")
    triggers: list[tuple[str, str]] = driver.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        driver.execute(f"DROP TRIGGER {name}")
    yield
    for _, made_by in triggers:
        driver.execute(made_by)


def _write(connection: Connection, rows: Rows) -> None:
    driver: Any = connection.connection.driver_connection
    for table in _TABLES:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        if connection.dialect.name == "postgresql":
            copied = f"COPY {table.name} ({names}) FROM STDIN"
            with driver.cursor() as cursor, cursor.copy(copied) as copy:
                for row in rows[table.name]:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(table.columns))
            driver.executemany(
                f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608
                _for_sqlite(rows[table.name]),
            )
    driver.commit()


def _for_sqlite(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            value.replace(tzinfo=None).isoformat(" ", "microseconds") if type(value) is datetime else value
            for value in row
        ]


def _remember(connection: Connection, rows: int) -> None:
    """PostgreSQL's count, which a trigger keeps; SQLite's keeps itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("UPDATE rows_given SET position = :rows WHERE name = 'inspections'"), {"rows": rows}
        )
