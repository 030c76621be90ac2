"""How long a name is locked after failed sign-ins. Pure.

NIST SP 800-63B, "Rate Limiting (Throttling)": not more than 100 failures in a row, and a wait that grows as
they add up, "30 seconds up to an hour". Three in a row are let pass: whoever has mistyped tries again twice.
"""

from datetime import datetime
from typing import Final

from reports.record.users.attempts import Attempts

FREE: Final = 3
"""Failures in a row without a wait behind them; the next is the first with one."""
FIRST_S: Final = 30.0
LONGEST_S: Final = 3600.0
PIN_FAILURES: Final = 100
"""Failures in a row after which a PIN opens nothing until the password has: of a million PINs so many can be
guessed at most. A password is too long for that, so it goes on at the longest wait; else whoever passes by
could lock out a station's only administrator for ever."""


def delay_s(failures: int) -> float:
    """How long a name is locked from its last failure on, s.

    Args:
        failures: In a row.

    >>> [delay_s(failures) for failures in (0, 2, 3, 4, 5, 9, 10, 1000)]
    [0.0, 0.0, 30.0, 60.0, 120.0, 1920.0, 3600.0, 3600.0]
    """
    if failures < FREE:
        return 0.0
    doublings = min(failures - FREE, 7)  # beyond that it is the longest
    return min(FIRST_S * 2.0**doublings, LONGEST_S)


def wait_s(attempts: Attempts, now: datetime) -> float:
    """How long a name is locked yet, s; 0 where it is not.

    By the clock that wrote the record: where it was set back meanwhile, so that the last failure lies in the
    future, the whole delay begins again with the refusal that is put on record now. So a clock that jumps
    back makes a lock longer by its own length at most, and never shorter.

    Args:
        attempts: By this name.
        now: With time zone.
    """
    delay = delay_s(attempts.failures)
    if attempts.since is None:
        return 0.0
    passed = (now - attempts.since).total_seconds()
    return delay if passed < 0 else max(delay - passed, 0.0)


def is_to_be_told(attempts: Attempts, now: datetime) -> bool:
    """Whether a refusal now goes on record: the first of each lock, and what a clock set back makes one.

    Whoever hammers at a locked name then fills no disk.
    """
    return not attempts.told or (attempts.since is not None and now < attempts.since)
