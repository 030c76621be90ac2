"""Numbers that count round: those of triggers, and the heartbeats. No I/O.

The PLC numbers its triggers from 1 to 65535 and then from 1 again; 0 stands for none. Results,
acknowledgements and outcomes bear the number of their trigger, so that a telegram that is lost or comes twice
changes nothing. A heartbeat is a word that its writer counts up, 0 included.
"""

from typing import Final

LAST_SEQ: Final = 0xFFFF
"""The last number before 1 comes again."""


def next_seq(seq: int) -> int:
    """The sequence number after ``seq``; 1 after 65535, and 1 after 0 (none yet)."""
    return seq % LAST_SEQ + 1


def previous_seq(seq: int) -> int:
    """The sequence number before ``seq``, which must not be 0; 65535 before 1."""
    return (seq - 2) % LAST_SEQ + 1


def seq_distance(*, older: int, newer: int) -> int:
    """How many triggers after ``older`` came ``newer``: 0 to 65534. ``newer`` must not be 0."""
    return (newer - older) % LAST_SEQ


BEATS_BEHIND: Final = 1024
"""Most beats by which an image may be behind the newest and still count as old.

Five seconds of a PLC that scans every 5 ms: no telegram is under way for longer. A heartbeat that is farther
behind is another count, not an old image.
"""


def is_behind(*, newest: int, beat: int) -> bool:
    """Whether an image with heartbeat ``beat`` is older than the one with ``newest``, of one run.

    Such an image was held up on its way: it tells what was, and it is no sign of life.
    """
    return 0 < (newest - beat & 0xFFFF) <= BEATS_BEHIND
