"""The Run screen as data: which pieces it has. Widgets paint these, and know nothing else."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from app.console.screens.run.model.state import Contact
from app.console.widgets.phrases import Sign
from app.console.widgets.signs import Tone
from inspection.decision import Box, Severity
from inspection.status import Command, Subsystem

STRIP_LENGTH: Final = 20


class Verdict(Enum):
    """What a reading is against its limits."""

    IN_RANGE = auto()
    OUT_OF_RANGE = auto()
    NOT_READ = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderView:
    """The top line."""

    station: str
    recipe: str
    mode: Sign
    mode_reason: str
    contact: Sign


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxView:
    """A defect or an instrument as it is drawn over the picture; ``box`` in picture pixels."""

    box: Box
    label: str
    says: Severity | Verdict
    needle_deg: float | None = None
    """A dial's needle as it was read: drawn from the middle of the box, clockwise from up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One part: the decision and all that belongs to it."""

    inspection_id: str
    sign: Sign
    age: str
    muted: bool
    """Not the decision of now: drawn hollow."""
    stale: bool
    banner: str
    """Not empty: an old part is looked at, and this says so."""
    facts: tuple[tuple[str, str], ...]
    outcome: Sign
    warning: Sign | None
    reason: str
    pictures: tuple[str, ...]
    boxes: tuple[BoxView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One part in the strip."""

    inspection_id: str
    action: Sign
    outcome: Sign
    seq: str
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """A number with its caption; ``sign`` None where the caption says it all."""

    caption: str
    value: str
    sign: Sign | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyView:
    """The latency bar. Milliseconds; ``p95_ms`` None before the first part."""

    caption: str
    value: str
    limit: str
    p95_ms: float | None
    limit_ms: float
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionView:
    """Counts, yield and latency."""

    totals: tuple[FigureView, ...]
    """The first says from when on all are counted."""
    actions: tuple[FigureView, ...]
    outcomes: tuple[FigureView, ...]
    latency: LatencyView


@dataclass(frozen=True, slots=True, kw_only=True)
class TileView:
    """One subsystem."""

    subsystem: Subsystem
    title: str
    health: Sign
    text: str
    detail: str
    """The whole text, where ``text`` is the short one."""
    age: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsView:
    """The alarms line."""

    sign: Sign
    text: str
    age: str
    waiting: int
    """Alarms that wait to be acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    """One button."""

    command: Command
    label: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """The whole screen at one moment."""

    contact: Contact
    stale_banner: str
    """Not empty: there is no contact, and this says since when and why."""
    simulated_banner: str
    bypass_banner: str
    """Not empty: the PLC's bypass key is turned."""
    header: HeaderView
    part: PartView | None
    no_part: str
    strip: tuple[CellView, ...]
    live_label: str
    looking_back: bool
    production: ProductionView
    tiles: tuple[TileView, ...]
    alarms: AlarmsView
    commands: tuple[CommandView, ...]
    notice: str
    notice_tone: Tone
