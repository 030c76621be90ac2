"""The parts of a stretch of time, as the database has them."""

import gc
import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, Select, func, inspect, null, select, type_coerce
from sqlalchemy.orm import aliased
from sqlalchemy.types import NullType

from inspection.decision import Action
from inspection.part import Inspection, MissedCause, Outcome, went_as_decided
from reports.record.derived import DERIVED
from reports.record.schema import (
    SHIFT_COLUMNS,
    DefectRow,
    GaugeRow,
    InspectionRow,
    LookRow,
    as_given,
    columns_there,
    without_nul,
)

_BATCH = 500
"""Ids in one question: a database takes only so many."""


_Id = TypeVar("_Id")


class Named(NamedTuple):
    """Which parts are meant, by what names them: those that fit in all that is said."""

    serial: str = ""
    lot: str = ""

    def fits(self, inspection: Inspection) -> bool:
        """Whether a part is meant."""
        identity = inspection.identity
        return identity is not None and all(
            not wanted or wanted == said
            for wanted, said in ((self.serial, identity.serial), (self.lot, identity.lot))
        )


class FoundDefect(NamedTuple):
    """A defect, as figures need it."""

    type: str
    severity: str


class Reading(NamedTuple):
    """What one gauge read, as figures need it; see ``inspection.decision.GaugeReading``."""

    name: str
    kind: str
    """Empty in records from before there were kinds."""
    value: float | None
    uncertainty: float | None
    unit: str
    low: float | None
    high: float | None
    reason: str | None
    text: str
    in_range: bool
    truth: float | None = None
    """What it really showed, in simulations and replays."""

    @property
    def read(self) -> bool:
        """Whether it was read."""
        return self.value is not None or bool(self.text)


class ShiftRow(NamedTuple):
    """What a report needs of one part: its latest revision, and what its first revision said."""

    position: int
    """0 where it waits in the spool."""
    root: int
    """0 where the part waits in the spool."""
    inspection_id: str
    revision: int
    part_id: int
    trigger_seq: int
    seen_at: datetime
    recipe_id: int
    recipe_version: int
    action: str
    decided_by: str
    outcome: str | None
    missed: str | None
    published: bool
    simulated: bool
    late: bool
    truth_known: bool
    false_release: bool
    challenge: str | None
    first_action: str
    first_late: bool
    first_latency_ms: float
    judged_by: str = ""
    """Names recipe, model and certificate (``reports.record.derived.what_judged``). This and what
    follows, up to ``record``, only in ``shift_parts``."""
    pictures: int = 0
    looked_at: bool = False
    defects: tuple[FoundDefect, ...] = ()
    readings: tuple[Reading, ...] = ()
    record: str = ""
    """Only in ``stored_parts``, and of what waits in the spool."""

    @property
    def judged(self) -> bool:
        """Whether it was judged as a part of the line: not missed, and no piece of a challenge."""
        return self.missed is None and self.challenge is None

    @property
    def went_as_decided(self) -> bool | None:
        """Whether it went with a judged part as was decided; None where that is open."""
        return _went(self.action, self.published, self.outcome, self.revision > 0)

    @property
    def passed_at_first_look(self) -> bool:
        """Whether a judged part passed at the first look, and its pass held."""
        return self.first_action == self.action == Action.PASS and bool(self.went_as_decided)

    @property
    def mismatched_release(self) -> bool:
        """Whether it was released without a published pass on record (``Inspection.mismatched_release``)."""
        without_pass = self.action != Action.PASS or not self.published
        return self.outcome == Outcome.RELEASED and without_pass and self.missed != MissedCause.BEFORE_RECORD


@cache
def _went(action: str, published: bool, outcome: str | None, revised: bool) -> bool | None:
    return went_as_decided(
        Action(action),
        published=published,
        outcome=None if outcome is None else Outcome(outcome),
        revision=int(revised),
    )


_FIRST: Final = aliased(InspectionRow)
_ROW: Final = [
    *(getattr(InspectionRow, name) for name in ShiftRow._fields if name in SHIFT_COLUMNS),
    func.coalesce(_FIRST.action, InspectionRow.action),
    func.coalesce(_FIRST.late, InspectionRow.late),
    func.coalesce(_FIRST.latency_ms, InspectionRow.latency_ms),
]
"""Of a part's latest revision, and of its first, where that is not gone."""


def stored_parts(
    connection: Connection,
    start: datetime,
    end: datetime,
    *,
    only: Iterable[str] | None = None,
    parts: Iterable[int] | None = None,
    named: Named | None = None,
) -> list[ShiftRow]:
    """The parts seen from ``start`` up to ``end``, in the order of their triggers.

    Args:
        connection: Read only.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.
        only: Inspection ids: no parts but these, in any order.
        parts: Part ids: no parts but these; at most some hundreds.
        named: No parts but these; none in a record that no Passgate has brought up to date.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    row = InspectionRow
    query = _latest_parts(start, end, [*_ROW, row.record], columns_there(connection))
    if parts is not None:
        query = query.where(row.part_id.in_(sorted(parts)))
    if named is not None:
        if not {"serial", "lot"} <= columns_there(connection):
            return []
        wanted = ((row.serial, named.serial), (row.lot, named.lot))
        query = query.where(*(column == without_nul(text) for column, text in wanted if text))
    if only is None:
        return [_with_record(*found) for found in connection.execute(query)]
    return [
        _with_record(*found)
        for ids in batches(sorted(only))
        for found in connection.execute(query.where(row.inspection_id.in_(ids)))
    ]


def _with_record(*found: Any) -> ShiftRow:
    return ShiftRow(*found[:-1], record=found[-1])  # type: ignore[misc]


def batches(ids: Sequence[_Id]) -> Iterator[Sequence[_Id]]:
    """The ids, so many at once as a database takes."""
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def shift_parts(connection: Connection, start: datetime, end: datetime) -> list[ShiftRow]:
    """The parts seen from ``start`` up to ``end``, in the order of their triggers, as figures need them.

    They are read from columns and from the tables beside, which an older record lacks: there from the JSON.

    Args:
        connection: Read only.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    if not has_looks(connection):
        return [_figured(row) for row in stored_parts(connection, start, end)]
    with _uncollected():
        return _by_columns(connection, start, end)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Tuples come by the hundred thousand and all stay: looking for garbage among them is half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _by_columns(connection: Connection, start: datetime, end: datetime) -> list[ShiftRow]:
    row, look = InspectionRow, LookRow
    looked = [func.coalesce(look.judged_by, ""), func.coalesce(look.pictures, 0), look.looked_at]
    columns = [type_coerce(column, NullType()) if column is row.seen_at else column for column in _ROW]
    query = _latest_parts(start, end, [*columns, *looked]).outerjoin(look, look.position == row.position)
    found = as_given(connection, query)
    if not found:
        return []
    positions = {one[0] for one in found}
    truth_known = {one[0] for one in found if one[_TRUTH_KNOWN]}
    low, high = min(positions), max(positions)
    defects, readings = (
        _defects(connection, low, high),
        _readings(connection, low, high, positions, truth_known),
    )
    in_utc = _text_in_utc if connection.dialect.name == "sqlite" else _in_utc
    at = _SEEN_AT
    return [
        ShiftRow._make(
            (
                *one[:at],
                in_utc(one[at]),
                *one[at + 1 :],
                defects.get(one[0], ()),
                readings.get(one[0], ()),
                "",
            )
        )
        for one in found
    ]


_SEEN_AT, _TRUTH_KNOWN = (ShiftRow._fields.index(name) for name in ("seen_at", "truth_known"))


def _text_in_utc(moment: str) -> datetime:
    """As ``UtcDateTime`` reads what SQLite has; a third of a shift's time went there."""
    return datetime.fromisoformat(moment + "+00:00")


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def has_looks(connection: Connection) -> bool:
    """Whether the record has the tables that figures are read from. Raises SQLAlchemyError."""
    there = inspect(connection)
    return there.has_table(LookRow.__tablename__) and there.has_table(DefectRow.__tablename__)


def _latest_parts(
    start: datetime, end: datetime, columns: Iterable[Any], there: Container[str] = SHIFT_COLUMNS
) -> Select[Any]:
    """Of the latest revision of each part of a stretch of time, in the order of the triggers."""
    row, first, later = InspectionRow, _FIRST, aliased(InspectionRow)
    known = [null() if column is row.challenge and "challenge" not in there else column for column in columns]
    return (
        select(*known)
        # `+ 0` makes SQLite look into the index of what is needed of it, instead of the long row itself.
        .outerjoin(first, (first.root == row.root) & (first.position + 0 == row.root))
        .outerjoin(later, later.supersedes == row.position)
        .where(later.position.is_(None), row.seen_at >= start, row.seen_at < end)
        .order_by(row.seen_at, row.root)
    )


def _defects(connection: Connection, low: int, high: int) -> dict[int, tuple[FoundDefect, ...]]:
    """Those of all revisions from ``low`` to ``high``, by position, in their order."""
    defect = DefectRow
    query = select(defect.position, defect.type, defect.severity).where(defect.position.between(low, high))
    found: dict[int, list[FoundDefect]] = {}
    for position, *said in connection.execute(query.order_by(defect.position, defect.place)).all():
        found.setdefault(position, []).append(FoundDefect(*said))
    return {position: tuple(defects) for position, defects in found.items()}


def _readings(
    connection: Connection, low: int, high: int, wanted: Container[int], truth_known: Container[int]
) -> dict[int, tuple[Reading, ...]]:
    """Those of the revisions that are wanted, from ``low`` to ``high``, by position, in their order."""
    row, gauge, later = InspectionRow, GaugeRow, aliased(InspectionRow)
    says = [getattr(gauge, name) for name in Reading._fields if name != "truth"]
    query = (
        select(gauge.position, *says, null())
        .outerjoin(later, later.supersedes == gauge.position)
        .where(gauge.position.between(low, high), later.position.is_(None))
        .order_by(gauge.position, gauge.place)
    )
    found: dict[int, tuple[Reading, ...]] = {}
    for one in as_given(connection, query):
        if (position := one[0]) in wanted:
            found[position] = (*found.get(position, ()), Reading._make(one[1:]))
    for some in batches([position for position in found if position in truth_known]):
        says_more = select(row.position, row.record).where(row.position.in_(some))
        for position, record in connection.execute(says_more):
            truths = _truths(record)
            found[position] = tuple(one._replace(truth=truths.get(one.name)) for one in found[position])
    return found


def _truths(record: str) -> dict[str, float]:
    """What is known of gauges; a damaged record is the chain's to tell."""
    try:
        return dict(json.loads(record)["truth"]["readings"])
    except (ValueError, TypeError, LookupError):
        return {}


def _figured(row: ShiftRow) -> ShiftRow:
    """As ``shift_parts`` has it, by its record; a damaged one is the chain's to tell."""
    try:
        return row._replace(**figures_of(Inspection.model_validate_json(row.record)), record="")
    except ValueError:
        return row._replace(record="")


def figures_of(inspection: Inspection) -> dict[str, Any]:
    """The fields of a row that ``shift_parts`` has besides the columns."""
    rows = {one.name: one.rows_of(inspection) for one in DERIVED}
    truths = inspection.truth.readings if inspection.truth else {}
    (look,) = rows[LookRow.__tablename__]
    return {
        **look,
        "defects": tuple(FoundDefect(one["type"], one["severity"]) for one in rows[DefectRow.__tablename__]),
        "readings": tuple(
            Reading._make((*(one[name] for name in Reading._fields[:-1]), truths.get(one["name"])))
            for one in rows[GaugeRow.__tablename__]
        ),
    }
