"""The tables beside the parts' that follow from a revision: its pictures, readings, defects, and its look.

Whoever works on them in SQL finds there what the record says. They are written with the row, never changed,
and verification compares them with the record as it compares the columns.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Insert, Table, insert

from inspection.certification.certificate import CertificateRef
from inspection.decision import Defect, GaugeReading, ModelRef, RecipeRef
from inspection.part import Inspection
from reports.record.schema import (
    PICTURE_ENCODING,
    DefectRow,
    GaugeRow,
    LookRow,
    PictureRow,
    without_nul,
)

Columns = dict[str, Any]


class Derived(NamedTuple):
    """One of these tables."""

    table: Table
    rows_of: Callable[[Inspection], list[Columns]]
    """Its rows of a revision, in their order, without the position; those columns that follow from it."""
    written: Columns
    """Further columns, as they are written now."""
    contradiction: str
    """What verification says where its rows are not those."""
    since: str
    """The schema's revision from which on a record has it."""
    whole_since: str
    """That from which on it has all its columns."""
    insert: Insert

    @property
    def name(self) -> str:
        """The table's."""
        return self.table.name


def add_derived(connection: Connection, position: int, inspection: Inspection) -> None:
    """Add the rows that follow from the revision that was just added at ``position``.

    Raises:
        SQLAlchemyError: The database refuses.
    """
    for one in DERIVED:
        if rows := one.rows_of(inspection):
            connection.execute(one.insert, [{"position": position, **one.written, **row} for row in rows])


def what_judged(recipe: RecipeRef, model: ModelRef, certificate: CertificateRef | None) -> str:
    """A name for what judged a part: 32 digits of the SHA-256 of all that is said of it, as a JSON array."""
    held: tuple[object, ...] = ()
    if certificate is not None:
        held = (
            certificate.id,
            certificate.alpha,
            certificate.delta,
            certificate.n_defective,
            certificate.misses,
        )
    return _name(recipe.id, recipe.version, recipe.sha256, model.name, model.version, model.sha256, *held)


@lru_cache(maxsize=1024)  # a line has few, and verification asks for each row
def _name(*said: object) -> str:
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()[:32]


def _pictures(inspection: Inspection) -> list[Columns]:
    return [{"view": view, "sha256": sha256} for view, sha256 in enumerate(inspection.pictures)]


def _readings(inspection: Inspection) -> list[Columns]:
    return [_reading(place, reading) for place, reading in enumerate(inspection.decision.gauges)]


def _reading(place: int, reading: GaugeReading) -> Columns:
    unread = reading.reason
    return {
        "place": place,
        "name": without_nul(reading.name),
        "kind": reading.kind.value if reading.kind else "",
        "value": reading.value,
        "uncertainty": None if reading.value is None else reading.uncertainty,
        "unit": without_nul(reading.unit),
        "low": reading.low,
        "high": reading.high,
        "reason": None if unread is None else unread.value,
        "text": without_nul(reading.text),
        "in_range": reading.in_range,
    }


def _defects(inspection: Inspection) -> list[Columns]:
    return [_defect(place, defect) for place, defect in enumerate(inspection.decision.defects)]


def _defect(place: int, defect: Defect) -> Columns:
    return {
        "place": place,
        "type": without_nul(defect.type),
        "severity": defect.severity.value,
        "view": without_nul(defect.view),
        "length_mm": defect.length_mm,
        "score": defect.score,
    }


def _looks(inspection: Inspection) -> list[Columns]:
    decision = inspection.decision
    return [
        {
            "judged_by": what_judged(decision.recipe, decision.model, inspection.certificate),
            "pictures": len(inspection.pictures),
            "looked_at": decision.timings_ms.capture is not None,
        }
    ]


def _derived(
    mapped: type[PictureRow | GaugeRow | DefectRow | LookRow],
    rows_of: Callable[[Inspection], list[Columns]],
    contradiction: str,
    *,
    since: str,
    whole_since: str = "",
    **written: object,
) -> Derived:
    # The table, not the mapped class: the ORM's bookkeeping costs half a millisecond a row.
    table = mapped.metadata.tables[mapped.__tablename__]
    return Derived(table, rows_of, written, contradiction, since, whole_since or since, insert(table))


DERIVED: Final[Sequence[Derived]] = (
    _derived(
        PictureRow,
        _pictures,
        "the list of pictures contradicts the record",
        since="0001",
        encoding=PICTURE_ENCODING,
    ),
    _derived(
        GaugeRow, _readings, "the gauges' readings contradict the record", since="0003", whole_since="0007"
    ),
    _derived(DefectRow, _defects, "the defects contradict the record", since="0007"),
    _derived(LookRow, _looks, "how it was looked at contradicts the record", since="0007"),
)
