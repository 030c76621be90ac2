"""For each type of defect a part that shows it: what a picture in the report is of. Pure."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from inspection.decision import Frozen, Severity
from inspection.frozen import Box
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


def examples(judged: Iterable[ShiftRow], types: Sequence[str]) -> tuple[Example, ...]:
    """One part for each of the most frequent types.

    A part with one picture goes before others, then one with a severer defect of the type, then the first.

    Args:
        judged: The judged parts, in the order of their triggers.
        types: Most frequent first.
    """
    best: dict[str, Example] = {}
    wanted = set(types[:MOST_EXAMPLES])
    for row in judged:
        for found in _in(row):
            before = best.get(found.type)
            if found.type in wanted and (before is None or _worth(found) > _worth(before)):
                best[found.type] = found
    return tuple(best[name] for name in types if name in best)


def _worth(one: Example) -> tuple[bool, int]:
    return bool(one.sha256), one.severity.rank


def _in(row: ShiftRow) -> list[Example]:
    """The defects of a part; of a damaged record, which is the chain's to tell, none."""
    if '"defects":[{' not in row.record:  # canonical JSON; most records have none
        return []
    try:
        part: dict[str, Any] = json.loads(row.record)
        pictures = part["pictures"]
        return [
            Example(
                type=defect["type"],
                severity=defect["severity"],
                part_id=row.part_id,
                seen_at=row.seen_at,
                view=defect["view"],
                box=defect["box"],
                pictures=len(pictures),
                sha256=pictures[0] if len(pictures) == 1 else "",
            )
            for defect in part["decision"]["defects"]
        ]
    except (ValueError, TypeError, LookupError):
        return []
