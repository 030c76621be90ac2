"""The tables: append-only, of revisions, of what follows from them, and of events and their alarms.

What is searched for lies in columns; the whole inspection lies beside them as canonical JSON (``record``),
and every column is derived from it (``columns_of``), so that ``reports.record.parts_audit`` can tell a
changed column. So are the rows of the tables that hold what a revision has several of, or what figures need
of it (``reports.record.derived``).

**Unique per trigger.** The PLC's sequence number wraps from 65535 to 1, its boot id has 16 bits and comes
again some day, and part ids are constant in poor PLC programs. So a trigger is named by boot id, sequence
number and ``trigger_cycle``: how often the record had seen this pair before. The store refuses a pair that
was recorded among the last ``DUPLICATE_WINDOW`` parts, because that is the same trigger reported twice;
farther back it is the counter's next round and gets the next cycle. Counting parts, not time, survives a
night's stop, and a wrap is 65,535 parts away.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from inspection.decision import DecidedBy
from inspection.events import Event
from inspection.part import Inspection
from inspection.reviews.held import HELD

DUPLICATE_WINDOW = 128
"""Parts back from the newest in which the same boot id and sequence number mean the same trigger."""

PICTURE_ENCODING = "png"
"""How the archive writes pictures now: what the record says of a picture, and its file's extension."""

SHIFT_COLUMNS = (
    "seen_at",
    "root",
    "position",
    "inspection_id",
    "revision",
    "part_id",
    "trigger_seq",
    "recipe_id",
    "recipe_version",
    "action",
    "decided_by",
    "outcome",
    "missed",
    "published",
    "simulated",
    "late",
    "truth_known",
    "false_release",
    "challenge",
)
"""What a shift's figures need of each part's latest revision (``reports.record.rows``)."""

# SQLite counts rows only in a column declared INTEGER; PostgreSQL's INTEGER ends at 2³¹.
Position = BigInteger().with_variant(Integer(), "sqlite")
"""Type of a place in a chain."""


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time with microseconds; UTC in the database, timezone-aware in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; SQLite gets it without zone because it would drop it anyway."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a point in time without a time zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of the tables."""


class InspectionRow(Base):
    """One revision of one inspection. Rows are only ever added, at the end."""

    __tablename__ = "inspections"

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    """Place in the chain: 1, 2, 3, … without gaps."""
    root: Mapped[int] = mapped_column(Position)
    """Position of this inspection's revision 0."""
    supersedes: Mapped[int | None] = mapped_column(Position, ForeignKey("inspections.position"), unique=True)
    """Position of the revision before; unique, so a revision has one successor at most."""
    inspection_id: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(Integer)
    trigger_cycle: Mapped[int | None] = mapped_column(Integer)
    """See the module; None but in revision 0."""
    plc_boot_id: Mapped[int] = mapped_column(Integer)
    trigger_seq: Mapped[int] = mapped_column(Integer)
    part_id: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the trigger was seen: the part belongs to the shift of this moment."""
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recipe_id: Mapped[int] = mapped_column(Integer)
    recipe_version: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str] = mapped_column(String(16))
    published: Mapped[bool]
    outcome: Mapped[str | None] = mapped_column(String(16))
    missed: Mapped[str | None] = mapped_column(String(16))
    simulated: Mapped[bool]
    late: Mapped[bool]
    """The decision missed the internal deadline."""
    false_release: Mapped[bool]
    """True where the truth is known to be defective and the part was released."""
    truth_known: Mapped[bool]
    latency_ms: Mapped[float]
    """Trigger as we saw it to decision, ms; 0 where nothing was judged."""
    serial: Mapped[str | None] = mapped_column(Text)
    """What names the part (``Inspection.identity``); None where nothing does, and in a record from before."""
    lot: Mapped[str | None] = mapped_column(Text)
    """What names the parts that were made together; None as for ``serial``."""
    challenge: Mapped[str | None] = mapped_column(Text)
    """Which piece of a challenge it was; None for the line's own parts."""
    record: Mapped[str] = mapped_column(Text)
    """The whole inspection as canonical JSON (``reports.record.parts_chain.part_json``)."""
    prev_hash: Mapped[str] = mapped_column(String(64))
    row_hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("inspection_id", "revision"),
        # NULLs are distinct in a unique constraint, so only revision 0 is bound by it.
        UniqueConstraint("plc_boot_id", "trigger_seq", "trigger_cycle"),
        # These two hold all that a shift's figures need of the table, whose rows are long.
        Index("ix_inspections_shift", *SHIFT_COLUMNS),
        Index("ix_inspections_first", "root", "position", "action", "late", "latency_ms"),
        Index("ix_inspections_part_id", "part_id"),
        Index("ix_inspections_serial", "serial"),
        Index("ix_inspections_lot", "lot"),
        # Few of all parts are held: whoever asks which are looks at no other.
        Index(
            "ix_inspections_held",
            *("root", "position", "inspection_id"),
            sqlite_where=text(HELD),
            postgresql_where=text(HELD),
        ),
        # SQLite then remembers the highest position ever given: a removed end shows
        # (``reports.record.chain``).
        {"sqlite_autoincrement": True},
    )


class PictureRow(Base):
    """A picture that a revision names; derived from ``record``, for finding who needs a picture."""

    __tablename__ = "inspection_pictures"

    position: Mapped[int] = mapped_column(Position, ForeignKey("inspections.position"), primary_key=True)
    view: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Index in ``Inspection.pictures``."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    encoding: Mapped[str] = mapped_column(String(8))
    """How the archive wrote it when the revision was recorded; also its file's extension."""


class GaugeRow(Base):
    """What one gauge read, of one revision; derived from ``record``, for whoever works on values in SQL."""

    __tablename__ = "gauge_readings"

    position: Mapped[int] = mapped_column(Position, ForeignKey("inspections.position"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Index in ``Decision.gauges``."""
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[float | None] = mapped_column(Double)
    """In ``unit``; None where it could not be read, and of a code."""
    uncertainty: Mapped[float | None] = mapped_column(Double)
    """Standard uncertainty (GUM, k=1) in ``unit``; None where there is no value."""
    unit: Mapped[str] = mapped_column(Text)
    low: Mapped[float | None] = mapped_column(Double)
    """The limits that held when it was read; None where there was none."""
    high: Mapped[float | None] = mapped_column(Double)
    reason: Mapped[str | None] = mapped_column(String(32))
    """Why it could not be read; None where it was."""
    text: Mapped[str] = mapped_column(Text, server_default="")
    """A display's digits as shown, a lamp's colour, what a code holds; empty where there is none."""
    in_range: Mapped[bool] = mapped_column(server_default=false())
    """Whether it was read and is within its limits, or as wanted."""

    __table_args__ = (Index("ix_gauge_readings_name", "name", "position"),)


class DefectRow(Base):
    """One defect of one revision; derived from ``record``."""

    __tablename__ = "defects"

    position: Mapped[int] = mapped_column(Position, ForeignKey("inspections.position"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Index in ``Decision.defects``."""
    type: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(16))
    view: Mapped[str] = mapped_column(Text)
    length_mm: Mapped[float | None] = mapped_column(Double)
    """None where the view has no scale."""
    score: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_defects_type", "type", "position"),)


class LookRow(Base):
    """How one revision's part was looked at, and by what it was judged; derived from ``record``."""

    __tablename__ = "looks"

    position: Mapped[int] = mapped_column(Position, ForeignKey("inspections.position"), primary_key=True)
    judged_by: Mapped[str] = mapped_column(String(32))
    """Names recipe, model and certificate (``reports.record.derived.judged_by``); those of equal name are
    the same, and the record of any of them says which they are."""
    pictures: Mapped[int] = mapped_column(Integer)
    """How many are in the archive."""
    looked_at: Mapped[bool]
    """Whether pictures were taken of it."""


class EventRow(Base):
    """One thing that a person or the station did. Rows are only ever added, at the end."""

    __tablename__ = "events"

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    """Place in the events' own chain: 1, 2, 3, … without gaps."""
    event_id: Mapped[str] = mapped_column(String(32), unique=True)
    """Drawn when the event was noted; what is drained from the spool twice is stored once."""
    after: Mapped[int] = mapped_column(Position)
    """Position of the newest row of ``inspections`` when this was added: the order of the two tables."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(String(128))
    detail: Mapped[str] = mapped_column(Text)
    subjects: Mapped[str] = mapped_column(Text)
    """JSON array."""
    record: Mapped[str] = mapped_column(Text)
    """The whole event as canonical JSON (``reports.record.events_chain.event_json``)."""
    prev_hash: Mapped[str] = mapped_column(String(64))
    row_hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_events_kind", "kind", "position"),
        Index("ix_events_by", "by", "kind", "position"),
        {"sqlite_autoincrement": True},
    )


class AlarmRow(Base):
    """What became of an alarm at one event; derived from its ``record``. The view ``alarms`` sums them up."""

    __tablename__ = "alarm_changes"

    position: Mapped[int] = mapped_column(Position, ForeignKey("events.position"), primary_key=True)
    alarm_id: Mapped[str] = mapped_column(String(32))
    code: Mapped[int] = mapped_column(Integer)
    """severity·4096 + component·256 + code, as in the register map."""
    priority: Mapped[str] = mapped_column(String(16))
    change: Mapped[str] = mapped_column(String(32))
    """Kind of the event."""
    times: Mapped[int] = mapped_column(Integer)
    """How often it had come since it was listed."""

    __table_args__ = (
        Index("ix_alarm_changes_alarm_id", "alarm_id", "position"),
        Index("ix_alarm_changes_code", "code", "position"),
    )


def as_given(connection: Connection, query: Select[Any]) -> Sequence[tuple[Any, ...]]:
    """The rows as the driver gives them, in half the time; SQLite's times are texts, its booleans 0 and 1.

    Raises:
        SQLAlchemyError: The database cannot be read.
        TypeError: Or ValueError: A column holds what Python has not.
    """
    result = connection.execute(query)
    assert result.cursor is not None
    try:
        rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall()
    except connection.dialect.loaded_dbapi.Error:  # once more, for SQLAlchemy's own error
        rows = list(map(tuple, connection.execute(query).all()))
    finally:
        result.close()
    return rows


def columns_there(connection: Connection) -> set[str]:
    """The columns that ``inspections`` has: a record that nobody has brought up to date lacks the newest.

    Where there is no such table, all: the query that follows says so better.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    table = InspectionRow.__table__
    if not inspect(connection).has_table(InspectionRow.__tablename__):
        return {column.name for column in table.columns}
    # A question without an answer names them, in a tenth of the time that PostgreSQL's catalogue takes.
    return set(connection.execute(select(text("*")).select_from(table).limit(0)).keys())


def schema_revision(connection: Connection) -> str:
    """Which step of the schema (``reports.database.migrations``) the record is at; empty where none is.

    Nothing says it of a plant's copy either.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not inspect(connection).has_table("alembic_version"):
        return ""
    revision = str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")
    return revision if revision.isdecimal() else ""


def columns_of_event(event: Event) -> dict[str, Any]:
    """Every column that follows from the event alone."""
    return {
        "at": event.at,
        "kind": event.kind.value,
        "by": without_nul(event.by),
        "detail": without_nul(event.detail),
        "subjects": json.dumps(event.subjects, separators=(",", ":")),
    }


def without_nul(text: str) -> str:
    """PostgreSQL keeps any character in text but this one; the JSON beside it has it escaped."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def columns_of(inspection: Inspection) -> dict[str, Any]:
    """Every column that follows from the inspection alone."""
    trigger, decision, identity = inspection.trigger, inspection.decision, inspection.identity
    return {
        "inspection_id": inspection.inspection_id,
        "revision": inspection.revision,
        "plc_boot_id": trigger.plc_boot_id,
        "trigger_seq": trigger.seq,
        "part_id": trigger.part_id,
        "seen_at": trigger.seen_at,
        "recorded_at": inspection.recorded_at,
        "recipe_id": decision.recipe.id,
        "recipe_version": decision.recipe.version,
        "action": decision.action.value,
        "decided_by": decision.decided_by.value,
        "published": inspection.published,
        "outcome": inspection.outcome.value if inspection.outcome else None,
        "missed": inspection.missed.value if inspection.missed else None,
        "simulated": inspection.simulated,
        "late": decision.decided_by is DecidedBy.TIMEOUT or inspection.late_decision is not None,
        "false_release": inspection.false_release,
        "truth_known": inspection.truth is not None,
        "latency_ms": decision.timings_ms.total,
        "serial": None if identity is None else without_nul(identity.serial) or None,
        "lot": None if identity is None else without_nul(identity.lot) or None,
        "challenge": None if inspection.challenge is None else without_nul(inspection.challenge.piece),
    }
