"""What the engine and the process that makes a report say to each other: one line of JSON each."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from inspection.messages.message import Coded
from inspection.signing.shown import SignOrder
from inspection.times.shifts import Shift
from reports.settings import StoreSettings
from reports.shift.document.kinds import Kind, Language
from reports.statistics.rule_sets import RuleSet


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wanted(_Message):
    """A report to be made."""

    store: StoreSettings
    shift: Shift
    station: str
    zone: str | None
    """By its IANA name; None for this machine's."""
    kinds: tuple[Kind, ...]
    languages: tuple[Language, ...]
    rule_set: RuleSet = RuleSet.NELSON_1984
    subgroup: int = 1
    pages: bool = False
    """Its printed pages as one picture instead of its kinds, to be looked at on a screen."""
    folder: Path | None = None
    """Where its files are written; None where they are sent instead."""
    keep_free_bytes: int = Field(default=0, ge=0)
    """What stays free on the folder's disk."""


class Done(_Message):
    """A report that is made. Where it was not written, its files follow, one behind the other."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    """Bytes of each file."""
    final: bool
    statement: str
    as_of: datetime | None
    """Where the shift still ran: when it was read."""


class Refused(_Message):
    """Why there is no report."""

    detail: str
    """In English."""
    coded: Coded
    """It for any language."""
    denied: bool = False
    """Who asked may not, rather than that it cannot be done."""


class SignWanted(_Message):
    """A signature to be put on record."""

    store: StoreSettings
    shift: Shift
    station: str
    zone: str | None
    """By its IANA name; None for this machine's."""
    rule_set: RuleSet = RuleSet.NELSON_1984
    subgroup: int = 1
    order: SignOrder
