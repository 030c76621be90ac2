"""What can go wrong at the simulated PLC and its line, when, and for how long. No I/O.

A fault is written as ``KIND@START[:DURATION][=AMOUNT]``, times with ``s`` or ``ms`` counted from the first
scan: ``freeze-heartbeat@12s:1.5s``, ``skip-triggers@20s=3``. What is left out takes the kind's usual value.
What becomes of telegrams on their way is another matter: see ``wire_faults``.
"""

import random
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple, Self

from pydantic import Field, FiniteFloat

from inspection.decision import Frozen
from inspection.errors import SettingsError


class LineFaultKind(StrEnum):
    """One way in which PLC or line fail."""

    FREEZE_HEARTBEAT = "freeze-heartbeat"
    RESTART = "restart"
    RESTART_SAME_BOOT = "restart-same-boot"
    SKIP_TRIGGERS = "skip-triggers"
    REPEAT_TRIGGER = "repeat-trigger"
    ANSWER_LATE = "answer-late"
    OVERFLOW_OUTCOMES = "overflow-outcomes"
    BYPASS = "bypass"
    EMERGENCY_STOP = "emergency-stop"
    STALL_DIVERTER = "stall-diverter"
    SLIPPERY_BELT = "slippery-belt"
    STICK_PART = "stick-part"
    CROWD_PARTS = "crowd-parts"


class Usual(NamedTuple):
    """What a kind of fault is, and its usual size."""

    meaning: str
    for_s: float
    """0: it happens at one moment, and a duration has no meaning."""
    amount: float = 0.0
    """0: an amount has no meaning."""
    most: float = 0.0
    """Greatest amount."""
    unit: str = ""


USUAL: Final = {
    LineFaultKind.FREEZE_HEARTBEAT: Usual("the PLC's heartbeat stands; all else goes on", 1.5),
    LineFaultKind.RESTART: Usual("the PLC is off, then starts with a new boot id", 1.0),
    LineFaultKind.RESTART_SAME_BOOT: Usual("the same, but with its old boot id, as a broken PLC", 1.0),
    LineFaultKind.SKIP_TRIGGERS: Usual("the next trigger's number jumps", 0.0, 3, 1000, "numbers left out"),
    LineFaultKind.REPEAT_TRIGGER: Usual(
        "the next triggers bear the last one's number", 0.0, 1, 100, "triggers"
    ),
    LineFaultKind.ANSWER_LATE: Usual("the PLC answers late", 2.0, 120, 5000, "ms"),
    LineFaultKind.OVERFLOW_OUTCOMES: Usual("outcomes are overwritten before they are acknowledged", 2.0),
    LineFaultKind.BYPASS: Usual("somebody turns the bypass key", 3.0),
    LineFaultKind.EMERGENCY_STOP: Usual("the belt stops as hard as it can", 1.0),
    LineFaultKind.STALL_DIVERTER: Usual("something jams the diverter", 0.5, 10, 1000, "N·m"),
    LineFaultKind.SLIPPERY_BELT: Usual("oil on the belt", 5.0, 0.15, 2, "coefficient of friction"),
    LineFaultKind.STICK_PART: Usual("the next part gets stuck and never leaves", 0.0),
    LineFaultKind.CROWD_PARTS: Usual("the next part is laid down so near", 0.0, 2, 1000, "mm"),
}
"""All kinds."""

LONGEST_S: Final = 3600.0
GRAMMAR: Final = "KIND@START[:DURATION][=AMOUNT], times with s or ms, as in freeze-heartbeat@12s:1.5s"
_WRITTEN: Final = re.compile(
    r"(?P<kind>[a-z-]+)@(?P<at>\d+(?:\.\d+)?)(?P<at_unit>ms|s)"
    r"(?::(?P<for>\d+(?:\.\d+)?)(?P<for_unit>ms|s))?(?:=(?P<amount>\d+(?:\.\d+)?))?"
)


class LineFault(Frozen):
    """One fault."""

    kind: LineFaultKind
    at_s: FiniteFloat = Field(default=0.0, ge=0.0)
    """When it begins, from the first scan."""
    for_s: FiniteFloat = Field(default=0.0, ge=0.0, le=LONGEST_S)
    """How long it lasts; 0 where it happens at one moment."""
    amount: FiniteFloat = Field(default=0.0, ge=0.0)
    """How much of it, in the kind's own unit."""

    @classmethod
    def of(cls, kind: LineFaultKind, *, at_s: float = 0.0) -> Self:
        """The kind as it usually is."""
        usual = USUAL[kind]
        return cls(kind=kind, at_s=at_s, for_s=usual.for_s, amount=usual.amount)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one fault.

        Raises:
            SettingsError: It is not written so, or its values have no meaning.
        """
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise _unreadable(text, f"write {GRAMMAR}")
        if found["kind"] not in list(LineFaultKind):
            raise _unreadable(text, f"{found['kind']!r} is none of {', '.join(LineFaultKind)}")
        usual = USUAL[LineFaultKind(found["kind"])]
        at_s = float(found["at"]) / _PER_S[found["at_unit"]]
        for_s, amount = usual.for_s, usual.amount
        if found["for"] is not None:
            for_s = float(found["for"]) / _PER_S[found["for_unit"]]
            if not usual.for_s:
                raise _unreadable(text, f"{found['kind']} happens at one moment and has no duration")
            if not 0.0 < for_s <= LONGEST_S:
                raise _unreadable(text, f"its duration must be above 0 and up to {LONGEST_S:.0f} s")
        if found["amount"] is not None:
            amount = float(found["amount"])
            if not usual.amount:
                raise _unreadable(text, f"{found['kind']} has no amount")
            if not 0.0 <= amount <= usual.most:
                raise _unreadable(text, f"its amount must be 0 to {usual.most:g} ({usual.unit})")
        return cls(kind=LineFaultKind(found["kind"]), at_s=at_s, for_s=for_s, amount=amount)

    @property
    def ends_s(self) -> float:
        """When it is over."""
        return self.at_s + self.for_s

    def __str__(self) -> str:
        """As it is written, times to the millisecond."""
        lasts = f":{_written(self.for_s)}s" if self.for_s else ""
        return f"{self.kind}@{_written(self.at_s)}s{lasts}" + (f"={self.amount:g}" if self.amount else "")


def _written(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


_PER_S: Final = {"s": 1.0, "ms": 1000.0}


def _unreadable(text: str, why: str) -> SettingsError:
    return SettingsError(
        f"the fault {text!r} cannot be read: {why}", todo="See passgate plc simulate --list-faults"
    )


class FaultPlan:
    """Which faults hold when: a schedule, chance, and what is injected while it runs.

    Args:
        schedule: Faults by time.
        rate_per_min: Faults that chance adds, a minute (Poisson); 0 for none.
        seed: Of chance.
        kinds: What chance may choose from.
    """

    def __init__(
        self,
        schedule: Iterable[LineFault] = (),
        *,
        rate_per_min: float = 0.0,
        seed: int = 0,
        kinds: Iterable[LineFaultKind] = tuple(LineFaultKind),
    ) -> None:
        self._coming = sorted(schedule, key=lambda fault: fault.at_s)
        self._rate_per_s = rate_per_min / 60.0
        self._kinds = tuple(kinds)
        self._random = random.Random(f"{seed}:faults")  # noqa: S311  (faults, not secrets)
        self._chance = self._by_chance(0.0)
        self._active: dict[LineFaultKind, LineFault] = {}
        self._now_s = 0.0

    def inject(self, fault: LineFault) -> None:
        """Let ``fault`` begin with the next scan, whatever its ``at_s`` says."""
        self._coming.insert(0, fault.model_copy(update={"at_s": self._now_s}))

    def advance(self, now_s: float) -> list[LineFault]:
        """Go on to ``now_s``; returns what begins. One that lasts is replaced by the next of its kind."""
        self._now_s = now_s
        begun: list[LineFault] = []
        while self._chance is not None and self._chance.at_s <= now_s:
            self._coming.append(self._chance)
            self._chance = self._by_chance(self._chance.at_s)
        for fault in list(self._coming):
            if fault.at_s <= now_s:
                self._coming.remove(fault)
                self._active[fault.kind] = fault
                begun.append(fault)
        self._active = {
            kind: fault for kind, fault in self._active.items() if fault.for_s and fault.ends_s > now_s
        }
        return begun

    def active(self, kind: LineFaultKind) -> LineFault | None:
        """The fault of that kind that lasts."""
        return self._active.get(kind)

    @property
    def lasting(self) -> tuple[LineFault, ...]:
        """All that last."""
        return tuple(self._active.values())

    def _by_chance(self, after_s: float) -> LineFault | None:
        if not self._rate_per_s:
            return None
        at_s = after_s + self._random.expovariate(self._rate_per_s)
        usual = LineFault.of(self._random.choice(self._kinds), at_s=at_s)
        size = self._random.uniform(0.5, 1.5)
        return usual.model_copy(update={"for_s": usual.for_s * size})
