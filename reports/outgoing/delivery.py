"""The plant's end: what it has of this station, and how it is given more, whole batches at a time."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import RecordRefusedError, SettingsError, StoreError
from reports.outgoing.outbox import CARRIED, Batch, Heads, Row, chain_of
from reports.plant.connecting import PATIENCE_S, connect_plant, plant_error
from reports.plant.versions import refuse_other_version

_PUSHING: Final = 0x50415353
"""Half of the advisory lock under which one process pushes as a station: "PASS"."""
_NO_LINK: Final = "PSCHN"
"""SQLSTATE of a row that does not follow its chain (see the migrations)."""
_NO_ROW: Final = ("22", "23")
"""Classes of SQLSTATE that say that a row fits no column, or breaks a constraint."""
_INBOX: Final = "CREATE TEMPORARY TABLE {inbox} (LIKE {table}) ON COMMIT DELETE ROWS"
_HASH: Final = "SELECT row_hash FROM {table} WHERE station = %s AND position = %s"
_SESSION: Final = (
    "SET idle_in_transaction_session_timeout = '60s'",  # a station that froze holds nothing for long
    "SET statement_timeout = '10min'",
)


class RowRefusedError(RecordRefusedError):
    """The plant does not take a row, and no later one: trying again cannot help."""

    def __init__(self, chain: str, position: int | None, reason: str, what: str) -> None:
        super().__init__(
            what,
            part="Nothing behind it is sent; all of it stays in the station's own record",
            todo="verify the station's record (passgate record verify); where it was restored or begun anew, "
            "let the plant's administrator add it under another name (passgate sync prepare)",
        )
        self.chain = chain
        self.position = position
        """None: one of the batch, it isn't known which."""
        self.reason = reason


class Plant:
    """A connection to the plant as one station, which nobody else pushes as meanwhile. Used by one thread.

    Args:
        url: From ``parse_plant_url``.
        station: The name that the role of ``url`` must push as.
        patience_s: How long the plant may take over one answer.
    """

    def __init__(self, url: URL, station: str, *, patience_s: float = PATIENCE_S) -> None:
        self._url = url
        self._station = station
        self._engine = connect_plant(url, read_only=False, patience_s=patience_s)
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection. May be called twice."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def open(self) -> Heads:
        """Connect, and ask what the plant has of this station.

        Raises:
            SettingsError: The plant knows this role as no station, or as another one.
            StoreError: It cannot be reached, is at another step of its schema, or another process pushes as
                this station.
        """
        with self._told():
            self._connection = self._engine.connect()
            refuse_other_version(self._connection)
            self._connection.commit()
            with self._driver.transaction(), self._driver.cursor() as cursor:
                for setting in _SESSION:
                    cursor.execute(setting.encode())
                self._refuse_other_station(cursor)
                for table in CARRIED:
                    cursor.execute(_on(table.name, _INBOX))
                return _heads(cursor)

    def put(self, batch: Batch) -> None:
        """Add a batch: all of it is durable at the plant when this returns, or nothing is there.

        Raises:
            RowRefusedError: A row does not follow what the plant has, or fits no column there.
            StoreError: The connection broke off; whether the batch is there, the next ``open`` tells.
        """
        with self._told(), self._driver.transaction(), self._driver.cursor() as cursor:
            for table in CARRIED:
                if rows := batch.tables[table.name]:
                    with _fits(chain_of(table)):
                        _put(cursor, table.name, self._station, rows)

    def all_sent(self, moment: datetime) -> None:
        """Say that all is there that the station had at ``moment``, by its clock. Raises StoreError."""
        with self._told(), self._driver.transaction(), self._driver.cursor() as cursor:
            cursor.execute(b"SELECT plant.all_sent(%s)", (moment,))

    def hash_at(self, chain: str, position: int) -> str | None:
        """``row_hash`` of a row of this station that the plant has; None where there is none."""
        with self._told(), self._driver.transaction(), self._driver.cursor() as cursor:
            cursor.execute(_on(chain, _HASH), (self._station, position))
            found = cursor.fetchone()
        return None if found is None else str(found[0])

    def note(self, refusal: RowRefusedError, *, row_hash: str, record: str) -> None:
        """Leave at the plant, once, the row that it does not take. Raises StoreError."""
        with self._told(), self._driver.transaction(), self._driver.cursor() as cursor:
            cursor.execute(
                b"INSERT INTO plant.refusals (station, chain, position, row_hash, reason, record)"
                b" VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (self._station, refusal.chain, refusal.position, row_hash, refusal.reason, record),
            )

    @property
    def _driver(self) -> "psycopg.Connection[tuple[Any, ...]]":
        assert self._connection is not None, "not open"
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        return driver

    def _refuse_other_station(self, cursor: "psycopg.Cursor[tuple[Any, ...]]") -> None:
        cursor.execute(b"SELECT plant.own_station()")
        (own,) = cursor.fetchone() or (None,)
        if own != self._station:
            pushes = "pushes for no station there" if own is None else f"pushes as {own!r} there"
            raise SettingsError(
                f"The role {self._url.username!r} {pushes}, not as {self._station!r}",
                part="Nothing was sent",
                todo="correct [plant] station, or the role in its url; passgate sync prepare names both",
            )
        cursor.execute(b"SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_PUSHING, own))
        if cursor.fetchone() != (True,):
            raise StoreError(
                f"Another process pushes as {own!r} to this plant",
                part="It goes on; this one sends nothing meanwhile",
                todo="let one of them run, on one machine",
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the plant refuses, in words. Raises StoreError."""
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate == _NO_LINK:
                told = json.loads(error.diag.message_detail or "{}")
                raise _no_link(told["chain"], told["position"], told["reason"]) from error
            raise plant_error(self._url, error) from error
        except SQLAlchemyError as error:
            raise plant_error(self._url, error) from error


@contextmanager
def _fits(chain: str) -> Iterator[None]:
    """In which rows of a chain are given. Raises RowRefusedError where one fits no column."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != _NO_LINK and (error.sqlstate or "")[:2] in _NO_ROW:
            what = f"The plant takes no such row of the {chain}: {error}"
            raise RowRefusedError(chain, None, "value", what) from error
        raise


def _no_link(chain: str, position: int, reason: str) -> RowRefusedError:
    why = {
        "place": "its place is not the next",
        "chain": "it does not follow the row before it",
        "hash": "its hash does not fit: it was changed",
        "after": "it stands behind rows of the parts that the plant does not have",
    }
    what = f"The plant refuses row {position} of the {chain}: {why[reason]}"
    return RowRefusedError(chain, position, reason, what)


def _on(table: str, statement: str, **names: sql.Composable) -> sql.Composed:
    """A statement about one of the plant's tables, and the one beside it in which rows come."""
    inbox, there = sql.Identifier(f"inbox_{table}"), sql.Identifier("plant", table)
    return sql.SQL(statement).format(inbox=inbox, table=there, **names)


def _heads(cursor: "psycopg.Cursor[tuple[Any, ...]]") -> Heads:
    cursor.execute(b"SELECT chain, position, row_hash FROM plant.heads")
    found = {chain: (position, row_hash) for chain, position, row_hash in cursor}
    return Heads(*found["inspections"], *found["events"])


def _put(cursor: "psycopg.Cursor[tuple[Any, ...]]", table: str, station: str, rows: Sequence[Row]) -> None:
    """By COPY into a table of this session: PostgreSQL lets nobody COPY past a policy of rows."""
    columns = sql.SQL(", ").join(map(sql.Identifier, ("station", *rows[0])))
    with cursor.copy(_on(table, "COPY {inbox} ({columns}) FROM STDIN", columns=columns)) as copy:
        for row in rows:
            copy.write_row((station, *row.values()))
    cursor.execute(_on(table, "INSERT INTO {table} SELECT * FROM {inbox}"))
