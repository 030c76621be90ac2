"""For each type of defect a part that shows it: what a picture in the report is of. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from inspection.decision import Frozen, Severity
from inspection.frozen import Box
from inspection.part import Inspection
from reports.record.rows import ShiftRow

MOST_EXAMPLES: Final = 12
"""Types that are shown, the most frequent."""


class Example(Frozen):
    """A part with a defect of one type."""

    type: str
    severity: Severity
    part_id: int
    seen_at: datetime
    view: str
    box: Box
    """Where the defect is, in the view's picture."""
    pictures: int
    """How many are on record of the part."""
    sha256: str
    """The picture; empty where the part has none, or several: the record does not say which shows it."""


def chosen(judged: Iterable[ShiftRow]) -> dict[str, ShiftRow]:
    """For each type the part that shows it.

    A part with one picture goes before others, then one with a severer defect of the type, then the first.

    Args:
        judged: The judged parts, in the order of their triggers.
    """
    best: dict[str, tuple[tuple[bool, int], ShiftRow]] = {}
    for row in judged:
        for found in row.defects:
            worth = row.pictures == 1, Severity(found.severity).rank
            if found.type not in best or worth > best[found.type][0]:
                best[found.type] = worth, row
    return {name: row for name, (_, row) in best.items()}


def examples(
    judged: Iterable[ShiftRow], types: Sequence[str], records: Mapping[str, str]
) -> tuple[Example, ...]:
    """One part for each of the most frequent types.

    Args:
        judged: The judged parts, in the order of their triggers.
        types: Most frequent first.
        records: Those of the chosen parts, by inspection id; of a damaged one, which is the chain's to tell,
            there is no example.
    """
    rows = chosen(judged)
    found = (_example(name, rows[name], records) for name in types[:MOST_EXAMPLES] if name in rows)
    return tuple(one for one in found if one is not None)


def _example(name: str, row: ShiftRow, records: Mapping[str, str]) -> Example | None:
    try:
        part = Inspection.model_validate_json(records[row.inspection_id])
        of_it = [defect for defect in part.decision.defects if defect.type == name]
        defect = max(of_it, key=lambda one: one.severity.rank)
    except (ValueError, LookupError):
        return None
    return Example(
        type=name,
        severity=defect.severity,
        part_id=row.part_id,
        seen_at=row.seen_at,
        view=defect.view,
        box=defect.box,
        pictures=len(part.pictures),
        sha256=part.pictures[0] if len(part.pictures) == 1 else "",
    )
