"""What gives way on the Run screen when banners, or a low window, leave it less room. Pure.

The decision is read from afar and never gives way, nor do the facts, the outcome and the warning of the part
that it is about. What is history gives way first, and whole lines at a time: nothing is cut in half.
"""

from collections.abc import Sequence
from enum import Enum, auto


class Piece(Enum):
    """What may give way, in the right column."""

    REASON = auto()
    """The first line of the reason."""
    ACTIONS = auto()
    """How often each decision was made."""
    LATENCY = auto()
    OUTCOMES = auto()
    """How often each outcome was told."""
    MORE_REASON = auto()
    """The reason's second line."""


def kept(room: float, wishes: Sequence[tuple[Piece, float]]) -> frozenset[Piece]:
    """Which pieces have room.

    Args:
        room: What is left of the column when all that never gives way is in it, pixels; may be negative.
        wishes: Each piece with the height that it takes, its gap included, pixels; the most wanted first. One
            that does not fit makes way for those after it that do.
    """
    stays = set()
    for piece, height in wishes:
        if height <= room:
            stays.add(piece)
            room -= height
    return frozenset(stays)
