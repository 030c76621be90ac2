"""Parts that are alike in all that is counted of them, counted together.

A shift has tens of thousands of parts, and some dozens that are not alike.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import Final

from reports.record.rows import ShiftRow

_COUNTED: Final = itemgetter(
    *map(
        ShiftRow._fields.index,
        (
            *("revision", "action", "decided_by", "outcome", "missed", "published", "simulated", "late"),
            *("truth_known", "false_release", "challenge", "first_action", "first_late"),
        ),
    )
)


def alike(rows: Iterable[ShiftRow]) -> list[tuple[ShiftRow, int]]:
    """Of those that are alike the first, and how many these are; in the order of their first parts."""
    among: dict[tuple[object, ...], list[ShiftRow]] = {}
    for row in rows:
        among.setdefault(_COUNTED(row), []).append(row)
    return [(some[0], len(some)) for some in among.values()]
