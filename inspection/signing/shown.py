"""The shifts of a station with the signatures below their reports, and the order to sign one."""

from datetime import date, datetime
from typing import Final

from pydantic import Field

from inspection.access.rights import Meaning, Role
from inspection.decision import Frozen

MOST_A_PAGE: Final = 100
MOST_REASON: Final = 500
"""Letters of what somebody has to say to a report."""


class SignatureShown(Frozen):
    """One signature below a report."""

    name: str
    """As printed."""
    role: Role
    meaning: Meaning
    at: datetime
    """UTC."""
    reason: str = ""
    """What he had to say to it."""


class ShiftShown(Frozen):
    """One shift of one date."""

    day: date
    """On which it began by the plant's clocks."""
    name: str
    start: datetime
    """Inclusive, UTC; of a signed shift as it was signed."""
    end: datetime
    """Exclusive, UTC."""
    running: bool
    """It is not over: its report is provisional, and nobody can sign it."""
    signatures: tuple[SignatureShown, ...] = ()
    """In the order in which they were given."""
    fault: str = ""
    """Why its signatures cannot be told; empty where they can."""


class ShiftPage(Frozen):
    """Shifts, newest first."""

    shifts: tuple[ShiftShown, ...]
    next: datetime | None = None
    """Ask for those that began before this; None where the record begins."""


class ShiftsAsked(Frozen):
    """Which shifts are asked for."""

    before: datetime | None = None
    """Those that began before; None for the newest, the running one first."""
    limit: int = Field(default=21, ge=1, le=MOST_A_PAGE)


class SignOrder(Frozen):
    """Somebody's order to put his signature below the report of a shift."""

    day: date
    """On which the shift began by the plant's clocks."""
    shift: str = Field(min_length=1, max_length=32)
    """Its name in the station's settings."""
    meaning: Meaning
    reason: str = Field(default="", max_length=MOST_REASON)
    """What there is to say; asked for where parts are unconfirmed, or came after the first signature."""
    user: str = Field(min_length=1, max_length=256)
    password: str = Field(min_length=1, max_length=256, repr=False)
    """His own, each time (21 CFR 11.200)."""


class SignedShown(Frozen):
    """A signature that is on record."""

    signature: SignatureShown
    nth: int
    """How many there are below the report with this one."""
    report_sha256: str
    """Of what was signed."""
