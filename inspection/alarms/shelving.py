"""Which alarm may be shelved, and for how long: the one place that says so.

To shelve is to put an alarm aside for a bounded time (ISA-18.2): it comes back
by itself, and nobody forgets it. The more an alarm asks for a person, the shorter that time.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from inspection.alarms.catalogue import STOPS_LINE
from inspection.alarms.priority import Priority, priority_of

MOST_MINUTES: Final[Mapping[Priority, int]] = MappingProxyType(
    {Priority.LOW: 8 * 60, Priority.MEDIUM: 60, Priority.HIGH: 15}
)
"""How long an alarm may be shelved at a time: a warning for a shift, an error for an hour, what is critical
until whoever mends it has had time to look."""

MOST_REASON: Final = 120
"""Letters of the reason."""


def most_minutes(code: int) -> int:
    """For how many minutes, at most, an alarm of this code may be shelved; 0: not at all.

    An alarm of the highest priority that stops the line is not shelved: nobody may be spared the sight of it.
    """
    priority = priority_of(code)
    return 0 if priority is Priority.HIGH and code in STOPS_LINE else MOST_MINUTES[priority]
