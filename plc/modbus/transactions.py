"""Transaction numbers: those that we ask with, and what some gateways make of them. Pure.

A server must answer with the number of the question ("MODBUS Messaging on TCP/IP Implementation Guide V1.0b",
3.1.3): that tells the answer that is due from one that is late. Some gateways answer with another one. So the
numbers that we ask with are chosen: whatever a gateway is known to make of one is neither that number nor
another that was asked a moment ago, and its habit shows in its first answer.
"""

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from typing import Final, NamedTuple

from plc.settings import TransactionCheck

STEP: Final = 0x0107
"""From one number to the next: both bytes change, and one too high is never the next."""

RECENT: Final = 32
"""Numbers that are remembered, to know a late answer: more than a connection has open at any time."""

BELIEVED: Final = 4
"""Answers in a row that show one habit, where the first one showed none: numbers of a gateway's own fit one
by chance, but not so often."""


class Habit(StrEnum):
    """What a gateway makes of the number that it is asked with; in words, after "it answers with"."""

    RIGHT = "the number that it was asked with"
    SWAPPED = "the number's two bytes exchanged"
    ZERO = "number 0, whatever it was asked with"
    ONE_HIGHER = "a number that is one too high"
    ONE_LOWER = "a number that is one too low"
    LOW_BYTE = "the number's low 8 bits only"
    HIGH_BYTE = "the number's high 8 bits only"
    LOW_15_BITS = "the number's low 15 bits only"
    OWN = "numbers of its own"


_MADE: Final[Mapping[Habit, Callable[[int], int]]] = {
    Habit.RIGHT: lambda number: number,
    Habit.SWAPPED: lambda number: (number & 0xFF) << 8 | number >> 8,
    Habit.ZERO: lambda number: 0,
    Habit.ONE_HIGHER: lambda number: number + 1 & 0xFFFF,
    Habit.ONE_LOWER: lambda number: number - 1 & 0xFFFF,
    Habit.LOW_BYTE: lambda number: number & 0xFF,
    Habit.HIGH_BYTE: lambda number: number >> 8,
    Habit.LOW_15_BITS: lambda number: number & 0x7FFF,
}


def habit_of(*, asked: int, answered: int) -> Habit:
    """The habit that one answer shows. Unambiguous for the numbers that ``following`` gives."""
    return next((habit for habit, make in _MADE.items() if make(asked) == answered), Habit.OWN)


def following(number: int) -> int:
    """The number to ask with after ``number``: one of which each habit makes another one.

    Its high byte is above its low byte, so that with the two exchanged it is never one of ours.
    """
    while True:
        number = (number + STEP & 0xFFFF) | 0x8000
        high, low = divmod(number, 0x100)
        if high > low and len({make(number) for make in _MADE.values()}) == len(_MADE):
            return number


class Fit(Enum):
    """What an answer's number says of it."""

    DUE = "due"
    LATE = "late"
    """To a question before, late or sent twice."""
    FOREIGN = "foreign"
    """To none that was asked."""


class ForeignNumber(NamedTuple):
    """The number of an answer to nothing that was asked."""

    habit: Habit
    """What it is of the number that was asked with last."""
    number: int


class Transactions:
    """The numbers of one connection after the other.

    Args:
        check: Which answers are believed.
        asked: The number that was asked with last, one of those that ``following`` gives. Without it one is
            taken by chance: what somebody between us kept from an earlier start must not fit now.
    """

    def __init__(self, check: TransactionCheck, *, asked: int | None = None) -> None:
        self._check = check
        last = following(secrets.randbelow(0x10000)) if asked is None else asked
        self._asked = deque([last], maxlen=RECENT)
        self._habit = Habit.RIGHT if check is TransactionCheck.STRICT else None
        self._last_shown = Habit.OWN
        self._shown = 0
        """So many answers in a row have shown it."""
        self.foreign: ForeignNumber | None = None
        """The last answer with a foreign number since the question under way was asked."""

    @property
    def habit(self) -> Habit | None:
        """With which numbers answers are believed; None before an answer shows it."""
        return self._habit

    @property
    def tells_late_answers(self) -> bool:
        """An answer's number tells whether it is due."""
        return self._habit not in (None, Habit.ZERO, Habit.OWN)

    @property
    def asked(self) -> int:
        """The number of the question under way."""
        return self._asked[-1]

    def connected(self) -> None:
        """A connection is made: none of the last one's numbers is asked on it."""
        last = self._asked[-1]
        self._asked.clear()
        self._asked.append(last)
        if self._check is TransactionCheck.GATEWAY and self.foreign is not None:
            self._habit = None  # another gateway, perhaps
        self.foreign = None

    def ask(self) -> int:
        """The number for the next question."""
        self._asked.append(following(self._asked[-1]))
        self.foreign = None
        return self._asked[-1]

    def fit(self, answered: int) -> Fit:
        """What ``answered``, the number of an answer, says of it."""
        if self._habit in (None, Habit.OWN):
            self._learn(habit_of(asked=self.asked, answered=answered))
            return Fit.DUE
        make = _MADE[self._habit]
        if answered == make(self.asked):
            return Fit.DUE
        if any(answered == make(number) for number in self._asked):
            return Fit.LATE
        self.foreign = ForeignNumber(habit_of(asked=self.asked, answered=answered), answered)
        return Fit.FOREIGN

    def _learn(self, shown: Habit) -> None:
        """The first answer shows the habit. Where it showed none, it may have been an old one."""
        self._shown = self._shown + 1 if shown is self._last_shown else 1
        self._last_shown = shown
        if self._habit is None or self._shown >= BELIEVED:
            self._habit = shown
